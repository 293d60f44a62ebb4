"""Lets an application's charm use the cloud's credentials, or takes that back."""

from __future__ import annotations

from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.flags import FlagSet, UsageError, refuse_more

USAGE = "<application>"
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    known.boolean("remove")
    known.string("scope")


def run(call: Invocation) -> None:
    if not call.args:
        raise UsageError("no application name specified")
    refuse_more(call.args[1:])
    call.on_model("trust", application=call.args[0], remove=call.flags["remove"])
