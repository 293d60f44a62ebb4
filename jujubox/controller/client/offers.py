"""Offers and what is consumed of other models: `offer`, `consume`, and what the commands that list them print."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from jujubox.charm import Endpoint
from jujubox.controller.client.models import CONTROLLER
from jujubox.controller.client.named import outcome
from jujubox.controller.core import Core
from jujubox.controller.times import iso, trimmed
from jujubox.model import applications, charms, databags, models, offers
from jujubox.model.database import NotFound, Refused
from jujubox.model.models import Model
from jujubox.model.network import subnets_in
from jujubox.model.offers import Offer

_URL = re.compile(r"^(?:(?P<controller>[^:/.]+):)?(?:(?P<owner>[^/:]+)/)?(?P<model>[a-z0-9-]+)\.(?P<name>[a-z0-9-]+)$")


def offer(core: Core, model: Model, application: str, endpoints: list[str], name: str = "") -> dict[str, Any]:
    """Offer endpoints of an application."""
    made = offers.offer(core.db, model, application, endpoints, name or application)
    return {"url": offers.url(model, made.name)}


def remove_offers(core: Core, urls: list[str], force: bool = False) -> list[dict[str, Any]]:
    """Offer them no longer."""

    def one(url: str) -> dict[str, Any]:
        offers.remove(core.db, _find(core, url), force)
        return {}

    return [outcome("offer", url, one) for url in urls]


def list_offers(core: Core, model: Model) -> dict[str, Any]:
    """The offers of a model, with who is related to them."""
    return {found.name: _listed(core, model, found) for found in offers.of_model(core.db, model.id)}


def find_offers(core: Core) -> dict[str, Any]:
    """The offers of all models by their urls."""
    return {
        f"{CONTROLLER}:{offers.url(model, found.name)}": {
            "access": "admin",
            "endpoints": endpoint_documents(offers.endpoints_of(core.db, found)),
            "users": _USERS,
        }
        for model in models.every(core.db)
        for found in offers.of_model(core.db, model.id)
    }


def show_offer(core: Core, url: str) -> dict[str, Any]:
    """One offer by its url."""
    found = _find(core, url)
    key = f"{CONTROLLER}:{offers.url(models.by_id(core.db, found.model), found.name)}"
    entry = {
        "description": charms.of_application(core.db, found.model, found.application).charm.description or None,
        "access": "admin",
        "endpoints": endpoint_documents(offers.endpoints_of(core.db, found)),
        "users": _USERS,
    }
    return {key: trimmed(entry)}


def consume(core: Core, model: Model, url: str, name: str = "") -> dict[str, Any]:
    """Know an offer by a name in this model."""
    found = _find(core, url)
    path = offers.url(models.by_id(core.db, found.model), found.name)
    made = offers.consume(core.db, model, found, f"{CONTROLLER}:{path}", name or found.name)
    return {"name": made.name, "url": path}


def remove_saas(core: Core, model: Model, names: list[str], force: bool = False) -> list[dict[str, Any]]:
    """Consume them no longer."""

    def one(name: str) -> dict[str, Any]:
        found = offers.remote(core.db, model.id, name)
        if found is None:
            raise NotFound(f'saas application "{name}" not found')
        offers.remove_saas(core.db, found, force)
        return {}

    return [outcome("saas", name, one) for name in names]


def endpoint_documents(endpoints: Iterable[Endpoint]) -> dict[str, dict[str, str]]:
    """Endpoints as every list of them shows them."""
    return {endpoint.name: {"interface": endpoint.interface, "role": endpoint.role} for endpoint in endpoints}


_USERS = {"admin": {"display-name": "admin", "access": "admin"}}


def _find(core: Core, url: str) -> Offer:
    parts = _URL.match(url)
    if parts is None:
        raise Refused(
            f'offer URL has invalid form, must be [<source>:][<qualifier>]<model>.<offername>: "{url}"', "not valid"
        )
    if parts["controller"] not in (None, CONTROLLER):
        raise NotFound(f"controller {parts['controller']} not found")
    return offers.find(core.db, models.find(core.db, parts["model"]), parts["name"])


def _listed(core: Core, model: Model, found: Offer) -> dict[str, Any]:
    connected = []
    for relation, far in offers.connections(core.db, found):
        end = relation.end_of(found.application)
        assert end is not None
        consumer = models.by_id(core.db, far.model)
        bags = [
            databags.read(core.db, model.id, relation.id, owner) or {}
            for owner in databags.versions(core.db, model.id, relation.id)
            if not far.called(owner)
        ]
        subnets = sorted({subnet for bag in bags for subnet in subnets_in(bag.get("egress-subnets", ""))})
        connected.append(
            trimmed(
                {
                    "source-model-uuid": consumer.uuid,
                    "username": "admin",
                    "relation-id": relation.id,
                    "endpoint": end.endpoint,
                    "status": {"current": relation.status, "since": iso(relation.since)},
                    "ingress-subnets": subnets or None,
                }
            )
        )
    return trimmed(
        {
            "application": found.application,
            "store": CONTROLLER,
            "charm": applications.find(core.db, model.id, found.application).charm_url,
            "offer-url": offers.url(model, found.name),
            "endpoints": endpoint_documents(offers.endpoints_of(core.db, found)),
            "connections": connected or None,
            "users": _USERS,
        }
    )


METHODS = {
    "offer": offer,
    "remove_offers": remove_offers,
    "offers": list_offers,
    "find_offers": find_offers,
    "show_offer": show_offer,
    "consume": consume,
    "remove_saas": remove_saas,
}
