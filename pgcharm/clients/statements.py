"""The SQL between a fact and a wish, each statement with the English for it.

Knows: PostgreSQL's DDL, quoted by psycopg2.sql. Must not know: connections.
No statements means: as wished.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from psycopg2 import sql

from pgcharm.clients.catalogue import PUBLIC, DatabaseFact, DefaultGrant, RoleFact
from pgcharm.clients.request import Extension
from pgcharm.clients.wishes import DatabaseWish, RoleWish

COMMENT = "juju sysname "
_KINDS = {"r": "TABLES", "S": "SEQUENCES", "n": "SCHEMAS"}


@dataclass(frozen=True)
class Statement:
    """One statement; `english` says what was found that it puts right. The SQL may hold a verifier: not shown."""

    english: str
    text: sql.Composable

    def __repr__(self) -> str:
        return f"Statement({self.english!r})"


def role_statements(wish: RoleWish, fact: RoleFact | None, verifier: str = "") -> tuple[Statement, ...]:
    """Make or correct a role: attributes, password, memberships, default roles."""
    return tuple((*_attributes(wish, fact, verifier), *_memberships(wish, fact), *_default_roles(wish, fact)))


def _attributes(wish: RoleWish, fact: RoleFact | None, verifier: str) -> Iterator[Statement]:
    options: list[sql.Composable] = []
    options.append(sql.SQL("LOGIN" if wish.login else "NOLOGIN"))
    options.append(sql.SQL("SUPERUSER" if wish.superuser else "NOSUPERUSER"))
    if wish.salt and (fact is None or fact.salt != wish.salt):
        options += [sql.SQL("PASSWORD"), sql.Literal(verifier)]
    tail = sql.SQL(" ").join(options)
    name = sql.Identifier(wish.name)
    if fact is None:
        yield Statement(f"role {wish.name} does not exist", sql.SQL("CREATE ROLE {} {}").format(name, tail))
    elif seen := list(_attribute_differences(wish, fact)):
        yield Statement(f"role {wish.name} {', '.join(seen)}", sql.SQL("ALTER ROLE {} {}").format(name, tail))


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
        yield Statement(f"role {wish.name} is not in {group}", _pair("GRANT {} TO {}", group, wish.name))
    for group in sorted(has - wish.member_of) if wish.exclusive else ():
        yield Statement(f"role {wish.name} is in {group}", _pair("REVOKE {} FROM {}", group, wish.name))


def _default_roles(wish: RoleWish, fact: RoleFact | None) -> Iterator[Statement]:
    has = dict(fact.default_roles) if fact else {}
    for database, role in sorted(wish.default_roles.items()):
        if has.get(database) != role:
            text = sql.SQL("ALTER ROLE {} IN DATABASE {} SET role = {}").format(
                sql.Identifier(wish.name), sql.Identifier(database), sql.Literal(role)
            )
            yield Statement(f"role {wish.name} does not act as {role} in {database}", text)
    for database in sorted(set(has) - set(wish.default_roles)) if wish.exclusive else ():
        text = _pair("ALTER ROLE {} IN DATABASE {} RESET role", wish.name, database)
        yield Statement(f"role {wish.name} still acts as {has[database]} in {database}", text)


def database_statements(wish: DatabaseWish, fact: DatabaseFact | None) -> tuple[Statement, ...]:
    """Make a database or correct the grants on it; outside it, and not in a transaction."""
    name = sql.Identifier(wish.name)
    if fact is None:
        create = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(name, sql.Identifier(wish.owner))
        made = Statement(f"database {wish.name} does not exist", create)
        public = frozenset({(PUBLIC, "CONNECT"), (PUBLIC, "TEMPORARY")})
        fact = DatabaseFact(wish.owner, frozenset((wish.owner, p) for p in ("CREATE", "CONNECT", "TEMPORARY")) | public)
        return (made, *database_statements(wish, fact))
    where, what = f"database {wish.name}", sql.SQL("DATABASE {}").format(name)
    statements = list(_grant_statements(where, what, wish.grants, fact.grants))
    if fact.owner == wish.owner:
        statements += _revoke_statements(where, what, fact.grants)
    comment = COMMENT + wish.sysname if wish.sysname else ""
    if comment and fact.comment != comment:
        text = sql.SQL("COMMENT ON DATABASE {} IS {}").format(name, sql.Literal(comment))
        statements.append(Statement(f"database {wish.name} is not marked with its sysname", text))
    return tuple(statements)


def content_statements(wish: DatabaseWish, fact: DatabaseFact) -> tuple[Statement, ...]:
    """Correct the grants inside a database: schema `public`, and what the owner's objects grant."""
    statements: list[Statement] = []
    if fact.public_schema is not None:
        where, what = f"schema public of {wish.name}", sql.SQL("SCHEMA public")
        statements += _grant_statements(where, what, wish.public_schema, fact.public_schema)
        if fact.owner == wish.owner:
            statements += _revoke_statements(where, what, fact.public_schema)
    statements += (_default_grant(grant) for grant in sorted(wish.default_grants - fact.default_grants, key=str))
    return tuple(statements)


