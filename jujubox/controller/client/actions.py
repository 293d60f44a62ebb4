"""Actions and commands: queueing, waiting, showing."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from jujubox.controller.core import Core
from jujubox.controller.times import iso, trimmed
from jujubox.model import charms, machines, params, tasks, topics, units
from jujubox.model.database import NotFound, Refused
from jujubox.model.models import Model
from jujubox.model.tasks import Call, Task
from jujubox.names import is_unit

LONGEST = 60.0


def actions(core: Core, model: Model, application: str) -> dict[str, Any]:
    """What an application's charm can be asked to do."""
    found = charms.of_application(core.db, model.id, application).charm.actions
    return {
        name: {"description": action.description, "schema": params.schema_of(name, action)}
        for name, action in sorted(found.items())
    }


def run(
    core: Core, model: Model, units: list[str], action: str, params: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Queue an action on units."""
    targets = _targets(core, model, units)
    calls = {unit.name: tasks.checked(core.db, unit, action, params or {}) for unit in targets}
    names = ",".join(calls)
    number = tasks.operation(core.db, model.id, f"{action} run on unit-{names.replace('/', '-')}", action, params or {})
    return _enqueue(core, model, number, calls)


def execute(
    core: Core,
    model: Model,
    commands: str,
    units: list[str] | None = None,
    applications: list[str] | None = None,
    machines: list[str] | None = None,
    all: bool = False,
    parallel: bool = True,
    execution_group: str = "",
    timeout: float = 300,
) -> dict[str, Any]:
    """Queue a command on units and machines."""
    given = {"command": commands, "timeout": int(timeout * 1e9)}
    call = Call(tasks.EXEC, given, parallel, execution_group or "")
    receivers = _receivers(core, model, units or [], applications or [], machines or [], all)
    number = tasks.operation(core.db, model.id, f"juju-exec run on {','.join(receivers)}", tasks.EXEC, given)
    return _enqueue(core, model, number, dict.fromkeys(receivers, call))


def show_task(core: Core, model: Model, id: str) -> dict[str, Any]:
    """One task."""
    return task_document(core, tasks.find(core.db, model.id, id))


async def wait_tasks(
    core: Core,
    model: Model,
    ids: list[str],
    timeout: float = LONGEST,
    log_seen: int = 0,
) -> dict[str, Any]:
    """Wait until all tasks are over, or their logs have grown."""
    loop = asyncio.get_running_loop()
    end = loop.time() + min(timeout, LONGEST)
    while True:
        found = {str(id_): tasks.find(core.db, model.id, id_) for id_ in ids}
        documents = {id_: task_document(core, task) for id_, task in found.items()}
        done = all(task.final for task in found.values())
        grown = sum(len(document.get("log", ())) for document in documents.values()) > log_seen
        left = end - loop.time()
        if done or grown or left <= 0:
            return {"tasks": documents, "done": done}
        await core.bell.wait([topics.tasks(model.id)], left)


def show_operation(core: Core, model: Model, id: str) -> dict[str, Any]:
    """One operation with its tasks."""
    return _operation(core, model, tasks.find_operation(core.db, model.id, id))


def operations(
    core: Core,
    model: Model,
    applications: list[str] | None = None,
    units: list[str] | None = None,
    machines: list[str] | None = None,
    actions: list[str] | None = None,
    status: list[str] | None = None,
    limit: int = 0,
    offset: int = 0,
) -> dict[str, Any]:
    """Operations that match."""
    found = {}
    for row in tasks.operations(core.db, model.id):
        members = tasks.of_operation(core.db, model.id, row["id"])
        document = _operation(core, model, row)
        if (actions and row["name"] not in actions) or (status and document["status"] not in status):
            continue
        wanted = {*(units or ()), *(f"machine-{number}" for number in machines or ())}
        hosts = {task.receiver for task in members}
        owners = {host.split("/")[0] for host in hosts}
        if (wanted or applications) and not (wanted & hosts or set(applications or ()) & owners):
            continue
        found[str(row["id"])] = document
    chosen = list(found.items())[offset:]
    return dict(chosen[:limit] if limit else chosen)


def cancel_task(core: Core, model: Model, ids: list[str]) -> list[dict[str, Any]]:
    """Cancel tasks."""
    outcomes: list[dict[str, Any]] = []
    for id_ in ids:
        try:
            outcomes.append({"id": str(id_), "status": tasks.cancel(core.db, tasks.find(core.db, model.id, id_))})
        except NotFound as error:
            outcomes.append({"id": str(id_), "error": error.message})
    return outcomes


def task_document(core: Core, task: Task) -> dict[str, Any]:
    """A task as commands get it."""
    times = {"enqueued": task.enqueued, "started": task.started, "completed": task.completed}
    lines = [{"timestamp": iso(when), "message": text} for when, text in tasks.log_of(core.db, task)]
    document: dict[str, Any] = {
        "id": str(task.id),
        "status": task.status,
        "timing": {key: iso(value) for key, value in times.items() if value is not None},
        "action": {"name": task.name, "parameters": task.params},
        "operation": str(task.operation),
        "log": lines or None,
        "message": task.message or None,
        "results": texts(task.results) or None,
    }
    if task.on_machine:
        document["machine"] = task.receiver.removeprefix("machine-")
    else:
        document["unit"] = task.receiver
    return trimmed(document)


def texts(value: Any, key: str = "") -> Any:
    """Results as Juju prints them: leaf values are strings, except the return code."""
    if isinstance(value, dict):
        return {name: texts(item, name) for name, item in value.items()}
    if key == "return-code":
        return int(value)
    return value if isinstance(value, str | list) else str(value)


def _operation(core: Core, model: Model, row: Any) -> dict[str, Any]:
    members = tasks.of_operation(core.db, model.id, row["id"])
    started = [task.started for task in members if task.started is not None]
    completed = [task.completed for task in members if task.completed is not None]
    over = len(completed) == len(members)
    timing = {
        "enqueued": iso(row["enqueued"]),
        "started": iso(min(started)) if started else None,
        "completed": iso(max(completed)) if completed and over else None,
    }
    return trimmed(
        {
            "summary": row["summary"],
            "status": tasks.operation_status([task.status for task in members]),
            "fail": row["fail"] or None,
            "action": {"name": row["name"], "parameters": json.loads(row["params_json"])},
            "timing": trimmed(timing),
            "tasks": {str(task.id): _member(core, task) for task in members},
        }
    )


def _member(core: Core, task: Task) -> dict[str, Any]:
    document = task_document(core, task)
    host = document.pop("unit", None) or document.pop("machine", "")
    for key in ("id", "action", "operation", "machine"):
        document.pop(key, None)
    return {"name": task.name, "host": host, **document}


def _enqueue(core: Core, model: Model, number: int, calls: dict[str, Call | str]) -> dict[str, Any]:
    queued, errors = [], []
    for receiver, call in calls.items():
        if isinstance(call, str):
            errors.append(call)
            continue
        task = tasks.enqueue(core.db, model.id, number, receiver, call)
        if "/" in receiver:
            queued.append({"id": str(task), "unit": receiver, "receiver": "unit-" + receiver.replace("/", "-")})
        else:
            queued.append({"id": str(task), "machine": receiver.removeprefix("machine-"), "receiver": receiver})
    if errors:
        tasks.set_fail(core.db, model.id, number, "\n".join(errors))
    return {"operation": str(number), "tasks": queued, "errors": errors}


def _targets(core: Core, model: Model, names: list[str]) -> list[units.Unit]:
    found = []
    for name in names:
        if not is_unit(name) and not name.endswith("/leader"):
            raise Refused(f'invalid unit or action name "{name}"', "bad request")
        found.append(units.resolve(core.db, model.id, name))
    return found


def _receivers(
    core: Core, model: Model, names: list[str], applications: list[str], numbers: list[str], everything: bool
) -> list[str]:
    receivers = [unit.name for unit in _targets(core, model, names)]
    for application in applications:
        charms.of_application(core.db, model.id, application)
        receivers += [unit.name for unit in units.of_application(core.db, model.id, application)]
    if everything:
        numbers = [machine.id for machine in machines.of_model(core.db, model.id)]
    receivers += [f"machine-{machines.find(core.db, model.id, number).id}" for number in numbers]
    return list(dict.fromkeys(receivers))


METHODS = {
    "actions": actions,
    "run": run,
    "exec": execute,
    "show_task": show_task,
    "wait_tasks": wait_tasks,
    "show_operation": show_operation,
    "operations": operations,
    "cancel_task": cancel_task,
}
