"""Detaches storage from its unit; what is in it stays."""

from __future__ import annotations

from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.flags import FlagSet, UsageError

USAGE = "<storage id> [...]"
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    for name in ("force", "no-wait"):
        known.boolean(name)


def run(call: Invocation) -> None:
    if not call.args:
        raise UsageError("detach-storage requires at least one storage ID")
    call.on_model("detach_storage", ids=call.args, force=call.flags["force"])
    for storage in call.args:
        call.note(f"detaching {storage}")
