"""The SQL between a fact and a wish, each statement with the English for it.

Knows: PostgreSQL's DDL. Must not know: connections, or how a name is quoted: a statement is a template and its parts,
and `effects` gives each part to psycopg2.sql according to its kind. No statements means: as wished.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pgcharm.clients.catalogue import PUBLIC, DatabaseFact, DefaultGrant, Grants, RoleFact
from pgcharm.clients.request import Extension
from pgcharm.clients.wishes import DatabaseWish, RoleWish

COMMENT = "juju sysname "
_KINDS = {"r": "TABLES", "S": "SEQUENCES", "n": "SCHEMAS"}


@dataclass(frozen=True)
class Name:
    """An identifier."""

    text: str


@dataclass(frozen=True)
class Text:
    """A literal. It may be a verifier: not shown."""

    text: str = field(repr=False)


@dataclass(frozen=True)
class Word:
    """SQL of this module's own."""

    text: str


@dataclass(frozen=True)
class Statement:
    """One statement: `parts` go into the braces of `template`; `english` says what was found that it puts right."""

    english: str
    template: str
    parts: tuple[Name | Text | Word, ...]


def role_statements(wish: RoleWish, fact: RoleFact | None, verifier: str = "") -> tuple[Statement, ...]:
    """Make or correct a role: attributes, password, memberships, default roles."""
    return (*_attributes(wish, fact, verifier), *_memberships(wish, fact), *_default_roles(wish, fact))


def _attributes(wish: RoleWish, fact: RoleFact | None, verifier: str) -> Iterator[Statement]:
    options = Word(f"{'LOGIN' if wish.login else 'NOLOGIN'} {'SUPERUSER' if wish.superuser else 'NOSUPERUSER'}")
    differences = list(_attribute_differences(wish, fact)) if fact else []
    if fact is None:
        english, verb = f"role {wish.name} does not exist", "CREATE"
    elif differences:
        english, verb = f"role {wish.name} {', '.join(differences)}", "ALTER"
    else:
        return
    if wish.salt and (fact is None or fact.salt != wish.salt):
        yield Statement(english, verb + " ROLE {} {} PASSWORD {}", (Name(wish.name), options, Text(verifier)))
    else:
        yield Statement(english, verb + " ROLE {} {}", (Name(wish.name), options))


def _attribute_differences(wish: RoleWish, fact: RoleFact) -> Iterator[str]:
    if fact.login != wish.login:
        yield "may not log in" if wish.login else "may log in"
    if fact.superuser != wish.superuser:
        yield "is no superuser" if wish.superuser else "is a superuser"
    if wish.salt and fact.salt != wish.salt:
        yield "has another password"


def _memberships(wish: RoleWish, fact: RoleFact | None) -> Iterator[Statement]:
    has = fact.member_of if fact else frozenset()
    for group in sorted(wish.member_of - has):
        yield Statement(f"role {wish.name} is not in {group}", *_pair("GRANT {} TO {}", group, wish.name))
    for group in sorted(has - wish.member_of) if wish.exclusive else ():
        yield Statement(f"role {wish.name} is in {group}", *_pair("REVOKE {} FROM {}", group, wish.name))


def _default_roles(wish: RoleWish, fact: RoleFact | None) -> Iterator[Statement]:
    has = dict(fact.default_roles) if fact else {}
    for database, role in sorted(wish.default_roles.items()):
        if has.get(database) != role:
            parts = (Name(wish.name), Name(database), Text(role))
            english = f"role {wish.name} does not act as {role} in {database}"
            yield Statement(english, "ALTER ROLE {} IN DATABASE {} SET role = {}", parts)
    for database in sorted(set(has) - set(wish.default_roles)) if wish.exclusive else ():
        english = f"role {wish.name} still acts as {has[database]} in {database}"
        yield Statement(english, *_pair("ALTER ROLE {} IN DATABASE {} RESET role", wish.name, database))


