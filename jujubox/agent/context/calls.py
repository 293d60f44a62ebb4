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
        self._call = call
        self.unit = unit

    async def __call__(self, method: str, **params: Any) -> Any:
        return await self._call(method, unit=self.unit, **params)
