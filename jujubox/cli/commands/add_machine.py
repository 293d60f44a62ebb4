"""Starts new machines without units."""

from __future__ import annotations

from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.cli.settings import constraints
from jujubox.flags import FlagSet, UsageError, quote

USAGE = ""
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    known.integer("n", default=1)
    known.string("base")
    known.string("constraints", repeated=True)


def run(call: Invocation) -> None:
    if call.args:
        raise UsageError(f"cannot place a machine at {quote(call.args[0])}: machines are containers of this host only")
    base = {"base": call.flags["base"].removesuffix("/stable")} if call.flags["base"] else {}
    limits = constraints(call.flags["constraints"])
    for machine in call.on_model("add_machine", count=call.flags["n"], constraints=limits, **base):
        call.note(f"created machine {machine}")
