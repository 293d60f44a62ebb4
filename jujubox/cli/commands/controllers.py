"""Lists the controllers: here always one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.cli.tabs import columns
from jujubox.flags import FlagSet, refuse_more

USAGE = ""
SCOPE: Scope = "none"


def flags(known: FlagSet) -> None:
    known.formats("tabular", "json", "yaml")
    known.boolean("refresh")
    known.boolean("managed")


def run(call: Invocation) -> None:
    refuse_more(call.args)
    told = call.call("controller")
    current = call.selection.chosen("")
    if call.flags["format"] == "tabular":
        call.write(_table(told, current))
        return
    call.show({"controllers": {told["name"]: _entry(told, current)}, "current-controller": told["name"]})


def _entry(told: Mapping[str, Any], current: str) -> dict[str, Any]:
    return {
        "current-model": current,
        "user": "admin",
        "access": "superuser",
        "uuid": told["uuid"],
        "api-endpoints": told["api-endpoints"],
        "ca-cert": told.get("ca-cert") or "",
        "cloud": told["cloud"],
        "region": told.get("region") or "",
        "agent-version": told["agent-version"],
        "model-count": told["models"],
        "machine-count": told["machines"],
    }


def _table(told: Mapping[str, Any], current: str) -> str:
    cloud = "/".join(filter(None, (told["cloud"], told.get("region"))))
    head = ["Controller", "Model", "User", "Access", "Cloud/Region", "Models", "Nodes", "HA", "Version"]
    counts = [str(told["models"]), str(told["machines"]), "-"]
    row = [f"{told['name']}*", current, "admin", "superuser", cloud, *counts, told["agent-version"]]
    return columns([head, row], right=(5, 6, 7))
