"""Lists the models of the controller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.cli.selection import CONTROLLER
from jujubox.cli.tabs import GREEN, Colored, columns, status_cell
from jujubox.cli.times import with_status_times
from jujubox.flags import FlagSet, refuse_more

USAGE = ""
SCOPE: Scope = "controller"
_OUR_OWN = ("machine-count", "unit-count", "personality")
"""What the controller tells beyond Juju's keys."""


def flags(known: FlagSet) -> None:
    known.formats("tabular", "json", "yaml")
    for name in ("all", "exact-time", "uuid", "utc", "color", "no-color"):
        known.boolean(name)
    known.string("user")


def run(call: Invocation) -> None:
    refuse_more(call.args)
    models = sorted(with_status_times(call.call("models"), False), key=lambda model: str(model["name"]))
    current = call.selection.chosen("")
    if call.flags["format"] == "tabular":
        call.write(_table(call, models, current))
        return
    listed = [{key: value for key, value in model.items() if key not in _OUR_OWN} for model in models]
    here = {"current-model": current} if any(model["short-name"] == current for model in models) else {}
    call.show({"models": listed, **here})


def _table(call: Invocation, models: Sequence[Mapping[str, Any]], current: str) -> str:
    uuid = ["UUID"] if call.flags["uuid"] else []
    rows = [
        ["Model", *uuid, "Cloud/Region", "Type", "Status", "Machines", "Units", "Access", "Last connection"],
    ]
    for model in models:
        mine = model["short-name"] == current
        name = Colored(f"{model['short-name']}*", GREEN) if mine else model["short-name"]
        cloud = "/".join(filter(None, (model["cloud"], model.get("region"))))
        status = status_cell(model["status"]["current"])
        counts = [str(model.get("machine-count", 0)), str(model.get("unit-count") or "-")]
        shown_uuid = [model["model-uuid"]] if uuid else []
        row = [name, *shown_uuid, cloud, model.get("type") or "", status, *counts, model["access"]]
        rows.append([*row, str(model.get("last-connection") or "never connected")])
    shift = len(uuid)
    return f"Controller: {CONTROLLER}\n\n" + columns(rows, right=(4 + shift, 5 + shift), color=call.colored())
