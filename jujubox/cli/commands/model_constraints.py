"""Shows the constraints that a model's new machines get."""

from __future__ import annotations

from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.cli.settings import spelled
from jujubox.flags import FlagSet, refuse_more

USAGE = ""
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    known.formats("constraints", "json", "yaml")


def run(call: Invocation) -> None:
    refuse_more(call.args)
    found = call.on_model("model_constraints")
    if call.flags["format"] == "constraints":
        call.write(f"{spelled(found)}\n")
    else:
        call.show(found, sort=True)
