"""Ports that units open, and which of them get into one another's way.

Knows: ranges `80/tcp`, `1-9/udp`, `icmp`.
Must not know: firewalls; opening a port is a statement, not a rule.
"""

from __future__ import annotations

from collections.abc import Iterable

from jujubox.model import topics
from jujubox.model.database import Database, Refused
from jujubox.protocol import PortChange


def bounds(text: str) -> tuple[str, int, int]:
    """Protocol, first and last port of a range."""
    numbers, _, protocol = text.rpartition("/")
    if not numbers:
        return protocol, -1, -1
    first, dash, last = numbers.partition("-")
    return protocol, int(first), int(last if dash else first)


def conflict(one: str, other: str) -> bool:
    """Whether two different ranges overlap."""
    (protocol, first, last), (protocol2, first2, last2) = bounds(one), bounds(other)
    return protocol == protocol2 and first <= last2 and first2 <= last


def opened(db: Database, model: int, unit: str) -> list[str]:
    """A unit's open ranges, in order."""
    ranges = set(db.column("SELECT range FROM ports WHERE model = ? AND unit = ?", model, unit))
    return sorted(ranges, key=bounds)


def on_machine(db: Database, model: int, machine: str) -> dict[str, list[dict[str, str]]]:
    """Open ranges of all units of a machine, with the endpoint they were opened for."""
    rows = db.all(
        "SELECT p.unit, p.endpoint, p.range FROM ports p JOIN units u ON u.model = p.model AND u.name = p.unit"
        " WHERE u.model = ? AND u.machine = ? ORDER BY p.unit, p.range",
        *(model, machine),
    )
    found: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        found.setdefault(row["unit"], []).append({"endpoint": row["endpoint"], "range": row["range"]})
    return found


def apply(db: Database, model: int, unit: str, machine: str, changes: Iterable[PortChange]) -> None:
    """Open and close. Raises Refused if a range is in another unit's way."""
    for change in changes:
        if change.action == "close":
            _close(db, model, unit, change)
        else:
            _check(db, model, unit, machine, change.range)
            db.run(
                "INSERT OR IGNORE INTO ports (model, unit, endpoint, range) VALUES (?, ?, ?, ?)",
                *(model, unit, change.endpoint, change.range),
            )
        db.touch(topics.whole(model))


def _close(db: Database, model: int, unit: str, change: PortChange) -> None:
    if change.endpoint:
        db.run(
            "DELETE FROM ports WHERE model = ? AND unit = ? AND range = ? AND endpoint = ?",
            *(model, unit, change.range, change.endpoint),
        )
    else:
        db.run("DELETE FROM ports WHERE model = ? AND unit = ? AND range = ?", model, unit, change.range)


def _check(db: Database, model: int, unit: str, machine: str, wanted: str) -> None:
    for other, entries in on_machine(db, model, machine).items():
        for entry in entries:
            taken = entry["range"]
            if conflict(wanted, taken) and not (other == unit and wanted == taken):
                raise Refused(
                    f'cannot open {wanted} (unit "{unit}"): port range conflicts with {taken} (unit "{other}")',
                )
