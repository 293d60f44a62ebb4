"""Segments of the write-ahead log on this machine and in the archive.

Knows: PostgreSQL's directory archive_status and pgBackRest's names in the archive. Must not know: who ought to archive.

A standby takes what it receives for archived. If the primary dies before it has archived a segment, the standby that
takes over has the segment and would never archive it, and the archive would have a gap.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from pgcharm.adapters.pgbackrest import PgBackRest, PgBackRestError

_SEGMENT = re.compile(r"([0-9A-F]{8})([0-9A-F]{16})")
_CHANGE = re.compile(r"\s*([0-9]+)\s+([0-9A-Fa-f]+)/([0-9A-Fa-f]+)\s")
_NOT_EMPTY = (40, "archive directory not empty")
_ARCHIVED = re.compile(r"([0-9A-F]{24})-[0-9a-f]{40}")


def create_stanza(backrest: PgBackRest, *options: str, timeout: float = 120) -> tuple[str, ...]:
    """Make the stanza; what was archived in its place before, and is gone. Raises PgBackRestError.

    A push that read archive.info in the repository before may begin its workers when the configuration names this one
    already. What they leave here keeps pgBackRest from making the stanza. Without archive.info and without a backup
    (pgBackRest says otherwise where there is one) nobody can make use of it.
    """
    create = ("stanza-create", *options)
    try:
        backrest.run(*create, timeout=timeout)
    except PgBackRestError as error:
        if (error.code, error.said) != _NOT_EMPTY:
            raise
        place = f"archive/{backrest.stanza}"
        found = json.loads(backrest.run("repo-ls", "--output=json", "--recurse", place, timeout=timeout))
        strays = tuple(sorted(name for name, entry in found.items() if entry["type"] == "file"))
        backrest.run("repo-rm", "--recurse", place, timeout=timeout)
        backrest.run(*create, timeout=timeout)
        return strays
    return ()


def fill(backrest: PgBackRest, data: str, version: str, timeline: int) -> tuple[str, ...]:
    """Hand to the archiver what led to this timeline, is here and is not in the archive. Raises PgBackRestError.

    That is its history file, and segments of older timelines from the first one on that the archive has.
    """
    wal, status = Path(data, "pg_wal"), Path(data, "pg_wal", "archive_status")
    history = f"{timeline:08X}.history"
    archives = places(backrest, version)
    known = {name for place in archives for name in listed(backrest, place)}
    missing = [history] if (wal / history).exists() and history not in known else []
    if ours := [name for name in left(wal, timeline) if not (status / f"{name}.ready").exists()]:
        there = archived(backrest, archives, {name[:16] for name in ours})
        missing += [name for name in ours if name not in there and name > min(there, default="F" * 24)]
    owner = os.stat(data)
    for name in missing:
        ready = status / f"{name}.ready"
        ready.touch(mode=0o600)
        os.chown(ready, owner.st_uid, owner.st_gid)
        (status / f"{name}.done").unlink(missing_ok=True)
    return tuple(missing)


def left(wal: Path, timeline: int) -> list[str]:
    """Whole segments of the timelines that led to this one, the oldest first.

    The segment in which a timeline ended is archived under another name, by the server that went over to the next one;
    and what is beyond it was never written: files are renamed for later use. Either under its own name would be in the
    archive for ever in place of what another server has of that name.
    """
    ends = ended(wal, timeline)
    names = sorted(place.name for place in wal.iterdir() if _SEGMENT.fullmatch(place.name))
    return [name for name in names if name[8:] < ends.get(int(name[:8], 16), "")]


def ended(wal: Path, timeline: int) -> dict[int, str]:
    """The segments, without their timeline, in which the timelines before ended; none where there is no history.

    A line of it is `timeline, position, reason` (PostgreSQL, timeline.c); segments have 16 MiB, as initdb makes them.
    """
    try:
        lines = (wal / f"{timeline:08X}.history").read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return {}
    found = (_CHANGE.match(line) for line in lines)
    return {int(each[1]): f"{int(each[2], 16):08X}{int(each[3], 16) >> 24:08X}" for each in found if each}


def archived(backrest: PgBackRest, archives: list[str], directories: set[str]) -> set[str]:
    """Segments that the archive has in these `places`, of those directories that a segment's first 16 digits name."""
    found: set[str] = set()
    for place in archives:
        for directory in directories:
            names = listed(backrest, f"{place}/{directory}")
            found |= {match[1] for name in names if (match := _ARCHIVED.match(name))}
    return found


def places(backrest: PgBackRest, version: str) -> list[str]:
    """Where the archive keeps the segments of this version's databases."""
    whole = f"archive/{backrest.stanza}"
    return [f"{whole}/{name}" for name in listed(backrest, whole) if re.fullmatch(rf"{version}-\d+", name)]


def listed(backrest: PgBackRest, path: str) -> list[str]:
    """The names in a directory of the repository; none where there is no such directory."""
    found = json.loads(backrest.run("repo-ls", "--output=json", path, timeout=60) or "{}")
    return [name for name in found if name != "."] if isinstance(found, dict) else []
