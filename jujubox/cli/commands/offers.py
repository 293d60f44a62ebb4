"""Lists what the model offers, and who is related to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.cli.tabs import columns, status_cell
from jujubox.cli.times import ago
from jujubox.flags import FlagSet, refuse_more

USAGE = "[<offer-name>]"
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    known.formats("tabular", "json", "summary", "yaml")
    for name in ("application", "interface", "allowed-consumer", "connected-user"):
        known.string(name)
    known.boolean("active-only")


def run(call: Invocation) -> None:
    refuse_more(call.args[1:])
    found = {
        name: {**offer, "connections": [_connection(each) for each in offer["connections"]]}
        if "connections" in offer
        else offer
        for name, offer in call.on_model("offers").items()
        if _wanted(call, name, offer)
    }
    format = call.flags["format"]
    if format == "tabular":
        call.write(columns(_connected(found), color=call.colored()))
    elif format == "summary":
        call.write(columns(_summary(found)))
    else:
        call.show(found)


def _wanted(call: Invocation, name: str, offer: Mapping[str, Any]) -> bool:
    asked = call.flags
    users = {connection["username"] for connection in offer.get("connections", ())}
    return (
        (not call.args or call.args[0] == name)
        and asked["application"] in ("", offer["application"])
        and asked["interface"] in ("", *(end["interface"] for end in offer["endpoints"].values()))
        and asked["allowed-consumer"] in ("", *offer["users"])
        and asked["connected-user"] in ("", *users)
        and (not asked["active-only"] or bool(users))
    )


def _connection(found: Mapping[str, Any]) -> dict[str, Any]:
    return {**found, "status": {**found["status"], "since": ago(found["status"]["since"])}}


def _connected(found: Mapping[str, Any]) -> list[list[str]]:
    rows = [["Offer", "User", "Relation id", "Status", "Endpoint", "Interface", "Role"]]
    for name, offer in sorted(found.items()):
        label = name
        for each in sorted(offer.get("connections", ()), key=lambda one: (one["username"], one["relation-id"])):
            end = offer["endpoints"].get(each["endpoint"], {})
            cells = [label, each["username"], str(each["relation-id"]), status_cell(each["status"]["current"])]
            rows.append([*cells, each["endpoint"], end.get("interface", ""), end.get("role", "")])
            label = ""
    return rows


def _summary(found: Mapping[str, Any]) -> list[list[str]]:
    rows = [["Offer", "Application", "Charm", "Connected", "Store", "URL", "Endpoint", "Interface", "Role"]]
    for name, offer in sorted(found.items()):
        head = [name, offer["application"], offer["charm"], str(len(offer.get("connections", ())))]
        head += [offer["store"], offer["offer-url"]]
        for endpoint, end in sorted(offer["endpoints"].items()):
            rows.append([*head, endpoint, end["interface"], end["role"]])
            head = [""] * len(head)
    return rows
