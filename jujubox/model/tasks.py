"""Actions and commands: operations, the tasks they consist of, their logs and results.

Knows: states of tasks, ids from one counter.
Must not know: how a task runs.

A receiver is a unit's name, or `machine-0` for a command on a machine.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from jujubox.model import charms, params, topics
from jujubox.model.database import Database, NotFound, dumps, loads
from jujubox.model.units import Unit
from jujubox.protocol import TaskView

FINAL = frozenset({"completed", "failed", "cancelled", "aborted", "error"})
EXEC = "juju-exec"


@dataclass(frozen=True)
class Task:
    """One action or command for one receiver."""

    model: int
    id: int
    operation: int
    receiver: str
    name: str
    params: dict[str, Any]
    parallel: bool
    execution_group: str
    status: str
    message: str
    results: dict[str, Any]
    enqueued: float
    started: float | None
    completed: float | None

    @property
    def final(self) -> bool:
        """Whether it is over."""
        return self.status in FINAL

    @property
    def on_machine(self) -> bool:
        """Whether a machine is its receiver."""
        return "/" not in self.receiver


@dataclass(frozen=True)
class Call:
    """What a task should run."""

    name: str
    params: dict[str, Any]
    parallel: bool = False
    execution_group: str = ""


def checked(db: Database, unit: Unit, action: str, given: dict[str, Any]) -> Call | str:
    """The call of an action with defaults filled in; a text if the parameters are wrong. Raises NotFound."""
    charm = charms.find(db, unit.model, unit.charm_url or charms.of_application(db, unit.model, unit.application).url)
    if not charm.charm.actions:
        raise NotFound(f"no actions defined for charm {charm.name}.")
    found = charm.charm.actions.get(action)
    if found is None:
        raise NotFound(f'action "{action}" not defined for unit "{unit.name}".')
    schema = params.schema_of(action, found)
    values = params.filled(schema, given)
    return params.problem(schema, values) or Call(action, values, found.parallel, found.execution_group)


def operation(db: Database, model: int, summary: str, name: str, given: dict[str, Any]) -> int:
    """A new operation; its id."""
    number = db.next_number(model, "task") + 1
    db.insert(
        "operations", model=model, id=number, summary=summary, name=name, params_json=dumps(given), enqueued=db.now()
    )
    return number


def set_fail(db: Database, model: int, number: int, text: str) -> None:
    """What kept tasks of an operation from being queued."""
    db.run("UPDATE operations SET fail = ? WHERE model = ? AND id = ?", text, model, number)


def enqueue(db: Database, model: int, number: int, receiver: str, call: Call) -> int:
    """A new pending task of an operation; its id."""
    task = db.next_number(model, "task") + 1
    db.insert(
        "tasks",
        model=model,
        id=task,
        operation=number,
        receiver=receiver,
        kind="exec" if call.name == EXEC else "action",
        name=call.name,
        params_json=dumps(call.params),
        parallel=int(call.parallel),
        execution_group=call.execution_group,
        status="pending",
        enqueued=db.now(),
    )
    _touch(db, model, receiver)
    return task


def find(db: Database, model: int, task: str | int) -> Task:
    """The task with this id. Raises NotFound."""
    row = db.one("SELECT * FROM tasks WHERE model = ? AND id = ?", model, int(task) if str(task).isdigit() else -1)
    if row is None:
        raise NotFound(f'task "{task}" not found')
    return _task(row)


def view(task: Task) -> TaskView:
    """What the agent needs to run it."""
    context = task.params if task.name == EXEC else {}
    return TaskView(
        id=str(task.id),
        name=task.name,
        params=task.params,
        parallel=task.parallel,
        execution_group=task.execution_group,
        relation=context.get("relation"),
        remote_unit=context.get("remote-unit", ""),
    )


def pending(db: Database, model: int, receiver: str) -> list[str]:
    """Ids of tasks that wait, oldest first."""
    return _ids(db, model, receiver, "pending")


def cancelled(db: Database, model: int, receiver: str) -> list[str]:
    """Ids of running tasks that should stop."""
    return _ids(db, model, receiver, "aborting")


def waiting_on_machines(db: Database) -> list[Task]:
    """Pending commands for machines."""
    return [
        _task(row)
        for row in db.all("SELECT * FROM tasks WHERE status = 'pending' AND receiver LIKE 'machine-%' ORDER BY id")
    ]


def begin(db: Database, task: Task) -> None:
    """The task runs now."""
    db.run("UPDATE tasks SET status = 'running', started = ? WHERE model = ? AND id = ?", db.now(), task.model, task.id)
    _touch(db, task.model, task.receiver)


def log(db: Database, task: Task, message: str) -> None:
    """A line of progress."""
    db.insert("task_log", model=task.model, task=task.id, time=db.now(), message=message)
    db.touch(topics.tasks(task.model))


def finish(db: Database, task: Task, state: str, results: dict[str, Any], message: str) -> None:
    """The task is over; one that is over already stays as it is."""
    if task.final:
        return
    db.run(
        "UPDATE tasks SET status = ?, results_json = ?, message = ?, completed = ?, started = coalesce(started, ?)"
        " WHERE model = ? AND id = ?",
        *(state, json.dumps(results), message, db.now(), db.now(), task.model, task.id),
    )
    _touch(db, task.model, task.receiver)


def cancel(db: Database, task: Task) -> str:
    """Cancel what waits, ask what runs to stop; the new state."""
    if task.final or task.status == "aborting":
        return task.status
    state = "cancelled" if task.status == "pending" else "aborting"
    completed = db.now() if state == "cancelled" else None
    db.run(
        "UPDATE tasks SET status = ?, completed = ? WHERE model = ? AND id = ?", state, completed, task.model, task.id
    )
    _touch(db, task.model, task.receiver)
    return state


def abandon(db: Database, model: int, receiver: str) -> None:
    """The receiver is gone: nothing that waits for it will happen."""
    for row in db.all("SELECT * FROM tasks WHERE model = ? AND receiver = ?", model, receiver):
        task = _task(row)
        state = "cancelled" if task.status == "pending" else "aborted" if task.status == "aborting" else "failed"
        finish(db, task, state, {}, "" if state == "cancelled" else "action terminated")


def log_of(db: Database, task: Task) -> list[tuple[float, str]]:
    """Lines of progress, oldest first."""
    rows = db.all(
        "SELECT time, message FROM task_log WHERE model = ? AND task = ? ORDER BY number", task.model, task.id
    )
    return [(row["time"], row["message"]) for row in rows]


def of_operation(db: Database, model: int, number: int) -> list[Task]:
    """The tasks of an operation in order."""
    rows = db.all("SELECT * FROM tasks WHERE model = ? AND operation = ? ORDER BY id", model, number)
    return [_task(row) for row in rows]


def operations(db: Database, model: int) -> list[sqlite3.Row]:
    """All operations in order."""
    return db.all("SELECT * FROM operations WHERE model = ? ORDER BY id", model)


def find_operation(db: Database, model: int, number: str | int) -> sqlite3.Row:
    """The operation with this id. Raises NotFound."""
    row = db.one(
        "SELECT * FROM operations WHERE model = ? AND id = ?", model, int(number) if str(number).isdigit() else -1
    )
    if row is None:
        raise NotFound(f'operation "{number}" not found')
    return row


def operation_status(states: list[str]) -> str:
    """An operation's state from its tasks': what is under way first, then the worst end."""
    for state in ("running", "aborting", "pending", "error", "failed", "aborted", "cancelled"):
        if state in states:
            return state
    return "completed" if states else "error"


def _ids(db: Database, model: int, receiver: str, state: str) -> list[str]:
    ids = db.column(
        "SELECT id FROM tasks WHERE model = ? AND receiver = ? AND status = ? ORDER BY id", model, receiver, state
    )
    return [str(number) for number in ids]


def _touch(db: Database, model: int, receiver: str) -> None:
    db.touch(topics.tasks(model))
    db.touch(topics.unit(model, receiver) if "/" in receiver else topics.MACHINES)


def _task(row: sqlite3.Row) -> Task:
    return Task(
        model=row["model"],
        id=row["id"],
        operation=row["operation"],
        receiver=row["receiver"],
        name=row["name"],
        params=loads(row["params_json"]),
        parallel=bool(row["parallel"]),
        execution_group=row["execution_group"],
        status=row["status"],
        message=row["message"],
        results=loads(row["results_json"]),
        enqueued=row["enqueued"],
        started=row["started"],
        completed=row["completed"],
    )
