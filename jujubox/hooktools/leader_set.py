"""leader-set k=v …: settings that every unit of the application can read; at once. Juju 3.6 only."""

from __future__ import annotations

from jujubox.agent.context.calls import ToolError
from jujubox.agent.context.context import Context
from jujubox.agent.context.leadership import NOT_LEADER
from jujubox.hooktools.tool import Invocation, Tool, key_values
from jujubox.wire import CallError


async def run(context: Context, call: Invocation) -> None:
    settings = key_values(call.args)
    if not await context.leadership.leads():
        raise ToolError(f"cannot write leadership settings: cannot write settings: {NOT_LEADER}")
    try:
        await context.calls("unit.set_leader_settings", settings=settings)
    except CallError as error:
        raise ToolError(f"cannot write leadership settings: {error}") from error


TOOL = Tool("leader-set", "Write application leadership settings.", run, "<key>=<value> [...]", personality="3.6")
