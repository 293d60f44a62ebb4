"""Nothing waits, retires or decides by a clock that somebody may set."""

from __future__ import annotations

import ast
from pathlib import Path

import pgclient

TELLS = {"listening.py", "notes.py"}
"""Since when something may have been missed is told by the wall clock, for people; nothing is decided by it."""
WALL = {"time", "time_ns", "datetime", "localtime", "gmtime"}


def test_only_the_monotonic_clock_decides() -> None:
    for module in Path(pgclient.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            named: set[str] = set()
            if isinstance(node, ast.ImportFrom) and node.module in ("time", "datetime"):
                named = {alias.name for alias in node.names}
            elif isinstance(node, ast.Import):
                assert not {"time", "datetime"} & {alias.name for alias in node.names}, f"{module.name}: name the clock"
            assert module.name in TELLS or not named & WALL, f"{module.name} uses the wall clock"
