"""Removes machines; with --force also those that carry units."""

from __future__ import annotations

from jujubox.cli.invocation import Invocation
from jujubox.cli.outcomes import told_removals
from jujubox.cli.registry import Scope
from jujubox.flags import FlagSet, UsageError, quote
from jujubox.names import is_machine

USAGE = "<machine> [...]"
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    for name in ("no-prompt", "force", "no-wait", "keep-instance", "dry-run"):
        known.boolean(name)


def run(call: Invocation) -> int:
    if not call.args:
        raise UsageError("no machines specified")
    for machine in call.args:
        if not is_machine(machine):
            raise UsageError(f"invalid machine id {quote(machine)}")
    outcomes = call.on_model(
        "remove_machine",
        machines=call.args,
        force=call.flags["force"],
        keep=call.flags["keep-instance"],
        dry_run=call.flags["dry-run"],
    )
    return told_removals(call, "machine", outcomes)
