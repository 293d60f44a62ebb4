"""relation-list [-r ID] [--app]: the remote units of a relation, or its remote application."""

from __future__ import annotations

from jujubox.agent.context.context import Context
from jujubox.flags import FlagSet, refuse_more
from jujubox.hooktools.relation_flag import relation_flag, wanted_relation
from jujubox.hooktools.tool import FLAG_FORMATS, Invocation, Printed, Tool


def flags(flags: FlagSet) -> None:
    relation_flag(flags)
    flags.boolean("app")


async def run(context: Context, call: Invocation) -> Printed:
    relation = wanted_relation(context, call.flags)
    refuse_more(call.args)
    if call.flags["app"]:
        return Printed(relation.remote_application)
    return Printed(sorted(relation.members))


TOOL = Tool("relation-list", "List relation units.", run, "[options]", flags, FLAG_FORMATS)
