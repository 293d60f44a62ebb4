"""Shows an offer: its endpoints and who may use them."""

from __future__ import annotations

from typing import Any

from jujubox.cli.errors import CommandError
from jujubox.cli.invocation import Invocation
from jujubox.cli.offer_url import OfferUrl
from jujubox.cli.registry import Scope
from jujubox.cli.tabs import columns
from jujubox.flags import FlagSet, UsageError, refuse_more
from jujubox.names import is_application

USAGE = "[<controller>:]<offer url>"
SCOPE: Scope = "controller"


def flags(known: FlagSet) -> None:
    known.formats("tabular", "json", "yaml")


def run(call: Invocation) -> None:
    if not call.args:
        raise UsageError("must specify endpoint URL")
    refuse_more(call.args[1:])
    word = call.args[0]
    url = OfferUrl.parse(f"{call.selection.chosen('')}.{word}" if is_application(word) else word)
    if url.endpoint:
        raise CommandError(f"saas offer {word} shouldn't include endpoint")
    found: dict[str, Any] = call.call("show_offer", url=url.path)
    if call.flags["format"] != "tabular":
        call.show(found)
        return
    rows = [["Store", "URL", "Access", "Description", "Endpoint", "Interface", "Role"]]
    for key, offer in found.items():
        store, _, path = key.partition(":")
        head = [store, path, offer["access"], offer.get("description", "").split("\n")[0]]
        for name, end in sorted(offer["endpoints"].items()):
            rows.append([*head, name, end["interface"], end["role"]])
            head = [""] * len(head)
    call.write(columns(rows))
