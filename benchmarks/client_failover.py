"""Failovers as an application sees them: four tasks write all the time, through each library in the same minute."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from time import perf_counter
from typing import TypeAlias

from benchmarks.client_bed import is_installed, running_pair, target
from benchmarks.figures import Row, Value
from pgclient import Cluster, Transaction
from tests.database.pgclient.servers import Node, Pair

WORKERS = 4
EVERY = 0.05
LIMIT = 3.0
"""Seconds that an application gives one write of a library that would wait for longer."""
STOPPED, FROZEN, AFTER = 20.0, 5.0, 12.0
INSERT = "INSERT INTO numbers VALUES (%s)"

Write: TypeAlias = Callable[[int], Awaitable[object]]


class Application:
    """Workers that write numbers through one library, and what they saw."""

    def __init__(self, write: Write, first: int) -> None:
        self.errors = 0
        self.longest = 0.0
        self.acknowledged: dict[int, float] = {}
        self._write = write
        self._next = first
        self._tasks = [asyncio.create_task(self._work()) for _ in range(WORKERS)]

    def wait_since(self, moment: float) -> float:
        """Seconds from a moment to the first write acknowledged after it; the rest of the run if there was none."""
        return min((at for at in self.acknowledged.values() if at > moment), default=moment + AFTER) - moment

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks, timeout=5)

    async def _work(self) -> None:
        while True:
            self._next += 1
            number, began = self._next, perf_counter()
            try:
                await self._write(number)
                self.acknowledged[number] = perf_counter()
            except Exception:
                self.errors += 1
            self.longest = max(self.longest, perf_counter() - began)
            await asyncio.sleep(EVERY)


def run() -> list[Row]:
    """All rows."""
    logging.disable(logging.CRITICAL)  # the libraries report every failed attempt
    rows = []
    for what, frozen in (
        ("primary stopped 20 s, then standby promoted", False),
        ("primary frozen 5 s, then standby promoted", True),
    ):
        with running_pair() as pair:
            rows += asyncio.run(_failover(pair, what, frozen))
    return rows


async def _failover(pair: Pair, what: str, frozen: bool) -> list[Row]:
    async with AsyncExitStack() as stack:
        seen: dict[str, Application] = {}
        for number, (name, writer) in enumerate(_writers().items()):
            write = await stack.enter_async_context(writer(pair))
            seen[name] = Application(write, number * 1_000_000)
        await asyncio.sleep(2)
        promoted = await _lose(pair, frozen)
        await asyncio.sleep(AFTER / 2)
        if frozen:
            pair.a.thaw()
        await asyncio.sleep(AFTER / 2)
        await asyncio.gather(*(application.stop() for application in seen.values()))
    return _summed_up(what, seen, promoted, pair, frozen)


async def _lose(pair: Pair, frozen: bool) -> float:
    """Take the primary away, and promote the standby some time later; when that was."""
    if frozen:
        pair.a.freeze()
    else:
        await asyncio.to_thread(pair.a.stop, "fast")
    await asyncio.sleep(FROZEN if frozen else STOPPED)
    await asyncio.to_thread(pair.b.promote)
    return perf_counter()


def _summed_up(what: str, seen: dict[str, Application], promoted: float, pair: Pair, frozen: bool) -> list[Row]:
    def row(of: str, unit: str, value: Callable[[Application], float], held_to: float | None) -> Row:
        values = {name: Value.of([value(application)]) for name, application in seen.items()}
        return Row(f"{what}: {of}", unit, values.pop("pgclient"), held_to, values)

    rows = [
        row("first write after promotion", "s", lambda application: application.wait_since(promoted), 1),
        row("errors the application saw", "", lambda application: application.errors, 0),
        row("longest call", "s", lambda application: application.longest, None),
    ]
    if frozen:
        lost = _numbers(pair.a) - _numbers(pair.b)
        rows.append(
            row("acknowledged writes that only the old primary has", "", lambda a: len(lost & set(a.acknowledged)), 0)
        )
    return rows


def _numbers(node: Node) -> set[int]:
    return {int(str(number)) for (number,) in node.sql("SELECT n FROM numbers")}


def _writers() -> dict[str, Callable[[Pair], AbstractAsyncContextManager[Write]]]:
    peers = {"psycopg_pool": _psycopg_pool, "asyncpg": _asyncpg, "hasql": _hasql}
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
