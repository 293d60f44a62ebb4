"""Shows an operation: an action or command that was asked for, with its tasks."""

from __future__ import annotations

from jujubox.cli.invocation import Invocation
from jujubox.cli.operations_shown import as_printed
from jujubox.cli.registry import Scope
from jujubox.flags import FlagSet, UsageError, refuse_more

USAGE = "<operation id>"
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    known.formats("yaml", "json")
    known.duration("wait", default=None)
    for name in ("watch", "utc"):
        known.boolean(name)


def run(call: Invocation) -> None:
    if not call.args:
        raise UsageError("no operation ID specified")
    refuse_more(call.args[1:])
    operation_id = call.args[0]
    operation = call.on_model("show_operation", id=operation_id)
    if call.flags["watch"] or call.flags["wait"] is not None:
        call.on_model("wait_tasks", ids=list(operation.get("tasks") or {}), timeout=call.flags["wait"] or 60.0)
        operation = call.on_model("show_operation", id=operation_id)
    call.show({operation_id: as_printed(operation, call.utc())})