def database_statements(wish: DatabaseWish, fact: DatabaseFact | None) -> tuple[Statement, ...]:
    """Make a database or correct the grants on it; outside it, and the making not in a transaction."""
    if fact is None:
        create = _pair("CREATE DATABASE {} OWNER {} TEMPLATE template0", wish.name, wish.owner)
        made = Statement(f"database {wish.name} does not exist", *create)
        return (made, *database_statements(wish, DatabaseFact(wish.owner, _grants_of_new_database(wish.owner))))
    where, what = f"database {wish.name}", ("DATABASE {}", (Name(wish.name),))
    statements = list(_grant_statements(where, what, wish.grants, fact.grants))
    if fact.owner == wish.owner:
        statements += _revoke_statements(where, what, fact.grants)
    comment = COMMENT + wish.sysname if wish.sysname else ""
    if comment and fact.comment != comment:
        parts = (Name(wish.name), Text(comment))
        statements.append(Statement(f"{where} is not marked with its sysname", "COMMENT ON DATABASE {} IS {}", parts))
    return tuple(statements)


def _grants_of_new_database(owner: str) -> Grants:
    everything = ((owner, privilege) for privilege in ("CREATE", "CONNECT", "TEMPORARY"))
    return frozenset((*everything, (PUBLIC, "CONNECT"), (PUBLIC, "TEMPORARY")))


def content_statements(wish: DatabaseWish, fact: DatabaseFact) -> tuple[Statement, ...]:
    """Correct the grants inside a database: schema `public`, and what the owner's objects grant."""
    statements: list[Statement] = []
    if fact.public_schema is not None:
        where, what = f"schema public of {wish.name}", ("SCHEMA public", ())
        statements += _grant_statements(where, what, wish.public_schema, fact.public_schema)
        if fact.owner == wish.owner:
            statements += _revoke_statements(where, what, fact.public_schema)
    statements += (_default_grant(grant) for grant in sorted(wish.default_grants - fact.default_grants, key=str))
    return tuple(statements)


def extension_statements(wish: Extension, owner: str, database: str, fact: DatabaseFact) -> tuple[Statement, ...]:
    """Make an extension, and its schema. One that exists stays where it is: its objects may be in use."""
    if wish.name in fact.extensions:
        return ()
    missing = f"extension {wish.name} of {database} does not exist"
    if wish.schema is None:
        return (Statement(missing, "CREATE EXTENSION {} CASCADE", (Name(wish.name),)),)
    create = Statement(missing, *_pair("CREATE EXTENSION {} WITH SCHEMA {} CASCADE", wish.name, wish.schema))
    if wish.schema in fact.schemas:
        return (create,)
    schema = _pair("CREATE SCHEMA {} AUTHORIZATION {}", wish.schema, owner)
    return (Statement(f"schema {wish.schema} of {database} does not exist", *schema), create)


def login_statements(role: str, fact: RoleFact | None) -> tuple[Statement, ...]:
    """Take a role's login away and end its sessions."""
    if fact is None or not fact.login:
        return ()
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = {}"
    return (
        Statement(f"no relation needs {role}", "ALTER ROLE {} NOLOGIN", (Name(role),)),
        Statement(f"{role} may have sessions", end, (Text(role),)),
    )


_Object = tuple[str, tuple[Name, ...]]
"""What a grant is on: a template and its parts."""


def _pair(template: str, first: str, second: str) -> tuple[str, tuple[Name, Name]]:
    return template, (Name(first), Name(second))


def _grant_statements(where: str, what: _Object, wished: Grants, has: Grants) -> Iterator[Statement]:
    for grantee, privilege in sorted(wished - has):
        template = f"GRANT {{}} ON {what[0]} TO {{}}"
        english = f"{grantee} has not {privilege} on {where}"
        yield Statement(english, template, (Word(privilege), *what[1], Name(grantee)))


def _revoke_statements(where: str, what: _Object, has: Grants) -> Iterator[Statement]:
    for grantee, privilege in sorted(has):
        if grantee == PUBLIC:
            template = f"REVOKE {{}} ON {what[0]} FROM PUBLIC"
            yield Statement(f"everybody has {privilege} on {where}", template, (Word(privilege), *what[1]))


def _default_grant(grant: DefaultGrant) -> Statement:
    template = "ALTER DEFAULT PRIVILEGES FOR ROLE {} GRANT {} ON {} TO {}"
    parts = (Name(grant.owner), Word(grant.privilege), Word(_KINDS[grant.kind]), Name(grant.grantee))
    return Statement(f"{_KINDS[grant.kind].lower()} of {grant.owner} do not grant {grant.privilege}", template, parts)
