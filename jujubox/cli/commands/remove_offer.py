"""Removes offers by their URL, or by their name in the current model."""

from __future__ import annotations

from jujubox.cli.errors import CommandError
from jujubox.cli.invocation import Invocation
from jujubox.cli.offer_url import OfferUrl
from jujubox.cli.registry import Scope
from jujubox.flags import FlagSet, UsageError
from jujubox.names import is_application

USAGE = "<offer-url> ..."
SCOPE: Scope = "controller"


def flags(known: FlagSet) -> None:
    known.boolean("force")
    known.boolean("y", "yes")


def run(call: Invocation) -> None:
    if not call.args:
        raise UsageError("no offers specified")
    urls = [_path(call, word) for word in call.args]
    done = call.call("remove_offers", urls=urls, force=call.flags["force"])
    failed = [each["error"] for each in done if each.get("error")]
    if failed:
        raise CommandError("\n".join(failed))


def _path(call: Invocation, word: str) -> str:
    if is_application(word):
        return f"admin/{call.selection.chosen('')}.{word}"
    url = OfferUrl.parse(word)
    if url.endpoint:
        raise CommandError(f"These offers contain endpoints. Only specify the offer name itself.\n -{word}")
    return url.path
