"""What actions ask for about clients: a new password for one of them, and a database that is not needed any more.

Knows: when either may be done. Must not know: how.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from pgcharm import clients
from pgcharm.clients.names import shown
from pgcharm.clients.passwords import GENERATIONS, generations
from pgcharm.clients.request import has_asked, read_request, users_of
from pgcharm.observation import Request
from pgcharm.plan.requests.steps import CountRotation, DropDatabase
from pgcharm.plan.situation import Part, Situation
from pgcharm.plan.types import Refusal

_OWN = ("postgres", "template0", "template1")


def rotate_client_password(s: Situation, request: Request) -> Part | Refusal:
    """Count the rotation of an application's passwords up; every unit follows in a hook of its own."""
    application, peers = request.text("application"), s.o.juju.peers
    if not s.o.juju.leader or peers is None:
        leader = f"{s.o.juju.application}/leader"
        return Refusal(
            f"cannot rotate: {s.o.juju.unit} is not the leader (expected it; `juju run {leader}` runs it there)"
        )
    related = [relation for relation in s.o.juju.clients if relation.application == application]
    if not related:
        known = ", ".join(sorted({relation.application for relation in s.o.juju.clients})) or "none is related"
        return Refusal(f"cannot rotate the password of {shown(application)}: no such client (expected one of: {known})")
    counted = generations(peers.application)
    users = sorted({user for relation in related for user in users_of(relation)})
    counted |= {user: counted.get(user, 0) + 1 for user in users}
    words = {GENERATIONS: json.dumps(counted, sort_keys=True)}
    return Part((CountRotation("the operator asks for it", peers.id, tuple(users), words),))


def drop_database(s: Situation, request: Request) -> Part | Refusal:
    """Drop a database that no relation needs."""
    name = request.text("database")
    if why := why_not(s, name, request.text("confirm")):
        return Refusal(f"cannot drop the database {shown(name)}: {why}")
    assert s.postgres is not None
    return Part((DropDatabase("the operator asks for it", s.postgres.port, name, request.yes("force")),))


def why_not(s: Situation, name: str, confirmed: str) -> str:
    """Why the database must stay; empty where it may go."""
    if s.postgres is None or not s.is_primary:
        where = s.primary_unit or "none is known"
        return f"{s.o.juju.unit} is not the primary (expected the primary, {where}; run it there)"
    if name in _OWN or name not in s.postgres.catalogue.databases:
        there = sorted(set(s.postgres.catalogue.databases) - set(_OWN))
        return f"there is none of that name to drop (expected one of: {', '.join(there) or 'none'})"
    if confirmed != name:
        return f"confirm is {shown(confirmed)} (expected the database's name once more: what is dropped is gone)"
    if users := wanted_by(s.o.juju.clients, name):
        return f"{', '.join(users)} has it (expected no relation that asks for it; remove the relation first)"
    return ""


def wanted_by(relations: Iterable[clients.ClientRelation], database: str) -> list[str]:
    """The clients that ask for a database."""
    asked = (read_request(relation) for relation in relations if has_asked(relation))
    return [
        f"{found.application} ({found.endpoint.name}:{found.relation})"
        for found in asked
        if isinstance(found, clients.Request) and found.database == database
    ]
