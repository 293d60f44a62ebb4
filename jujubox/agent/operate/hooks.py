"""Running hooks: from `pending` through the process to `done` and the commit of what it meant.

Source: internal/worker/uniter/operation/runhook.go of Juju.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Literal

from jujubox.agent.context.context import Context
from jujubox.agent.discovery import CharmMissing, handler
from jujubox.agent.operate.contexts import hook_context, hook_name
from jujubox.agent.operate.execution import flush, run_in_context
from jujubox.agent.operations import RunHook, SkipHook
from jujubox.agent.runtime import Runtime
from jujubox.agent.state import Hook
from jujubox.agent.transitions import hook_begun, hook_committed, hook_done, hook_queued
from jujubox.wire import CallError

TERMINATED_WAIT = 1.0
"""Seconds before a hook that somebody killed begins again."""
REBOOT_PATIENCE = 300.0
"""Seconds to wait for a machine that was asked to restart."""


@dataclass(frozen=True)
class HookOutcome:
    """What became of a hook's process."""

    kind: Literal["ran", "missing", "failed", "terminated"]
    reboot: str = ""


async def run_hook(runtime: Runtime, operation: RunHook) -> None:
    """Run a hook under the machine's lock."""
    hook = operation.hook
    if operation.resolve:
        await runtime.calls("unit.clear_resolved")
    async with runtime.lock:
        if runtime.stopping:
            return
        if hook.kind == "leader-elected" and not await runtime.calls("unit.is_leader"):
            await runtime.save(replace(runtime.state, kind="continue", step="pending", hook=None))
            return
        runtime.retry_due = False
        await runtime.save(hook_begun(runtime.state, hook))
        await _announce(runtime, hook)
        outcome = await _execute(runtime, hook)
        await _conclude(runtime, hook, outcome)


async def skip_hook(runtime: Runtime, operation: SkipHook) -> None:
    """Commit a hook without running it."""
    if operation.resolve:
        await runtime.calls("unit.clear_resolved")
    async with runtime.lock:
        await commit(runtime, operation.hook)


async def _announce(runtime: Runtime, hook: Hook) -> None:
    if hook.kind != "update-status":
        about = f" for {hook.remote_unit}" if hook.remote_unit else ""
        await runtime.tell("executing", f"running {hook_name(runtime, hook)} hook{about}")
    if hook.kind == "install" and not runtime.state.status_set:
        await runtime.set_status("maintenance", "installing charm software")
    elif hook.kind == "stop":
        await runtime.set_status("maintenance", "stopping charm software")
    elif hook.kind == "remove":
        await runtime.set_status("maintenance", "cleaning up prior to charm deletion")


async def _execute(runtime: Runtime, hook: Hook) -> HookOutcome:
    context = hook_context(runtime, hook)
    name = context.hook_name
    try:
        found = handler(runtime.paths.charm, f"hooks/{name}")
        if found is None:
            runtime.log("INFO", f'skipped "{name}" hook (missing)', "juju.worker.uniter.operation")
            return HookOutcome("missing")
        ended = await run_in_context(runtime, context, [str(found)], name)
    except (CharmMissing, OSError) as error:
        return _failed(runtime, name, str(error))
    if context.reboot == "now":
        return HookOutcome("terminated", "now")
    if ended.terminated:
        runtime.log("WARNING", f'"{name}" hook was terminated; it will run again', "juju.worker.uniter.operation")
        return HookOutcome("terminated")
    if ended.code != 0:
        return _failed(runtime, name, _exit_text(ended.code))
    return await _flushed(runtime, context, name)


async def _flushed(runtime: Runtime, context: Context, name: str) -> HookOutcome:
    refused = await flush(runtime, context)
    if refused:
        return _failed(runtime, name, f"committing requested changes failed: {refused}")
    runtime.log("INFO", f'ran "{name}" hook', "juju.worker.uniter.operation")
    return HookOutcome("ran", context.reboot)


def _failed(runtime: Runtime, name: str, why: str) -> HookOutcome:
    runtime.log("ERROR", f'hook "{name}" failed: {why}', "juju.worker.uniter.operation")
    return HookOutcome("failed")


def _exit_text(code: int) -> str:
    return f"exit status {code}" if code > 0 else f"signal {-code}"


async def _conclude(runtime: Runtime, hook: Hook, outcome: HookOutcome) -> None:
    if outcome.kind == "terminated":
        await runtime.save(hook_queued(runtime.state, hook))
        await asyncio.sleep(0 if runtime.stopping or outcome.reboot else TERMINATED_WAIT)
    elif outcome.kind != "failed":
        await _speak_for_charm(runtime, hook)
        await runtime.save(hook_done(runtime.state, hook))
        if not outcome.reboot:
            await commit(runtime, hook)
    if outcome.reboot:
        await runtime.tell("rebooting")
        await runtime.calls("unit.trigger_reboot")
        await asyncio.sleep(REBOOT_PATIENCE)


async def _speak_for_charm(runtime: Runtime, hook: Hook) -> None:
    if hook.kind == "stop":
        await runtime.set_status("maintenance")
    elif hook.kind == "remove":
        await runtime.set_status("terminated")
    elif hook.kind == "start" and not runtime.state.status_set:
        await runtime.set_status("unknown")


async def commit(runtime: Runtime, hook: Hook) -> None:
    """Count a hook as run: tell the controller what that means, then remember it."""
    try:
        await _report(runtime, hook)
    except CallError as error:
        runtime.log("DEBUG", f"{hook.kind} was about what is gone already: {error}")
    runtime.update_status_due = False
    await runtime.save(hook_committed(runtime.local(), hook, runtime.view))


async def _report(runtime: Runtime, hook: Hook) -> None:
    if hook.kind == "relation-broken":
        await runtime.calls("relation.leave", relation=hook.relation)
    elif hook.kind == "storage-attached":
        await runtime.calls("storage.attached", storage=hook.storage)
    elif hook.kind == "storage-detaching":
        await runtime.calls("storage.detached", storage=hook.storage)
    elif hook.kind in ("secret-rotate", "secret-expired"):
        revision = hook.secret_revision or None
        await runtime.calls("secret.hook_done", hook=hook.kind, uri=hook.secret, revision=revision)
    elif hook.kind == "config-changed":
        await runtime.calls("unit.refresh_network")
