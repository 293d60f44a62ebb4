"""What the requests of all clients together want PostgreSQL to be like.

Knows: which roles, databases and grants a request stands for, and with how few rights. Must not know: what exists.

For every database there are roles without login: owner, writer and creator. Schema users are members of the owner and
take on its role when they connect, so that what one application's migration creates belongs to no application and
survives its leaving. Users are members of the writer: they connect, and read and write what the owner made. A user
of a plain database is also in the creator, and may create objects of its own, as clients of the pgsql interface have
always done; a user of a system's database may not. Clients of the endpoint `database` have one user for both: it acts
as the owner, unless it asks for roles, whose rights it would not have then. PUBLIC may nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from pgcharm.clients import names, passwords
from pgcharm.clients.catalogue import DefaultGrant, Grants
from pgcharm.clients.request import Extension, Request

_WRITER_DEFAULTS = (
    *(("r", privilege) for privilege in ("SELECT", "INSERT", "UPDATE", "DELETE")),
    *(("S", privilege) for privilege in ("SELECT", "USAGE", "UPDATE")),
    ("n", "USAGE"),
)


@dataclass(frozen=True)
class RoleWish:
    """A role as it should be. `exclusive`: memberships that are not wished are revoked. `salt` empty: no password."""

    name: str
    login: bool = False
    superuser: bool = False
    salt: str = ""
    member_of: frozenset[str] = frozenset()
    default_roles: Mapping[str, str] = field(default_factory=dict)
    exclusive: bool = False


@dataclass(frozen=True)
class DatabaseWish:
    """A database as it should be, with its three roles."""

    name: str
    sysname: str | None = None
    extensions: tuple[Extension, ...] = ()

    @property
    def owner(self) -> str:
        """Owns the database and what schema users create."""
        return names.owner_name(self.name)

    @property
    def writer(self) -> str:
        """Connects, reads and writes what the owner made."""
        return names.writer_name(self.name)

    @property
    def creator(self) -> str:
        """Creates objects of its own."""
        return names.creator_name(self.name)

    @property
    def grants(self) -> Grants:
        """On the database."""
        owner = ((self.owner, privilege) for privilege in ("CREATE", "CONNECT", "TEMPORARY"))
        writer = ((self.writer, privilege) for privilege in ("CONNECT", "TEMPORARY"))
        return frozenset((*owner, *writer, (self.creator, "CREATE")))

    @property
    def public_schema(self) -> Grants:
        """On the schema `public`."""
        owner = ((self.owner, privilege) for privilege in ("CREATE", "USAGE"))
        return frozenset((*owner, (self.writer, "USAGE"), (self.creator, "CREATE")))

    @property
    def default_grants(self) -> frozenset[DefaultGrant]:
        """On what the owner will create."""
        return frozenset(DefaultGrant(self.owner, kind, self.writer, what) for kind, what in _WRITER_DEFAULTS)


@dataclass(frozen=True)
class Wishes:
    """Everything wanted, in the order in which it can be made: groups, databases, users."""

    groups: tuple[RoleWish, ...]
    databases: tuple[DatabaseWish, ...]
    users: tuple[RoleWish, ...]


def wishes_of(requests: Iterable[Request], key: passwords.ClientKey, generations: Mapping[str, int]) -> Wishes:
    """The wishes of requests that do not contradict each other."""
    requests = tuple(requests)
    databases = tuple(_databases(requests))
    groups = [RoleWish(name) for d in databases for name in (d.owner, d.writer, d.creator)]
    groups += [RoleWish(role) for role in sorted({role for request in requests for role in request.roles})]
    users = _users(requests) + _schema_users(requests)
    salted = tuple(_with_salt(user, key, generations) for user in users)
    return Wishes(tuple(groups), databases, salted)


def _databases(requests: tuple[Request, ...]) -> Iterable[DatabaseWish]:
    grouped: dict[str, list[Request]] = defaultdict(list)
    for request in requests:
        grouped[request.database].append(request)
    for name, clients in sorted(grouped.items()):
        extensions = {extension.name: extension for client in reversed(clients) for extension in client.extensions}
        with_schema = {e.name: e for client in clients for e in client.extensions if e.schema}
        yield DatabaseWish(
            name=name,
            sysname=next((client.sysname for client in clients if client.sysname), None),
            extensions=tuple(sorted({**extensions, **with_schema}.values(), key=lambda e: e.name)),
        )


def _users(requests: tuple[Request, ...]) -> list[RoleWish]:
    grouped: dict[str, list[Request]] = defaultdict(list)
    for request in requests:
        grouped[request.user].append(request)
    return [_user(name, clients) for name, clients in sorted(grouped.items())]


def _user(name: str, clients: list[Request]) -> RoleWish:
    superuser = any(client.endpoint.superuser for client in clients)
    roles = {role for client in clients for role in client.roles}
    writers = {names.writer_name(client.database) for client in clients if not superuser}
    creators = {names.creator_name(client.database) for client in clients if not superuser and not client.sysname}
    owners = {client.database: names.owner_name(client.database) for client in clients if client.acts_as_owner}
    groups = frozenset(roles | set(owners.values()) if owners else roles | writers | creators)
    acts_as = {} if roles else owners
    return RoleWish(name, True, superuser, member_of=groups, default_roles=acts_as, exclusive=True)


def _schema_users(requests: tuple[Request, ...]) -> list[RoleWish]:
    grouped: dict[str, list[Request]] = defaultdict(list)
    for request in requests:
        if request.schema_user:
            grouped[request.schema_user].append(request)
    return [_schema_user(name, clients) for name, clients in sorted(grouped.items())]


def _schema_user(name: str, clients: list[Request]) -> RoleWish:
    owners = {client.database: names.owner_name(client.database) for client in clients}
    plain_users = {client.user for client in clients if not client.sysname}
    return RoleWish(
        name,
        login=True,
        member_of=frozenset(owners.values()) | plain_users,
        default_roles=owners,
        exclusive=True,
    )


def _with_salt(user: RoleWish, key: passwords.ClientKey, generations: Mapping[str, int]) -> RoleWish:
    salt = passwords.salt(key, user.name, generations.get(user.name, 0))
    return replace(user, salt=salt)
