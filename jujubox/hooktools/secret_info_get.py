"""secret-info-get [<ID>|--label L]: what is known of a secret that the unit or its application owns."""

from __future__ import annotations

from jujubox.agent.context.context import Context
from jujubox.flags import FlagSet, UsageError, refuse_more
from jujubox.hooktools.secret_flags import check_uri
from jujubox.hooktools.tool import Invocation, Printed, Tool


def flags(flags: FlagSet) -> None:
    flags.string("label")


async def run(context: Context, call: Invocation) -> Printed:
    label = str(call.flags["label"])
    if not call.args and not label:
        raise UsageError("require either a secret URI or label")
    if call.args and label:
        raise UsageError("specify either a secret URI or label but not both")
    uri = check_uri(call.args[0]) if call.args else ""
    refuse_more(call.args[1:])
    return Printed(await context.secrets.info(uri, label), sort=False)


TOOL = Tool("secret-info-get", "Get a secret's metadata info.", run, "[options] <ID>", flags, ("yaml", "json"))
