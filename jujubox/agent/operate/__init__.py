"""Carrying out operations: each prepares, executes and commits, and saves the unit's state in between.

Knows: the effects of every operation. Must not know: why it was chosen.
"""

from __future__ import annotations

import contextlib

from jujubox.agent.operate import commands, hooks, tasks
from jujubox.agent.operate.deploy import deploy_charm
from jujubox.agent.operations import (
    AcceptLeadership,
    DeployCharm,
    DetachUnused,
    FailTask,
    Operation,
    ResignLeadership,
    RunCommand,
    RunHook,
    RunTask,
    SkipHook,
)
from jujubox.agent.runtime import Runtime
from jujubox.agent.transitions import leadership_accepted, leadership_resigned
from jujubox.wire import CallError


async def perform(runtime: Runtime, operation: Operation) -> None:
    """Carry out one operation. A hook that fails is not an error here: it is what the state then says."""
    if isinstance(operation, RunHook):
        await hooks.run_hook(runtime, operation)
    elif isinstance(operation, SkipHook):
        await hooks.skip_hook(runtime, operation)
    elif isinstance(operation, RunTask):
        await tasks.run_task(runtime, operation.task)
    elif isinstance(operation, FailTask):
        await tasks.fail_task(runtime, operation.task)
    elif isinstance(operation, RunCommand):
        await commands.run_command(runtime, operation.command)
    elif isinstance(operation, DeployCharm):
        await deploy_charm(runtime, operation)
    elif isinstance(operation, AcceptLeadership):
        await runtime.save(leadership_accepted(runtime.state))
    elif isinstance(operation, ResignLeadership):
        await runtime.calls("unit.resign")
        await runtime.save(leadership_resigned(runtime.state))
    elif isinstance(operation, DetachUnused):
        with contextlib.suppress(CallError):
            await runtime.calls("storage.detached", storage=operation.storage)
