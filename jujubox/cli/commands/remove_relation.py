"""Removes the relation between two applications, or one by its id."""

from __future__ import annotations

from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.flags import FlagSet, UsageError

USAGE = "<application>[:<endpoint>] <application>[:<endpoint>] | <relation id>"
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    known.boolean("force")


def run(call: Invocation) -> None:
    if len(call.args) == 1 and call.args[0].isdigit():
        call.on_model("remove_relation", id=int(call.args[0]), force=call.flags["force"])
        return
    if len(call.args) != 2:
        raise UsageError("a relation must involve two applications")
    call.on_model("remove_relation", endpoints=call.args, force=call.flags["force"])
