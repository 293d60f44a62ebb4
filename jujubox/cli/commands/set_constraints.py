"""Sets the constraints of an application; they hold for its new machines."""

from __future__ import annotations

from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.cli.settings import constraints
from jujubox.flags import FlagSet, UsageError

USAGE = "<application> <constraint>=<value> ..."
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    pass


def run(call: Invocation) -> None:
    if not call.args:
        raise UsageError("no application specified")
    application, *words = call.args
    call.on_model("set_constraints", application=application, constraints=constraints(words))
