"""The databases of a cluster as an operator sees them, and dropping one.

Knows: what to ask PostgreSQL, and what goes with a database. Must not know: who may ask for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass

from psycopg2 import extensions, sql

from pgcharm.clients import names
from pgcharm.clients.reading import AT_ONCE, Connect
from pgcharm.clients.statements import COMMENT

_DATABASES = """
    SELECT d.datname, owner.rolname, pg_database_size(d.oid), coalesce(shobj_description(d.oid, 'pg_database'), '')
      FROM pg_database d JOIN pg_roles owner ON owner.oid = d.datdba
     WHERE d.datallowconn AND NOT d.datistemplate AND d.datname <> 'postgres' ORDER BY d.datname"""
_SESSIONS = """
    SELECT datname, coalesce(usename, ''), coalesce(host(client_addr), 'this machine'), count(*)
      FROM pg_stat_activity WHERE datname IS NOT NULL AND pid <> pg_backend_pid() AND backend_type = 'client backend'
     GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"""
_EXTENSIONS = "SELECT extname FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY extname"


@dataclass(frozen=True)
class Database:
    """One database."""

    name: str
    owner: str
    size: int
    sysname: str
    """The system that it is of; empty for any other."""
    extensions: tuple[str, ...]
    sessions: tuple[str, ...]
    """Who is connected, as `juju_shop from 10.1.0.7 (3)`."""


class InUse(RuntimeError):
    """Somebody is connected to a database that was to be dropped."""


def read_databases(connect: Connect) -> tuple[Database, ...]:
    """Every database that clients may have. Raises psycopg2.Error."""
    with closing(connect("postgres")) as connection:
        rows = _rows(connection, _DATABASES)
        sessions = read_sessions(connection)
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        found = tuple(pool.map(lambda row: _extensions(connect, str(row[0])), rows))
    return tuple(
        Database(
            name, owner, int(size), comment.removeprefix(COMMENT) if comment.startswith(COMMENT) else "", has, seen
        )
        for (name, owner, size, comment), has in zip(rows, found, strict=True)
        for seen in (sessions.get(name, ()),)
    )


def read_sessions(connection: extensions.connection) -> dict[str, tuple[str, ...]]:
    """Who is connected, by database."""
    found: dict[str, tuple[str, ...]] = {}
    for database, user, address, count in _rows(connection, _SESSIONS):
        found[database] = (*found.get(database, ()), f"{user} from {address} ({count})")
    return found


def drop_database(connect: Connect, name: str, force: bool) -> bool:
    """The database is gone, and the roles without login that stand for it; whether it was there.

    Raises InUse while somebody is connected, unless told to end the sessions.
    """
    with closing(connect("postgres")) as connection, connection.cursor() as cursor:
        if not _rows(connection, "SELECT FROM pg_database WHERE datname = %s", (name,)):
            return False
        sessions = read_sessions(connection).get(name, ())
        if sessions and not force:
            raise InUse(f"{', '.join(sessions)} is connected (expected nobody; end it, or give force=true)")
        how = " WITH (FORCE)" if force else ""
        cursor.execute(sql.SQL("DROP DATABASE {}" + how).format(sql.Identifier(name)))
        for role in (names.owner_name(name), names.writer_name(name), names.creator_name(name)):
            cursor.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))
    return True


def _extensions(connect: Connect, database: str) -> tuple[str, ...]:
    with closing(connect(database)) as connection:
        return tuple(name for (name,) in _rows(connection, _EXTENSIONS))


def _rows(connection: extensions.connection, query: str, values: Iterable[object] = ()) -> list[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, tuple(values) or None)
        return list(cursor.fetchall())
