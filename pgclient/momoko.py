# ruff: noqa: ARG002
"""Momoko's names on a cluster, for those who move: https://momoko.readthedocs.io

    pool = momoko.Pool("host=10.1.0.10,10.1.0.11 dbname=orders user=app", size=1, max_size=10)
    await pool.connect()
    cursor = await pool.execute("SELECT 1")
    cursor.fetchone()

What is different: the primary is followed; a statement whose connection broke is not executed a second time behind the
caller's back (Momoko did, also an INSERT); waiting for a connection is bounded; errors are psycopg 3's;
`cursor_factory` is a `row_factory` of pgclient (`dict` for RealDictCursor); `ioloop` and `auto_shrink` have no effect:
the running loop is used, and idle connections are closed anyway.

Knows: Momoko's interface. Must not know: anything but pgclient's public names.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

from pgclient import rows
from pgclient.cluster import Cluster
from pgclient.options import Options
from pgclient.transactions import Transaction

_CONNECT = 10.0  # seconds for the first connections


class Cursor:
    """The answer to a statement, all of it: nothing of it waits."""

    def __init__(self, found: list[Any], count: int, description: Any) -> None:
        self.rowcount = count
        self.description = description
        self._rows = found
        self._at = 0

    def fetchone(self) -> Any:
        return next(iter(self.fetchmany(1)), None)

    def fetchmany(self, size: int = 1) -> list[Any]:
        taken = self._rows[self._at : self._at + size]
        self._at += len(taken)
        return taken

    def fetchall(self) -> list[Any]:
        return self.fetchmany(len(self._rows))

    def __iter__(self) -> Iterator[Any]:
        return iter(self.fetchall())


class Connection:
    """One connection, as `Pool.getconn` gives it."""

    def __init__(self, session: psycopg.AsyncConnection[Any], given: contextlib.AsyncExitStack) -> None:
        self._session = session
        self._given = given

    @property
    def closed(self) -> bool:
        return self._session.closed

    async def execute(self, operation: str, parameters: Any = (), cursor_factory: Any = None) -> Cursor:
        return await _execute(self._session, operation, parameters, cursor_factory)

    async def callproc(self, procname: str, parameters: Sequence[Any] = (), cursor_factory: Any = None) -> Cursor:
        return await self.execute(_call(procname, parameters), parameters, cursor_factory)

    async def transaction(
        self, statements: Sequence[Any], cursor_factory: Any = None, auto_rollback: bool = True
    ) -> list[Cursor]:
        async with self._session.transaction():
            return [await self.execute(*_parts(one), cursor_factory) for one in statements]

    async def mogrify(self, operation: str, parameters: Any = ()) -> str:
        return str(psycopg.AsyncClientCursor(self._session).mogrify(operation, parameters))

    async def ping(self) -> Cursor:
        return await self.execute("SELECT 1 AS ping")

    async def give_back(self) -> None:
        await self._given.aclose()


class Pool:
    """Momoko's pool. `size` connections are made at `connect`, `max_size` at most (default: `size`)."""

    def __init__(
        self,
        dsn: str,
        *,
        size: int = 1,
        max_size: int | None = None,
        raise_connect_errors: bool = True,
        reconnect_interval: int = 500,
        setsession: Sequence[str] = (),
        **ignored: Any,
    ) -> None:
        self.size = size
        self.max_size = max_size or size
        self.reconnect_interval = reconnect_interval
        self.closed = False
        self._raise = raise_connect_errors
        self._setsession = setsession
        pace = reconnect_interval / 1000
        options = Options(pool_size=self.max_size, probe_every_unsettled=pace, on_connect=self._prepare)
        self._cluster = Cluster(dsn, options=options)
        self._given_back: set[asyncio.Future[None]] = set()

    async def connect(self) -> Pool:
        await self._cluster.open()
        try:
            async with contextlib.AsyncExitStack() as stack:
                for _ in range(self.size):
                    await stack.enter_async_context(self._cluster.connection(timeout=_CONNECT))
        except Exception:
            if self._raise:
                await self._cluster.close()
                raise
        return self

    def close(self) -> None:
        self.closed = True
        self._later(self._cluster.close())

    async def execute(self, operation: str, parameters: Any = (), cursor_factory: Any = None) -> Cursor:
        async with self._connection() as connection:
            return await connection.execute(operation, parameters, cursor_factory)

    async def callproc(self, procname: str, parameters: Sequence[Any] = (), cursor_factory: Any = None) -> Cursor:
        return await self.execute(_call(procname, parameters), parameters, cursor_factory)

    async def transaction(
        self, statements: Sequence[Any], cursor_factory: Any = None, auto_rollback: bool = True
    ) -> list[Cursor]:
        async def work(tx: Transaction) -> list[Cursor]:
            return [await _execute(tx.connection, *_parts(one), cursor_factory) for one in statements]

        return await self._cluster.run(work)

    async def mogrify(self, operation: str, parameters: Any = ()) -> str:
        async with self._connection() as connection:
            return await connection.mogrify(operation, parameters)

    async def ping(self) -> Cursor:
        return await self.execute("SELECT 1 AS ping")

    async def getconn(self, ping: bool = True) -> Connection:
        """A live one in any case: `ping` costs nothing here."""
        given = contextlib.AsyncExitStack()
        return Connection(await given.enter_async_context(self._cluster.connection()), given)

    def putconn(self, connection: Connection) -> None:
        self._later(connection.give_back())

    @contextlib.contextmanager
    def manage(self, connection: Connection) -> Iterator[Connection]:
        with contextlib.ExitStack() as stack:
            stack.callback(self.putconn, connection)
            yield connection

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        async with self._cluster.connection() as session:
            yield Connection(session, contextlib.AsyncExitStack())

    async def _prepare(self, session: psycopg.AsyncConnection[Any]) -> None:
        for statement in self._setsession:
            await session.execute(statement.encode())

    def _later(self, work: Any) -> None:
        self._given_back.add(task := asyncio.ensure_future(work))
        task.add_done_callback(self._given_back.discard)


async def _execute(
    session: psycopg.AsyncConnection[Any], operation: Any, parameters: Any, cursor_factory: Any
) -> Cursor:
    async with session.cursor(row_factory=rows.factory(cursor_factory or tuple_row)) as cursor:
        await cursor.execute(operation, parameters or None)
        found = await cursor.fetchall() if cursor.description else []
        return Cursor(found, cursor.rowcount, cursor.description)


def _call(procname: str, parameters: Sequence[Any]) -> Any:
    places = sql.SQL(", ").join([sql.Placeholder()] * len(parameters))
    return sql.SQL("SELECT * FROM {}({})").format(sql.Identifier(*procname.split(".")), places)


def _parts(statement: Any) -> tuple[Any, Any]:
    return (statement, ()) if isinstance(statement, (str, bytes)) else (statement[0], statement[1])
