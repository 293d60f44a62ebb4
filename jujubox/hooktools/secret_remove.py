"""secret-remove <ID> [--revision N]: remove a secret or one revision, when the hook succeeds."""

from __future__ import annotations

from jujubox.agent.context.context import Context
from jujubox.flags import FlagSet, UsageError, refuse_more
from jujubox.hooktools.secret_flags import check_uri, require_manager
from jujubox.hooktools.tool import Invocation, Tool


def flags(flags: FlagSet) -> None:
    flags.integer("revision")


async def run(context: Context, call: Invocation) -> None:
    if not call.args:
        raise UsageError("missing secret URI")
    uri = check_uri(call.args[0])
    refuse_more(call.args[1:])
    await require_manager(context, uri)
    context.secrets.remove(uri, call.flags["revision"] or None)


TOOL = Tool("secret-remove", "Remove an existing secret.", run, "[options] <ID>", flags)
