"""payload-register, payload-status-set, payload-unregister: programs that a charm looks after. Juju 3.6 only.

Nothing in Juju acts on payloads; a line in the unit's log is all that they leave here.
"""

from __future__ import annotations

from jujubox.agent.context.context import Context
from jujubox.flags import UsageError, quote, refuse_more
from jujubox.hooktools.tool import Invocation, Tool

STATES = ("starting", "started", "stopping", "stopped")


async def register(context: Context, call: Invocation) -> None:
    if len(call.args) < 3:
        raise UsageError("missing " + ("type", "class", "id")[len(call.args)])
    context.log("DEBUG", f"payload registered: {' '.join(call.args)}")


async def set_status(context: Context, call: Invocation) -> None:
    if len(call.args) < 3:
        raise UsageError("missing " + ("class", "id", "status")[len(call.args)])
    if call.args[2] not in STATES:
        raise UsageError(f"status {quote(call.args[2])} not supported; expected one of {', '.join(STATES)}")
    refuse_more(call.args[3:])
    context.log("DEBUG", f"payload status: {' '.join(call.args)}")


async def unregister(context: Context, call: Invocation) -> None:
    if len(call.args) < 2:
        raise UsageError("missing " + ("class", "id")[len(call.args)])
    refuse_more(call.args[2:])
    context.log("DEBUG", f"payload unregistered: {' '.join(call.args)}")


TOOLS = (
    Tool(
        "payload-register",
        "Register a charm payload with Juju.",
        register,
        "<type> <class> <id> [tags...]",
        personality="3.6",
    ),
    Tool(
        "payload-status-set", "Update the status of a payload.", set_status, "<class> <id> <status>", personality="3.6"
    ),
    Tool("payload-unregister", "Stop tracking a payload.", unregister, "<class> <id>", personality="3.6"),
)
