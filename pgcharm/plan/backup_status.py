"""What is amiss with backups and the archive, in words.

Knows: how it reads, and who has to do something about it. Must not know: how a status is set.
All of it is found anew in every look, so that it goes by itself when all is well again.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from pgcharm.backup.facts import Looked
from pgcharm.backup.repository import LOCAL, PATH, Lacking, Repository
from pgcharm.backup.schedule import HOUR
from pgcharm.plan.backup import gap, has_gone, interval, is_ours, looked, seen_elsewhere, wrong_cipher
from pgcharm.plan.repository import asked_repository, keeper, keeps, passphrase_changed, repository, stanza
from pgcharm.plan.situation import Situation

WORD = "backup"
"""The key of a unit's peer bag that says what is amiss with its part in backups."""
LATE = 100.0
"""Seconds that a segment of the log may wait before anybody is told: PostgreSQL tries again once a minute."""
CRYPTO = 95
"""pgBackRest's number for what cannot be decrypted (src/build/error/error.yaml, CryptoError)."""


@dataclass(frozen=True)
class Trouble:
    """What is amiss. `level` is that of the status, `active` where nothing is lost by it yet."""

    level: str
    text: str


def trouble(s: Situation) -> Trouble | None:
    """What is amiss with this unit's part; None where nothing is."""
    found = repository(s)
    if isinstance(found, Lacking):
        return Trouble("blocked", f"no backups: {found.what}")
    return mistaken(s, found) or unreachable(s, found) or unarchived(s) or unmade(s)


def mistaken(s: Situation, found: Repository) -> Trouble | None:
    """What only the operator can put right."""
    seen = looked(s)
    asked = asked_repository(s)
    if isinstance(asked, Repository) and passphrase_changed(s, asked) and keeps(s):
        return Trouble(
            "blocked",
            "backup-encryption is another than the repository was made with, which stays in force "
            "(expected the same; it cannot be changed)",
        )
    if seen is None:
        return None
    if found.kind == PATH and (other := seen_elsewhere(s)):
        return Trouble(
            "blocked",
            f"no backups: backup-path {found.place} is not what {other} has at that place (expected the same file "
            "system, mounted on every unit)",
        )
    if seen.answers and has_gone(s, found, seen):
        return Trouble(
            "blocked",
            f"no backups: backup-path {found.place} has lost what was in it (expected the same file system, mounted; "
            "to begin there anew, set backup-repository to local and back)",
        )
    if seen.stanza.exists and not is_ours(s, seen):
        ours = s.etcd.system if s.etcd else ""
        return Trouble(
            "blocked",
            f"no backups: the stanza {stanza(s)} in {found.place} is another cluster's: system identifier "
            f"{seen.stanza.systems[-1]}, ours is {ours} (expected a place without it)",
        )
    if seen.stanza.exists and keeps(s) and wrong_cipher(found, seen):
        return Trouble("blocked", "no backups: " + encryption(found))
    return None


def encryption(found: Repository) -> str:
    seen = "the repository is not encrypted" if found.passphrase else "the repository is encrypted"
    wanted = "none" if found.passphrase else "the secret that it was made with"
    return f"{seen} and backup-encryption says otherwise (expected {wanted})"


def unreachable(s: Situation, found: Repository) -> Trouble | None:
    """The repository cannot be read, or its stanza not be made."""
    seen = looked(s)
    if seen is not None and not seen.answers:
        if found.kind == LOCAL and not keeps(s):
            return Trouble("active", f"the archive on {keeper(s)} cannot be reached: {seen.stanza.message}")
        if seen.stanza.code == CRYPTO:
            return Trouble("blocked", "no backups: the passphrase of backup-encryption is not the repository's")
        return Trouble("blocked", f"no backups: the repository cannot be read ({found.place}): {seen.stanza.message}")
    failed = s.o.machine.memories.backup.get("failed")
    if failed and (seen is None or not seen.stanza.exists):
        return Trouble("blocked", f"no backups: {failed}")
    return None


def unarchived(s: Situation) -> Trouble | None:
    """The log is not archived, or part of it was given up."""
    archiver, seen = s.o.archiver, looked(s)
    if s.is_primary and archiver.oldest >= LATE:
        why = f": {short(archiver.error)}" if archiver.error else ""
        return Trouble("waiting", f"the log is not archived, {archiver.waiting} segments wait{why}")
    newest = seen.stanza.newest if seen else None
    if (lost := gap(s)) and (newest is None or newest.start < lost):
        return Trouble(
            "waiting",
            f"the disk was about to be full, and the archive has a gap since {moment(lost)}: nothing after it can be "
            "restored until the next backup",
        )
    return None


def unmade(s: Situation) -> Trouble | None:
    """The last backup failed, or is too old."""
    seen, last = looked(s), s.o.runs.last
    newest = seen.stanza.newest if seen else None
    if last is not None and last.ended and not last.ok and (newest is None or newest.start < last.started):
        return Trouble("waiting", f"the last backup ({last.kind}) failed: {short(last.error)}")
    if newest is not None and is_late(s, seen, newest.stop):
        return Trouble("waiting", f"the last backup is of {moment(newest.stop)}, older than the schedule says")
    return None


def is_late(s: Situation, seen: Looked | None, stop: float) -> bool:
    return seen is not None and seen.answers and stop + 1.5 * interval(s) + 2 * HOUR < s.o.now


def backup_words(s: Situation) -> tuple[str, str]:
    """What the leader says for all: its own trouble or another unit's, and the level."""
    own = trouble(s)
    if own is not None:
        return own.text, own.level
    others = s.o.juju.others
    for unit in s.staying:
        if said := others.get(unit, {}).get(WORD):
            level, _, text = said.partition(" ")
            return f"{unit}: {text}", level if level in ("blocked", "waiting", "active") else "waiting"
    return "", "active"


def word(s: Situation) -> str | None:
    """What this unit tells the others: without numbers that change all the time, because every change wakes all."""
    found = trouble(s)
    if found is None:
        return None
    text = "the log is not archived" if found.text.startswith("the log is not archived") else found.text
    return f"{found.level} {text}"


def short(text: str) -> str:
    """The first line of what pgBackRest said, without what it puts before."""
    lines = [line.split("ERROR:", 1)[-1].strip() for line in text.splitlines() if "ERROR" in line]
    return (lines[0] if lines else text.strip().splitlines()[0] if text.strip() else "it does not say why")[:200]


def moment(when: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(when))
