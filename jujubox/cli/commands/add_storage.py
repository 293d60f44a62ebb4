"""Gives a unit more storage: `name`, `name=count`, or `name=pool,size,count`."""

from __future__ import annotations

from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.flags import FlagSet, UsageError, quote
from jujubox.names import is_unit

USAGE = "<unit> <storage>[=<pool>,<size>,<count>] ..."
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    pass


def run(call: Invocation) -> None:
    if len(call.args) < 2:
        raise UsageError("storage add requires a unit and a storage directive")
    unit, *words = call.args
    if not is_unit(unit):
        raise UsageError(f"unit name {quote(unit)} not valid")
    wanted = {name: text for name, _, text in (word.partition("=") for word in words)}
    for storage in call.on_model("add_storage", unit=unit, storage=wanted):
        call.note(f"added storage {storage} to unit {unit}")
