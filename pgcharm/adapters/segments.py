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

from pgcharm.adapters.pgbackrest import PgBackRest

_SEGMENT = re.compile(r"([0-9A-F]{8})([0-9A-F]{16})")
_ARCHIVED = re.compile(r"([0-9A-F]{24})-[0-9a-f]{40}")


def fill(backrest: PgBackRest, data: str, version: str, timeline: int) -> tuple[str, ...]:
    """Hand to the archiver what of older timelines is here and not in the archive. Raises PgBackRestError."""
    status = Path(data, "pg_wal", "archive_status")
    ours = [name for name in left(Path(data, "pg_wal"), timeline) if not (status / f"{name}.ready").exists()]
    if not ours:
        return ()
    there = archived(backrest, version, {name[:16] for name in ours})
    missing = tuple(name for name in ours if name not in there and name > min(there, default="F" * 24))
    owner = os.stat(data)
    for name in missing:
        ready = status / f"{name}.ready"
        ready.touch(mode=0o600)
        os.chown(ready, owner.st_uid, owner.st_gid)
        (status / f"{name}.done").unlink(missing_ok=True)
    return missing


def left(wal: Path, timeline: int) -> list[str]:
    """Whole segments of older timelines, the oldest first.

    The one in which the timeline changed is archived under another name, and what is beyond it was never written: files
    are renamed for later use.
    """
    names = sorted(place.name for place in wal.iterdir() if _SEGMENT.fullmatch(place.name))
    begins = min((name[8:] for name in names if int(name[:8], 16) >= timeline), default="")
    return [name for name in names if int(name[:8], 16) < timeline and name[8:] < begins]


def archived(backrest: PgBackRest, version: str, directories: set[str]) -> set[str]:
    """Segments that the archive has, of those directories that are named by a segment's first 16 digits."""
    found: set[str] = set()
    for place in listed(backrest, f"archive/{backrest.stanza}"):
        if not re.fullmatch(rf"{version}-\d+", place):
            continue
        for directory in directories:
            names = listed(backrest, f"archive/{backrest.stanza}/{place}/{directory}")
            found |= {match[1] for name in names if (match := _ARCHIVED.match(name))}
    return found


def listed(backrest: PgBackRest, path: str) -> list[str]:
    """The names in a directory of the repository; none where there is no such directory."""
    found = json.loads(backrest.run("repo-ls", "--output=json", path, timeout=60) or "{}")
    return [name for name in found if name != "."] if isinstance(found, dict) else []
