"""action-get [a.b.c]: the action's parameters, or one of them."""

from __future__ import annotations

from typing import Any

from jujubox.agent.context.context import Context
from jujubox.flags import refuse_more
from jujubox.hooktools.action_keys import current_action
from jujubox.hooktools.tool import FLAG_FORMATS, Invocation, Printed, Tool


async def run(context: Context, call: Invocation) -> Printed:
    refuse_more(call.args[1:])
    value: Any = dict(current_action(context).params)
    for key in call.args[0].split(".") if call.args else []:
        value = value.get(key) if isinstance(value, dict) else None
    return Printed(value)


TOOL = Tool("action-get", "Get action parameters.", run, "[options] [<key>[.<key>.<key>...]]", formats=FLAG_FORMATS)
