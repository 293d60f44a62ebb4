"""Databases: made, dropped, listed, by the admin user.

Knows: what PostgreSQL wants of whoever makes or drops a database. Must not know: what is in one.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import psycopg

from pgclient import Cluster
from pgstore.door import explained
from pgstore.errors import BadRequest
from pgstore.settings import Settings
from pgstore.sql.sentences import quoted

_USERS = """\
SELECT coalesce(usename, '?') || ' from ' || coalesce(client_addr::text, 'here') || ' (' || application_name || ')'
FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid() AND backend_type = 'client backend' ORDER BY 1"""
_COLLATION = "ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'"


class Databases:
    """The databases of a cluster, from the admin user's seat."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def exists(self, database: str) -> bool:
        async with self._admin() as admin:
            return bool(await admin.fetch("SELECT 1 FROM pg_database WHERE datname = %s", (database,)))

    async def ensure(self, database: str) -> bool:
        """Make the database if it is missing, and let the regular user in; whether it was made."""
        async with self._admin() as admin:
            if await admin.fetch("SELECT 1 FROM pg_database WHERE datname = %s", (database,)):
                return False
            name, regular = quoted(database), quoted(self._settings.regular_user)
            async with admin.connection() as session:
                try:
                    await session.execute(f"CREATE DATABASE {name} TEMPLATE template0 {_COLLATION}".encode())
                except psycopg.errors.UniqueViolation:
                    return False  # somebody else was faster
                except psycopg.errors.DuplicateDatabase:
                    return False
                await session.execute(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC".encode())
                await session.execute(f"GRANT CONNECT, TEMPORARY ON DATABASE {name} TO {regular}".encode())
            return True

    async def drop(self, database: str, *, force: bool = False) -> None:
        """Drop it; raises `BadRequest` naming who is connected, unless `force` ends their sessions."""
        async with self._admin() as admin, admin.connection() as session:
            ending = " WITH (FORCE)" if force else ""
            try:
                await session.execute(f"DROP DATABASE IF EXISTS {quoted(database)}{ending}".encode())
            except psycopg.errors.ObjectInUse as error:
                rows = await (await session.execute(_USERS, (database,))).fetchall()
                users = ", ".join(str(row[0]) for row in rows) or "somebody who has just left"
                raise BadRequest(
                    f"cannot drop database {database}: in use by {users}\nhint: end them, or drop it with force"
                ) from error

    async def list_systems(self) -> list[str]:
        """Databases that hold a catalogue of stores."""
        async with self._admin() as admin:
            rows = await admin.fetch(
                "SELECT datname FROM pg_database "
                "WHERE NOT datistemplate AND has_database_privilege(datname, 'CONNECT') ORDER BY 1"
            )
        return [row[0] for row in rows if await self._is_system(row[0])]

    async def _is_system(self, database: str) -> bool:
        async with Cluster(self._settings.admin_in(database), options=self._settings.options) as admin:
            return bool(await admin.fetch_value("SELECT to_regclass('public.pgstore_stores') IS NOT NULL"))

    @contextlib.asynccontextmanager
    async def _admin(self) -> AsyncIterator[Cluster]:
        settings = self._settings
        with explained():
            async with Cluster(settings.admin_in(settings.default_database), options=settings.options) as admin:
                yield admin
