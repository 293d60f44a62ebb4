"""Lets applications read a secret of the model."""

from __future__ import annotations

from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.cli.settings import listed
from jujubox.flags import FlagSet, UsageError, refuse_more

USAGE = "<secret id> | <secret name> <application>[,<application> ...]"
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    pass


def run(call: Invocation) -> None:
    if not call.args:
        raise UsageError("missing secret name")
    if len(call.args) < 2:
        raise UsageError("missing application name")
    refuse_more(call.args[2:])
    call.on_model("grant_secret", secret=call.args[0], applications=listed(call.args[1]))
