"""leader-get [<key>|-]: what the leader wrote with leader-set. Juju 3.6 only."""

from __future__ import annotations

from jujubox.agent.context.calls import ToolError
from jujubox.agent.context.context import Context
from jujubox.flags import UsageError, quote, refuse_more
from jujubox.hooktools.tool import FLAG_FORMATS, Invocation, Printed, Tool
from jujubox.wire import CallError


async def run(context: Context, call: Invocation) -> Printed:
    key = call.args[0] if call.args else ""
    if "=" in key:
        raise UsageError(f"invalid key {quote(key)}")
    refuse_more(call.args[1:])
    try:
        settings = await context.calls("unit.leader_settings")
    except CallError as error:
        raise ToolError(f"cannot read leadership settings: {error}") from error
    return Printed(settings if key in ("", "-") else settings.get(key))


TOOL = Tool(
    "leader-get",
    "Print application leadership settings.",
    run,
    "[options] [<key>]",
    formats=FLAG_FORMATS,
    personality="3.6",
)
