"""The debug log, status history, and waiting for anything to change."""

from __future__ import annotations

import asyncio
import datetime
from typing import Any

from jujubox.controller.core import Core, log_topic
from jujubox.controller.times import iso
from jujubox.model import applications, machines, status, topics, units
from jujubox.model.logs import Filter
from jujubox.model.models import Model
from jujubox.names import is_machine, is_unit

LONGEST = 60.0
_KINDS = {
    "unit": {"agent": "juju-unit", "workload": "workload"},
    "juju-unit": {"agent": "juju-unit"},
    "workload": {"workload": "workload"},
    "machine": {"instance": "machine"},
    "juju-machine": {"agent": "juju-machine"},
    "application": {"application": "application"},
}


async def debug_log(
    core: Core,
    model: Model,
    cursor: int | None = None,
    backlog: int = 10,
    replay: bool = False,
    limit: int = 0,
    include: list[str] | None = None,
    exclude: list[str] | None = None,
    include_module: list[str] | None = None,
    exclude_module: list[str] | None = None,
    level: str = "TRACE",
    timeout: float = 0,
) -> dict[str, Any]:
    """Entries of the log: the latest, or those behind a cursor."""
    wanted = Filter(
        tuple(include or ()),
        tuple(exclude or ()),
        tuple(include_module or ()),
        tuple(exclude_module or ()),
        level or "TRACE",
    )
    if cursor is None:
        reached, entries = core.log.latest(model.id, 1_000_000 if replay else backlog, wanted)
        return {"cursor": reached, "entries": entries[:limit] if limit else entries}
    loop = asyncio.get_running_loop()
    end = loop.time() + min(timeout, LONGEST)
    while True:
        cursor, entries = core.log.after(model.id, cursor, wanted)
        left = end - loop.time()
        if entries or left <= 0:
            return {"cursor": cursor, "entries": entries[:limit] if limit else entries}
        await core.bell.wait([log_topic(model.id)], left)
        await asyncio.sleep(0.1)


def show_status_log(
    core: Core,
    model: Model,
    entity: str,
    type: str | None = None,
    limit: int = 20,
    days: float | None = None,
    from_date: str | None = None,
) -> list[dict[str, Any]]:
    """What an entity's status was, oldest first."""
    name = _entity(core, model, entity)
    kinds = _KINDS.get(type or name.partition(":")[0], {"agent": type or "", "workload": type or ""})
    since = core.db.now() - days * 86400 if days else 0.0
    if from_date:
        day = datetime.datetime.fromisoformat(from_date).replace(tzinfo=datetime.timezone.utc)
        since = max(since, day.timestamp())
    return [
        {
            "status": entry["status"],
            "message": entry["message"],
            "data": entry["data"],
            "since": iso(entry["since"]),
            "type": kinds[entry["kind"]],
        }
        for entry in status.history(core.db, model.id, name, kinds, 0 if days or from_date else limit, since)
    ]


async def wait_for(core: Core, model: Model, timeout: float = LONGEST, seen: int | None = None) -> dict[str, Any]:
    """Wait until anything in the model changed since `seen`."""
    loop = asyncio.get_running_loop()
    end = loop.time() + min(timeout, LONGEST)
    while True:
        now = core.changes.get(model.id, 0)
        left = end - loop.time()
        if seen is None or now != seen or left <= 0:
            return {"seen": now, "changed": now != seen}
        await core.bell.wait([topics.whole(model.id)], left)


def _entity(core: Core, model: Model, name: str) -> str:
    if is_unit(name):
        return units.find(core.db, model.id, name).entity
    if is_machine(name):
        return machines.find(core.db, model.id, name).entity
    return applications.find(core.db, model.id, name).entity


METHODS = {"debug_log": debug_log, "show_status_log": show_status_log, "wait_for": wait_for}
