"""Prints the controller, model and user that commands work with."""

from __future__ import annotations

from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.cli.selection import CONTROLLER
from jujubox.flags import FlagSet, refuse_more

USAGE = ""
SCOPE: Scope = "none"


def flags(known: FlagSet) -> None:
    known.formats("tabular", "json", "yaml")


def run(call: Invocation) -> None:
    refuse_more(call.args)
    told = {"controller": CONTROLLER, "model": call.selection.chosen(""), "user": "admin"}
    if call.flags["format"] == "tabular":
        call.write("".join(f"{key.capitalize() + ':':<11}  {value}\n" for key, value in told.items()))
    else:
        call.show(told)
