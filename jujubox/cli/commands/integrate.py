"""Relates two applications, one of which may be an offer of another model.

An offer is named by its URL, `[<controller>:][<owner>/]<model>.<offer>[:<endpoint>]`, and is consumed on the way.
With --via, the units of this model say that their traffic comes from those subnets.
"""

from __future__ import annotations

import ipaddress

from jujubox.blocking import CallError
from jujubox.cli.errors import CommandError
from jujubox.cli.invocation import Invocation
from jujubox.cli.offer_url import OfferUrl, is_offer_url
from jujubox.cli.registry import Scope
from jujubox.flags import FlagSet, UsageError, quote

USAGE = "<application>[:<endpoint>] <application>[:<endpoint>]"
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    known.string("via")


def run(call: Invocation) -> None:
    if len(call.args) != 2:
        raise UsageError("an integration must involve two applications")
    via = _subnets(call.flags["via"])
    if all(is_offer_url(word) for word in call.args):
        raise UsageError("providing more than one remote endpoints not supported")
    try:
        endpoints = [_consumed(call, word) if is_offer_url(word) else word for word in call.args]
        call.on_model("integrate", endpoints=endpoints, **({"via": via} if via else {}))
    except CallError as error:
        if error.message.endswith("has been terminated"):
            raise CommandError(_terminated(error.message.split()[1])) from error
        if error.code != "already exists" and not error.message.endswith("already exists"):
            raise
        hint = "Use 'juju status --relations' to view the current relations."
        raise CommandError(f"{error.message}\n\n{hint}") from error


def _consumed(call: Invocation, word: str) -> str:
    """Consume an offer, which is no error if it was consumed before; how it is called in this model."""
    url = OfferUrl.parse(word)
    call.on_model("consume", url=url.path, name=url.name)
    return f"{url.name}:{url.endpoint}" if url.endpoint else url.name


def _subnets(text: str) -> list[str]:
    subnets = [part for part in text.replace(" ", "").split(",") if part]
    for subnet in subnets:
        try:
            ipaddress.ip_network(subnet, strict=False)
        except ValueError:
            raise UsageError(f"invalid CIDR address: {subnet}") from None
        if subnet == "0.0.0.0/0":
            raise UsageError(f"CIDR {quote(subnet)} not allowed")
    return subnets


def _terminated(offer: str) -> str:
    return (
        f"Offer {quote(offer)} has been removed from the remote model.\n"
        "To integrate with a new offer with the same name, first run\n"
        f"'juju remove-saas {offer}' to remove the SAAS record from this model."
    )
