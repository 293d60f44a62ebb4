"""What has to be done in PostgreSQL so that it is as the clients wish, step by step, each with its reason.

Knows: the order of steps. Must not know: connections (see `effects`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from pgcharm.clients import names
from pgcharm.clients.catalogue import Catalogue, DatabaseFact
from pgcharm.clients.request import Extension
from pgcharm.clients.statements import (
    Statement,
    content_statements,
    database_statements,
    extension_statements,
    role_statements,
)
from pgcharm.clients.wishes import DatabaseWish, RoleWish, Wishes


@dataclass(frozen=True)
class EnsureRole:
    """Make or correct a role. `verifier` is the password's, for roles that log in."""

    wish: RoleWish
    reason: str
    verifier: str = field(default="", repr=False)

    def __str__(self) -> str:
        return f"ensure role {self.wish.name}: {self.reason}"


@dataclass(frozen=True)
class EnsureDatabase:
    """Make a database, or correct the grants on it and in it."""

    wish: DatabaseWish
    reason: str

    def __str__(self) -> str:
        return f"ensure database {self.wish.name}: {self.reason}"


@dataclass(frozen=True)
class EnsureExtension:
    """Make an extension in a database."""

    database: str
    owner: str
    extension: Extension
    reason: str

    def __str__(self) -> str:
        return f"ensure extension {self.extension.name} in {self.database}: {self.reason}"


@dataclass(frozen=True)
class RevokeLogin:
    """Take the login of a user away whose application has left."""

    role: str
    reason: str

    def __str__(self) -> str:
        return f"revoke login of {self.role}: {self.reason}"


Change = EnsureRole | EnsureDatabase | EnsureExtension | RevokeLogin


def database_of(change: Change) -> str:
    """The database that a step changes something in; empty where it changes a role."""
    if isinstance(change, EnsureDatabase):
        return change.wish.name
    return change.database if isinstance(change, EnsureExtension) else ""


def changes_between(wishes: Wishes, catalogue: Catalogue, verifier: Callable[[str], str]) -> tuple[Change, ...]:
    """The steps, in the order in which they can be done. `verifier` gives a user's; it is asked only where needed."""
    return (
        *_role_changes(wishes.groups, catalogue, verifier),
        *_database_changes(wishes.databases, catalogue),
        *_role_changes(wishes.users, catalogue, verifier),
        *_extension_changes(wishes.databases, catalogue),
    )


def revocations(catalogue: Catalogue, keep: frozenset[str]) -> tuple[Change, ...]:
    """Client users that may log in and that no relation needs any more."""
    stale = sorted(
        name for name, fact in catalogue.roles.items() if fact.login and names.is_client_user(name) and name not in keep
    )
    return tuple(RevokeLogin(name, "no relation needs it; its databases stay") for name in stale)


def _reason(statements: Iterable[Statement]) -> str:
    found = [statement.english for statement in statements]
    return "; ".join(found[:3]) + (f"; and {len(found) - 3} more" if len(found) > 3 else "")


def _role_changes(wishes: Iterable[RoleWish], catalogue: Catalogue, verifier: Callable[[str], str]) -> Iterator[Change]:
    for wish in wishes:
        fact = catalogue.roles.get(wish.name)
        if found := role_statements(wish, fact):
            needed = wish.salt and (fact is None or fact.salt != wish.salt)
            yield EnsureRole(wish, _reason(found), verifier(wish.name) if needed else "")


def _database_changes(wishes: Iterable[DatabaseWish], catalogue: Catalogue) -> Iterator[Change]:
    for wish in wishes:
        fact = catalogue.databases.get(wish.name)
        found = database_statements(wish, fact) if fact is None else _differences(wish, fact)
        if found:
            yield EnsureDatabase(wish, _reason(found))


def _differences(wish: DatabaseWish, fact: DatabaseFact) -> tuple[Statement, ...]:
    return (*database_statements(wish, fact), *content_statements(wish, fact))


def _extension_changes(wishes: Iterable[DatabaseWish], catalogue: Catalogue) -> Iterator[Change]:
    for wish in wishes:
        fact = catalogue.databases.get(wish.name) or DatabaseFact(wish.owner)
        for extension in wish.extensions:
            if found := extension_statements(extension, wish.owner, wish.name, fact):
                yield EnsureExtension(wish.name, wish.owner, extension, _reason(found))
