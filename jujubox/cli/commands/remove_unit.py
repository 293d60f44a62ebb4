"""Removes units from the model."""

from __future__ import annotations

from jujubox.cli.invocation import Invocation
from jujubox.cli.outcomes import told_removals
from jujubox.cli.registry import Scope
from jujubox.flags import FlagSet, UsageError, quote
from jujubox.names import is_unit

USAGE = "<unit> [...]"
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    for name in ("no-prompt", "force", "no-wait", "destroy-storage", "dry-run"):
        known.boolean(name)
    known.integer("num-units")


def run(call: Invocation) -> int:
    if call.flags.given("num-units"):
        raise UsageError("options [--num-units] are only supported for k8s models")
    if not call.args:
        raise UsageError("no units specified")
    for unit in call.args:
        if not is_unit(unit):
            raise UsageError(f"invalid unit name {quote(unit)}")
    found = {key: call.flags[key.replace("_", "-")] for key in ("force", "destroy_storage", "dry_run")}
    return told_removals(call, "unit", call.on_model("remove_unit", units=call.args, **found))
