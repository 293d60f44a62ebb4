"""Shows what came of one task."""

from __future__ import annotations

import time

from jujubox.cli.errors import CommandError
from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.cli.tasks import FINAL, POLL_SECONDS, as_printed, plain
from jujubox.flags import FlagSet, UsageError, refuse_more

USAGE = "<task id>"
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    known.formats("plain", "json", "yaml")
    known.duration("wait", default=None)
    for name in ("watch", "utc", "color", "no-color"):
        known.boolean(name)


def run(call: Invocation) -> None:
    if not call.args:
        raise UsageError("no task ID specified")
    refuse_more(call.args[1:])
    task_id = call.args[0]
    task = call.on_model("show_task", id=task_id)
    if call.flags["watch"] or call.flags["wait"] is not None:
        task = _waited(call, task_id)
    if call.flags["format"] == "plain":
        call.write(plain(task))
    else:
        call.show(as_printed(task, call.utc()))


def _waited(call: Invocation, task_id: str) -> dict[str, object]:
    limit = -1.0 if call.flags["watch"] else call.flags["wait"]
    deadline = None if limit < 0 else time.monotonic() + limit
    while True:
        left = POLL_SECONDS if deadline is None else max(0.0, min(POLL_SECONDS, deadline - time.monotonic()))
        answer = call.on_model("wait_tasks", ids=[task_id], timeout=left)
        task: dict[str, object] = answer["tasks"][task_id]
        if task["status"] in FINAL:
            return task
        if deadline is not None and time.monotonic() >= deadline:
            raise CommandError(f"timed out waiting for task {task_id}: it is {task['status']}")