def extension_statements(wish: Extension, owner: str, database: str, fact: DatabaseFact) -> tuple[Statement, ...]:
    """Make an extension, and its schema. One that exists stays where it is: its objects may be in use."""
    if wish.name in fact.extensions:
        return ()
    statements = []
    if wish.schema and wish.schema not in fact.schemas:
        text = _pair("CREATE SCHEMA {} AUTHORIZATION {}", wish.schema, owner)
        statements.append(Statement(f"schema {wish.schema} of {database} does not exist", text))
    if wish.schema:
        create = _pair("CREATE EXTENSION {} WITH SCHEMA {} CASCADE", wish.name, wish.schema)
    else:
        create = sql.SQL("CREATE EXTENSION {} CASCADE").format(sql.Identifier(wish.name))
    return (*statements, Statement(f"extension {wish.name} of {database} does not exist", create))


def login_statements(role: str, fact: RoleFact | None) -> tuple[Statement, ...]:
    """Take a role's login away and end its sessions."""
    if fact is None or not fact.login:
        return ()
    end = sql.SQL("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = {}").format(sql.Literal(role))
    return (
        Statement(f"no relation needs {role}", sql.SQL("ALTER ROLE {} NOLOGIN").format(sql.Identifier(role))),
        Statement(f"{role} may have sessions", end),
    )


def _pair(text: str, first: str, second: str) -> sql.Composed:
    return sql.SQL(text).format(sql.Identifier(first), sql.Identifier(second))


def _grantee(name: str) -> sql.Composable:
    return sql.SQL("PUBLIC") if name == PUBLIC else sql.Identifier(name)


def _grant_statements(
    where: str, what: sql.Composable, wished: Iterable[tuple[str, str]], has: frozenset[tuple[str, str]]
) -> Iterator[Statement]:
    for grantee, privilege in sorted(set(wished) - has):
        text = sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(privilege), what, _grantee(grantee))
        yield Statement(f"{grantee} has not {privilege} on {where}", text)


def _revoke_statements(where: str, what: sql.Composable, has: Iterable[tuple[str, str]]) -> Iterator[Statement]:
    for grantee, privilege in sorted(has):
        if grantee == PUBLIC:
            text = sql.SQL("REVOKE {} ON {} FROM PUBLIC").format(sql.SQL(privilege), what)
            yield Statement(f"{grantee} has {privilege} on {where}", text)


def _default_grant(grant: DefaultGrant) -> Statement:
    owner, grantee = sql.Identifier(grant.owner), sql.Identifier(grant.grantee)
    text = sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} GRANT {} ON {} TO {}").format(
        owner, sql.SQL(grant.privilege), sql.SQL(_KINDS[grant.kind]), grantee
    )
    return Statement(f"{_KINDS[grant.kind].lower()} of {grant.owner} do not grant {grant.privilege}", text)
