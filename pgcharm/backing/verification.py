"""What `pgbackrest verify` finds: every file of every backup, and of the archive, read and compared with its checksum.

Knows: its text; its exit code says nothing of what it has found (2.45). Must not know: who is told.

    >>> found = findings([
    ...     "status: error",
    ...     "  archiveId: 15-1, total WAL checked: 3, total valid WAL: 2",
    ...     "    missing: 1, checksum invalid: 0, size invalid: 0, other: 0",
    ...     "  backup: 20261127-065618F, status: invalid, total files checked: 964, total valid files: 963",
    ...     "    missing: 0, checksum invalid: 1, size invalid: 0, other: 0",
    ...     "  backup: 20261128-065618F, status: valid, total files checked: 9, total valid files: 9",
    ... ])
    >>> found.backups
    {'20261127-065618F': 'checksum invalid: 1', '20261128-065618F': ''}
    >>> found.errors
    '20261127-065618F: checksum invalid: 1; archive 15-1: missing: 1'
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pgcharm.adapters.pgbackrest import PgBackRest

_BACKUP = re.compile(r"\s*backup: (\S+), status: ([a-z ]+)")
_ARCHIVE = re.compile(r"\s*archiveId: (\S+), total WAL checked: (\d+), total valid WAL: (\d+)")
_COUNT = re.compile(r"([a-z ]+): ([1-9]\d*)")


@dataclass(frozen=True)
class Findings:
    """What is wrong with each backup (empty: nothing), and with all in one line."""

    backups: dict[str, str]
    errors: str


def verify(backrest: PgBackRest, ids: Sequence[str]) -> Findings:
    """Verify the whole stanza. Raises PgBackRestError. A backup that was not spoken of is well."""
    found = findings(backrest.lines("verify", "--output=text", "--verbose", "--log-level-console=off"))
    return Findings({name: found.backups.get(name, "") for name in ids}, found.errors)


def findings(lines: Iterable[str]) -> Findings:
    """What the text says."""
    backups: dict[str, str] = {}
    archives: dict[str, str] = {}
    last: tuple[dict[str, str], str] | None = None
    for line in lines:
        if match := _BACKUP.match(line):
            backups[match[1]] = "" if match[2] == "valid" else match[2]
            last = (backups, match[1]) if backups[match[1]] else None
        elif match := _ARCHIVE.match(line):
            archives[match[1]] = (
                "" if match[2] == match[3] else f"{int(match[2]) - int(match[3])} of {match[2]} invalid"
            )
            last = archives, match[1]
        elif last is not None and (counts := _COUNT.findall(line)):
            last[0][last[1]] = ", ".join(f"{what.strip()}: {count}" for what, count in counts)
    wrong = [f"{name}: {what}" for name, what in backups.items() if what]
    wrong += [f"archive {name}: {what}" for name, what in archives.items() if what]
    return Findings(backups, "; ".join(wrong))
