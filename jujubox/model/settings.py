"""Charm config: texts and values into typed settings, and what is in force.

Knows: option types and Juju's error texts. Pure.
Must not know: which application the settings belong to.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from jujubox.charm import Charm, Option
from jujubox.model.database import Refused, dumps

_GO_NAMES = {"string": "string", "int": "int", "float": "float", "boolean": "boolean", "secret": "secret"}
_SECRET = re.compile(r"^(?:secret:(?://[0-9a-f-]{36}/)?)?[0-9a-v]{20}$")


def parse(charm: Charm, given: Mapping[str, Any]) -> dict[str, Any]:
    """Typed settings from texts or values. Raises Refused, naming the first option that is wrong."""
    parsed: dict[str, Any] = {}
    for key, value in given.items():
        option = charm.options.get(key)
        if option is None:
            raise Refused(f'unknown option "{key}"', "bad request")
        parsed[key] = _typed(key, option, value)
    return parsed


def effective(charm: Charm, user: Mapping[str, Any]) -> dict[str, Any]:
    """Every option's value: the user's, else the default, else None."""
    return {name: user.get(name, option.default) for name, option in charm.options.items()}


def kept(charm: Charm, user: Mapping[str, Any]) -> dict[str, Any]:
    """The user's settings that still fit after the charm changed; others go."""
    fitting = {}
    for key, value in user.items():
        try:
            fitting.update(parse(charm, {key: value}))
        except Refused:
            continue
    return fitting


def digest(value: Any) -> str:
    """A short hash that changes when the value does."""
    return hashlib.sha256(dumps(value).encode()).hexdigest()[:16]


def document(charm: Charm, user: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The `settings` part of `juju config --format json`."""
    return {name: _setting(option, name, user) for name, option in sorted(charm.options.items())}


def _setting(option: Option, name: str, user: Mapping[str, Any]) -> dict[str, Any]:
    entry: dict[str, Any] = {"description": option.description, "type": option.type}
    if option.default is not None:
        entry["default"] = option.default
    value = user.get(name, option.default)
    entry["source"] = "user" if name in user else "unset" if value is None else "default"
    if value is not None:
        entry["value"] = value
    return entry


def _typed(key: str, option: Option, value: Any) -> Any:
    if option.type == "string" and isinstance(value, str):
        return value
    if option.type == "secret" and isinstance(value, str):
        if value and not _SECRET.match(value):
            raise Refused(f'option "{key}" expected secret, got "{value}"', "bad request")
        return value
    if option.type == "boolean":
        return _boolean(key, value)
    if option.type == "int":
        return _number(key, "int", int, value)
    if option.type == "float":
        return _number(key, "float", float, value)
    raise _wrong(key, option.type, value)


def _boolean(key: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    words = {"1": True, "t": True, "true": True, "0": False, "f": False, "false": False}
    if isinstance(value, str) and value.lower() in words:
        return words[value.lower()]
    raise _wrong(key, "boolean", value)


def _number(key: str, name: str, kind: type[int] | type[float], value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _wrong(key, name, value)
    if isinstance(value, float) and kind is int and not value.is_integer():
        raise _wrong(key, name, value)
    try:
        return kind(value)
    except ValueError:
        raise _wrong(key, name, value) from None


def _wrong(key: str, expected: str, value: Any) -> Refused:
    shown = f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    return Refused(f'option "{key}" expected {_GO_NAMES[expected]}, got {shown}', "bad request")
