"""What the requests of all clients together want PostgreSQL to be like.

Knows: which roles, databases and grants a request stands for, and with how few rights. Must not know: what exists.

For every database two roles without login: the owner, and the writer. Schema users are members of the owner and
take on its role when they connect, so that what one application's migration creates belongs to no application and
survives its leaving. Users are members of the writer: they connect, and read and write what the owner made. A user
of a plain database may also create objects of its own, as clients of the pgsql interface have always done; a user
of a system's database may not. PUBLIC may nothing.
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
    """A database as it should be; `creators` are the users who may create objects of their own in it."""

    name: str
    owner: str
    writer: str
    sysname: str | None = None
    creators: frozenset[str] = frozenset()
    extensions: tuple[Extension, ...] = ()

    def without_creators(self) -> DatabaseWish:
        """The wish while its users do not exist yet."""
        return replace(self, creators=frozenset())

    @property
    def grants(self) -> Grants:
        return frozenset(
            {(self.writer, "CONNECT"), (self.writer, "TEMPORARY"), *((self.owner, p) for p in ("CREATE", "CONNECT"))}
            | {(user, "CREATE") for user in self.creators}
        )

    @property
    def public_schema(self) -> Grants:
        return frozenset(
            {(self.writer, "USAGE"), (self.owner, "USAGE"), (self.owner, "CREATE")}
            | {(user, "CREATE") for user in self.creators}
        )

    @property
    def default_grants(self) -> frozenset[DefaultGrant]:
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
    groups = [RoleWish(name) for database in databases for name in (database.owner, database.writer)]
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
            owner=names.owner_name(name),
            writer=names.writer_name(name),
            sysname=next((client.sysname for client in clients if client.sysname), None),
            creators=frozenset(c.user for c in clients if not c.sysname and not c.endpoint.superuser),
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
    return RoleWish(name, login=True, superuser=superuser, member_of=frozenset(roles | writers), exclusive=True)


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
