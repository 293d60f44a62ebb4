"""What is seen of backups, frozen.

Knows: the shape of what pgBackRest and the archiver tell. Must not know: how they are asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

FULL, DIFFERENTIAL, INCREMENTAL = "full", "diff", "incr"
KINDS = (FULL, DIFFERENTIAL, INCREMENTAL)
VERIFY = "verify"
"""What the backup program does besides backups of these kinds."""


@dataclass(frozen=True)
class Backup:
    """One backup in the repository."""

    id: str
    """pgBackRest's label, e.g. `20261127-065618F`."""
    kind: str
    """`full`, `diff` or `incr`."""
    start: float
    stop: float
    size: int = 0
    """Bytes of the database that it restores."""
    delta: int = 0
    """Bytes of the database that were copied for it."""
    stored: int = 0
    """Bytes that it takes in the repository, without those it rests on."""
    wal_first: str = ""
    wal_last: str = ""
    lsn_start: str = ""
    lsn_stop: str = ""
    prior: str = ""
    """The backup that it was made after; empty for a full one."""
    references: tuple[str, ...] = ()
    """Backups that it needs to be restored."""
    error: bool = False
    """Whether pages with a wrong checksum were found while it was made."""
    database: int = 1
    """Which of the stanza's databases it is of."""
    notes: Mapping[str, str] = field(default_factory=dict)
    """What was written on it when it was made: `unit`, ... pgBackRest calls it annotation."""


@dataclass(frozen=True)
class StanzaInfo:
    """One stanza, as `pgbackrest info` tells."""

    name: str
    code: int
    """0: well. 1: no such stanza. 2: no backup yet. 3: nothing there of one. Others: out of reach or broken."""
    message: str
    systems: tuple[str, ...] = ()
    """System identifiers of its databases, the newest last."""
    backups: tuple[Backup, ...] = ()
    """By the time they began."""
    wal_first: str = ""
    wal_last: str = ""
    cipher: str = ""
    backing_up: bool = False
    """Whether a backup is under way on the host that answers."""

    @property
    def exists(self) -> bool:
        return self.code in (0, 2)

    @property
    def newest(self) -> Backup | None:
        return self.backups[-1] if self.backups else None


@dataclass(frozen=True)
class Looked:
    """What a unit's observer service saw of the repository last."""

    at: float
    """When, by the clock of the machine."""
    stanza: StanzaInfo
    config: str = ""
    """The digest of the configuration that it was seen with."""
    place: str = ""
    """Where the repository is that it was seen in."""

    @property
    def answers(self) -> bool:
        """Whether the repository could be read."""
        return self.stanza.code in (0, 1, 2, 3)


@dataclass(frozen=True)
class Archiver:
    """This unit's part in archiving the write-ahead log."""

    waiting: int = 0
    """Segments that are written and not archived yet."""
    oldest: float = 0.0
    """Seconds that the oldest of them has waited."""
    error: str = ""
    """Why the last one could not be archived; empty where it could."""
    dropped: float = 0.0
    """When a segment was last given up because the disk was about to be full; 0 where none was."""


@dataclass(frozen=True)
class Run:
    """One run of the backup program: what it did, and how it ended."""

    kind: str
    started: float
    ended: float = 0.0
    """0 while it runs."""
    ok: bool = False
    id: str = ""
    size: int = 0
    error: str = ""
    origin: str = ""
    """`schedule` or `action`."""
    percent: float = 0.0
    standby: str = ""
    """The unit whose data were copied."""


@dataclass(frozen=True)
class RunNotes:
    """What the backup program of this unit has written down, by what it did."""

    runs: Mapping[str, Run] = field(default_factory=dict)
    verified: Mapping[str, str] = field(default_factory=dict)
    """Of backups that this unit has verified: when, or what is wrong, by id."""

    @property
    def last(self) -> Run | None:
        """The last backup that was tried, of whatever kind."""
        return max((run for kind, run in self.runs.items() if kind in KINDS), key=lambda run: run.started, default=None)
