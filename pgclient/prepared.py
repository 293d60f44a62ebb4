"""Which statements a session has prepared on its server.

A new session after a switch starts with none, and prepares again what is asked often: nobody has to do anything.

Knows: counting, names. Must not know: how a statement is prepared.

>>> prepared = Prepared(threshold=1)
>>> [prepared.name(b"SELECT 1", ()) for _ in range(3)]
[(b'', False), (b'_pgc_1', True), (b'_pgc_1', False)]
"""

from __future__ import annotations

_MOST = 200
"""Statements prepared on one session. When they are that many, it is done with preparing: the first ones are the
ones that matter, and a server's memory is not for queries that are made up anew each time."""
_MOST_COUNTED = 2000
OUTDATED = frozenset({b"26000", b"0A000"})
"""invalid_sql_statement_name (somebody deallocated it); feature_not_supported: `cached plan must not change result
type`, after a change of the table."""


class Prepared:
    """One session's. `threshold` executions go unprepared; None: all do."""

    def __init__(self, threshold: int | None) -> None:
        self._threshold = threshold
        self._seen: dict[tuple[bytes, tuple[int, ...]], int] = {}
        self._names: dict[tuple[bytes, tuple[int, ...]], bytes] = {}
        self._given = 0

    def name(self, query: bytes, types: tuple[int, ...]) -> tuple[bytes, bool]:
        """The statement's name, and whether it has yet to be prepared; no name: send it as it is."""
        key = (query, types)
        found = self._names.get(key)
        if found:
            return found, False
        if self._threshold is None or len(self._names) >= _MOST or len(self._seen) >= _MOST_COUNTED:
            return b"", False
        seen = self._seen[key] = self._seen.get(key, 0) + 1
        if seen <= self._threshold:
            return b"", False
        self._given += 1
        name = self._names[key] = b"_pgc_%d" % self._given
        return name, True

    def drop(self, query: bytes, types: tuple[int, ...]) -> None:
        """This one could not be prepared."""
        self._names.pop((query, types), None)
        self._seen.pop((query, types), None)

    def forget(self) -> None:
        """Nothing is prepared any more, as far as we are concerned; names are not used twice."""
        self._names.clear()
        self._seen.clear()
