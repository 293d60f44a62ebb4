"""What is in a PostgreSQL cluster, as far as clients are concerned: frozen facts.

Knows: roles, databases, grants, extensions. Must not know: how they are read (see `reading`), what is wanted.
A grant is a pair (grantee, privilege) with PostgreSQL's own words; the grantee of everybody is `PUBLIC`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

PUBLIC = "PUBLIC"
Grants = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class RoleFact:
    """A role. `powerful`: it, or a role that it is a member of, can do more than touch its own objects."""

    login: bool
    superuser: bool = False
    powerful: bool = False
    salt: str = ""
    member_of: frozenset[str] = frozenset()
    default_roles: Mapping[str, str] = field(default_factory=dict)
    """{database: role} that its sessions take on at the start."""


@dataclass(frozen=True)
class DefaultGrant:
    """What `owner`'s future objects grant. `kind` is pg_default_acl's letter: r tables, S sequences, n schemas."""

    owner: str
    kind: str
    grantee: str
    privilege: str


@dataclass(frozen=True)
class DatabaseFact:
    """A database; what is inside is known only where somebody asked for it."""

    owner: str
    grants: Grants = frozenset()
    comment: str = ""
    public_schema: Grants | None = frozenset()
    """Grants on the schema `public`; None if there is no such schema."""
    default_grants: frozenset[DefaultGrant] = frozenset()
    extensions: Mapping[str, str] = field(default_factory=dict)
    """{name: schema}"""
    schemas: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Catalogue:
    """The facts that `decide` works on. `available` are the extensions that can be created on this machine."""

    roles: Mapping[str, RoleFact] = field(default_factory=dict)
    databases: Mapping[str, DatabaseFact] = field(default_factory=dict)
    available: frozenset[str] = frozenset()
