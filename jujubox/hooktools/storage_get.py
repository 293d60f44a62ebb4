"""storage-get [-s ID] [kind|location]: what a storage of the unit is and where."""

from __future__ import annotations

from jujubox.agent.context.calls import ToolError
from jujubox.agent.context.context import Context
from jujubox.flags import FlagSet, UsageError, quote, refuse_more
from jujubox.hooktools.tool import FLAG_FORMATS, Invocation, Printed, Tool
from jujubox.names import STORAGE_ID


def flags(flags: FlagSet) -> None:
    flags.string("s")


async def run(context: Context, call: Invocation) -> Printed:
    wanted = call.flags["s"] or (context.hook.storage if context.hook is not None else "")
    if not wanted:
        raise UsageError("no storage instance specified")
    if not STORAGE_ID.match(wanted):
        raise UsageError(f"invalid value {quote(wanted)} for option -s: invalid storage ID {quote(wanted)}")
    refuse_more(call.args[1:])
    view = next((view for view in context.storage if view.id == wanted), None)
    if view is None or not view.location:
        raise ToolError(f"storage {quote(wanted)} not found")
    values = {"kind": view.kind, "location": view.location}
    key = call.args[0] if call.args else ""
    if key and key not in values:
        raise ToolError(f"invalid storage attribute {quote(key)}")
    return Printed(values[key] if key else values)


TOOL = Tool(
    "storage-get",
    "Print information for the storage instance with the specified ID.",
    run,
    "[options] [<key>]",
    flags,
    FLAG_FORMATS,
)
