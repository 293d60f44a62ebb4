"""Relates two applications."""

from __future__ import annotations

from jujubox.blocking import CallError
from jujubox.cli.errors import CommandError
from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.flags import FlagSet, UsageError

USAGE = "<application>[:<endpoint>] <application>[:<endpoint>]"
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    known.string("via")


def run(call: Invocation) -> None:
    if len(call.args) != 2:
        raise UsageError("an integration must involve two applications")
    try:
        call.on_model("integrate", endpoints=call.args)
    except CallError as error:
        if error.code != "already exists" and not error.message.endswith("already exists"):
            raise
        hint = "Use 'juju status --relations' to view the current relations."
        raise CommandError(f"{error.message}\n\n{hint}") from error
