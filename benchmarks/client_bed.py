"""A primary and a standby for the client's benchmarks, and the libraries beside it.

Knows: how servers are started and what each library calls "ask the primary".
Must not know: what is measured.

Peers are optional (`pip install -r requirements/peers.txt`); one that is not installed is left out of the table.
Momoko needs Tornado below 6; the last of those (5.1.1) still serves it on Python 3.11.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, TypeAlias

from pgclient import Address, Cluster, Options, Target
from tests.database.pgclient.servers import Pair, make_pair, make_template

Ask: TypeAlias = Callable[[int], Awaitable[Any]]
Peer: TypeAlias = Callable[[Pair, int], AbstractAsyncContextManager[Ask]]

QUERY = "SELECT id, amount FROM accounts WHERE id = %s"
QUERY_NUMBERED = "SELECT id, amount FROM accounts WHERE id = $1"
QUERY_NAMED = "SELECT id, amount FROM accounts WHERE id = :id"


@contextmanager
def running_pair(synchronous: bool = False) -> Iterator[Pair]:
    """Servers of our own in a temporary directory."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not installed:
        raise SystemExit("cannot find a PostgreSQL server under /usr/lib/postgresql\nhint: run make test once")
    home = Path(tempfile.mkdtemp(prefix="pgclient-benchmark-", dir="/tmp"))
    (home / "template").mkdir()
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        for place in (home, home / "template"):
            os.chown(place, owner.pw_uid, owner.pw_gid)
    try:
        pair = make_pair(make_template(home / "template", installed[-1].parent), home)
        try:
            pair.start(synchronous)
            yield pair
        finally:
            pair.stop()
    finally:
        shutil.rmtree(home)


def target(pair: Pair) -> Target:
    """For pgclient: both servers."""
    login = {"user": "app", "password": "sesame", "dbname": "postgres"}
    return Target(tuple(Address("127.0.0.1", node.port) for node in (pair.a, pair.b)), login)


def conninfo(pair: Pair) -> str:
    """For libpq: the primary."""
    return f"host=127.0.0.1 port={pair.a.port} user=app password=sesame dbname=postgres"


def url(pair: Pair, scheme: str) -> str:
    """For SQLAlchemy: the primary."""
    return f"{scheme}://app:sesame@127.0.0.1:{pair.a.port}/postgres"


@asynccontextmanager
async def pgclient(pair: Pair, size: int) -> AsyncIterator[Ask]:
    async with Cluster(target(pair), options=Options(pool_size=size)) as cluster:
        yield lambda n: cluster.fetch_one(QUERY, (n,))


@asynccontextmanager
async def bare_psycopg(pair: Pair, _: int) -> AsyncIterator[Ask]:
    """One connection, one task: nothing between the caller and the driver."""
    import psycopg

    async with await psycopg.AsyncConnection.connect(conninfo(pair), autocommit=True) as connection:

        async def ask(n: int) -> Any:
            return await (await connection.execute(QUERY, (n,))).fetchone()

        yield ask


@asynccontextmanager
async def psycopg_pool(pair: Pair, size: int) -> AsyncIterator[Ask]:
    import psycopg_pool

    kwargs = {"autocommit": True}
    async with psycopg_pool.AsyncConnectionPool(conninfo(pair), min_size=size, max_size=size, kwargs=kwargs) as pool:

        async def ask(n: int) -> Any:
            async with pool.connection() as connection:
                return await (await connection.execute(QUERY, (n,))).fetchone()

        yield ask


@asynccontextmanager
async def asyncpg(pair: Pair, size: int) -> AsyncIterator[Ask]:
    import asyncpg

    async with asyncpg.create_pool(url(pair, "postgresql"), min_size=size, max_size=size) as pool:
        yield lambda n: pool.fetchrow(QUERY_NUMBERED, n)


@asynccontextmanager
async def aiopg(pair: Pair, size: int) -> AsyncIterator[Ask]:
    import aiopg

    async with aiopg.create_pool(conninfo(pair), minsize=size, maxsize=size) as pool:

        async def ask(n: int) -> Any:
            async with pool.acquire() as connection, connection.cursor() as cursor:
                await cursor.execute(QUERY, (n,))
                return await cursor.fetchone()

        yield ask


@asynccontextmanager
async def sqlalchemy(pair: Pair, size: int) -> AsyncIterator[Ask]:
    """Over asyncpg, its fastest driver."""
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine(
        url(pair, "postgresql+asyncpg"), pool_size=size, max_overflow=0, isolation_level="AUTOCOMMIT"
    )
    statement = text(QUERY_NAMED)

    async def ask(n: int) -> Any:
        async with engine.connect() as connection:
            return (await connection.execute(statement, {"id": n})).first()

    yield ask
    await engine.dispose()


@asynccontextmanager
async def hasql(pair: Pair, size: int) -> AsyncIterator[Ask]:
    """Over asyncpg."""
    from hasql.driver.asyncpg import PoolManager

    dsn = f"postgresql://app:sesame@127.0.0.1:{pair.a.port},127.0.0.1:{pair.b.port}/postgres"
    pool = PoolManager(dsn, acquire_timeout=10, pool_factory_kwargs={"min_size": size, "max_size": size})
    await pool.ready()

    async def ask(n: int) -> Any:
        async with pool.acquire_master() as connection:
            return await connection.fetchrow(QUERY_NUMBERED, n)

    yield ask
    await pool.close()


@asynccontextmanager
async def momoko(pair: Pair, size: int) -> AsyncIterator[Ask]:
    from momoko import Pool

    pool = Pool(conninfo(pair), size=size, max_size=size)
    await pool.connect()

    async def ask(n: int) -> Any:
        return (await pool.execute(QUERY, (n,))).fetchone()

    yield ask
    pool.close()


POOLS: dict[str, Peer] = {
    "momoko": momoko,
    "psycopg_pool": psycopg_pool,
    "asyncpg": asyncpg,
    "aiopg": aiopg,
    "sqlalchemy": sqlalchemy,
    "hasql": hasql,
}


def installed(peers: dict[str, Peer]) -> dict[str, Peer]:
    """Those whose library is there."""
    return {name: peer for name, peer in peers.items() if is_installed(name)}


def is_installed(name: str) -> bool:
    """Can the library be imported?"""
    return importlib.util.find_spec(name) is not None
