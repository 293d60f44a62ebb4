"""Statuses with their history, and how an application's is derived from its units'.

Knows: severity of statuses, entities `unit:a/0`, `application:a`, `machine:0`, and kinds of status.
Must not know: what is reported to whom.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from jujubox.model import topics
from jujubox.model.database import Database, dumps, loads

SEVERITY = {
    "error": 100, "blocked": 90, "maintenance": 80, "waiting": 70, "active": 60, "terminated": 50, "unknown": 40,
}  # fmt: skip
HISTORY_KEPT = 200
"""Entries kept of one entity."""
SETTABLE = ("maintenance", "blocked", "waiting", "active")


@dataclass(frozen=True)
class Status:
    """What an entity says of itself, since when (seconds since the epoch)."""

    status: str
    message: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    since: float = 0.0


def put(db: Database, model: int, entity: str, kind: str, status: str, message: str = "", data: Any = None) -> None:
    """Set a status and add it to the history, unless it says what the last one said."""
    text = dumps(data or {})
    previous = db.one(
        "SELECT status, message, data_json FROM statuses WHERE model = ? AND entity = ? AND kind = ?",
        model,
        entity,
        kind,
    )
    now = db.now()
    changed = previous is None or tuple(previous) != (status, message, text)
    db.run(
        "INSERT OR REPLACE INTO statuses (model, entity, kind, status, message, data_json, since)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        *(model, entity, kind, status, message, text, now),
    )
    if not changed:
        return
    number = db.insert(
        "status_history",
        model=model, entity=entity, kind=kind, status=status, message=message, data_json=text, since=now,
    )  # fmt: skip
    if number % 50 == 0:
        _prune(db, model, entity)
    db.touch(topics.whole(model))


def get(db: Database, model: int, entity: str, kind: str) -> Status | None:
    """The status of one kind, if it was ever set."""
    row = db.one("SELECT * FROM statuses WHERE model = ? AND entity = ? AND kind = ?", model, entity, kind)
    return None if row is None else Status(row["status"], row["message"], loads(row["data_json"]), row["since"])


def every(db: Database, model: int) -> dict[tuple[str, str], Status]:
    """All statuses of a model by entity and kind."""
    rows = db.all("SELECT * FROM statuses WHERE model = ?", model)
    return {
        (row["entity"], row["kind"]): Status(row["status"], row["message"], loads(row["data_json"]), row["since"])
        for row in rows
    }


def forget(db: Database, model: int, entity: str) -> None:
    """Remove an entity's statuses and history."""
    db.run("DELETE FROM statuses WHERE model = ? AND entity = ?", model, entity)
    db.run("DELETE FROM status_history WHERE model = ? AND entity = ?", model, entity)


def history(
    db: Database, model: int, entity: str, kinds: Iterable[str], limit: int, since: float
) -> list[dict[str, Any]]:
    """The latest entries of these kinds, oldest first."""
    wanted = tuple(kinds)
    rows = db.all("SELECT * FROM status_history WHERE model = ? AND entity = ? ORDER BY id DESC", model, entity)
    chosen = [row for row in rows if row["kind"] in wanted and row["since"] >= since]
    if limit > 0:
        chosen = chosen[:limit]
    return [
        {
            "status": row["status"],
            "message": row["message"],
            "data": loads(row["data_json"]),
            "since": row["since"],
            "kind": row["kind"],
        }
        for row in reversed(chosen)
    ]


def derived(units: Iterable[Status]) -> Status:
    """An application's status when its leader never set one: the most severe of its units'."""
    worst = max(units, key=lambda status: SEVERITY.get(status.status, 0), default=None)
    return worst or Status("unknown")


def shown(agent: Status, workload: Status) -> tuple[Status, Status]:
    """Agent and workload status as clients see them: an error of the agent shows as the workload's."""
    if agent.status != "error":
        return agent, workload
    return Status("idle", since=agent.since), Status("error", agent.message, agent.data, agent.since)


def _prune(db: Database, model: int, entity: str) -> None:
    db.run(
        "DELETE FROM status_history WHERE model = ? AND entity = ? AND id NOT IN"
        " (SELECT id FROM status_history WHERE model = ? AND entity = ? ORDER BY id DESC LIMIT ?)",
        *(model, entity, model, entity, HISTORY_KEPT),
    )
