"""Running a process in a context: environment, tool socket, log, and handing over the context's changes.

Knows: what happens between the start of a process and its commit. Must not know: hooks, actions or commands.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from pathlib import Path

from jujubox.agent.context.context import Context
from jujubox.agent.environment import DEFAULT_PATH, environment
from jujubox.agent.process import Ended, Process
from jujubox.agent.runtime import Runtime
from jujubox.agent.toolserver import STDIN_WANTED, ToolAnswer, ToolCall, tool_socket
from jujubox.hooktools.registry import tools_of
from jujubox.hooktools.tool import StdinWanted, answer
from jujubox.protocol import HookChanges, to_wire
from jujubox.wire import CallError


async def run_in_context(runtime: Runtime, context: Context, argv: Sequence[str], module: str = "") -> Ended:
    """Run `argv` in the charm's directory with the context's hook tools. Raises OSError if it cannot start.

    Its output goes to the log under the name `module`; that of a command, which has none, only to whoever asked.
    """
    log = runtime.logger(f"unit.{runtime.unit}.{module}") if module else _nowhere

    async def reply(call: ToolCall) -> ToolAnswer:
        return await _answer(runtime, context, call)

    env = environment(context, runtime.paths, os.environ.get("PATH") or DEFAULT_PATH)
    async with tool_socket(runtime.paths.agent_socket, reply):
        runtime.process = await Process.start(
            argv, env, runtime.paths.charm, lambda line: log("DEBUG", line), lambda line: log("WARNING", line)
        )
        if runtime.stopping or runtime.cancelled:  # asked while the process was being started
            runtime.process.kill(signal.SIGTERM)
        try:
            ended = await runtime.process.wait()
        except BaseException:
            runtime.process.abandon()
            raise
        finally:
            runtime.process = None
    if context.status_set and not runtime.state.status_set:
        await runtime.note_status_set()
    return ended


def _nowhere(_level: str, _line: str, _module: str = "") -> None:
    pass


async def _answer(runtime: Runtime, context: Context, call: ToolCall) -> ToolAnswer:
    tool = tools_of(context.facts.personality).get(call.tool)
    if call.context_id != context.id:
        return _refusal(f'bad request: wrong context ID; got "{call.context_id}"')
    if tool is None:
        return _refusal(f"bad request: unknown command: {call.tool}")
    try:
        found = await answer(tool, context, call.args, Path(call.directory), call.stdin)
    except StdinWanted:
        return ToolAnswer(STDIN_WANTED)
    except Exception as error:  # a fault of a tool must not take the agent down with it
        runtime.log("ERROR", f"cannot run hook tool {call.tool}: {type(error).__name__}: {error}")
        return _refusal(f"{call.tool}: {error}")
    if context.reboot == "now" and runtime.process is not None:
        runtime.process.kill()
    return ToolAnswer(found.code, _bytes(found.stdout), _bytes(found.stderr))


def _refusal(text: str) -> ToolAnswer:
    return ToolAnswer(1, stderr=_bytes(f"ERROR {text}\n"))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


async def flush(runtime: Runtime, context: Context) -> str:
    """Hand over the context's changes; answers why they were refused, or nothing."""
    try:
        changes = await context.changes()
        if changes != HookChanges(id=changes.id):
            await runtime.calls("unit.commit", changes=to_wire(changes))
    except CallError as error:
        return str(error)
    return ""
