"""The action that a context runs: its parameters and what it has to say.

Knows: the tree of results. Must not know: how results are reported.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class ActionRun:
    """One action under way."""

    task: str
    name: str
    params: Mapping[str, Any]
    results: dict[str, Any] = field(default_factory=dict)
    failed: bool = False
    message: str = ""

    def set_result(self, path: Sequence[str], value: str) -> None:
        """Put a value into the tree of results; a later conflicting path overwrites."""
        node = self.results
        for key in path[:-1]:
            below = node.get(key)
            if not isinstance(below, dict):
                below = node[key] = {}
            node = below
        node[path[-1]] = value

    def fail(self, message: str) -> None:
        """The action has failed, whatever its exit code."""
        self.failed, self.message = True, message
