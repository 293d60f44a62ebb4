"""Relating two applications: from what the operator typed to a relation.

Knows: names of endpoints as typed, Juju's errors.
Must not know: what units do then.
"""

from __future__ import annotations

from jujubox.model import applications, charms, endpoints, models, network, offers, relations
from jujubox.model.database import Database, NotFound, Refused
from jujubox.model.endpoints import Pair, Side
from jujubox.model.relations import Relation


def integrate(db: Database, model: int, first: str, second: str, via: list[str] | None = None) -> Relation:
    """Relate two applications, `app` or `app:endpoint` each; one may be consumed of another model. Raises Refused."""
    subnets = network.checked_subnets(via or [])
    sides = (_side(db, model, first), _side(db, model, second))
    failure = f'adding relation between endpoints "{first}" and "{second}": '
    pair = endpoints.choose(*sides, (first, second))
    typed = ((pair.first[0], pair.first[1].name), (pair.second[0], pair.second[1].name))
    if relations.between(db, model, *typed):
        raise Refused(failure + "relation already exists", "already exists")
    for application, endpoint in (pair.first, pair.second):
        relations.check_limit(db, model, application, endpoint, failure)
    made = _relate(db, model, pair, failure)
    if subnets:
        network.set_egress(db, model, made.id, subnets)
    return made


def _relate(db: Database, model: int, pair: Pair, failure: str) -> Relation:
    first, second = offers.remote(db, model, pair.first[0]), offers.remote(db, model, pair.second[0])
    if first is not None and second is not None:
        raise Refused(failure + "cannot relate two saas applications", "not supported")
    whole = models.by_id(db, model)
    if second is not None:
        return offers.relate(db, whole, pair.first, second, pair.second[1])
    if first is not None:
        return offers.relate(db, whole, pair.second, first, pair.first[1])
    return relations.create(db, model, pair.scope, [pair.first, pair.second])


def named(db: Database, model: int, first: str, second: str) -> Relation:
    """The one relation between two applications. Raises Refused."""
    found = relations.between(db, model, endpoints.parse(first), endpoints.parse(second))
    if not found:
        raise NotFound(f"relation with endpoints [{first} {second}] or id 0 not found")
    if len(found) > 1:
        raise Refused(f'endpoints ["{first}" "{second}"] are ambiguous, specify relation endpoints or id')
    return found[0]


def _side(db: Database, model: int, text: str) -> Side:
    name, endpoint = endpoints.parse(text)
    saas = offers.remote(db, model, name)
    if saas is not None:
        if endpoint and all(known.name != endpoint for known in saas.endpoints):
            raise NotFound(f'saas application "{name}" has no "{endpoint}" relation')
        return Side(name, endpoint, saas.endpoints)
    application = applications.find(db, model, name)
    if application.life != "alive":
        raise Refused(f'cannot relate application "{name}": it is not alive')
    charm = charms.find(db, model, application.charm_url).charm
    if endpoint and endpoint not in charm.endpoints and endpoint != "juju-info":
        raise NotFound(f'application "{name}" has no "{endpoint}" relation')
    return endpoints.side_of(name, endpoint, charm)
