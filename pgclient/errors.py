"""What can go wrong, named by what the caller does next.

    ClusterError
    ├── Unavailable      nobody could serve in time: try later, or tell the user
    │   └── Busy         the hosts are there, their connections are all in use: send less at once
    ├── TimedOut         the work itself took longer than its deadline: nothing is known of its outcome if it wrote
    ├── CommitUnknown    a COMMIT was sent, and nobody can say whether it holds: look before doing it again
    └── Misconfigured    a connection string, relation or argument that can never work: change it

What PostgreSQL says about a statement stays what psycopg makes of it (`psycopg.Error` and its subclasses).

Knows: texts. Must not know: how anything is decided. No text holds a secret.
"""

from __future__ import annotations


class ClusterError(Exception):
    """Everything that pgclient itself raises."""


class Unavailable(ClusterError):
    """No host of the wanted role could serve before the deadline."""


class Busy(Unavailable):
    """All connections to the host are in use, and as many callers wait as may wait."""


class TimedOut(ClusterError):
    """The work did not end before its deadline; it was cancelled."""


class CommitUnknown(ClusterError):
    """A COMMIT was sent, its answer got lost, and the cluster cannot say what became of it.

    `xid` is the 64-bit transaction id (`pg_xact_status`), where it was known.
    """

    def __init__(self, text: str, xid: int | None = None) -> None:
        super().__init__(text)
        self.xid = xid


class Misconfigured(ClusterError, ValueError):
    """Something the caller gave can never work."""


def unavailable(role: str, seen: str, waited: float) -> Unavailable:
    """Nobody served `role` for `waited` seconds."""
    return Unavailable(
        f"cannot reach a {role}: {seen} (waited {waited:.1f} s)\n"
        "hint: look at `cluster.topology`, or wait longer with timeout="
    )
