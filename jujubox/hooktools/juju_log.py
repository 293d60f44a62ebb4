"""juju-log [--debug] [-l LEVEL] message…: a line in the unit's log."""

from __future__ import annotations

from jujubox.agent.context.context import Context
from jujubox.flags import FlagSet, UsageError
from jujubox.hooktools.tool import Invocation, Tool

LEVELS = {name: name for name in ("TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")} | {"WARN": "WARNING"}


def flags(flags: FlagSet) -> None:
    flags.boolean("debug")
    flags.string("l", "log-level", default="INFO")
    flags.string("format")


async def run(context: Context, call: Invocation) -> None:
    if not call.args:
        raise UsageError("no message specified")
    level = LEVELS.get(str(call.flags["log-level"]).upper(), "")
    if not level:
        context.log("WARNING", "Specified log-level not valid, defaulting to INFO")
        level = "INFO"
    prefix = f"{context.relation.name}: " if context.relation is not None else ""
    context.log("DEBUG" if call.flags["debug"] else level, prefix + " ".join(call.args))


TOOL = Tool("juju-log", "Write a message to the juju log.", run, "[options] <message>", flags)
