"""Adds an offer of another model to this one, to be related to later."""

from __future__ import annotations

from jujubox.cli.errors import CommandError
from jujubox.cli.invocation import Invocation
from jujubox.cli.offer_url import OfferUrl
from jujubox.cli.registry import Scope
from jujubox.flags import FlagSet, UsageError, quote, refuse_more
from jujubox.names import is_application

USAGE = "<remote offer path> [<local application name>]"
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    pass


def run(call: Invocation) -> None:
    if not call.args:
        raise UsageError("no remote offer specified")
    name = call.args[1] if len(call.args) > 1 else ""
    if name and not is_application(name):
        raise UsageError(f"invalid application name {quote(name)}")
    refuse_more(call.args[2:])
    url = OfferUrl.parse(call.args[0])
    if url.endpoint:
        raise CommandError(f"saas offer {quote(call.args[0])} shouldn't include endpoint")
    made = call.on_model("consume", url=url.path, name=name)
    call.note(f"Added {url.path} as {made['name']}")
