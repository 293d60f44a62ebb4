"""relation-model-get [-r ID]: the model that holds the other end of a relation."""

from __future__ import annotations

from jujubox.agent.context.context import Context
from jujubox.flags import refuse_more
from jujubox.hooktools.relation_flag import relation_flag, wanted_relation
from jujubox.hooktools.tool import FLAG_FORMATS, Invocation, Printed, Tool


async def run(context: Context, call: Invocation) -> Printed:
    relation = wanted_relation(context, call.flags)
    refuse_more(call.args)
    return Printed({"uuid": await context.calls("relation.model", relation=relation.id)})


TOOL = Tool(
    "relation-model-get",
    "Get details about the model hosing a related application.",
    run,
    "[options]",
    relation_flag,
    FLAG_FORMATS,
)
