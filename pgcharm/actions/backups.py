"""The answers of the actions about backups: tables for people, and the same as JSON. Pure.

Knows: how backups read. Must not know: how anything is seen.
"""

from __future__ import annotations

import json
import time
from typing import Any

from pgcharm.actions.cluster_status import table
from pgcharm.backup.facts import Backup, Run
from pgcharm.backup.repository import LOCAL, Lacking
from pgcharm.plan.backup import is_ours, looked
from pgcharm.plan.backup_status import trouble
from pgcharm.plan.repository import backup_unit, repository, stanza, where
from pgcharm.plan.situation import Situation
from pgcharm.plan.status import size
from pgcharm.plan.types import Refusal
from pgcharm.plan.verified import verified

_HEADINGS = ("backup", "kind", "made", "age", "database", "stored", "from", "wal", "needs", "verified")


def list_backups(s: Situation) -> dict[str, str] | Refusal:
    """The backups in the repository, as this unit's observer service has seen it last."""
    found, seen = repository(s), looked(s)
    if isinstance(found, Lacking):
        return Refusal(f"cannot list the backups: {found.what}")
    if seen is None or not seen.answers:
        why = seen.stanza.message if seen else "nobody has looked at it yet"
        return Refusal(f"cannot list the backups: {why} (expected {where(s, found)} to answer; see juju status)")
    checked = verified(s)
    rows = [row(each, checked.get(each.id, ""), s.o.now) for each in seen.stanza.backups]
    whole = {
        "repository": {"kind": found.kind, "place": place_words(s), "encrypted": bool(found.passphrase)},
        "stanza": stanza(s),
        "ours": is_ours(s, seen),
        "made-by": backup_unit(s),
        "wal": {"first": seen.stanza.wal_first, "last": seen.stanza.wal_last},
        "backups": [facts(each, checked.get(each.id, ""), s.o.now) for each in seen.stanza.backups],
    }
    amiss = trouble(s)
    return {
        "table": table([_HEADINGS, *rows]) if rows else "there is no backup yet",
        "repository": place_words(s),
        "json": json.dumps(whole),
        **({"amiss": amiss.text} if amiss else {}),
    }


def place_words(s: Situation) -> str:
    """Where the backups are, and what that means."""
    found = repository(s)
    if isinstance(found, Lacking):
        return ""
    worth = ": it dies with that machine; set backup-repository to keep backups elsewhere"
    return where(s, found) + (worth if found.kind == LOCAL else "")


def facts(backup: Backup, checked: str, now: float) -> dict[str, Any]:
    """One backup, as it goes into the JSON."""
    return {
        "id": backup.id,
        "kind": backup.kind,
        "start": backup.start,
        "stop": backup.stop,
        "seconds": backup.stop - backup.start,
        "age-seconds": max(0, round(now - backup.stop)),
        "database-bytes": backup.size,
        "copied-bytes": backup.delta,
        "stored-bytes": backup.stored,
        "from": backup.notes.get("unit", ""),
        "wal": {"first": backup.wal_first, "last": backup.wal_last},
        "needs": list(backup.references),
        "page-errors": backup.error,
        "verified": checked,
    }


def row(backup: Backup, checked: str, now: float) -> tuple[str, ...]:
    return (
        backup.id,
        {"incr": "incremental", "diff": "differential"}.get(backup.kind, backup.kind),
        time.strftime("%Y-%m-%d %H:%M", time.gmtime(backup.stop)),
        age(now - backup.stop),
        size(backup.size),
        size(backup.stored),
        backup.notes.get("unit", "-"),
        f"{backup.wal_first[-16:]}..{backup.wal_last[-16:]}" if backup.wal_first else "-",
        backup.prior or "-",
        "PAGE ERRORS" if backup.error else checked or "-",
    )


def age(seconds: float) -> str:
    """
    >>> age(59), age(7200), age(3 * 86400)
    ('59 s', '2 h', '3 d')
    """
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(0, seconds):.0f} s"


def outcome(run: Run | None, seconds: float) -> dict[str, str] | Refusal:
    """What came of a run of the backup program that an action has begun."""
    if run is None:
        return Refusal("cannot see the backup: it has not begun (expected it to; see the unit's journal)")
    if not run.ended:
        so_far = {"state": "goes on", "progress": f"{run.percent:.0f} %", "after-seconds": f"{seconds:.0f}"}
        return {**so_far, "next": "see list-backups, or juju status if it fails"}
    if not run.ok:
        return Refusal(f"cannot finish ({run.kind}): {run.error or 'it was broken off'}")
    done = {"state": "done", "seconds": f"{run.ended - run.started:.1f}"}
    return {
        **done,
        **({"id": run.id, "size": size(run.size), "bytes": str(run.size), "from": run.standby} if run.id else {}),
    }
