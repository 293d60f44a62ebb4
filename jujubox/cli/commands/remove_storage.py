"""Removes storage from the model; with --no-destroy what is in it is kept."""

from __future__ import annotations

from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.flags import FlagSet, UsageError

USAGE = "<storage id> [...]"
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    for name in ("force", "no-wait", "no-destroy", "no-prompt"):
        known.boolean(name)


def run(call: Invocation) -> None:
    if not call.args:
        raise UsageError("remove-storage requires at least one storage ID")
    call.on_model("remove_storage", ids=call.args, force=call.flags["force"], no_destroy=call.flags["no-destroy"])
    for storage in call.args:
        call.note(f"removing {storage}")
