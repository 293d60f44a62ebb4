"""config-get [<key>] [-a|--all]: the application's configuration."""

from __future__ import annotations

from jujubox.agent.context.context import Context
from jujubox.flags import FlagSet, UsageError, quote, refuse_more
from jujubox.hooktools.tool import FLAG_FORMATS, Invocation, Printed, Tool


def flags(flags: FlagSet) -> None:
    flags.boolean("a", "all")


async def run(context: Context, call: Invocation) -> Printed:
    key = call.args[0] if call.args else ""
    if key and call.flags["all"]:
        raise UsageError(f"cannot use argument --all together with key {quote(key)}")
    refuse_more(call.args[1:])
    config = await context.config()
    if key:
        return Printed(config.get(key))
    return Printed({name: value for name, value in config.items() if call.flags["all"] or value is not None})


TOOL = Tool("config-get", "Print application configuration.", run, "[options] [<key>]", flags, FLAG_FORMATS)
