"""storage-list [<name>]: ids of the unit's storage."""

from __future__ import annotations

from jujubox.agent.context.context import Context
from jujubox.flags import refuse_more
from jujubox.hooktools.tool import FLAG_FORMATS, Invocation, Printed, Tool


async def run(context: Context, call: Invocation) -> Printed:
    refuse_more(call.args[1:])
    name = call.args[0] if call.args else ""
    ids = [view.id for view in context.storage if not name or view.id.split("/")[0] == name]
    return Printed(sorted(ids))


TOOL = Tool(
    "storage-list", "List storage attached to the unit.", run, "[options] [<storage-name>]", formats=FLAG_FORMATS
)
