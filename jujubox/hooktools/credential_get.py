"""credential-get: the cloud's credential, for trusted applications."""

from __future__ import annotations

from jujubox.agent.context.context import Context
from jujubox.flags import refuse_more
from jujubox.hooktools.tool import FLAG_FORMATS, Invocation, Printed, Tool


async def run(context: Context, call: Invocation) -> Printed:
    refuse_more(call.args)
    return Printed(await context.calls("unit.credential"))


TOOL = Tool("credential-get", "Access cloud credentials.", run, "[options]", formats=FLAG_FORMATS)
