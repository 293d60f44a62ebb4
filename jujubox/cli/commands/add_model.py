"""Adds a model and switches to it."""

from __future__ import annotations

from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.cli.selection import CONTROLLER, model_name
from jujubox.cli.settings import settings
from jujubox.flags import FlagSet, UsageError, quote, refuse_more

USAGE = "<model name> [<cloud>]"
SCOPE: Scope = "controller"


def flags(known: FlagSet) -> None:
    known.boolean("no-switch")
    known.string("config", repeated=True)
    for name in ("credential", "owner", "base"):
        known.string(name)


def run(call: Invocation) -> None:
    if not call.args:
        raise UsageError("model name is required")
    refuse_more(call.args[2:])
    name = model_name(call.args[0])
    if not name.replace("-", "").isalnum() or name != name.lower() or name.startswith("-"):
        raise UsageError(
            f"{quote(name)} is not a valid name: model names may only contain lowercase letters, digits and hyphens"
        )
    config = settings(call.flags["config"], name)
    if call.environment.get("JUJUBOX_PERSONALITY"):
        config.setdefault("personality", call.environment["JUJUBOX_PERSONALITY"])
    base = {"base": call.flags["base"].removesuffix("/stable")} if call.flags["base"] else {}
    call.call("add_model", name=name, config=config, **base)
    if not call.flags["no-switch"]:
        call.selection.switch(name)
    call.note(f"Added '{name}' model on {CONTROLLER}/default with credential 'default' for user 'admin'")
