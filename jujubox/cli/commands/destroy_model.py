"""Destroys a model with everything in it, and waits until it is gone."""

from __future__ import annotations

import sys
import time

from jujubox.cli.errors import CommandError
from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.cli.selection import FIRST_MODEL, model_name
from jujubox.flags import FlagSet, UsageError, refuse_more

USAGE = "<model name>"
SCOPE: Scope = "controller"
_POLL_SECONDS = 0.5


def flags(known: FlagSet) -> None:
    for name in ("no-prompt", "destroy-storage", "release-storage", "force", "no-wait"):
        known.boolean(name)
    known.duration("t", "timeout")


def run(call: Invocation) -> None:
    if not call.args:
        raise UsageError("no model specified")
    refuse_more(call.args[1:])
    name = model_name(call.args[0])
    _confirm(call, name)
    destroy_storage, force = call.flags["destroy-storage"], call.flags["force"]
    call.call("destroy_model", name=name, destroy_storage=destroy_storage, force=force)
    call.note("Destroying model")
    _wait(call, name)
    call.note("Model destroyed.")
    if call.selection.current() == name:
        call.selection.switch(FIRST_MODEL)


def _confirm(call: Invocation, name: str) -> None:
    """Asks for the model's name on a terminal; elsewhere nobody could answer."""
    if call.flags["no-prompt"] or not sys.stdin.isatty():
        return
    call.warn(f'WARNING! This command will destroy the "{name}" model with all its machines, units and storage.')
    call.err.write("\nTo continue, enter the name of the model to be destroyed: ")
    call.err.flush()
    if sys.stdin.readline().strip() != name:
        raise CommandError("model destruction: aborted")


def _wait(call: Invocation, name: str) -> None:
    timeout = call.flags["timeout"]
    deadline = None if timeout is None else time.monotonic() + timeout
    said = ""
    while True:
        models = [model for model in call.call("models") if model["short-name"] == name]
        if not models:
            return
        told = f"Waiting for model to be removed, {_left(models[0])}..."
        if told != said:
            call.note(told)
            said = told
        if deadline is not None and time.monotonic() > deadline:
            raise CommandError(f"timed out waiting for model {name} to be removed")
        time.sleep(_POLL_SECONDS)


def _left(model: dict[str, int]) -> str:
    counts = (("machine", model.get("machine-count", 0)), ("unit", model.get("unit-count", 0)))
    return ", ".join(f"{count} {what}(s)" for what, count in counts if count) or "nothing left in it"
