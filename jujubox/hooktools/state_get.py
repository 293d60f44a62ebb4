"""state-get [<key>|-] [--strict]: the charm's own state, kept by the controller."""

from __future__ import annotations

from jujubox.agent.context.calls import ToolError
from jujubox.agent.context.context import Context
from jujubox.flags import FlagSet, quote, refuse_more
from jujubox.hooktools.tool import FLAG_FORMATS, Invocation, Printed, Tool


def flags(flags: FlagSet) -> None:
    flags.boolean("strict")


async def run(context: Context, call: Invocation) -> Printed:
    refuse_more(call.args[1:])
    values = await context.state.values()
    key = call.args[0] if call.args else ""
    if key in ("", "-"):
        return Printed(values or (None if call.flags["format"] == "json" else {}))
    if key not in values and call.flags["strict"]:
        raise ToolError(f"{quote(key)} not found")
    return Printed(values.get(key, ""))


TOOL = Tool("state-get", "Print server-side-state value.", run, "[options] [<key>]", flags, FLAG_FORMATS)
