"""Which acknowledged rows are not in a database.

Knows: the table. Must not know: journals, files; it is given what was acknowledged.
"""

from __future__ import annotations

from collections.abc import Mapping

from ledger.connection import Session
from ledger.ranges import Ranges

FEW = 1000
_COUNT = "SELECT count(*) FROM ledger_rows WHERE run = %s AND stream = %s AND number BETWEEN %s AND %s"
_NUMBERS = "SELECT number FROM ledger_rows WHERE run = %s AND stream = %s AND number BETWEEN %s AND %s"
_FOUND = "SELECT stream, count(*) FROM ledger_rows WHERE run = %s GROUP BY stream"
SECONDS = 60.0


def lost_rows(session: Session, run: str, acknowledged: Mapping[str, Ranges]) -> dict[str, tuple[int, ...]]:
    """{stream: numbers} that were acknowledged and are not there. Raises psycopg2.Error."""
    lost = {
        stream: tuple(number for first, last in ranges.runs for number in _missing(session, run, stream, first, last))
        for stream, ranges in acknowledged.items()
    }
    return {stream: numbers for stream, numbers in lost.items() if numbers}


def _missing(session: Session, run: str, stream: str, first: int, last: int) -> tuple[int, ...]:
    """Count, and halve where the count is short: a complete run costs one index scan."""
    ((count,),) = session.rows(_COUNT, (run, stream, first, last), SECONDS)
    if count == last - first + 1:
        return ()
    if last - first < FEW:
        found = {row[0] for row in session.rows(_NUMBERS, (run, stream, first, last))}
        return Ranges(((first, last),)).missing_from(found)
    middle = (first + last) // 2
    return _missing(session, run, stream, first, middle) + _missing(session, run, stream, middle + 1, last)


def found_rows(session: Session, run: str) -> int:
    """How many rows of a run are there, acknowledged or not."""
    return sum(count for _, count in session.rows(_FOUND, (run,), SECONDS))
