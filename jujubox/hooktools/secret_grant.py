"""secret-grant <ID> -r REL [--unit U]: let the other end of a relation read a secret, when the hook succeeds."""

from __future__ import annotations

from jujubox.agent.context.context import Context
from jujubox.flags import FlagSet, UsageError, quote, refuse_more
from jujubox.hooktools.relation_flag import relation_flag, wanted_relation
from jujubox.hooktools.secret_flags import check_uri, require_manager
from jujubox.hooktools.tool import Invocation, Tool
from jujubox.names import application_of, is_unit
from jujubox.protocol import SecretChange


def flags(flags: FlagSet) -> None:
    relation_flag(flags)
    flags.string("unit")


async def run(context: Context, call: Invocation) -> None:
    if not call.args:
        raise UsageError("missing secret URI")
    uri = check_uri(call.args[0])
    relation = wanted_relation(context, call.flags)
    unit = str(call.flags["unit"])
    if unit and not is_unit(unit):
        raise UsageError(f"unit {quote(unit)} not valid")
    if unit and application_of(unit) != relation.remote_application:
        raise UsageError(
            f"cannot specify unit {quote(unit)} in relation to application {quote(relation.remote_application)}"
        )
    refuse_more(call.args[1:])
    await require_manager(context, uri)
    context.secrets.grant(
        SecretChange("grant", uri, relation=relation.id, application=relation.remote_application, unit=unit or None)
    )


TOOL = Tool("secret-grant", "Grant access to a secret.", run, "[options] <ID>", flags)
