"""secret-revoke <ID> [-r REL|--app A|--unit U]: take access to a secret away, when the hook succeeds."""

from __future__ import annotations

from jujubox.agent.context.context import Context
from jujubox.flags import FlagSet, UsageError, quote, refuse_more
from jujubox.hooktools.relation_flag import given_relation, relation_flag
from jujubox.hooktools.secret_flags import check_uri, require_manager
from jujubox.hooktools.tool import Invocation, Tool
from jujubox.names import application_of, is_application, is_unit
from jujubox.protocol import SecretChange


def flags(flags: FlagSet) -> None:
    relation_flag(flags)
    flags.string("app", "application")
    flags.string("unit")


async def run(context: Context, call: Invocation) -> None:
    if not call.args:
        raise UsageError("missing secret URI")
    uri = check_uri(call.args[0])
    application, unit = str(call.flags["app"]), str(call.flags["unit"])
    if application and unit:
        raise UsageError("specify only one of application or unit")
    relation = given_relation(context, call.flags)
    if relation is None and not application and not unit:
        raise UsageError("missing relation or application or unit")
    if application and not is_application(application):
        raise UsageError(f"application {quote(application)} not valid")
    if unit and not is_unit(unit):
        raise UsageError(f"unit {quote(unit)} not valid")
    refuse_more(call.args[1:])
    target = application or (application_of(unit) if unit else relation.remote_application if relation else "")
    number = relation.id if relation is not None else None
    await require_manager(context, uri)
    context.secrets.grant(SecretChange("revoke", uri, relation=number, application=target, unit=unit or None))


TOOL = Tool("secret-revoke", "Revoke access to a secret.", run, "[options] <ID>", flags)
