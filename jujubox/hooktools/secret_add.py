"""secret-add [flags] k=v …: a new secret; its URI is printed at once, it exists when the hook succeeds."""

from __future__ import annotations

import datetime

from jujubox.agent.context.context import Context
from jujubox.flags import UsageError
from jujubox.hooktools.secret_flags import check_policies, contents, expiry, secret_flags
from jujubox.hooktools.tool import Invocation, Tool
from jujubox.protocol import SecretChange


async def run(context: Context, call: Invocation) -> str:
    flags = call.flags
    if not call.args and not flags["file"]:
        raise UsageError("missing secret value or filename")
    check_policies(flags)
    expire = expiry(flags["expire"], datetime.datetime.now(datetime.timezone.utc))
    content = contents(call, call.args)
    if flags["owner"] == "application":
        await context.leadership.require()
    change = SecretChange(
        "create",
        "",
        owner=flags["owner"],
        content=content,
        label=flags["label"] or None,
        description=flags["description"] or None,
        rotate=flags["rotate"] or None,
        expire=expire,
    )
    return await context.secrets.create(change) + "\n"


TOOL = Tool("secret-add", "Add a new secret.", run, "[options] [key[#base64|#file]=value...]", secret_flags)
