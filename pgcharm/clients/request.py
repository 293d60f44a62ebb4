"""What a client asks for, read from its databags: `Request`, or `Refusal` with the reason by name.

Knows: the keys of the pgsql interface as clients write them. Must not know: what exists in PostgreSQL.
The databags are untrusted: whatever is in them comes out as a value that is safe to use, or as a refusal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pgcharm.clients import names, wishing
from pgcharm.clients.addresses import Network, client_networks
from pgcharm.clients.relation import ENDPOINTS, Bag, ClientRelation, Endpoint

SYSNAME_EXTENSIONS = ("postgis", "pg_trgm", "btree_gist")
MOST_WISHES = 100
"""Roles or extensions in one request."""

_WISH_KEYS = ("database", "roles", "extensions", "sysname", "pooler")
_YES_OR_NO = {"yes": True, "true": True, "no": False, "false": False}
_FORBIDDEN_EXTENSIONS = frozenset(
    ("adminpack", "dblink", "file_fdw", "pageinspect", "postgres_fdw", "plr", "plsh", "pg_surgery")
)
"""They reach the server's files, memory pages or other servers from SQL."""
_UNTRUSTED_LANGUAGE = re.compile(r"(^|_)pl[a-z0-9]*u$")
_EXTENSION = re.compile(r"([^():]+)(?:\(([^()]*)\)|:([^():]*))?")


@dataclass(frozen=True)
class Extension:
    """An extension and the schema for it; None leaves that to the extension, or to `public`."""

    name: str
    schema: str | None = None


@dataclass(frozen=True)
class ClientUnit:
    """A unit of the client and the networks that it connects from; none while Juju has not given its address."""

    name: str
    networks: tuple[Network, ...]


@dataclass(frozen=True)
class Request:
    """A wish that is well-formed. `mirror` holds the strings to show back, exactly as the client wrote them."""

    relation: int
    endpoint: Endpoint
    application: str
    user: str
    schema_user: str | None
    database: str
    sysname: str | None
    roles: tuple[str, ...]
    extensions: tuple[Extension, ...]
    units: tuple[ClientUnit, ...]
    mirror: tuple[tuple[str, str], ...]
    secret_fields: frozenset[str] = frozenset()
    """What the client wants to be told as secrets, of the interface's own names."""
    identity: tuple[tuple[str, str], ...] = ()
    """By what a client of version 1 of that interface knows its request again."""
    pooler: bool | None = None
    """Whether the client wants to come through a pooler; None where it does not say."""

    @property
    def acts_as_owner(self) -> bool:
        """Whether its one user does what elsewhere the schema user does."""
        return self.endpoint.by_application

    @property
    def mirrored(self) -> dict[str, str]:
        """The mirror by key."""
        return dict(self.mirror)


@dataclass(frozen=True)
class Refusal:
    """A relation that is not served, and why."""

    relation: int
    endpoint: str
    application: str
    reason: str

    def __str__(self) -> str:
        return f"cannot serve {self.application} ({self.endpoint}:{self.relation}): {self.reason}"


def has_asked(relation: ClientRelation) -> bool:
    """Whether there is anybody to be served: a unit, and where the application has to ask, its wish."""
    said = not ENDPOINTS[relation.endpoint].by_application or wishing.has_wish(relation.application_bag)
    return bool(relation.units) and said


def users_of(relation: ClientRelation) -> tuple[str, ...]:
    """The users of a relation, whatever it asks for."""
    endpoint = ENDPOINTS[relation.endpoint]
    prefixes = (prefix for prefix in (endpoint.user_prefix, endpoint.schema_prefix) if prefix)
    return tuple(names.user_name(prefix, relation.application, relation.remote_model) for prefix in prefixes)


def read_request(relation: ClientRelation) -> Request | Refusal:
    """The request of one relation."""
    endpoint = ENDPOINTS[relation.endpoint]
    try:
        return _read(relation, endpoint, wish_of(relation))
    except names.NameRefusedError as error:
        return Refusal(relation.id, relation.endpoint, relation.application, str(error))


