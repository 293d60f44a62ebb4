"""Marks units in error as resolved: their failed hook is run again, or skipped with --no-retry."""

from __future__ import annotations

from jujubox.cli.invocation import Invocation
from jujubox.cli.outcomes import raise_failures
from jujubox.cli.registry import Scope
from jujubox.flags import FlagSet, UsageError, quote, refuse_more
from jujubox.names import is_unit

USAGE = "[<unit> ... | --all]"
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    known.boolean("all")
    known.boolean("no-retry")


def run(call: Invocation) -> None:
    if call.flags["all"]:
        refuse_more(call.args)
    elif not call.args:
        raise UsageError("no unit specified")
    for unit in call.args:
        if not is_unit(unit):
            raise UsageError(f"unit name {quote(unit)} not valid")
    outcomes = call.on_model("resolved", units=call.args, all=call.flags["all"], no_retry=call.flags["no-retry"])
    raise_failures(call, outcomes or [])
