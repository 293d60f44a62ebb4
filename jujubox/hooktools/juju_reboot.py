"""juju-reboot [--now]: restart the machine when the hook succeeds, or at once and run the hook again."""

from __future__ import annotations

from jujubox.agent.context.calls import ToolError
from jujubox.agent.context.context import Context
from jujubox.flags import FlagSet, refuse_more
from jujubox.hooktools.tool import Invocation, Tool


def flags(flags: FlagSet) -> None:
    flags.boolean("now")


async def run(context: Context, call: Invocation) -> None:
    refuse_more(call.args)
    if context.action is not None:
        raise ToolError("juju-reboot is not supported when running an action.")
    context.reboot = "now" if call.flags["now"] else "after"


TOOL = Tool("juju-reboot", "Reboot the host machine.", run, "[options]", flags)
