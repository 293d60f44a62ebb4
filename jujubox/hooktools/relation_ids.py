"""relation-ids [<endpoint>]: ids of the endpoint's relations; broken ones are left out."""

from __future__ import annotations

from jujubox.agent.context.context import Context
from jujubox.flags import UsageError, refuse_more
from jujubox.hooktools.tool import FLAG_FORMATS, Invocation, Printed, Tool


async def run(context: Context, call: Invocation) -> Printed:
    refuse_more(call.args[1:])
    endpoint = call.args[0] if call.args else context.relation.endpoint if context.relation is not None else ""
    if not endpoint:
        raise UsageError("no endpoint name specified")
    return Printed(context.relations.ids(endpoint))


TOOL = Tool(
    "relation-ids", "List all relation IDs for the given endpoint.", run, "[options] <name>", formats=FLAG_FORMATS
)
