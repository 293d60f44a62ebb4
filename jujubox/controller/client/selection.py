"""Which part of a model `juju status` selectors mean. Pure.

Knows: exact names, `app/leader`, what Juju 3.6 understands besides; what a hit brings along.
Must not know: what is shown of it.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from jujubox.model.applications import Application
from jujubox.model.machines import Machine
from jujubox.model.units import Unit


@dataclass(frozen=True)
class Selected:
    """What is shown; `matched` is False if selectors were given and nothing is meant by them."""

    machines: frozenset[str]
    applications: frozenset[str]
    units: frozenset[str]
    matched: bool = True


def select(
    selectors: Iterable[str],
    machines: Mapping[str, Machine],
    applications: Mapping[str, Application],
    units: Mapping[str, Unit],
    leaders: Mapping[str, str],
) -> Selected:
    """Everything without selectors; else what any of them names, with what belongs to it."""
    wanted = [leaders.get(word[: -len("/leader")], word) if word.endswith("/leader") else word for word in selectors]
    if not wanted:
        return Selected(frozenset(machines), frozenset(applications), frozenset(units))
    chosen = {
        unit.name
        for unit in units.values()
        if any(word in (unit.name, unit.application, unit.machine) for word in wanted)
    }
    chosen |= {units[name].principal for name in chosen if units[name].principal in units}
    chosen |= {unit.name for unit in units.values() if unit.principal in chosen}
    shown_machines = {units[name].machine for name in chosen} | {word for word in wanted if word in machines}
    shown_applications = {units[name].application for name in chosen} | {
        word for word in wanted if word in applications
    }
    return Selected(
        frozenset(shown_machines),
        frozenset(shown_applications),
        frozenset(chosen),
        bool(shown_machines or shown_applications or chosen),
    )


def expanded(selectors: Iterable[str], names: Collection[str], states: Mapping[str, Collection[str]]) -> list[str]:
    """Selectors of Juju 3.6 as exact names: `*` stands for anything, a status for the units that show it."""
    words: list[str] = []
    for selector in selectors:
        meant = [name for name in names if fnmatch.fnmatchcase(name, selector)]
        meant += [unit for unit, shown in states.items() if selector in shown]
        words += meant or [selector]
    return words
