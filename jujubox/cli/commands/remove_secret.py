"""Removes a secret of the model, or one revision of it."""

from __future__ import annotations

from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.flags import FlagSet, UsageError, refuse_more

USAGE = "<secret id> | <secret name>"
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    known.integer("revision")


def run(call: Invocation) -> None:
    if not call.args:
        raise UsageError("missing secret URI")
    refuse_more(call.args[1:])
    revision = {"revision": call.flags["revision"]} if call.flags["revision"] > 0 else {}
    call.on_model("remove_secret", secret=call.args[0], **revision)
