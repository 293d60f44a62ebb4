"""application-version-set <version>: which version of the workload the unit runs; at once."""

from __future__ import annotations

from jujubox.agent.context.context import Context
from jujubox.flags import UsageError, refuse_more
from jujubox.hooktools.tool import Invocation, Tool


async def run(context: Context, call: Invocation) -> None:
    if not call.args:
        raise UsageError("no version specified")
    refuse_more(call.args[1:])
    await context.calls("unit.set_workload_version", version=call.args[0])


TOOL = Tool("application-version-set", "Specify which version of the application is deployed.", run, "<new-version>")
