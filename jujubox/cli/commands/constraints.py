"""Shows the constraints of an application."""

from __future__ import annotations

from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.cli.settings import spelled
from jujubox.flags import FlagSet, UsageError, refuse_more

USAGE = "<application>"
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    known.formats("constraints", "json", "yaml")


def run(call: Invocation) -> None:
    if not call.args:
        raise UsageError("no application specified")
    refuse_more(call.args[1:])
    found = call.on_model("constraints", application=call.args[0])
    if call.flags["format"] == "constraints":
        call.write(f"{spelled(found)}\n")
    else:
        call.show(found, sort=True)
