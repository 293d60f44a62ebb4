"""What became of a transaction whose COMMIT got no answer.

Before COMMIT, a writing transaction leaves a mark in the WAL (`pg_logical_emit_message`, a few bytes that nobody
reads) and remembers its 64-bit id and where the mark ends. A server that has replayed the mark knows the id as taken,
so it never gives it to another transaction, and `pg_xact_status` of that id speaks of ours. A server that took over
before the mark, or lost it in a crash, may well have given the id to somebody else: there, ours never happened.

Of two runs in a row of which this client saw none, the first could lose the mark and the second give its id and its
place in the WAL to others: that much is left to chance.

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
    unbroken: bool = True
    """Was no other run of the mark's server seen as a primary in between? It could have lost the mark and gone on."""


def judge(mark: Mark, answer: Answer) -> Fate:
    """What became of the transaction, as far as this answer tells."""
    if answer.timeline < mark.timeline or answer.status is None:
        return Fate.UNKNOWN  # an old primary cannot know, a new one may have forgotten
    if (answer.timeline, answer.replayed, answer.started) == (mark.timeline, mark.replayed, mark.started):
        same_run = {"committed": Fate.COMMITTED, "in progress": Fate.RUNNING}
        return same_run.get(answer.status, Fate.ABORTED)
    if answer.status != "committed":
        return Fate.ABORTED  # our session is gone: whoever has the id now, nobody has committed it
    survived = _mark_survived(mark, answer)
    if survived is None:
        return Fate.UNKNOWN
    return Fate.COMMITTED if survived else Fate.ABORTED


def _mark_survived(mark: Mark, answer: Answer) -> bool | None:
    """Is the mark in the history of the server that answers? None: it cannot be told."""
    if not answer.unbroken:
        return None
    if answer.timeline == mark.timeline:
        # A clean stop loses nothing; after a crash, recovery went up to `replayed`.
        return answer.replayed is None or answer.replayed >= mark.lsn
    if answer.timeline == mark.timeline + 1 and answer.was_standby and answer.replayed is not None:
        return answer.replayed >= mark.lsn  # it was promoted there
    return None
