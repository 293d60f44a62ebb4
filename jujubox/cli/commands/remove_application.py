"""Removes applications with all their units."""

from __future__ import annotations

from jujubox.cli.invocation import Invocation
from jujubox.cli.outcomes import told_removals
from jujubox.cli.registry import Scope
from jujubox.flags import FlagSet, UsageError, quote
from jujubox.names import is_application

USAGE = "<application> [...]"
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    for name in ("no-prompt", "force", "no-wait", "destroy-storage", "dry-run"):
        known.boolean(name)


def run(call: Invocation) -> int:
    if not call.args:
        raise UsageError("no application specified")
    for name in call.args:
        if not is_application(name):
            raise UsageError(f"invalid application name {quote(name)}")
    found = {key: call.flags[key.replace("_", "-")] for key in ("force", "destroy_storage", "dry_run")}
    return told_removals(call, "application", call.on_model("remove_application", applications=call.args, **found))
