"""Adds units to an application, on new machines or those of --to."""

from __future__ import annotations

from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.cli.settings import listed
from jujubox.flags import FlagSet, UsageError, refuse_more

USAGE = "<application>"
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    known.integer("n", "num-units", default=1)
    known.string("to", repeated=True)
    known.string("attach-storage", repeated=True)


def run(call: Invocation) -> None:
    if not call.args:
        raise UsageError("no application specified")
    refuse_more(call.args[1:])
    if call.flags["num-units"] < 1:
        raise UsageError("--num-units must be a positive integer")
    call.on_model(
        "add_unit",
        application=call.args[0],
        num_units=call.flags["num-units"],
        to=listed(call.flags["to"]),
        attach_storage=listed(call.flags["attach-storage"]),
    )
