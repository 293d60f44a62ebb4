"""One SQLite file, one writer, and who is told when something changed.

Knows: transactions, rows, topics that a transaction touched.
Must not know: any table.

A topic is a tuple such as `("unit", 1, "postgresql/0")`. Domain functions touch the topics whose readers should look
again; listeners hear of them after the commit, and of nothing when the transaction is rolled back.

    with database.transaction():
        database.run("UPDATE units SET life = 'dying' WHERE name = ?", "a/0")
        database.touch(("unit", 1, "a/0"))
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from jujubox.model.schema import SCHEMA

Topic = tuple[Any, ...]
Listener = Callable[[frozenset[Topic]], None]


class Refused(Exception):
    """The model does not allow what was asked. `code` is Juju's: `not found`, `already exists`, ... or empty."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class NotFound(Refused):
    """There is no such thing."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "not found")


class Database:
    """The model's store. All calls come from one thread; nothing inside a transaction may await."""

    def __init__(self, path: Path | str, schema: str = SCHEMA, now: Callable[[], float] = time.time) -> None:
        self.now = now
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.execute("PRAGMA cache_size = -8000")
        self._connection.executescript(schema)
        self._touched: set[Topic] = set()
        self._depth = 0
        self.listeners: list[Listener] = []

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Database]:
        """All or nothing. One within another belongs to the outer one."""
        if self._depth:
            yield self
            return
        self._connection.execute("BEGIN IMMEDIATE")
        self._depth = 1
        try:
            yield self
        except BaseException:
            self._connection.execute("ROLLBACK")
            self._touched.clear()
            raise
        else:
            self._connection.execute("COMMIT")
        finally:
            self._depth = 0
        touched, self._touched = frozenset(self._touched), set()
        if touched:
            for listener in self.listeners:
                listener(touched)

    def touch(self, *topics: Topic) -> None:
        """Tell the readers of these topics after the commit."""
        self._touched.update(topics)

    def run(self, sql: str, *values: Any) -> int:
        """Execute a statement; the number of rows it changed."""
        return self._connection.execute(sql, values).rowcount

    def all(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """Every row of a query."""
        return self._connection.execute(sql, values).fetchall()

    def one(self, sql: str, *values: Any) -> sqlite3.Row | None:
        """The first row of a query, or None."""
        row: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
        return row

    def value(self, sql: str, *values: Any) -> Any:
        """The first column of the first row, or None."""
        row = self.one(sql, *values)
        return None if row is None else row[0]

    def column(self, sql: str, *values: Any) -> list[Any]:
        """The first column of every row."""
        return [row[0] for row in self.all(sql, *values)]

    def insert(self, table: str, **columns: Any) -> int:
        """Add a row; its rowid."""
        names = ", ".join(columns)
        marks = ", ".join("?" for _ in columns)
        sql = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 - names come from code, never from a caller
        cursor = self._connection.execute(sql, tuple(columns.values()))
        return cursor.lastrowid or 0

    def next_number(self, model: int, name: str) -> int:
        """The next number of a sequence that begins at 0 and never gives a number twice."""
        number: int = self.value(
            "INSERT INTO sequences (model, name, next) VALUES (?, ?, 1)"
            " ON CONFLICT (model, name) DO UPDATE SET next = next + 1 RETURNING next - 1",
            model,
            name,
        )
        return number

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def dumps(value: Any) -> str:
    """JSON text with sorted keys: equal values have equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def loads(text: str | None) -> Any:
    """The value of JSON text; None for no text."""
    return None if text is None else json.loads(text)
