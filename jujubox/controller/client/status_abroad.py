"""What `juju status` shows beside a model's own: what it consumes of other models, what it offers to them.

Knows: the keys of `application-endpoints` and `offers` (reference: juju-cli.md §3).
Must not know: how it is drawn.
"""

from __future__ import annotations

from typing import Any

from jujubox.controller.client import status
from jujubox.controller.client.offers import endpoint_documents
from jujubox.controller.core import Core
from jujubox.controller.times import trimmed
from jujubox.model import charms, models, offers, relations
from jujubox.model.models import Model
from jujubox.model.offers import Offer, RemoteApplication
from jujubox.model.status import Status

TERMINATED = Status("terminated", "offer has been removed")


def full_status(core: Core, model: Model, selectors: list[str] | None = None) -> dict[str, Any]:
    """The whole document, or the part that selectors name."""
    document = status.full_status(core, model, selectors)
    consumed = {
        remote.name: _remote(core, remote)
        for remote in offers.remotes(core.db, model.id)
        if not selectors or remote.name in selectors
    }
    offered = {
        found.name: _offer(core, found)
        for found in offers.of_model(core.db, model.id)
        if not selectors or found.application in document["applications"]
    }
    document["matched"] = document["matched"] or bool(consumed)
    more = {"application-endpoints": consumed, "offers": offered}
    return {**document, **{key: entries for key, entries in more.items() if entries}}


def _remote(core: Core, remote: RemoteApplication) -> dict[str, Any]:
    found = offers.by_uuid(core.db, remote.offer_uuid)
    own = relations.of_application(core.db, remote.model, remote.name)
    shown = status.related(remote.name, own)
    return trimmed(
        {
            "url": remote.url,
            "endpoints": endpoint_documents(remote.endpoints),
            "life": None if remote.life == "alive" else remote.life,
            "application-status": status.info(TERMINATED if found is None else _offered_status(core, found)),
            "relations": {name: [each["related-application"] for each in each_end] for name, each_end in shown.items()}
            or None,
        }
    )


def _offered_status(core: Core, found: Offer) -> Status:
    facts = status.gather(core, models.by_id(core.db, found.model), [])
    members = [unit for unit in facts.units.values() if unit.application == found.application]
    return status.application_status(facts, facts.applications[found.application], members)


def _offer(core: Core, found: Offer) -> dict[str, Any]:
    related = [relation for relation, _ in offers.connections(core.db, found)]
    charm = charms.of_application(core.db, found.model, found.application)
    return {
        "application": found.application,
        "charm": charm.url,
        "total-connected-count": len(related),
        "active-connected-count": sum(1 for relation in related if relation.status == "joined"),
        "endpoints": endpoint_documents(offers.endpoints_of(core.db, found)),
    }


METHODS = {"status": full_status}
