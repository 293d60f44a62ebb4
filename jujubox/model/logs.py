"""The log that `juju debug-log` shows: bounded, read by cursor, in a file of its own.

Knows: entries and filters.
Must not know: who writes, who follows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LEVELS = ("TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
KEPT = 200_000
"""Entries kept; the oldest go."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    id INTEGER PRIMARY KEY, model INTEGER NOT NULL, time TEXT NOT NULL, entity TEXT NOT NULL, level TEXT NOT NULL,
    module TEXT NOT NULL, message TEXT NOT NULL);
"""


@dataclass(frozen=True)
class Filter:
    """Which entries are wanted. Entities and modules match whole or up to a `.`, `-` or `*`."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    include_module: tuple[str, ...] = ()
    exclude_module: tuple[str, ...] = ()
    level: str = "TRACE"

    def matches(self, entity: str, level: str, module: str) -> bool:
        """Whether an entry is wanted."""
        if _rank(level) < _rank(self.level):
            return False
        if self.include and not any(_entity_matches(entity, wanted) for wanted in self.include):
            return False
        if any(_entity_matches(entity, unwanted) for unwanted in self.exclude):
            return False
        if self.include_module and not any(_module_matches(module, wanted) for wanted in self.include_module):
            return False
        return not any(_module_matches(module, unwanted) for unwanted in self.exclude_module)


class Log:
    """The store of log entries."""

    def __init__(self, path: Path | str) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.executescript(_SCHEMA)

    def write(self, model: int, entries: Iterable[dict[str, Any]]) -> None:
        """Add entries in order."""
        rows = [(model, e["time"], e["entity"], e["level"], e["module"], e["message"]) for e in entries]
        self._connection.execute("BEGIN")
        self._connection.executemany(
            "INSERT INTO entries (model, time, entity, level, module, message) VALUES (?, ?, ?, ?, ?, ?)", rows
        )
        last = self.last()
        if last // 1000 != (last - len(rows)) // 1000:
            self._connection.execute("DELETE FROM entries WHERE id <= ?", (last - KEPT,))
        self._connection.execute("COMMIT")

    def last(self) -> int:
        """The number of the newest entry."""
        return int(self._connection.execute("SELECT coalesce(max(id), 0) FROM entries").fetchone()[0])

    def after(self, model: int, cursor: int, wanted: Filter, limit: int = 10_000) -> tuple[int, list[dict[str, Any]]]:
        """Matching entries behind a cursor, oldest first, and the cursor behind them."""
        rows = self._connection.execute(
            "SELECT * FROM entries WHERE id > ? AND model = ? ORDER BY id LIMIT ?", (cursor, model, limit)
        ).fetchall()
        found = [_entry(row) for row in rows if wanted.matches(row["entity"], row["level"], row["module"])]
        return (rows[-1]["id"] if rows else cursor), found

    def latest(self, model: int, count: int, wanted: Filter) -> tuple[int, list[dict[str, Any]]]:
        """The newest matching entries, oldest first, and the cursor behind them."""
        cursor = self.last()
        found: list[dict[str, Any]] = []
        for row in self._connection.execute("SELECT * FROM entries WHERE model = ? ORDER BY id DESC", (model,)):
            if len(found) >= count:
                break
            if wanted.matches(row["entity"], row["level"], row["module"]):
                found.append(_entry(row))
        return cursor, found[::-1]

    def forget(self, model: int) -> None:
        """A model is gone."""
        self._connection.execute("DELETE FROM entries WHERE model = ?", (model,))

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def _entry(row: sqlite3.Row) -> dict[str, Any]:
    return {key: row[key] for key in ("time", "entity", "level", "module", "message")}


def _rank(level: str) -> int:
    name = {"WARN": "WARNING"}.get(level.upper(), level.upper())
    return LEVELS.index(name) if name in LEVELS else 0


def _entity_matches(entity: str, wanted: str) -> bool:
    tag = "unit-" + wanted.replace("/", "-") if "/" in wanted else wanted
    if tag.endswith("*"):
        return entity.startswith(tag[:-1])
    return (
        entity == tag
        or entity == f"machine-{tag}"
        or (entity.startswith(f"unit-{tag}-") and entity[len(tag) + 6 :].isdigit())
    )


def _module_matches(module: str, wanted: str) -> bool:
    return module == wanted or module.startswith(wanted + ".")
