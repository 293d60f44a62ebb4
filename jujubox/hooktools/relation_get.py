"""relation-get [-r ID] [--app] [<key>|-] [<unit or app>]: settings of a unit or an application in a relation."""

from __future__ import annotations

from jujubox.agent.context.context import Context
from jujubox.agent.context.relations import ContextRelation
from jujubox.flags import FlagSet, UsageError, quote, refuse_more
from jujubox.hooktools.relation_flag import relation_flag, wanted_relation
from jujubox.hooktools.tool import FLAG_FORMATS, Invocation, Printed, Tool
from jujubox.names import application_of, is_application, is_unit


def flags(flags: FlagSet) -> None:
    relation_flag(flags)
    flags.boolean("app")


async def run(context: Context, call: Invocation) -> Printed:
    relation = wanted_relation(context, call.flags)
    key = call.args[0] if call.args and call.args[0] != "-" else ""
    named = call.args[1] if len(call.args) > 1 else ""
    target = _target(context, relation, named, bool(call.flags["app"]))
    refuse_more(call.args[2:])
    settings = await context.relations.settings(relation.id, target)
    return Printed(settings.get(key) if key else settings)


def _target(context: Context, relation: ContextRelation, named: str, application: bool) -> str:
    """Whose bag is meant. Raises UsageError."""
    if named:
        return _named_target(named, application)
    if context.relation is not None and context.relation.id == relation.id:
        if context.remote_unit and not application:
            return context.remote_unit
        if context.remote_application:
            return context.remote_application
    elif application and relation.remote_application:
        return relation.remote_application
    raise UsageError("no unit or application specified")


def _named_target(named: str, application: bool) -> str:
    if is_unit(named):
        return application_of(named) if application else named
    if is_application(named):
        if application:
            return named
        raise UsageError(f"expected unit name, got application name {quote(named)}")
    if application:
        raise UsageError(f"invalid application name {quote(named)}")
    raise UsageError(f"invalid unit name {quote(named)}")


TOOL = Tool("relation-get", "Get relation settings.", run, "[options] <key> <unit id>", flags, FLAG_FORMATS)
