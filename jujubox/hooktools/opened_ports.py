"""opened-ports [--endpoints]: the unit's open ports, with what this hook changes."""

from __future__ import annotations

from jujubox.agent.context.context import Context
from jujubox.flags import FlagSet, refuse_more
from jujubox.hooktools.tool import FLAG_FORMATS, Invocation, Printed, Tool


def flags(flags: FlagSet) -> None:
    flags.boolean("endpoints")


async def run(context: Context, call: Invocation) -> Printed:
    refuse_more(call.args)
    opened = await context.ports.opened()
    if not call.flags["endpoints"]:
        return Printed([str(ports) for ports in sorted(opened)])
    return Printed([f"{ports} ({_names(opened[ports])})" for ports in sorted(opened)])


def _names(endpoints: set[str]) -> str:
    return "*" if "" in endpoints else ", ".join(sorted(endpoints))


TOOL = Tool("opened-ports", "List all ports or port ranges opened by the unit.", run, "[options]", flags, FLAG_FORMATS)
