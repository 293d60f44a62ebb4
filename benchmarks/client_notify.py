"""Notifications: how many a second arrive, and how late each one is, beside asyncpg."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter, process_time

import psycopg

from benchmarks.client_bed import conninfo, is_installed, running_pair, target, url
from benchmarks.figures import Row, Value
from pgclient import Cluster, Note
from tests.database.pgclient.servers import Pair

MANY = 20_000
SINGLE = 300
ROUNDS = 8

Heard = asyncio.Queue[float]


def run() -> list[Row]:
    """All rows."""
    with running_pair() as pair:
        return asyncio.run(_rows(pair))


async def _rows(pair: Pair) -> list[Row]:
    listeners = {"pgclient": _pgclient, **({"asyncpg": _asyncpg} if is_installed("asyncpg") else {})}
    rates: dict[str, list[float]] = {name: [] for name in listeners}
    costs: dict[str, list[float]] = {name: [] for name in listeners}
    delays: dict[str, list[float]] = {name: [] for name in listeners}
    async with await psycopg.AsyncConnection.connect(conninfo(pair), autocommit=True) as sender:
        for number in range(ROUNDS):
            for name, listen in list(listeners.items())[:: -1 if number % 2 else 1]:
                async with listen(pair) as heard:
                    spent = process_time()
                    rates[name].append(await _flood(sender, heard) / MANY * 1e6)
                    costs[name].append((process_time() - spent) / MANY * 1e6)
                    delays[name].append(await _one_by_one(sender, heard))
    each = {name: Value.of(taken) for name, taken in rates.items()}
    cost = {name: Value.of(taken) for name, taken in costs.items()}
    late = {name: Value.of(taken) for name, taken in delays.items()}
    return [
        _row(f"a notification of {MANY} sent at once", "us", each),
        _row("processor time of the receiver for that", "us", cost),
        _row("delay of one, 99th percentile", "ms", late),
    ]


def _row(what: str, unit: str, values: dict[str, Value]) -> Row:
    ours = values.pop("pgclient")
    limit = values["asyncpg"].median if "asyncpg" in values else None
    return Row(what, unit, ours, limit, values)


async def _flood(sender: psycopg.AsyncConnection[tuple[object, ...]], heard: Heard) -> float:
    """Seconds from sending many in one transaction to the last one's arrival."""
    began = perf_counter()
    await sender.execute("SELECT pg_notify('bench', n::text) FROM generate_series(1, %s) n", (MANY,))
    for _ in range(MANY):
        last = await heard.get()
    return last - began


async def _one_by_one(sender: psycopg.AsyncConnection[tuple[object, ...]], heard: Heard) -> float:
    """Milliseconds from the call of NOTIFY to the arrival, 99th percentile."""
    taken = []
    for _ in range(SINGLE):
        began = perf_counter()
        await sender.execute("NOTIFY bench")
        taken.append((await heard.get() - began) * 1000)
    return sorted(taken)[int(len(taken) * 0.99)]


@asynccontextmanager
async def _pgclient(pair: Pair) -> AsyncIterator[Heard]:
    heard: Heard = asyncio.Queue()
    async with Cluster(target(pair)) as cluster, cluster.listen("bench") as notes:

        async def follow() -> None:
            async for note in notes:
                assert isinstance(note, Note), note
                heard.put_nowait(perf_counter())

        task = asyncio.create_task(follow())
        yield heard
        task.cancel()


@asynccontextmanager
async def _asyncpg(pair: Pair) -> AsyncIterator[Heard]:
    import asyncpg

    heard: Heard = asyncio.Queue()
    connection = await asyncpg.connect(url(pair, "postgresql"))
    await connection.add_listener("bench", lambda *_: heard.put_nowait(perf_counter()))
    yield heard
    await connection.close()
