"""The way that `config` and `model-config` share: show everything, show one key, or set and reset.

Knows: how the arguments of both are read.
Must not know: where settings live.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jujubox.cli.invocation import Invocation
from jujubox.cli.settings import listed, pairs
from jujubox.flags import FlagSet, UsageError, quote


@dataclass(frozen=True)
class Change:
    """Settings to change; nothing to do if both are empty."""

    set: dict[str, Any]
    reset: list[str]


def add_flags(known: FlagSet) -> None:
    """The flags that both commands take."""
    known.string("reset", repeated=True)
    known.string("file")
    for name in ("color", "no-color"):
        known.boolean(name)


def read(call: Invocation, words: list[str], in_file: Callable[[str], dict[str, Any]]) -> tuple[Change, str]:
    """What to change, and the one key to show if that is what is asked for."""
    from_file = in_file(call.flags["file"]) if call.flags["file"] else {}
    assigned = [word for word in words if "=" in word]
    keys = [word for word in words if "=" not in word]
    change = Change({**from_file, **pairs(assigned)}, listed(call.flags["reset"]))
    changing = bool(change.set or change.reset)
    if keys and changing:
        raise UsageError("cannot set and retrieve values simultaneously")
    if len(keys) > 1:
        raise UsageError("can only retrieve a single value, or all values")
    for key in change.reset:
        if key in change.set:
            raise UsageError(f"cannot set and reset key {quote(key)} simultaneously")
    return change, keys[0] if keys else ""


def bare(value: Any) -> str:
    """A single value as both commands print it; nothing for a value that is not set."""
    if value is None or isinstance(value, str):
        return f"{value or ''}\n"
    from jujubox.goyaml import dump

    return dump(value)
