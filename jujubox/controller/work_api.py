"""What the agent of a unit may ask about storage, resources and tasks.

Knows: that each belongs to the unit that asks.
Must not know: sockets.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from jujubox.controller.core import Core
from jujubox.model import resources, storage, tasks
from jujubox.model.database import NotFound, Refused
from jujubox.model.units import Unit
from jujubox.protocol import to_wire


def storage_attached(core: Core, unit: Unit, storage: str) -> None:
    """The attached hook ran."""
    _set_storage(core, unit, storage, "attached")


def storage_detached(core: Core, unit: Unit, storage: str) -> None:
    """The detaching hook ran."""
    _set_storage(core, unit, storage, "detached")


def resource_path(core: Core, unit: Unit, name: str) -> dict[str, Any]:
    """What a resource is."""
    row = resources.find(core.db, unit.model, unit.application, name)
    return {"filename": row["filename"], "sha256": row["sha256"], "size": row["size"]}


def resource_read(core: Core, unit: Unit, name: str, offset: int, length: int) -> dict[str, Any]:
    """A part of a resource."""
    row = resources.find(core.db, unit.model, unit.application, name)
    data = core.files.read(row["sha256"], offset, length)
    return {"data": base64.b64encode(data).decode(), "size": row["size"], "sha256": row["sha256"]}


def action_begin(core: Core, unit: Unit, task: str) -> dict[str, Any]:
    """A task starts to run."""
    found = _task(core, unit, task)
    if found.status not in ("pending", "running"):
        raise Refused(f'task "{task}" is {found.status}')
    tasks.begin(core.db, found)
    wire: dict[str, Any] = to_wire(tasks.view(found))
    return wire


def action_log(core: Core, unit: Unit, task: str, message: str) -> None:
    """A line of progress."""
    tasks.log(core.db, _task(core, unit, task), message)


def action_finish(core: Core, unit: Unit, task: str, status: str, results: dict[str, Any], message: str = "") -> None:
    """A task is over."""
    tasks.finish(core.db, _task(core, unit, task), status, results, message)


def _task(core: Core, unit: Unit, task: str) -> tasks.Task:
    found = tasks.find(core.db, unit.model, task)
    if found.receiver != unit.name:
        raise Refused("permission denied", "unauthorized access")
    return found


def _set_storage(core: Core, unit: Unit, id_: str, state: str) -> None:
    item = storage.find(core.db, unit.model, id_)
    if item.unit != unit.name:
        raise NotFound(f'storage "{id_}" not found')
    if state == "attached":
        storage.set_state(core.db, item, "attached")
    else:
        storage.detached(core.db, item)


METHODS: dict[str, Callable[..., Any]] = {
    "storage.attached": storage_attached,
    "storage.detached": storage_detached,
    "resource.path": resource_path,
    "resource.read": resource_read,
    "action.begin": action_begin,
    "action.log": action_log,
    "action.finish": action_finish,
}
