"""action-fail [message]: the action fails, whatever its exit code."""

from __future__ import annotations

from jujubox.agent.context.context import Context
from jujubox.flags import refuse_more
from jujubox.hooktools.action_keys import current_action
from jujubox.hooktools.tool import Invocation, Tool

NO_REASON = "action failed without reason given, check action for errors"


async def run(context: Context, call: Invocation) -> None:
    refuse_more(call.args[1:])
    current_action(context).fail(call.args[0] if call.args else NO_REASON)


TOOL = Tool("action-fail", "Set action fail status with message.", run, '["<failure message>"]')
