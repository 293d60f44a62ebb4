"""Runs an action on units of one application, and waits for what comes of it."""

from __future__ import annotations

from jujubox.cli.action_params import read_run
from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.cli.settings import load_map
from jujubox.cli.tasks import finish, results_as_text
from jujubox.flags import FlagSet, UsageError

USAGE = "<unit> [<unit> ...] <action> [<key>=<value> ...]"
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    known.formats("plain", "json", "yaml")
    known.string("params")
    for name in ("string-args", "background", "utc", "color", "no-color"):
        known.boolean(name)
    known.duration("wait", default=60.0)


def run(call: Invocation) -> None:
    if call.flags["background"] and call.flags.given("wait"):
        raise UsageError("cannot specify both --wait and --background")
    read_run(call.args, strings=True)
    given = load_map(call.flags["params"]) if call.flags["params"] else {}
    wanted = read_run(call.args, call.flags["string-args"], given)
    queued = call.on_model("run", units=list(wanted.units), action=wanted.action, params=wanted.params)
    finish(call, queued, True, results_as_text)
