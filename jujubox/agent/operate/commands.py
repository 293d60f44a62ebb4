"""Running a command that somebody on the machine sent through the run socket (juju-exec UNIT CMD)."""

from __future__ import annotations

from jujubox.agent.operate.contexts import command_context
from jujubox.agent.operate.execution import flush, run_in_context
from jujubox.agent.process import Ended
from jujubox.agent.runtime import Runtime
from jujubox.agent.state import Command


async def run_command(runtime: Runtime, command: Command) -> None:
    """Run a command under the machine's lock and answer whoever waits for it."""
    request = next(waiting for waiting in runtime.commands if waiting.command == command)
    runtime.commands.remove(request)
    try:
        async with runtime.lock:
            if request.outcome.done():
                return  # the caller went away while it waited
            await runtime.tell("executing", "running commands")
            ended = await _run(runtime, command)
            if not request.outcome.done():
                request.outcome.set_result(ended)
    finally:
        request.outcome.cancel()


async def _run(runtime: Runtime, command: Command) -> Ended:
    try:
        context = command_context(runtime, command)
        ended = await run_in_context(runtime, context, ["/bin/bash", "-c", command.text])
    except (ValueError, OSError) as error:
        return Ended(1, b"", f"ERROR {error}\n".encode())
    refused = await flush(runtime, context) if ended.code == 0 else ""
    if refused:
        return Ended(1, ended.stdout, ended.stderr + f"ERROR {refused}\n".encode())
    if context.reboot:
        await runtime.calls("unit.trigger_reboot")
    return ended
