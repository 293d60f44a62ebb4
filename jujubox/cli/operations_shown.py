"""Operations as `show-operation` and `operations` print them.

Knows: their keys and their table.
Must not know: how they were got.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jujubox.cli.tabs import columns, status_cell
from jujubox.cli.times import as_go, for_status
from jujubox.output import natural

Operation = Mapping[str, Any]


def as_printed(operation: Operation, utc: bool) -> dict[str, Any]:
    """An operation with its times, and those of its tasks, as Juju prints them."""
    shown = {**operation, "timing": _timing(operation, utc)}
    tasks = {task_id: _task(task, utc) for task_id, task in (operation.get("tasks") or {}).items()}
    return {**shown, "tasks": tasks} if tasks else shown


def _task(task: Mapping[str, Any], utc: bool) -> dict[str, Any]:
    log = [_log_line(entry, utc) for entry in task.get("log") or []]
    shown = {**task, "timing": _timing(task, utc), "log": log}
    return {key: value for key, value in shown.items() if value not in (None, "", []) or key == "timing"}


def _log_line(entry: Any, utc: bool) -> str:
    return entry if isinstance(entry, str) else f"{as_go(entry['timestamp'], utc)} {entry['message']}"


def _timing(thing: Mapping[str, Any], utc: bool) -> dict[str, str]:
    timing = thing.get("timing") or {}
    return {key: as_go(timing[key], utc) for key in ("enqueued", "started", "completed") if timing.get(key)}


def table(operations: Mapping[str, Operation], utc: bool, color: bool) -> str:
    """One line an operation, oldest first."""
    rows = [["ID", "Status", "Started", "Finished", "Task IDs", "Summary"]]
    for key in sorted(operations, key=natural):
        operation = operations[key]
        timing = operation.get("timing") or {}
        times = [_moment(timing.get(name), utc) for name in ("started", "completed")]
        tasks = ",".join(sorted(operation.get("tasks") or {}, key=natural))
        rows.append([key, status_cell(operation["status"]), *times, tasks, operation.get("summary") or ""])
    return columns(rows, color=color)


def _moment(text: str | None, utc: bool) -> str:
    return for_status(text, utc) if text else ""
