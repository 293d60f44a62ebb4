"""What became of a transaction whose COMMIT got no answer.

Before COMMIT, a writing transaction leaves a mark in the WAL (`pg_logical_emit_message`, a few bytes that nobody
reads) and remembers its 64-bit id and where the mark ends. A server that has replayed the mark knows the id as taken,
so it never gives it to another transaction, and `pg_xact_status` of that id speaks of ours. A server that took over
before the mark, or lost it in a crash, may well have given the id to somebody else: there, ours never happened.

`pg_last_wal_replay_lsn()` keeps, after a recovery or promotion, the position where replay ended. That tells the two
apart.
https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-RECOVERY-CONTROL
https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-SNAPSHOT

Knows: marks and answers. Must not know: how they are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Fate(Enum):
    """What became of it."""

    COMMITTED = "committed"
    ABORTED = "aborted"
    RUNNING = "running"
    """Its session still lives on the server: ask again."""
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Mark:
    """What a transaction remembers of itself before COMMIT."""

    xid: int
    lsn: int
    """Where its mark in the WAL ends."""
    timeline: int
    replayed: int | None
    """`pg_last_wal_replay_lsn()` of the server it ran on."""
    started: float
    """When that server's postmaster started."""


@dataclass(frozen=True)
class Answer:
    """What a primary says about it later."""

    status: str | None
    """`pg_xact_status`: `committed`, `aborted`, `in progress`; `future` for an id not given yet; None: too long ago."""
    timeline: int
    replayed: int | None
    started: float
    was_standby: bool
    """Was this postmaster seen as a standby, so that `replayed` is where its promotion happened?"""


def judge(mark: Mark, answer: Answer) -> Fate:
    """What became of the transaction, as far as this answer tells."""
    if answer.timeline < mark.timeline:
        return Fate.UNKNOWN  # an old primary: it cannot know
    survived = _mark_survived(mark, answer)
    if survived is None:
        # Another server by now. Whoever has the id there: if that one is not committed, ours is not either.
        return Fate.ABORTED if answer.status in ("aborted", "future", "in progress") else Fate.UNKNOWN
    if not survived or answer.status in ("aborted", "future"):
        return Fate.ABORTED
    if answer.status == "in progress":
        return Fate.RUNNING
    return Fate.COMMITTED if answer.status == "committed" else Fate.UNKNOWN


def _mark_survived(mark: Mark, answer: Answer) -> bool | None:
    """Is the mark in the history of the server that answers? None: it cannot be told."""
    if answer.timeline == mark.timeline:
        if answer.replayed is None or (answer.replayed, answer.started) == (mark.replayed, mark.started):
            return True  # the same run, or a clean stop, which loses nothing
        return answer.replayed >= mark.lsn  # it crashed and recovered up to there
    if answer.timeline == mark.timeline + 1 and answer.was_standby and answer.replayed is not None:
        return answer.replayed >= mark.lsn  # it was promoted there
    return None
