"""secret-set <ID> [flags] [k=v …]: change a secret when the hook succeeds; equal content makes no revision."""

from __future__ import annotations

import datetime

from jujubox.agent.context.context import Context
from jujubox.flags import UsageError
from jujubox.hooktools.secret_flags import check_policies, check_uri, contents, expiry, require_manager, secret_flags
from jujubox.hooktools.tool import Invocation, Tool
from jujubox.protocol import SecretChange


async def run(context: Context, call: Invocation) -> None:
    if not call.args:
        raise UsageError("missing secret URI")
    flags = call.flags
    uri = check_uri(call.args[0])
    check_policies(flags)
    expire = expiry(flags["expire"], datetime.datetime.now(datetime.timezone.utc))
    content = contents(call, call.args[1:])
    await require_manager(context, uri)
    context.secrets.update(
        SecretChange(
            "update",
            uri,
            owner=flags["owner"],
            content=content or None,
            label=flags["label"] or None,
            description=flags["description"] or None,
            rotate=flags["rotate"] or None,
            expire=expire,
        )
    )


TOOL = Tool("secret-set", "Update an existing secret.", run, "[options] <ID> [key[#base64]=value...]", secret_flags)
