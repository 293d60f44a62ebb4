"""action-log message…: a line of progress, at once."""

from __future__ import annotations

from jujubox.agent.context.context import Context
from jujubox.flags import UsageError
from jujubox.hooktools.action_keys import current_action
from jujubox.hooktools.tool import Invocation, Tool


async def run(context: Context, call: Invocation) -> None:
    if not call.args:
        raise UsageError("no message specified")
    await context.calls("action.log", task=current_action(context).task, message=" ".join(call.args))


TOOL = Tool("action-log", "Record a progress message for the current action.", run, "<message>")
