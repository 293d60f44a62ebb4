"""One write through each library, with what its manual offers against dead hosts.

Knows: what each library calls "insert a row on the primary". Must not know: what is measured.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeAlias

from benchmarks.client_bed import is_installed, target
from pgclient import Cluster, Transaction
from tests.database.pgclient.servers import Pair

LIMIT = 3.0
"""Seconds that an application gives one write of a library that would wait for longer."""
INSERT = "INSERT INTO numbers VALUES (%s)"

Write: TypeAlias = Callable[[int], Awaitable[object]]


def writers() -> dict[str, Callable[[Pair], AbstractAsyncContextManager[Write]]]:
    peers = {
        "psycopg_pool": _psycopg_pool,
        "asyncpg": _asyncpg,
        "aiopg": _aiopg,
        "momoko": _momoko,
        "sqlalchemy": _sqlalchemy,
        "hasql": _hasql,
    }
    return {"pgclient": _pgclient, **{name: peer for name, peer in peers.items() if is_installed(name)}}


def _hosts(pair: Pair) -> str:
    return f"127.0.0.1:{pair.a.port},127.0.0.1:{pair.b.port}"


@asynccontextmanager
async def _pgclient(pair: Pair) -> AsyncIterator[Write]:
    async with Cluster(target(pair)) as cluster:

        async def write(number: int) -> None:
            async def insert(tx: Transaction) -> None:
                await tx.execute(INSERT, (number,))

            await cluster.run(insert)

        yield write


@asynccontextmanager
async def _psycopg_pool(pair: Pair) -> AsyncIterator[Write]:
    """With what its manual offers against dead hosts: short connects, keepalives, a check at checkout."""
    from psycopg_pool import AsyncConnectionPool

    dsn = f"postgresql://app:sesame@{_hosts(pair)}/postgres?target_session_attrs=read-write&connect_timeout=2"
    dsn += "&keepalives_idle=2&keepalives_interval=1&keepalives_count=3&tcp_user_timeout=5000"
    pool = AsyncConnectionPool(dsn, min_size=2, max_size=4, open=False, check=AsyncConnectionPool.check_connection)
    await pool.open()

    async def insert(number: int) -> None:
        async with pool.connection() as connection:
            await connection.execute(INSERT, (number,))

    yield lambda number: asyncio.wait_for(insert(number), LIMIT)
    await asyncio.wait_for(pool.close(timeout=2), 10)


@asynccontextmanager
async def _asyncpg(pair: Pair) -> AsyncIterator[Write]:
    import asyncpg

    dsn = f"postgresql://app:sesame@{_hosts(pair)}/postgres?target_session_attrs=read-write"
    pool = await asyncpg.create_pool(dsn, min_size=2, max_size=4, timeout=2, command_timeout=LIMIT)
    yield lambda number: asyncio.wait_for(pool.execute(INSERT.replace("%s", "$1"), number), LIMIT)
    pool.terminate()


@asynccontextmanager
async def _hasql(pair: Pair) -> AsyncIterator[Write]:
    from hasql.driver.asyncpg import PoolManager

    sizes = {"min_size": 2, "max_size": 4, "timeout": 2, "command_timeout": LIMIT}
    pool = PoolManager(f"postgresql://app:sesame@{_hosts(pair)}/postgres", acquire_timeout=2, pool_factory_kwargs=sizes)
    await pool.ready()

    async def insert(number: int) -> None:
        async with pool.acquire_master() as connection:
            await connection.execute(INSERT.replace("%s", "$1"), number)

    yield lambda number: asyncio.wait_for(insert(number), LIMIT)
    await pool.terminate()


@asynccontextmanager
async def _aiopg(pair: Pair) -> AsyncIterator[Write]:
    import aiopg

    dsn = f"postgresql://app:sesame@{_hosts(pair)}/postgres?target_session_attrs=read-write&connect_timeout=2"
    pool = await aiopg.create_pool(dsn, minsize=2, maxsize=4, timeout=LIMIT)

    async def insert(number: int) -> None:
        async with pool.acquire() as connection, connection.cursor() as cursor:
            await cursor.execute(INSERT, (number,))

    yield lambda number: asyncio.wait_for(insert(number), LIMIT)
    pool.terminate()


@asynccontextmanager
async def _momoko(pair: Pair) -> AsyncIterator[Write]:
    """Its futures cannot be cancelled: who waits too long leaves his query, and the connection with it, behind."""
    from momoko import Pool

    pool = Pool(f"postgresql://app:sesame@{_hosts(pair)}/postgres?target_session_attrs=read-write", size=2, max_size=4)
    await pool.connect()
    yield lambda number: asyncio.wait_for(asyncio.shield(pool.execute(INSERT, (number,))), LIMIT)
    pool.close()


@asynccontextmanager
async def _sqlalchemy(pair: Pair) -> AsyncIterator[Write]:
    """Over psycopg, whose multiple hosts it passes on; `pool_pre_ping` asks at each checkout."""
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import create_async_engine

    ports = f"{pair.a.port},{pair.b.port}"
    query = f"host=127.0.0.1,127.0.0.1&port={ports}&target_session_attrs=read-write&connect_timeout=2"
    engine = create_async_engine(
        f"postgresql+psycopg://app:sesame@/postgres?{query}", pool_size=4, max_overflow=0, pool_pre_ping=True
    )
    statement = text(INSERT.replace("%s", ":n"))

    async def insert(number: int) -> None:
        async with engine.begin() as connection:
            await connection.execute(statement, {"n": number})

    yield lambda number: asyncio.wait_for(insert(number), LIMIT)
    await asyncio.wait_for(engine.dispose(), 5)
