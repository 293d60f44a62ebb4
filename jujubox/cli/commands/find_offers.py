"""Finds what models offer to others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jujubox.cli.errors import CommandError
from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.cli.selection import model_name
from jujubox.cli.tabs import columns
from jujubox.flags import FlagSet, UsageError, refuse_more

USAGE = "[<url term>]"
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    known.formats("tabular", "json", "yaml")
    for name in ("url", "interface", "offer"):
        known.string(name)


def run(call: Invocation) -> None:
    refuse_more(call.args[1:])
    term = call.args[0] if call.args else call.flags["url"]
    if term and call.flags["offer"]:
        raise UsageError("cannot specify both a URL term and offer term")
    model, _, name = term.partition(".") if "." in term else (term, "", call.flags["offer"])
    where = model_name(model) if model else ""
    found = {
        url: {**offer} for url, offer in call.call("find_offers").items() if _wanted(call, url, offer, where, name)
    }
    if not found:
        raise CommandError("no matching application offers found")
    call.show(found) if call.flags["format"] != "tabular" else call.write(columns(_rows(found)))


def _wanted(call: Invocation, url: str, offer: Mapping[str, Any], model: str, name: str) -> bool:
    path, _, offered = url.rpartition(".")
    interface = call.flags["interface"]
    return (
        model in ("", path.rpartition("/")[2])
        and name in ("", offered)
        and interface in ("", *(end["interface"] for end in offer["endpoints"].values()))
    )


def _rows(found: Mapping[str, Any]) -> list[list[str]]:
    rows = [["Store", "URL", "Access", "Interfaces"]]
    for url, offer in sorted(found.items()):
        store, _, path = url.partition(":")
        interfaces = sorted(f"{end['interface']}:{name}" for name, end in offer["endpoints"].items())
        rows.append([store, path, offer["access"], ", ".join(interfaces)])
    return rows
