"""Relating two applications: from what the operator typed to a relation.

Knows: names of endpoints as typed, Juju's errors.
Must not know: what units do then.
"""

from __future__ import annotations

from jujubox.model import applications, charms, endpoints, relations
from jujubox.model.database import Database, NotFound, Refused
from jujubox.model.endpoints import Side
from jujubox.model.relations import Relation


def integrate(db: Database, model: int, first: str, second: str) -> Relation:
    """Relate two applications, `app` or `app:endpoint` each. Raises Refused."""
    sides = (_side(db, model, first), _side(db, model, second))
    failure = f'adding relation between endpoints "{first}" and "{second}": '
    pair = endpoints.choose(*sides, (first, second))
    typed = ((pair.first[0], pair.first[1].name), (pair.second[0], pair.second[1].name))
    if relations.between(db, model, *typed):
        raise Refused(failure + "relation already exists", "already exists")
    for application, endpoint in (pair.first, pair.second):
        relations.check_limit(db, model, application, endpoint, failure)
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
    application = applications.find(db, model, name)
    if application.life != "alive":
        raise Refused(f'cannot relate application "{name}": it is not alive')
    charm = charms.find(db, model, application.charm_url).charm
    if endpoint and endpoint not in charm.endpoints and endpoint != "juju-info":
        raise NotFound(f'application "{name}" has no "{endpoint}" relation')
    return Side(name, endpoint, charm)