def wish_of(relation: ClientRelation) -> Bag:
    """The bag that states the wish.

    The units of an application should agree; while they change their minds one by one, the first unit that says
    anything speaks for all, so that every one of our units comes to the same answer.
    """
    if ENDPOINTS[relation.endpoint].by_application:
        return relation.application_bag
    for name in sorted(relation.units, key=_unit_order):
        if any(relation.units[name].get(key) for key in _WISH_KEYS):
            return relation.units[name]
    return relation.application_bag


def _read(relation: ClientRelation, endpoint: Endpoint, wish: Bag) -> Request:
    identity = wishing.identity_of(wish) if endpoint.by_application else ()
    if endpoint.by_application:
        wish = wishing.in_words_of_pgsql(wish)
    asked = wish.get("database", "")
    sysname = wish.get("sysname") or None
    user = names.user_name(endpoint.user_prefix, relation.application, relation.remote_model)
    schema = endpoint.schema_prefix
    return Request(
        relation=relation.id,
        endpoint=endpoint,
        application=relation.application,
        user=user,
        schema_user=schema and names.user_name(schema, relation.application, relation.remote_model),
        database=_database(relation.application, asked, sysname),
        sysname=sysname,
        roles=_roles(wish.get("roles", "")),
        extensions=_extensions(wish.get("extensions", ""), sysname),
        units=tuple(ClientUnit(name, client_networks(relation.units[name])) for name in _ordered(relation)),
        mirror=_mirror(wish, asked or _database(relation.application, "", sysname)),
        secret_fields=wishing.secret_fields(wish) if endpoint.by_application else frozenset(),
        identity=identity,
        pooler=_pooler(wish.get("pooler", "")),
    )


def _mirror(wish: Bag, database: str) -> tuple[tuple[str, str], ...]:
    shown = {key: wish[key] for key in ("roles", "extensions", "sysname") if wish.get(key)}
    return tuple({**shown, "database": database}.items())


def _database(application: str, asked: str, sysname: str | None) -> str:
    if sysname:
        return names.sysname_database(sysname, asked)
    return names.checked_database(asked or application)


def _items(kind: str, text: str) -> tuple[str, ...]:
    items = tuple(dict.fromkeys(item.strip() for item in text.split(",") if item.strip()))
    if len(items) > MOST_WISHES:
        raise names.NameRefusedError(f"{kind} names {len(items)} items (at most {MOST_WISHES})")
    return items


def _roles(text: str) -> tuple[str, ...]:
    return tuple(names.checked_role(item) for item in _items("roles", text))


def _extensions(text: str, sysname: str | None) -> tuple[Extension, ...]:
    asked = {extension.name: extension for extension in map(_extension, _items("extensions", text))}
    always = {name: Extension(name) for name in SYSNAME_EXTENSIONS if sysname}
    return tuple({**always, **asked}.values())


def _extension(text: str) -> Extension:
    """`name`, `name(schema)` or `name:schema`: both forms are in use."""
    match = _EXTENSION.fullmatch(text)
    if match is None:
        raise names.NameRefusedError(
            f"extension {names.shown(text)} is not of the form name, name(schema) or name:schema"
        )
    name = names.checked("extension", match[1].strip()).lower()
    if name in _FORBIDDEN_EXTENSIONS or _UNTRUSTED_LANGUAGE.search(name):
        raise names.NameRefusedError(f"extension {names.shown(name)} is not allowed: it reaches beyond its database")
    schema = (match[2] or match[3] or "").strip() or None
    return Extension(name, schema and _schema(schema))


def _pooler(text: str) -> bool | None:
    if not text:
        return None
    if (found := _YES_OR_NO.get(text.lower())) is None:
        raise names.NameRefusedError(f"pooler {names.shown(text)} is neither yes nor no")
    return found


def _schema(text: str) -> str:
    name = names.shortened(names.checked("schema", text))
    if name.lower().startswith("pg_") or name.lower() == "information_schema":
        raise names.NameRefusedError(f"schema {names.shown(text)} is reserved")
    return name


def _ordered(relation: ClientRelation) -> list[str]:
    return sorted(relation.units, key=_unit_order)


def _unit_order(unit: str) -> tuple[str, int, str]:
    application, _, number = unit.partition("/")
    return application, int(number) if number.isdecimal() else 0, unit
