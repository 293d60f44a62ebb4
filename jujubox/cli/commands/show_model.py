"""Shows a model in full: its users, machines, status."""

from __future__ import annotations

from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.cli.selection import model_name
from jujubox.cli.times import with_status_times
from jujubox.flags import FlagSet

USAGE = "[<model name> ...]"
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    known.formats("yaml", "json")
    for name in ("color", "utc"):
        known.boolean(name)


def run(call: Invocation) -> None:
    names = [model_name(word) for word in call.args] or [call.model]
    shown = [call.call("show_model", model=name) for name in names]
    call.show({model["short-name"]: with_status_times(model, call.utc()) for model in shown})
