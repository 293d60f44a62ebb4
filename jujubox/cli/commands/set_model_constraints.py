"""Sets the constraints that a model's new machines get."""

from __future__ import annotations

from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.cli.settings import constraints
from jujubox.flags import FlagSet

USAGE = "<constraint>=<value> ..."
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    pass


def run(call: Invocation) -> None:
    call.on_model("set_model_constraints", constraints=constraints(call.args))
