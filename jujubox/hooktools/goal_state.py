"""goal-state: the units and relations that there will be."""

from __future__ import annotations

from jujubox.agent.context.context import Context
from jujubox.flags import refuse_more
from jujubox.hooktools.tool import Invocation, Printed, Tool


async def run(context: Context, call: Invocation) -> Printed:
    refuse_more(call.args)
    found = await context.calls("unit.goal_state")
    return Printed({"units": found["units"], "relations": found["relations"]}, sort=False)


TOOL = Tool(
    "goal-state", "Print the status of the charm's peers and related units.", run, "[options]", formats=("yaml", "json")
)
