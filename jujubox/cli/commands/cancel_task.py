"""Cancels tasks that wait or run."""

from __future__ import annotations

from jujubox.cli.invocation import Invocation
from jujubox.cli.outcomes import raise_failures
from jujubox.cli.registry import Scope
from jujubox.flags import FlagSet, UsageError

USAGE = "<task id> [...]"
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    known.formats("yaml", "json")


def run(call: Invocation) -> None:
    if not call.args:
        raise UsageError("no task IDs specified")
    outcomes = call.on_model("cancel_task", ids=call.args)
    done = {outcome["id"]: {"status": outcome["status"]} for outcome in outcomes if not outcome.get("error")}
    if done:
        call.show(done)
    raise_failures(call, outcomes)
