"""What a model offers to others, and what it consumes of others (SAAS).

Knows: offers, their urls, remote applications, Juju's errors about them.
Must not know: how two halves of a relation are kept alike (see `crossing`).
"""

from __future__ import annotations

import sqlite3
import uuid
from dataclasses import dataclass

from jujubox.charm import Endpoint
from jujubox.model import applications, charms, crossing, models, relations, topics
from jujubox.model.database import Database, NotFound, Refused, dumps, loads
from jujubox.model.models import Model
from jujubox.model.relations import Relation
from jujubox.names import is_application


@dataclass(frozen=True)
class Offer:
    """Endpoints of an application that other models may relate to."""

    model: int
    name: str
    uuid: str
    application: str
    endpoints: tuple[str, ...]


@dataclass(frozen=True)
class RemoteApplication:
    """An offer of another model under the name that this one gives it."""

    model: int
    name: str
    life: str
    url: str
    offer_uuid: str
    endpoints: tuple[Endpoint, ...]
    created: float


def offer(db: Database, model: Model, application: str, endpoints: list[str], name: str) -> Offer:
    """Offer endpoints; one of that name for the same application is replaced. Raises Refused."""
    found = applications.find(db, model.id, application)
    known = charms.find(db, model.id, found.charm_url).charm.endpoints
    for endpoint in endpoints:
        if endpoint not in known or known[endpoint].role == "peer":
            raise NotFound(f'application "{application}" has no "{endpoint}" relation')
    if not is_application(name):
        raise Refused(f'offer name "{name}" not valid', "not valid")
    old = named(db, model.id, name)
    if old is not None and old.application != application:
        raise Refused(f'application offer "{name}" already exists', "already exists")
    db.run(
        "INSERT OR REPLACE INTO offers (model, name, uuid, application, endpoints_json) VALUES (?, ?, ?, ?, ?)",
        *(model.id, name, old.uuid if old is not None else str(uuid.uuid4()), application, dumps(endpoints)),
    )
    db.touch(topics.whole(model.id))
    return find(db, model, name)


def of_model(db: Database, model: int) -> list[Offer]:
    """All offers of a model by name."""
    return [_offer(row) for row in db.all("SELECT * FROM offers WHERE model = ? ORDER BY name", model)]


def named(db: Database, model: int, name: str) -> Offer | None:
    """The offer of this name."""
    row = db.one("SELECT * FROM offers WHERE model = ? AND name = ?", model, name)
    return None if row is None else _offer(row)


def find(db: Database, model: Model, name: str) -> Offer:
    """The offer of this name. Raises NotFound."""
    found = named(db, model.id, name)
    if found is None:
        raise NotFound(f'application offer "{url(model, name)}" not found')
    return found


def by_uuid(db: Database, identity: str) -> Offer | None:
    """The offer, unless it was removed."""
    row = db.one("SELECT * FROM offers WHERE uuid = ?", identity)
    return None if row is None else _offer(row)


def url(model: Model, name: str) -> str:
    """Where others find an offer."""
    return f"admin/{model.name}.{name}"


def endpoints_of(db: Database, found: Offer) -> tuple[Endpoint, ...]:
    """The offered endpoints as the charm has them now."""
    known = charms.of_application(db, found.model, found.application).charm.endpoints
    return tuple(known[name] for name in found.endpoints if name in known)


def connections(db: Database, found: Offer) -> list[tuple[Relation, crossing.FarEnd]]:
    """Relations by this offer, each with the half in the model that consumes."""
    numbers = db.column(
        "SELECT relation FROM far_ends WHERE model = ? AND offer = ? AND application = ? ORDER BY relation",
        *(found.model, found.name, found.application),
    )
    pairs = []
    for number in numbers:
        far = crossing.far_end(db, found.model, number)
        assert far is not None
        pairs.append((relations.find(db, found.model, number), far))
    return pairs


def remove(db: Database, found: Offer, force: bool) -> None:
    """Offer it no longer. Raises Refused while it is related to, unless `force` ends those relations."""
    related = connections(db, found)
    if related and not force:
        many = "s" if len(related) > 1 else ""
        raise Refused(f'cannot delete application offer "{found.name}": offer has {len(related)} relation{many}')
    for relation, _ in related:
        relations.destroy(db, found.model, relation.id)
    db.run("DELETE FROM offers WHERE model = ? AND name = ?", found.model, found.name)
    db.touch(topics.whole(found.model))
    for model in db.column("SELECT model FROM remote_applications WHERE offer_uuid = ?", found.uuid):
        db.touch(topics.whole(model))


