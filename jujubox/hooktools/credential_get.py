"""credential-get: the cloud's credential, for trusted applications."""

from __future__ import annotations

from jujubox.agent.context.calls import ToolError
from jujubox.agent.context.context import Context
from jujubox.flags import refuse_more
from jujubox.hooktools.tool import FLAG_FORMATS, Invocation, Printed, Tool
from jujubox.wire import CallError


async def run(context: Context, call: Invocation) -> Printed:
    refuse_more(call.args)
    try:
        return Printed(await context.calls("unit.credential"))
    except CallError as error:
        raise ToolError(f"cannot access cloud credentials: {error}") from error


TOOL = Tool("credential-get", "Access cloud credentials.", run, "[options]", formats=FLAG_FORMATS)
