"""Names of Juju's entities: how they are spelled and how they relate.

Knows: the syntax of application, unit, machine, relation and storage names, and their tags.
Must not know: whether such an entity exists.

    >>> application_of("postgresql/0")
    'postgresql'
    >>> unit_tag("postgresql/0")
    'unit-postgresql-0'
"""

from __future__ import annotations

import re

_APPLICATION = r"(?:[a-z][a-z0-9]*(?:-[a-z0-9]*[a-z][a-z0-9]*)*)"
APPLICATION = re.compile(rf"^{_APPLICATION}$")
UNIT = re.compile(rf"^{_APPLICATION}/(?:0|[1-9][0-9]*)$")
MACHINE = re.compile(r"^(?:0|[1-9][0-9]*)$")
STORAGE_ID = re.compile(r"^[a-z][a-z0-9]*(?:-[a-z0-9]*[a-z][a-z0-9]*)*/(?:0|[1-9][0-9]*)$")


def is_application(name: str) -> bool:
    """Whether `name` is a valid application name, e.g. `postgresql`."""
    return APPLICATION.match(name) is not None


def is_unit(name: str) -> bool:
    """Whether `name` is a valid unit name, e.g. `postgresql/0`."""
    return UNIT.match(name) is not None


def is_machine(name: str) -> bool:
    """Whether `name` is a valid machine id, e.g. `0`."""
    return MACHINE.match(name) is not None


def application_of(unit: str) -> str:
    """The application that `unit` belongs to."""
    return unit.split("/", 1)[0]


def unit_number(unit: str) -> int:
    """The number in a unit's name."""
    return int(unit.split("/", 1)[1])


def unit_order(unit: str) -> tuple[str, int]:
    """A sort key that puts `a/2` before `a/10`."""
    return application_of(unit), unit_number(unit)


def unit_tag(unit: str) -> str:
    """The unit's tag, e.g. `unit-postgresql-0`; also its directory below /var/lib/juju/agents."""
    return "unit-" + unit.replace("/", "-")


def relation_endpoint_id(endpoint: str, relation: int) -> str:
    """A relation as hook tools print it, e.g. `db:3`."""
    return f"{endpoint}:{relation}"
