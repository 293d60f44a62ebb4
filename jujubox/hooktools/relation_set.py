"""relation-set [-r ID] [--app] [--file F|-] k=v …: write the unit's or the application's bag when the hook succeeds."""

from __future__ import annotations

from jujubox.agent.context.context import Context
from jujubox.flags import FlagSet
from jujubox.hooktools.relation_flag import relation_flag, wanted_relation
from jujubox.hooktools.tool import Answer, Invocation, Tool, key_values, yaml_map


def flags(flags: FlagSet) -> None:
    relation_flag(flags)
    flags.boolean("app")
    flags.string("file")
    flags.string("format")


async def run(context: Context, call: Invocation) -> Answer:
    relation = wanted_relation(context, call.flags)
    given = key_values(call.args)
    settings = yaml_map(call.read_file(call.flags["file"])) if call.flags["file"] else {}
    application = bool(call.flags["app"])
    if application:
        await context.leadership.require("cannot write relation settings")
    context.relations.write(relation.id, {**settings, **given}, application)
    ignored = 'The "format" flag is deprecated and has no effect.\n' if call.flags.given("format") else ""
    return Answer(0, stderr=ignored)


TOOL = Tool("relation-set", "Set relation settings.", run, "[options] key=value [key=value ...]", flags)
