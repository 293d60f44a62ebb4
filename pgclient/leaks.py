"""Who holds a session, and for how long.

Knows: the place in the caller's code that took a session. Must not know: what a session is.
"""

from __future__ import annotations

import sys
from collections.abc import Hashable
from dataclasses import dataclass

_INSIDE = ("pgclient.", "contextlib", "asyncio")


@dataclass
class Held:
    """One session in somebody's hands."""

    since: float
    where: str
    warned: bool = False


def caller() -> str:
    """The innermost place outside of this library that led here, as `file:line in function`."""
    frame = sys._getframe(1)
    while frame.f_back is not None:
        if not frame.f_globals.get("__name__", "").startswith(_INSIDE):
            break
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}"


class Register:
    """Who holds what."""

    def __init__(self, warn_after: float) -> None:
        self._warn_after = warn_after
        self._held: dict[Hashable, Held] = {}

    def took(self, thing: Hashable, where: str, now: float) -> None:
        self._held[thing] = Held(now, where)

    def gave_back(self, thing: Hashable) -> None:
        self._held.pop(thing, None)

    def overdue(self, now: float) -> list[Held]:
        """Those who hold something for too long, each once."""
        late = [held for held in self._held.values() if not held.warned and now - held.since > self._warn_after]
        for held in late:
            held.warned = True
        return late
