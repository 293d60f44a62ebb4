"""Small SELECTs: 50 tasks on 10 connections, and one task alone, beside other pools and bare psycopg."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from time import perf_counter

from benchmarks.client_bed import POOLS, Ask, Peer, bare_psycopg, installed, pgclient, running_pair
from benchmarks.figures import Row, Value
from tests.database.pgclient.servers import Pair

TASKS, CONNECTIONS = 50, 10
STATEMENTS = 1500
ALONE = 500
ROUNDS, ROUNDS_ALONE = 5, 30
"""One statement at a time is a tenth of a millisecond of waking up: many short rounds, or the scheduler is measured."""
BETTER = 1.3
SLOWER = 1.1


def run() -> list[Row]:
    """All rows."""
    with running_pair() as pair:
        return asyncio.run(_rows(pair))


async def _rows(pair: Pair) -> list[Row]:
    together = await _measure(pair, {"pgclient": pgclient, **installed(POOLS)}, TASKS, STATEMENTS, ROUNDS)
    alone = await _measure(pair, {"pgclient": pgclient, "psycopg, bare": bare_psycopg}, 1, ALONE, ROUNDS_ALONE)
    ours, peers = together.pop("pgclient"), together
    best = min((peer.median for peer in peers.values()), default=0.0)
    latency = alone.pop("pgclient")
    return [
        Row(
            f"a small SELECT with a parameter, {TASKS} tasks, {CONNECTIONS} connections: time a statement",
            "us",
            ours,
            best / BETTER if peers else None,
            peers,
        ),
        Row("the same with one task", "us", latency, alone["psycopg, bare"].median * SLOWER, alone),
    ]


async def _measure(pair: Pair, peers: dict[str, Peer], tasks: int, statements: int, rounds: int) -> dict[str, Value]:
    """Microseconds a statement. All take turns, in turned order, so that a noisy neighbour disturbs all alike."""
    samples: dict[str, list[float]] = {name: [] for name in peers}
    async with AsyncExitStack() as stack:
        asks = {name: await stack.enter_async_context(peer(pair, CONNECTIONS)) for name, peer in peers.items()}
        for round_number in range(rounds + 1):
            for name, ask in list(asks.items())[:: -1 if round_number % 2 else 1]:
                seconds = await _drive(ask, tasks, statements)
                if round_number:  # the first one warms up
                    samples[name].append(seconds / statements * 1e6)
    return {name: Value.of(taken) for name, taken in samples.items()}


async def _drive(ask: Ask, tasks: int, statements: int) -> float:
    async def work() -> None:
        for n in range(statements // tasks):
            await ask(n % 10 + 1)

    began = perf_counter()
    await asyncio.gather(*(work() for _ in range(tasks)))
    return perf_counter() - began
