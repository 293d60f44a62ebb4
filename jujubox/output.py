r"""Results as Juju prints them: `smart`, `yaml` and `json` by Go's rules.

Knows: how Go's encoding/json and go-yaml v2 spell values, and what `smart` prints bare.
Must not know: any command.

    >>> render({"a": "<1>"}, "json")
    '{"a":"\\u003c1\\u003e"}\n'
    >>> render(["a/0", "a/1"], "smart")
    'a/0\na/1\n'

A dict is printed in its own order, as Go prints a struct; Go sorts a map, so for a map pass `sort=True`.
"""

from __future__ import annotations

import json
import re
from typing import Any

_HTML = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_NUMBER = re.compile(r"([0-9]+)")


def render(value: Any, format: str, sort: bool = False) -> str:
    """`value` in a format, with a newline at the end, or "" where Juju prints nothing."""
    if format == "json":
        return to_json(value, sort) + "\n"
    if value is None:
        return ""
    if format == "smart":
        return _smart(value, sort)
    return _yaml(value, sort)


def to_json(value: Any, sort: bool = False) -> str:
    """One line of JSON without blanks, as Go's json.Marshal writes it."""
    text = json.dumps(_go_numbers(value), separators=(",", ":"), ensure_ascii=False, sort_keys=sort)
    return "".join(_HTML.get(char, char) for char in text) if not _HTML.keys().isdisjoint(text) else text


def natural(key: str) -> tuple[tuple[int, int | str], ...]:
    """A sort key that puts `a2` before `a10`, as go-yaml sorts maps and Juju sorts names."""
    return tuple((0, int(part)) if part.isdigit() else (1, part) for part in _NUMBER.split(key) if part)


def in_natural_order(value: Any) -> Any:
    """`value` with the keys of every dict in natural order."""
    if isinstance(value, dict):
        return {key: in_natural_order(value[key]) for key in sorted(value, key=lambda name: natural(str(name)))}
    if isinstance(value, (list, tuple)):
        return [in_natural_order(item) for item in value]
    return value


def _smart(value: Any, sort: bool) -> str:
    if isinstance(value, str):
        return f"{value}\n" if value else ""
    if isinstance(value, bool):
        return f"{value}\n"
    if isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
        return "".join(f"{item}\n" for item in value)
    return _yaml(value, sort)


def _yaml(value: Any, sort: bool) -> str:
    from jujubox import goyaml

    return goyaml.dump(in_natural_order(value) if sort else value)


def _go_numbers(value: Any) -> Any:
    """Floats without a fraction become integers, because Go writes 2.0 as 2."""
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 1e21 else value
    if isinstance(value, dict):
        return {key: _go_numbers(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_go_numbers(item) for item in value]
    return value
