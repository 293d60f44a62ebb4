"""Takes back what `expose` did."""

from __future__ import annotations

from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.cli.settings import listed
from jujubox.flags import FlagSet, UsageError, refuse_more

USAGE = "<application>"
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    known.string("endpoints")


def run(call: Invocation) -> None:
    if not call.args:
        raise UsageError("no application name specified")
    refuse_more(call.args[1:])
    call.on_model("unexpose", application=call.args[0], endpoints=listed(call.flags["endpoints"]))
