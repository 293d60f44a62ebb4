"""Running the tasks that the controller holds for a unit: actions, and commands of `juju exec`.

Source: internal/worker/uniter/operation/runaction.go and runner/{runner,context} of Juju.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from jujubox.agent.context.action import ActionRun
from jujubox.agent.context.context import Context
from jujubox.agent.discovery import CharmMissing, handler
from jujubox.agent.operate.contexts import put_in_relation, task_context
from jujubox.agent.operate.execution import flush, run_in_context
from jujubox.agent.process import Ended
from jujubox.agent.runtime import Runtime
from jujubox.agent.state import Command
from jujubox.agent.transitions import task_begun, task_over
from jujubox.protocol import TaskView, from_wire
from jujubox.wire import CallError

EXEC = "juju-exec"


async def run_task(runtime: Runtime, id: str) -> None:
    """Run one task and report its outcome."""
    runtime.finished_tasks.add(id)
    try:
        task = from_wire(TaskView, await runtime.calls("action.begin", task=id))
    except CallError as error:
        runtime.log("INFO", f"cannot begin task {id}: {error}")
        return
    async with _lock(runtime, task):
        await runtime.save(task_begun(runtime.state, id))
        name = "commands" if task.name == EXEC else f"action {task.name}"
        await runtime.tell("executing", f"running {name}")
        runtime.task, runtime.cancelled = id, id in runtime.view.cancelled_tasks
        try:
            await _run(runtime, task)
        finally:
            runtime.task, runtime.cancelled = "", False
        await runtime.save(task_over(runtime.state))


async def fail_task(runtime: Runtime, id: str) -> None:
    """Give up a task that a restart of the agent interrupted."""
    runtime.finished_tasks.add(id)
    with contextlib.suppress(CallError):
        await runtime.calls("action.finish", task=id, status="failed", results={}, message="action terminated")
    await runtime.save(task_over(runtime.state))


@contextlib.asynccontextmanager
async def _lock(runtime: Runtime, task: TaskView) -> AsyncIterator[None]:
    if task.parallel and not task.execution_group:
        yield
    else:
        async with runtime.lock:
            yield


async def _run(runtime: Runtime, task: TaskView) -> None:
    action = ActionRun(task.id, task.name, task.params)
    try:
        context, argv = _prepare(runtime, task, action)
    except (ValueError, CharmMissing) as problem:
        await _finish(runtime, task, "failed", {}, str(problem))
        return
    try:
        ended = await _within_time(
            runtime, task, run_in_context(runtime, context, argv, "" if task.name == EXEC else task.name)
        )
    except OSError as error:
        await _finish(runtime, task, "failed", {}, str(error))
        return
    if ended is None:
        await _finish(runtime, task, "failed", {}, "command timed out")
        return
    await _report(runtime, task, context, action, ended)


def _prepare(runtime: Runtime, task: TaskView, action: ActionRun) -> tuple[Context, list[str]]:
    if task.name == EXEC:
        context = task_context(runtime, action)
        put_in_relation(context, Command(task.id, "", task.relation, task.remote_unit))
        return context, ["/bin/bash", "-c", str(task.params.get("command", ""))]
    found = handler(runtime.paths.charm, f"actions/{task.name}")
    if found is None:
        raise ValueError(f'action not implemented on unit "{runtime.unit}"')
    return task_context(runtime, action), [str(found)]


async def _within_time(runtime: Runtime, task: TaskView, running: Any) -> Ended | None:
    """The outcome, or None if the command's own time limit (in nanoseconds) passed first."""
    limit = float(task.params.get("timeout") or 0) / 1e9 if task.name == EXEC else 0.0
    run = asyncio.ensure_future(running)
    await asyncio.wait({run}, timeout=limit or None)
    timed_out = not run.done()
    while timed_out and not run.done():  # it may still be on its way to its process
        if runtime.process is not None:
            runtime.process.kill()
        await asyncio.wait({run}, timeout=0.1)
    ended: Ended = await run
    return None if timed_out else ended


async def _report(runtime: Runtime, task: TaskView, context: Context, action: ActionRun, ended: Ended) -> None:
    if runtime.cancelled:
        await _finish(runtime, task, "aborted", results_of(action, ended), "")
        return
    refused = await flush(runtime, context) if ended.code == 0 else ""
    if refused:
        ended = Ended(1, ended.stdout, ended.stderr + refused.encode() + b"\n")
        await _finish(runtime, task, "failed", results_of(action, ended), "committing requested changes failed")
        return
    status, message = verdict(action, ended)
    await _finish(runtime, task, status, results_of(action, ended), message)
    if context.reboot:
        await runtime.calls("unit.trigger_reboot")


async def _finish(runtime: Runtime, task: TaskView, status: str, results: dict[str, Any], message: str) -> None:
    await runtime.calls("action.finish", task=task.id, status=status, results=results, message=message)


def verdict(action: ActionRun, ended: Ended) -> tuple[str, str]:
    """Status and message of a task that ended by itself."""
    if action.name == EXEC:
        return "completed", ""
    if action.failed:
        return "failed", action.message
    if ended.code > 0:
        return "failed", f"exit status {ended.code}"
    if ended.code < 0:
        return "failed", "action terminated"
    return "completed", ""


def results_of(action: ActionRun, ended: Ended) -> dict[str, Any]:
    """What the action set, with its exit code and output."""
    results: dict[str, Any] = {**action.results, "return-code": ended.code}
    for name, output in (("stdout", ended.stdout), ("stderr", ended.stderr)):
        if not output:
            continue
        try:
            results[name] = output.decode()
        except UnicodeDecodeError:
            results[name] = base64.b64encode(output).decode()
            results[f"{name}-encoding"] = "base64"
    return results
