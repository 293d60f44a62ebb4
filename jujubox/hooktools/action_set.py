"""action-set a.b=v …: results of the action; later conflicting paths overwrite."""

from __future__ import annotations

from jujubox.agent.context.context import Context
from jujubox.hooktools.action_keys import current_action, read_result
from jujubox.hooktools.tool import Invocation, Tool


async def run(context: Context, call: Invocation) -> None:
    results = [read_result(arg) for arg in call.args]
    action = current_action(context)
    for path, value in results:
        action.set_result(path, value)


TOOL = Tool("action-set", "Set action results.", run, "<key>=<value> [<key>=<value> ...]")
