"""Tasks that were queued: say so, wait for them, print what came of them.

Knows: the texts and formats that `run`, `exec` and `show-task` share.
Must not know: how a task comes about.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jujubox.cli.errors import CommandError
from jujubox.cli.invocation import Invocation
from jujubox.cli.times import as_go, for_log
from jujubox.output import natural

POLL_SECONDS = 20.0
"""How long one long poll may take; a wait without limit is many of them."""
FINAL = frozenset({"completed", "failed", "cancelled", "aborted", "error"})
_SPECIAL = ("stdout", "stderr", "return-code", "stdout-encoding", "stderr-encoding")

Task = Mapping[str, Any]


def finish(
    call: Invocation, queued: Mapping[str, Any], progress: bool, as_text: Callable[[Mapping[str, Task]], str]
) -> None:
    """Does with queued tasks what the flags ask for: leave them alone, or wait and print. Raises CommandError.

    `as_text` is the format `plain` of the command.
    """
    tasks, errors = queued["tasks"], queued.get("errors") or []
    if not tasks:
        call.note(f"Operation {queued['operation']} failed to schedule any tasks:\n" + "\n".join(errors))
        return
    if errors:
        call.note("Some actions could not be scheduled:\n" + "\n".join(errors) + "\n")
    if call.flags["background"]:
        _tell_background(call, queued["operation"], tasks)
        return
    if progress:
        _tell_running(call, queued["operation"], tasks)
    finished = wait(call, tasks, call.flags["wait"], progress)
    _show_all(call, {receiver(task): finished[task["id"]] for task in tasks}, as_text)
    raise_failed([finished[task["id"]] for task in tasks])


def receiver(task: Task) -> str:
    """What the task runs on, as results are keyed."""
    return str(task.get("unit") or task["machine"])


def _tell_running(call: Invocation, operation: str, tasks: Sequence[Task]) -> None:
    call.note(f"Running operation {operation} with {len(tasks)} task{'s' if len(tasks) > 1 else ''}")
    for task in tasks:
        call.note(f"  - task {task['id']} on {task['receiver']}")
    call.note("")


def _tell_background(call: Invocation, operation: str, tasks: Sequence[Task]) -> None:
    single = len(tasks) == 1
    call.note(
        f"Scheduled operation {operation} with " + (f"task {tasks[0]['id']}" if single else f"{len(tasks)} tasks")
    )
    call.note(f"Check operation status with 'juju show-operation {operation}'")
    call.note(f"Check task status with 'juju show-task {tasks[0]['id'] if single else '<id>'}'")
    if not single:
        from jujubox.output import render

        ids = {receiver(task): {"id": task["id"]} for task in tasks}
        format = "json" if call.flags["format"] == "json" else "yaml"
        call.write(render(ids, format, sort=True))


def wait(call: Invocation, tasks: Sequence[Task], limit: float, progress: bool) -> dict[str, Task]:
    """The finished tasks by id; a single one's log is shown as it comes. Raises CommandError at the limit."""
    deadline = None if limit < 0 else time.monotonic() + limit
    found: dict[str, Task] = {}
    for task in tasks:
        if progress:
            call.note(f"Waiting for task {task['id']}...")
        last = _wait_for_one(call, task["id"], deadline, progress and len(tasks) == 1)
        if last["status"] not in FINAL:
            late = [one for one in tasks if one["id"] not in found]
            raise CommandError(f"timed out waiting for results from: {', '.join(map(_named, late))}")
        found[task["id"]] = last
    return found


def _wait_for_one(call: Invocation, task_id: str, deadline: float | None, show_log: bool) -> Task:
    seen = 0
    while True:
        left = POLL_SECONDS if deadline is None else max(0.0, min(POLL_SECONDS, deadline - time.monotonic()))
        answer = call.on_model("wait_tasks", ids=[task_id], timeout=left, log_seen=seen)
        task: Task = answer["tasks"][task_id]
        log = task.get("log") or []
        for entry in log[seen:] if show_log else ():
            call.note(f"{for_log(entry['timestamp'], call.utc(), False, False)} {entry['message']}")
        seen = len(log)
        if task["status"] in FINAL or (deadline is not None and time.monotonic() >= deadline):
            return task


def _named(task: Task) -> str:
    return f"unit {task['unit']}" if task.get("unit") else f"machine {task['machine']}"


def as_printed(task: Task, utc: bool) -> dict[str, Any]:
    """A task with the keys and times of Juju's JSON, sorted."""
    keys = ("id", "message", "results", "error", "status", "unit", "machine")
    shown = {key: task[key] for key in keys if task.get(key) not in (None, "")}
    if task.get("log"):
        shown["log"] = [f"{as_go(entry['timestamp'], utc)} {entry['message']}" for entry in task["log"]]
    timing = task.get("timing") or {}
    shown["timing"] = {key: as_go(timing[key], utc) for key in ("completed", "enqueued", "started") if timing.get(key)}
    return dict(sorted(shown.items()))


def _show_all(call: Invocation, tasks: Mapping[str, Task], as_text: Callable[[Mapping[str, Task]], str]) -> None:
    if call.flags["format"] == "plain":
        call.write(as_text(tasks))
        return
    call.show({name: as_printed(task, call.utc()) for name, task in tasks.items()}, sort=True)


def results_as_text(tasks: Mapping[str, Task]) -> str:
    """What came of actions, for a person: one alone as it is, several in a map."""
    if len(tasks) == 1:
        return plain(next(iter(tasks.values())))
    from jujubox.output import render

    shown = {}
    for name, task in tasks.items():
        entry = {"id": task["id"], "output": plain(task), "status": task["status"]}
        shown[name] = {**entry, **({"message": task["message"]} if task.get("message") else {})}
    return render(shown, "yaml", sort=True)


def streams_as_text(tasks: Mapping[str, Task]) -> str:
    """What commands wrote, with the name above it if several wrote something."""
    written = {name: _streams(tasks[name]) for name in sorted(tasks, key=natural)}
    written = {name: text for name, text in written.items() if text}
    if len(written) < 2:
        return "".join(written.values())
    return "".join(f"{name}:\n{text}\n" for name, text in written.items())


def _streams(task: Task) -> str:
    results = task.get("results") or {}
    told = [str(results.get(key, "")).strip() for key in ("stdout", "stderr")]
    return "".join(f"{text}\n" for text in told if text)


def plain(task: Task) -> str:
    """One task for a person: its results as YAML, then what it wrote on stdout and stderr."""
    results = task.get("results") or {}
    kept = {key: value for key, value in results.items() if key not in _SPECIAL}
    parts = []
    if task["status"] == "failed" and task.get("message"):
        parts.append(f"Action id {task['id']} failed: {task['message']}\n")
    if task["status"] == "error" and task.get("error"):
        parts.append(f"Action id {task['id']} failed: {task['error']}\n")
    if kept:
        from jujubox.output import render

        parts.append(render(kept, "yaml", sort=True) + "\n")
    return "".join([*parts, _streams(task)])


def raise_failed(tasks: Sequence[Task]) -> None:
    """Raises CommandError if a task ended with a return code other than 0."""
    failed = [(task["id"], (task.get("results") or {}).get("return-code", 0)) for task in tasks]
    failed = [(task_id, code) for task_id, code in failed if code]
    if failed:
        lines = "".join(f' - id "{task_id}" with return code {code}\n' for task_id, code in failed)
        plural = "s" if len(failed) > 1 else ""
        raise CommandError(
            f"the following task{plural} failed:\n{lines}\nuse 'juju show-task' to inspect the failure{plural}\n"
        )
