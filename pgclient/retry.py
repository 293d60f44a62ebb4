"""What is safe to do again, decided from the error and from how far the transaction had come.

Codes: https://www.postgresql.org/docs/current/errcodes-appendix.html; which of them promise that nothing happened:
https://www.postgresql.org/docs/current/mvcc-serialization-failure-handling.html

Knows: SQLSTATEs. Must not know: connections, clocks, who asks.

>>> verdict("40001", Stage.WORKING), verdict(None, Stage.COMMITTING)
(<Verdict.AGAIN: 'again'>, <Verdict.ASK: 'ask'>)
"""

from __future__ import annotations

from enum import Enum

CONFLICTS = frozenset({"40001", "40P01"})
"""serialization_failure (also: cancelled by recovery on a standby), deadlock_detected: rolled back, worth a retry."""

READ_ONLY = "25006"
"""read_only_sql_transaction: this is a standby, or it is being demoted. Nothing was done."""

GOING_AWAY = frozenset({"57P01", "57P02", "57P03"})
"""admin_shutdown, crash_shutdown, cannot_connect_now."""

UNDECIDED = frozenset({"08007", "40003"})
"""transaction_resolution_unknown, statement_completion_unknown."""

_CONNECTION_CLASS = "08"


class Stage(Enum):
    """How far a transaction had come when the error struck."""

    WORKING = "working"
    """COMMIT was not sent: whatever happened, nothing of it holds."""
    COMMITTING = "committing"
    """COMMIT was sent."""
    LOOSE = "loose"
    """A statement outside of a transaction was sent: it may have been done."""


class Verdict(Enum):
    """What to do about an error."""

    AGAIN = "again"
    ASK = "ask"
    """Ask the server what became of the transaction."""
    RAISE = "raise"


def means_lost(sqlstate: str | None) -> bool:
    """Is the session gone, or useless? (No SQLSTATE: libpq itself found the connection broken.)"""
    if sqlstate is None:
        return True
    return sqlstate in GOING_AWAY or sqlstate.startswith(_CONNECTION_CLASS)


def means_look_around(sqlstate: str | None) -> bool:
    """Does the error say that the roles may have changed, so that all hosts should be asked at once?"""
    return means_lost(sqlstate) or sqlstate == READ_ONLY


def verdict(sqlstate: str | None, stage: Stage) -> Verdict:
    """What to do about an error that the database or libpq raised at this stage."""
    if stage is Stage.COMMITTING and (means_lost(sqlstate) or sqlstate in UNDECIDED):
        return Verdict.ASK
    if sqlstate in CONFLICTS or sqlstate in (READ_ONLY, "57P03"):
        return Verdict.AGAIN
    if stage is Stage.WORKING and means_lost(sqlstate):
        return Verdict.AGAIN
    return Verdict.RAISE


def pause(attempt: int, luck: float, *, first: float = 0.01, longest: float = 1.0) -> float:
    """Seconds to wait before attempt number `attempt` (1 is the first retry); `luck` is a random number in [0, 1)."""
    return min(longest, first * 2.0 ** min(attempt - 1, 16)) * (0.5 + luck)
