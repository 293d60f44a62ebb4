"""Gives an application a file as one of its resources."""

from __future__ import annotations

from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.cli.settings import absolute
from jujubox.flags import FlagSet, UsageError, quote, refuse_more

USAGE = "<application> <resource>=<path>"
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    pass


def run(call: Invocation) -> None:
    if not call.args:
        raise UsageError("missing application name")
    if len(call.args) < 2:
        raise UsageError("no resource specified")
    refuse_more(call.args[2:])
    name, _, path = call.args[1].partition("=")
    if not name or not path:
        raise UsageError(f"expected name=path format for resource, got {quote(call.args[1])}")
    call.on_model("attach_resource", application=call.args[0], name=name, path=absolute({name: path})[name])
