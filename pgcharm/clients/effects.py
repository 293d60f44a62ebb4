"""Does the steps: each looks first, acts only where needed, and says whether it changed something.

Knows: connections and transactions. Must not know: why a step was decided.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing

from psycopg2 import extensions, sql

from pgcharm.clients.changes import Change, EnsureDatabase, EnsureExtension, EnsureRole, RevokeLogin
from pgcharm.clients.reading import Connect, read_catalogue
from pgcharm.clients.request import Extension
from pgcharm.clients.statements import (
    Name,
    Statement,
    Text,
    Word,
    content_statements,
    database_statements,
    extension_statements,
    login_statements,
    role_statements,
)
from pgcharm.clients.wishes import DatabaseWish, RoleWish


def apply_change(change: Change, connect: Connect) -> bool:
    """Do one step. Raises psycopg2.Error."""
    if isinstance(change, EnsureRole):
        return ensure_role(change.wish, connect, change.verifier)
    if isinstance(change, EnsureDatabase):
        return ensure_database(change.wish, connect)
    if isinstance(change, EnsureExtension):
        return ensure_extension(change.extension, change.owner, change.database, connect)
    assert isinstance(change, RevokeLogin)
    return revoke_login(change.role, connect)


def ensure_role(wish: RoleWish, connect: Connect, verifier: str = "") -> bool:
    """The role is as wished."""
    fact = read_catalogue(connect).roles.get(wish.name)
    return _run(connect, "postgres", role_statements(wish, fact, verifier))


def ensure_database(wish: DatabaseWish, connect: Connect) -> bool:
    """The database exists with its grants, inside and out. CREATE DATABASE cannot share a transaction."""
    fact = read_catalogue(connect).databases.get(wish.name)
    outside = database_statements(wish, fact)
    changed = _run(connect, "postgres", outside[:1] if fact is None else outside)
    if fact is None:
        _run(connect, "postgres", outside[1:])
    inside = read_catalogue(connect, (wish.name,)).databases[wish.name]
    return _run(connect, wish.name, content_statements(wish, inside)) or changed


def ensure_extension(extension: Extension, owner: str, database: str, connect: Connect) -> bool:
    """The database has the extension."""
    fact = read_catalogue(connect, (database,)).databases[database]
    return _run(connect, database, extension_statements(extension, owner, database, fact))


def revoke_login(role: str, connect: Connect) -> bool:
    """The role cannot log in, and has no session."""
    fact = read_catalogue(connect).roles.get(role)
    return _run(connect, "postgres", login_statements(role, fact))


def _run(connect: Connect, database: str, statements: Iterable[Statement]) -> bool:
    """Run all, or none: one transaction, except for a statement that is alone."""
    texts = [_composed(statement) for statement in statements]
    if texts:
        with closing(connect(database)) as connection:
            _execute(connection, texts)
    return bool(texts)


def _composed(statement: Statement) -> sql.Composed:
    return sql.SQL(statement.template).format(*map(_quoted, statement.parts))


def _quoted(part: Name | Text | Word) -> sql.Composable:
    if isinstance(part, Name):
        return sql.Identifier(part.text)
    return sql.Literal(part.text) if isinstance(part, Text) else sql.SQL(part.text)


def _execute(connection: extensions.connection, texts: list[sql.Composed]) -> None:
    together = len(texts) > 1
    with connection.cursor() as cursor:
        if together:
            cursor.execute("BEGIN")
        for text in texts:
            cursor.execute(text)
        if together:
            cursor.execute("COMMIT")
