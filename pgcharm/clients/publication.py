"""What a relation's bag should say: keys of the pgsql interface, each only once it is true.

Knows: the interface's keys and their forms. Must not know: how truth was established (see `decision`).

`host`, `port`, `state` are this unit's own; `master` and `standbys` are the same on all units.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pgcharm.clients.request import ClientUnit, Request

KEYS = (
    "allowed-subnets", "allowed-units", "database", "extensions", "host", "master", "password", "pooler", "port",
    "roles", "schema_password", "schema_user", "standbys", "state", "sysname", "user", "version",
)  # fmt: skip

Publication = Mapping[str, "str | None"]


@dataclass(frozen=True)
class Member:
    """A unit of the cluster and where clients reach its PostgreSQL."""

    unit: str
    host: str
    port: int = 5432


@dataclass(frozen=True)
class Login:
    """A client's credentials."""

    user: str
    password: str = field(repr=False)
    schema_user: str | None = None
    schema_password: str | None = field(default=None, repr=False)


def withdrawn(published: Mapping[str, str]) -> Publication:
    """Take back every key of ours."""
    return {key: None for key in KEYS if key in published}


def state_of(unit: str, members: Iterable[Member], primary: str | None) -> str:
    """`standalone`, `master`, `hot standby`, or `failover` while there is no primary."""
    if primary is None:
        return "failover"
    if unit != primary:
        return "hot standby"
    return "master" if any(member.unit != unit for member in members) else "standalone"


def connection_string(member: Member, request: Request, login: Login) -> str:
    """A libpq keyword string without quotes or blanks in its values."""
    where = f"host={member.host} dbname={request.database} port={member.port}"
    return f"{where} user={login.user} password={login.password}"


def endpoints(request: Request, login: Login, members: Iterable[Member], primary: str | None) -> dict[str, str | None]:
    """`master` and `standbys`."""
    strings = {member.unit: connection_string(member, request, login) for member in members}
    master = strings.pop(primary, None) if primary else None
    return {"master": master, "standbys": "\n".join(strings[unit] for unit in sorted(strings)) or None}


def own_keys(unit: str, members: Iterable[Member], primary: str | None, answers: bool) -> dict[str, str | None]:
    """`host`, `port` and `state` of this unit; a unit whose PostgreSQL does not answer is not to be used."""
    members = tuple(members)
    member = next((member for member in members if member.unit == unit), None)
    if member is None or not answers:
        return {"state": "failover"}
    return {"host": member.host, "port": str(member.port), "state": state_of(unit, members, primary)}


def only_changes(wanted: Mapping[str, str | None], published: Mapping[str, str]) -> Publication:
    """What of `wanted` is not in the bag already. An empty text stands for no key, as in Juju."""
    return {key: value for key, value in wanted.items() if (published.get(key) or None) != (value or None)}


def identity(request: Request, login: Login, version: str) -> dict[str, str | None]:
    """What does not depend on who is primary or who is admitted."""
    mirrored = request.mirrored
    return {
        "user": login.user,
        "password": login.password,
        "schema_user": login.schema_user,
        "schema_password": login.schema_password,
        "version": version,
        **{key: mirrored.get(key) for key in ("database", "roles", "extensions", "sysname")},
    }


def admission(units: Iterable[ClientUnit]) -> dict[str, str | None]:
    """`allowed-units` and `allowed-subnets`. Both always appear: a client's fallback for a missing one is broken."""
    units = tuple(units)
    networks = dict.fromkeys(str(network) for unit in units for network in unit.networks)
    return {"allowed-units": " ".join(unit.name for unit in units), "allowed-subnets": ",".join(networks)}


def promise(request: Request, login: Login, units: Iterable[ClientUnit], poolers: Iterable[str] = ()) -> str:
    """A digest of what a client is told, without its secrets: the primary's word to the standbys."""
    secret = hashlib.sha256(login.password.encode()).hexdigest()
    told = [request.database, login.user, secret, sorted(request.mirror), sorted(unit.name for unit in units)]
    told += [sorted(poolers)] if poolers else []
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:12]
