"""A map that a context reads once, changes at will, and hands over when its hook succeeds.

Knows: the difference between what was read and what it became. Must not know: whose map it is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping


class Settings:
    """A relation bag or the charm's state, with the changes of this context."""

    def __init__(self, read: Callable[[], Awaitable[Mapping[str, str]]]) -> None:
        self._read = read
        self._stored: dict[str, str] | None = None
        self._changes: dict[str, str | None] = {}

    def write(self, changes: Mapping[str, str | None]) -> None:
        """Set keys; None deletes one."""
        self._changes.update(changes)

    async def values(self) -> dict[str, str]:
        """The content, with what this context wrote."""
        if self._stored is None:
            self._stored = dict(await self._read())
        merged = {**self._stored, **self._changes}
        return {key: value for key, value in merged.items() if value is not None}

    async def outcome(self) -> dict[str, str] | None:
        """The new content, or None when nothing differs from what is stored."""
        if not self._changes:
            return None
        values = await self.values()
        return values if values != self._stored else None
