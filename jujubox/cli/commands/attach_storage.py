"""Attaches existing storage to a unit."""

from __future__ import annotations

from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.flags import FlagSet, UsageError, quote
from jujubox.names import is_unit

USAGE = "<unit> <storage id> [...]"
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    pass


def run(call: Invocation) -> None:
    if len(call.args) < 2:
        raise UsageError("attach-storage requires a unit ID and at least one storage ID")
    unit, *ids = call.args
    if not is_unit(unit):
        raise UsageError(f"invalid unit name {quote(unit)}")
    call.on_model("attach_storage", unit=unit, ids=ids)
    for storage in ids:
        call.note(f"attaching {storage} to {unit}")