def check_unoffered(db: Database, model: int, application: str) -> None:
    """Raises Refused if the application is offered: its offers go first."""
    names = [each.name for each in of_model(db, model) if each.application == application]
    if names:
        many = "s" if len(names) > 1 else ""
        raise Refused(
            f'cannot destroy application "{application}": application is used by {len(names)} offer{many}: '
            + ", ".join(names)
        )


def withdraw(db: Database, model: int, application: str) -> None:
    """End all offers of an application with their relations."""
    for each in of_model(db, model):
        if each.application == application:
            remove(db, each, force=True)


def consume(db: Database, model: Model, found: Offer, source: str, name: str) -> RemoteApplication:
    """Know another model's offer by a name here; again is no error. Raises Refused."""
    if not is_application(name):
        raise Refused(f'invalid application name "{name}"', "not valid")
    if found.model == model.id:
        raise Refused(f'cannot consume "{found.name}": it is an offer of this model', "not supported")
    if db.one("SELECT 1 FROM applications WHERE model = ? AND name = ?", model.id, name):
        raise Refused(f'cannot add saas application "{name}": local application with same name already exists')
    old = remote(db, model.id, name)
    if old is not None and old.offer_uuid != found.uuid:
        raise Refused(f'saas application called "{name}" from a different model already exists', "already exists")
    endpoints = [vars(endpoint) for endpoint in endpoints_of(db, found)]
    db.run(
        "INSERT INTO remote_applications (model, name, url, offer_uuid, endpoints_json, created)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (model, name) DO UPDATE SET endpoints_json = excluded.endpoints_json",
        *(model.id, name, source, found.uuid, dumps(endpoints), db.now()),
    )
    db.touch(topics.whole(model.id))
    made = remote(db, model.id, name)
    assert made is not None
    return made


def remote(db: Database, model: int, name: str) -> RemoteApplication | None:
    """The consumed application of this name."""
    row = db.one("SELECT * FROM remote_applications WHERE model = ? AND name = ?", model, name)
    return None if row is None else _remote(row)


def remotes(db: Database, model: int) -> list[RemoteApplication]:
    """All consumed applications by name."""
    rows = db.all("SELECT * FROM remote_applications WHERE model = ? ORDER BY name", model)
    return [_remote(row) for row in rows]


def remove_saas(db: Database, found: RemoteApplication, force: bool = False) -> None:
    """Begin to consume it no longer; it is gone with its last relation."""
    db.run("UPDATE remote_applications SET life = 'dying' WHERE model = ? AND name = ?", found.model, found.name)
    db.touch(topics.whole(found.model))
    for relation in relations.of_application(db, found.model, found.name):
        relations.destroy(db, found.model, relation.id, force)
    finish(db)


def finish(db: Database) -> None:
    """Consumed applications that were to go and are related no more are gone now."""
    for model, name in db.all("SELECT model, name FROM remote_applications WHERE life != 'alive'"):
        if not relations.of_application(db, model, name):
            db.run("DELETE FROM remote_applications WHERE model = ? AND name = ?", model, name)
            db.touch(topics.whole(model))


def relate(
    db: Database, model: Model, own: tuple[str, Endpoint], saas: RemoteApplication, endpoint: Endpoint
) -> Relation:
    """Both halves of a relation between an application here and what was consumed. Raises Refused."""
    found = by_uuid(db, saas.offer_uuid)
    if found is None or saas.life != "alive":
        raise Refused(f"offer {saas.name} has been terminated")
    offering = models.by_id(db, found.model)
    failure = f'adding relation between endpoints "{own[0]}:{own[1].name}" and "{saas.name}:{endpoint.name}": '
    relations.check_limit(db, offering.id, found.application, endpoint, failure)
    abroad = crossing.name_abroad(db, model.id, own[0])
    here = relations.create(db, model.id, "global", [own, (saas.name, endpoint)])
    there = relations.create(db, offering.id, "global", [(abroad, own[1]), (found.application, endpoint)])
    crossing.link(db, model.id, here.id, crossing.FarEnd(own[0], offering.id, there.id, abroad, found.name))
    back = crossing.FarEnd(found.application, model.id, here.id, saas.name, found.name)
    crossing.link(db, offering.id, there.id, back)
    return here


def _offer(row: sqlite3.Row) -> Offer:
    return Offer(row["model"], row["name"], row["uuid"], row["application"], tuple(loads(row["endpoints_json"])))


def _remote(row: sqlite3.Row) -> RemoteApplication:
    endpoints = tuple(Endpoint(**each) for each in loads(row["endpoints_json"]))
    return RemoteApplication(
        row["model"], row["name"], row["life"], row["url"], row["offer_uuid"], endpoints, row["created"]
    )
