"""Calls to the controller on behalf of one unit, and the errors that a hook tool prints.

Knows: that every agent method takes the unit's name. Must not know: any method.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any


class ToolError(Exception):
    """A hook tool cannot do what was asked: printed as `ERROR <text>`, exit code 1."""


class UnitCalls:
    """`await calls("unit.config")` for one unit."""

    def __init__(self, call: Callable[..., Awaitable[Any]], unit: str) -> None:
        self.plain = call
        """The same calls without a unit's name."""
        self.unit = unit

    async def __call__(self, method: str, **params: Any) -> Any:
        return await self.plain(method, unit=self.unit, **params)
