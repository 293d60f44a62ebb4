"""To which moment the data is brought back, which backup that takes, and whether it can be reached. Pure.

Knows: what PostgreSQL and pgBackRest can reach: any moment from the end of a backup on, along one line of history.
Must not know: how it is brought about.

    >>> print(read_time("2026-11-27 08:30:00", now=1_795_768_300))
    2026-11-27 08:30:00+00
    >>> print(read_time("2026-11-27T08:30:00.25+01:00", now=1_795_768_300))
    2026-11-27 07:30:00.250000+00
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from pgcharm.backup.facts import Backup, StanzaInfo

LATEST, TIME, IMMEDIATE = "latest", "time", "immediate"


class Unreachable(ValueError):
    """Why data cannot be brought back to a moment: what was seen, and what can be reached."""


@dataclass(frozen=True)
class Target:
    """A moment: the newest that is archived, a time, or the end of a backup."""

    kind: str = LATEST
    time: str = ""
    """As PostgreSQL reads it, in UTC."""
    timeline: str = ""
    """The line of history to follow, where it is not the newest."""


@dataclass(frozen=True)
class Fork:
    """Where a line of history left another one."""

    timeline: int
    position: int


@dataclass(frozen=True)
class Archive:
    """What is known of an archived write-ahead log, beyond what a stanza's summary tells."""

    timeline: int = 1
    """The line of history that is followed."""
    forks: tuple[Fork, ...] = ()
    """Where it left the lines before it."""
    written: float = 0.0
    """When the newest segment was archived; 0 where that is not known."""


def read_time(text: str, now: float) -> str:
    """A time as PostgreSQL reads it. Without a zone it is UTC. Raises Unreachable."""
    try:
        found = datetime.fromisoformat(text.strip().replace("Z", "+00:00").replace(" +", "+"))
    except ValueError:
        raise Unreachable(
            f"time is {text!r} (expected a date and a time, in UTC or with a zone: {stamp(now)})"
        ) from None
    return written(found.replace(tzinfo=found.tzinfo or timezone.utc))


def written(moment: datetime) -> str:
    """A moment in UTC, with microseconds where there are some."""
    moment = moment.astimezone(timezone.utc)
    return f"{moment.replace(tzinfo=None).isoformat(' ')}+00"


def stamp(seconds: float) -> str:
    """A moment to the second.

    >>> stamp(0)
    '1970-01-01 00:00:00+00'
    """
    return written(datetime.fromtimestamp(int(seconds), timezone.utc))


def seconds_of(time: str) -> float:
    return datetime.fromisoformat(f"{time}:00").timestamp()


def read_history(text: str) -> tuple[Fork, ...]:
    r"""The forks that a timeline's history file tells of, the oldest first.

    >>> read_history("1\t0/5000100\tno recovery target specified\n\n2\t1/6000000\tbefore 2026-11-27")[1]
    Fork(timeline=2, position=4395630592)
    """
    rows = (line.split("\t") for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return tuple(Fork(int(row[0]), position(row[1])) for row in rows if len(row) >= 2 and row[0].strip().isdigit())


def position(lsn: str) -> int:
    """
    >>> position("1/00000010")
    4294967312
    """
    high, _, low = lsn.strip().partition("/")
    return (int(high, 16) << 32) + int(low or "0", 16)


def choose(stanza: StanzaInfo, archive: Archive, target: Target, backup: str, until: float) -> Backup:
    """The backup to begin with: the one that is named, or the newest that ended before the moment.

    `until` is the last moment that can be reached. Raises Unreachable.
    """
    sound = [each for each in stanza.backups if each.database == max(b.database for b in stanza.backups)]
    if not sound:
        raise Unreachable(f"there is no backup in {stanza.name} (expected one; see action list-backups)")
    if backup:
        return named(sound, backup)
    usable = [each for each in sound if is_ancestor(each, archive)]
    if not usable:
        raise Unreachable(f"no backup is of timeline {archive.timeline} or one before it (expected one of them)")
    if target.kind != TIME:
        return usable[-1]
    reachable = f"{stamp(usable[0].stop)} to {stamp(until)}"
    moment = seconds_of(target.time)
    if moment > until:
        raise Unreachable(f"{target.time} is later than anything that is archived (expected {reachable})")
    before = [each for each in usable if each.stop <= moment]
    if not before:
        raise Unreachable(f"{target.time} is before the first backup (expected {reachable})")
    return before[-1]


def named(backups: Sequence[Backup], name: str) -> Backup:
    """The backup of a name. Raises Unreachable."""
    found = next((each for each in backups if each.id == name), None)
    if found is None:
        raise Unreachable(f"there is no backup {name} (expected one of: {', '.join(each.id for each in backups)})")
    return found


def is_ancestor(backup: Backup, archive: Archive) -> bool:
    """Whether a backup lies on the line of history that is followed."""
    own = timeline_of(backup.wal_last)
    if own in (0, archive.timeline):
        return True
    fork = next((fork for fork in archive.forks if fork.timeline == own), None)
    return fork is not None and (not backup.lsn_stop or position(backup.lsn_stop) <= fork.position)


def timeline_of(segment: str) -> int:
    """The timeline in a segment's name; 0 where it has none.

    >>> timeline_of("0000000A0000000000000007")
    10
    """
    try:
        return int(segment[:8], 16) if len(segment) == 24 else 0
    except ValueError:
        return 0
