"""Shows or changes the model that commands work on when --model is not given."""

from __future__ import annotations

from jujubox.cli.errors import CommandError
from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.cli.selection import CONTROLLER, model_name
from jujubox.flags import FlagSet, quote, refuse_more

USAGE = "[<controller>:]<model>"
SCOPE: Scope = "none"


def flags(known: FlagSet) -> None:
    pass


def run(call: Invocation) -> None:
    refuse_more(call.args[1:])
    here = _spelled(call.selection.chosen(""))
    if not call.args:
        call.write(f"{here}\n")
        return
    wanted = call.selection.current() if call.args[0] in (CONTROLLER, f"{CONTROLLER}:") else model_name(call.args[0])
    if wanted not in {model["short-name"] for model in call.call("models")}:
        raise CommandError(f"{quote(call.args[0])} is not the name of a model or controller")
    call.selection.switch(wanted)
    there = _spelled(wanted)
    call.note(f"{there} (no change)" if there == here else f"{here} -> {there}")


def _spelled(model: str) -> str:
    return f"{CONTROLLER}:admin/{model}"
