"""status-set [--application] <status> [<message>]: at once, and not undone when the hook fails."""

from __future__ import annotations

from jujubox.agent.context.context import Context
from jujubox.flags import FlagSet, UsageError, quote, refuse_more
from jujubox.hooktools.tool import Invocation, Tool

STATUSES = ("maintenance", "blocked", "waiting", "active")


def flags(flags: FlagSet) -> None:
    flags.boolean("application")


async def run(context: Context, call: Invocation) -> None:
    if not call.args:
        raise UsageError("invalid args, require <status> [message]")
    status, message = call.args[0], call.args[1] if len(call.args) > 1 else ""
    if status not in STATUSES:
        raise UsageError(f"invalid status {quote(status)}, expected one of [{' '.join(STATUSES)}]")
    refuse_more(call.args[2:])
    if call.flags["application"]:
        await context.leadership.require()
        await context.calls("unit.set_application_status", status=status, message=message)
        return
    await context.calls("unit.set_status", status=status, message=message)
    context.status_set = True


TOOL = Tool(
    "status-set",
    "Set status information.",
    run,
    "[options] <maintenance | blocked | waiting | active> [message]",
    flags,
)
