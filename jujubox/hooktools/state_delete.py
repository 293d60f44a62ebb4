"""state-delete <key>: forget a value of the charm's own state, when the hook succeeds."""

from __future__ import annotations

from jujubox.agent.context.context import Context
from jujubox.flags import refuse_more
from jujubox.hooktools.tool import Invocation, Tool


async def run(context: Context, call: Invocation) -> None:
    refuse_more(call.args[1:])
    if call.args:
        context.state.write({call.args[0]: None})


TOOL = Tool("state-delete", "Delete server-side-state key value pairs.", run, "[options] <key>")
