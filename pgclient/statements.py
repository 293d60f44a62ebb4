"""The verbs, on one session: the same few on a cluster and inside a transaction.

Rows are tuples, unless `row_factory` says otherwise (see `pgclient.rows`).

Knows: psycopg cursors. Must not know: which host this is, or what happens after an error.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterable
from typing import Any
from uuid import uuid4

from psycopg import sql
from psycopg.abc import Params
from psycopg.abc import QueryNoTemplate as Query
from psycopg.rows import tuple_row

from pgclient.rows import RowFactory, factory
from pgclient.session import Session


async def execute(session: Session, query: Query, params: Params | None = None) -> int:
    """Run a statement; the number of rows it touched, or -1 where that means nothing."""
    async with session.cursor() as cursor:
        await cursor.execute(query, params)
        return cursor.rowcount


async def execute_many(session: Session, query: Query, rows: Iterable[Params]) -> int:
    """Run a statement once for each row of parameters, in as few round trips as possible."""
    async with session.cursor() as cursor:
        await cursor.executemany(query, rows)
        return cursor.rowcount


async def fetch(
    session: Session, query: Query, params: Params | None = None, row_factory: RowFactory = tuple_row
) -> list[Any]:
    """All rows."""
    async with session.cursor(row_factory=factory(row_factory)) as cursor:
        await cursor.execute(query, params)
        return await cursor.fetchall()


async def fetch_one(
    session: Session, query: Query, params: Params | None = None, row_factory: RowFactory = tuple_row
) -> Any:
    """The first row, or None."""
    async with session.cursor(row_factory=factory(row_factory)) as cursor:
        await cursor.execute(query, params)
        return await cursor.fetchone()


async def fetch_value(session: Session, query: Query, params: Params | None = None) -> Any:
    """The first column of the first row, or None."""
    row = await fetch_one(session, query, params)
    return row[0] if row else None


async def stream(
    session: Session,
    query: Query,
    params: Params | None = None,
    *,
    batch: int = 1000,
    row_factory: RowFactory = tuple_row,
) -> AsyncIterator[list[Any]]:
    """Rows through a server-side cursor, `batch` of them a round trip: memory does not grow with the result.

    Needs a transaction.
    """
    async with session.cursor(f"pgclient_{uuid4().hex}", row_factory=factory(row_factory)) as cursor:
        await cursor.execute(query, params)
        while rows := await cursor.fetchmany(batch):
            yield rows


def notification(channel: str, payload: str) -> tuple[Query, Params]:
    """The statement that notifies."""
    return "SELECT pg_notify(%s, %s)", (channel, payload)


def listening(verb: str, channels: Iterable[str]) -> sql.Composed:
    """`LISTEN` or `UNLISTEN` for some channels in one text, each quoted."""
    one = sql.SQL("LISTEN {}" if verb == "LISTEN" else "UNLISTEN {}")
    return sql.SQL("; ").join(one.format(sql.Identifier(channel)) for channel in channels)


async def one_by_one(batches: AsyncIterator[list[Any]]) -> AsyncIterator[Any]:
    """The rows of batches; they end when this ends."""
    async with closing(batches) as found:
        async for rows in found:
            for row in rows:
                yield row


@contextlib.asynccontextmanager
async def closing(rows: AsyncIterator[Any]) -> AsyncIterator[AsyncIterator[Any]]:
    """End an iteration's cursor or COPY when its reader stops early."""
    try:
        yield rows
    finally:
        aclose = getattr(rows, "aclose", None)
        if aclose:
            await aclose()
