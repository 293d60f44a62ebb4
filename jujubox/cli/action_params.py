"""What the arguments of `juju run` mean: units, an action, and its parameters.

Knows: the syntax, and Juju's words for what is wrong with it.
Must not know: which actions a charm has.

    >>> read_run(["app/0", "backup", "target.path=/srv"], strings=True)
    Run(units=('app/0',), action='backup', params={'target': {'path': '/srv'}})
    >>> read_run(["app/0", "restore", "time=2026-11-27 08:30:00"], strings=False).params
    {'time': '2026-11-27 08:30:00'}
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from jujubox.flags import UsageError, quote
from jujubox.names import application_of, is_application, is_unit

_KEY = re.compile(r"^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$")
_ACTION = re.compile(r"^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$")


class Run(NamedTuple):
    """An action to run on units of one application."""

    units: tuple[str, ...]
    action: str
    params: dict[str, Any]


def read_run(words: Sequence[str], strings: bool, given: Mapping[str, Any] | None = None) -> Run:
    """What `words` ask for; `given` are the parameters of a file, which `words` override. Raises UsageError."""
    units: list[str] = []
    rest = list(words)
    while rest and is_target(rest[0]):
        units.append(rest.pop(0))
    if rest and not _ACTION.match(rest[0]):
        raise UsageError(f"invalid unit or action name {quote(rest[0])}")
    if not units:
        raise UsageError("no unit specified")
    if not rest:
        raise UsageError("no action specified")
    if len({application_of(unit) for unit in units}) > 1:
        raise UsageError("all units must be of the same application")
    params: dict[str, Any] = dict(given or {})
    for word in rest[1:]:
        _assign(params, word, strings)
    return Run(tuple(units), rest[0], params)


def is_target(word: str) -> bool:
    """Whether `word` is a unit, or the leader of an application."""
    return is_unit(word) or (word.endswith("/leader") and is_application(word.removesuffix("/leader")))


def _assign(params: dict[str, Any], word: str, strings: bool) -> None:
    path, equals, text = word.partition("=")
    keys = path.split(".")
    if not equals or not all(keys):
        raise UsageError(f"argument {quote(word)} must be of the form key.key.key...=value")
    for key in keys:
        if not _KEY.match(key):
            raise UsageError(
                f"key {quote(key)} must start and end with lowercase alphanumeric, "
                "and contain only lowercase alphanumeric and hyphens"
            )
    inner = params
    for key in keys[:-1]:
        below = inner.get(key)
        inner[key] = dict(below) if isinstance(below, dict) else {}
        inner = inner[key]
    inner[keys[-1]] = text if strings else _value(text)


def _value(text: str) -> Any:
    from jujubox.cli.settings import parse_yaml

    return parse_yaml(text, f"value {quote(text)}")
