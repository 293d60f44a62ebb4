"""Which statements may travel together, told from their first word and from what came of them before.

Only reads do. Each runs in a read-only transaction of its own there, so that what the text hides (a function that
writes, `FOR UPDATE`) is refused by the server and done again alone.

Knows: first words of SQL. Must not know: connections, who asks.

>>> kind("SELECT 1"), kind("UPDATE t SET a = 1"), kind("VACUUM")
(<Kind.READ: 'read'>, <Kind.CHANGE: 'change'>, <Kind.OTHER: 'other'>)
"""

from __future__ import annotations

import re
from collections import OrderedDict
from enum import Enum
from functools import lru_cache

_FIRST = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/|\()*([A-Za-z]+)", re.DOTALL)
_READS = frozenset({"SELECT", "TABLE", "VALUES", "WITH"})
_CHANGES = frozenset({"DELETE", "INSERT", "MERGE", "UPDATE"})


class Kind(Enum):
    """How a statement may be sent."""

    READ = "read"
    """Among others on one connection, all sent before the first is answered."""
    CHANGE = "change"
    """By the same short way, but alone: who stood behind it would wait for its locks, the disk and the standbys."""
    OTHER = "other"
    """By psycopg's cursor: several statements in one text, COPY, DDL, `SET` ..."""


@lru_cache(maxsize=1000)
def kind(text: str | bytes) -> Kind:
    """The kind of a statement, on the side of caution: a semicolon in a literal makes it OTHER."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    found = _FIRST.match(text)
    if not found or ";" in text:
        return Kind.OTHER
    word = found[1].upper()
    if word in _READS:
        return Kind.READ
    return Kind.CHANGE if word in _CHANGES else Kind.OTHER


class Loners:
    """Statements that turned out to be slow, or to write: they go alone for a while."""

    def __init__(self, most: int = 500, seconds: float = 60.0) -> None:
        self._most = most
        self._seconds = seconds
        self._until: OrderedDict[str | bytes, float] = OrderedDict()

    def add(self, text: str | bytes, now: float) -> None:
        self._until[text] = now + self._seconds
        self._until.move_to_end(text)
        if len(self._until) > self._most:
            self._until.popitem(last=False)

    def has(self, text: str | bytes, now: float) -> bool:
        return self._until.get(text, 0.0) > now
