"""is-leader: whether the unit leads its application."""

from __future__ import annotations

from jujubox.agent.context.calls import ToolError
from jujubox.agent.context.context import Context
from jujubox.flags import refuse_more
from jujubox.hooktools.tool import FLAG_FORMATS, Invocation, Printed, Tool
from jujubox.wire import CallError


async def run(context: Context, call: Invocation) -> Printed:
    refuse_more(call.args)
    try:
        return Printed(await context.leadership.leads())
    except CallError as error:
        raise ToolError(f"leadership status unknown: {error}") from error


TOOL = Tool("is-leader", "Print application leadership status.", run, "[options]", formats=FLAG_FORMATS)
