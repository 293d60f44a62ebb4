"""Makes an application reachable from outside."""

from __future__ import annotations

from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.cli.settings import listed
from jujubox.flags import FlagSet, UsageError, refuse_more

USAGE = "<application>"
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    for name in ("endpoints", "to-spaces", "to-cidrs"):
        known.string(name)


def run(call: Invocation) -> None:
    if not call.args:
        raise UsageError("no application name specified")
    refuse_more(call.args[1:])
    call.on_model(
        "expose",
        application=call.args[0],
        endpoints=listed(call.flags["endpoints"]),
        to_spaces=listed(call.flags["to-spaces"]),
        to_cidrs=listed(call.flags["to-cidrs"]),
    )
