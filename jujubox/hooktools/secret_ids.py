"""secret-ids: bare ids of the secrets that the unit or its application owns."""

from __future__ import annotations

from jujubox.agent.context.context import Context
from jujubox.flags import refuse_more
from jujubox.hooktools.tool import FLAG_FORMATS, Invocation, Printed, Tool


async def run(context: Context, call: Invocation) -> Printed:
    refuse_more(call.args)
    return Printed(await context.secrets.ids() or None)


TOOL = Tool("secret-ids", "Print secret IDs.", run, "[options]", formats=FLAG_FORMATS)
