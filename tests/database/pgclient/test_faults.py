"""Rubbish on the wire, two primaries, cancellation at every await, clocks that are put back, crowds."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Awaitable, Callable, Generator
from contextlib import aclosing
from dataclasses import replace
from time import time
from typing import Any

import pytest

from pgclient import Cluster, Gap, Note, Transaction, listening
from tests.database.pgclient.conftest import BRISK, target
from tests.database.pgclient.proxy import Proxy
from tests.database.pgclient.servers import Pair
from tests.database.pgclient.test_failover import in_thread, numbers_on, writing

FEW = replace(BRISK, pool_size=2)


async def test_rubbish_on_the_wire_costs_a_connection_and_no_error(pair: Pair) -> None:
    proxy = Proxy(pair.a.port)
    await proxy.start()
    try:
        async with Cluster(target(proxy.port), options=BRISK) as cluster, writing(cluster) as writers:
            for _ in range(6):
                proxy.corrupt = 1
                await writers.all_moved()
                asked = [cluster.fetch_value("SELECT %s::int", (n,), repeatable=True) for n in range(20)]
                proxy.corrupt = 1
                assert await asyncio.gather(*asked) == list(range(20))
            await writers.stop()
            assert writers.errors == []
            assert set(writers.acknowledged) <= numbers_on(pair.a)
    finally:
        await proxy.stop()


async def test_of_two_that_say_they_are_the_primary_only_the_newer_one_is_written_to(pair: Pair) -> None:
    a, b = pair.a, pair.b
    async with Cluster(target(a.port, b.port), options=BRISK) as cluster, writing(cluster) as writers:
        await in_thread(b.promote)
        async with aclosing(cluster.changes()) as changes:
            async for topology in changes:
                if topology.primary and topology.primary.port == b.port:
                    break
        begun = writers.begun
        await asyncio.sleep(0.5)
        await writers.all_moved()
        await writers.stop()
        assert writers.errors == []
        later = {n for n in writers.acknowledged if n > begun}
        assert later
        assert later <= numbers_on(b)
        assert max(numbers_on(a)) <= begun, "the older one got a write"
        assert "fenced" in str(cluster.topology)


async def test_a_thousand_tasks_share_ten_connections(steady: Pair) -> None:
    steady.a.sql("CREATE TABLE tally (n int); GRANT ALL ON tally TO app")
    seen: list[int] = []

    async def insert(tx: Transaction) -> None:
        await tx.execute("INSERT INTO tally VALUES (1)")

    async def work(cluster: Cluster, n: int) -> None:
        if n % 2:
            await cluster.run(insert)
        else:
            assert await cluster.fetch_value("SELECT %s::int", (n,)) == n
        if n % 100 == 0:
            count = "SELECT count(*)::int FROM pg_stat_activity WHERE usename = 'app' AND application_name = 'crowd'"
            seen.append(await cluster.fetch_value(count))

    try:
        crowd = replace(target(steady.a.port, steady.b.port))
        crowd = replace(crowd, options={**crowd.options, "application_name": "crowd"})
        async with Cluster(crowd, options=replace(BRISK, pool_size=10, patience=60, probe_timeout=30)) as cluster:
            await asyncio.gather(*(work(cluster, n) for n in range(1000)))
            assert await cluster.fetch_value("SELECT sum(n) FROM tally") == 500
            assert max(seen) <= 10 + 1, "ten, and the watch"
            assert all(not host.in_use and not host.waiting for host in cluster.statistics())
    finally:
        steady.a.sql("DROP TABLE tally")


@types.coroutine
def cancelled_at(work: Awaitable[Any], step: int) -> Generator[Any, Any, bool]:
    """Do some work, cancelled at its nth suspension. Did it come so far?"""
    task = asyncio.current_task()
    assert task is not None
    inside = work.__await__()
    reached = 0
    send: Callable[[], Any] = lambda: next(inside)  # noqa: E731
    while True:
        try:
            waits_for = send()
        except StopIteration:
            return reached >= step
        reached += 1
        if reached == step:
            task.cancel()
        try:
            value = yield waits_for
            send = lambda value=value: inside.send(value)  # noqa: E731
        except BaseException as error:
            send = lambda error=error: inside.throw(error)  # noqa: E731


async def cancel_everywhere(cluster: Cluster, work: Callable[[], Awaitable[Any]]) -> int:
    """Cancel the work at its first suspension, its second, and so on until it gets through; how many there were."""
    step = 0
    reached = True
    while reached:
        step += 1
        assert step < 200, "it does not end"
        task = asyncio.create_task(_stepped(work, step))
        reached = (await asyncio.gather(task, return_exceptions=True))[0] is not False
        assert await asyncio.wait_for(cluster.fetch_value("SELECT 1"), 10) == 1
    for _ in range(500):
        if not any(host.in_use or host.waiting for host in cluster.statistics()):
            return step
        await asyncio.sleep(0.02)
    raise AssertionError(f"something is still in use: {cluster.statistics()}")


async def _stepped(work: Callable[[], Awaitable[Any]], step: int) -> bool:
    return await cancelled_at(work(), step)


async def test_cancelling_at_every_await_leaks_no_connection_and_no_lock(steady: Pair) -> None:
    async def transact(tx: Transaction) -> None:
        await tx.execute("SELECT pg_advisory_xact_lock(7)")
        async with tx.savepoint():
            await tx.execute("INSERT INTO numbers VALUES (970)")
        await tx.execute("DELETE FROM numbers WHERE n = 970")

    async with Cluster(target(steady.a.port, steady.b.port), options=FEW) as cluster:

        async def stream() -> None:
            async with aclosing(cluster.stream("SELECT generate_series(1, 30)", batch=10)) as rows:
                async for _ in rows:
                    pass

        async def together() -> None:
            await asyncio.gather(*(cluster.fetch_value("SELECT 2") for _ in range(8)))

        async def hold() -> None:
            async with cluster.connection() as session:
                await session.execute("SELECT 1")

        async def copy_out() -> None:
            async with aclosing(cluster.copy_out("COPY (SELECT generate_series(1, 3000)) TO STDOUT")) as chunks:
                async for _ in chunks:
                    pass

        async def listen() -> None:
            async with cluster.listen("cancelled") as notes:
                await cluster.notify("cancelled")
                await anext(notes)

        await cluster.run(transact)
        steps = [
            await cancel_everywhere(cluster, lambda: cluster.fetch_value("SELECT 1")),
            await cancel_everywhere(cluster, lambda: cluster.run(transact)),
            await cancel_everywhere(cluster, lambda: cluster.copy_in("COPY accounts FROM STDIN", [b""])),
            await cancel_everywhere(cluster, stream),
            await cancel_everywhere(cluster, together),
            await cancel_everywhere(cluster, listen),
            await cancel_everywhere(cluster, hold),
            await cancel_everywhere(cluster, copy_out),
            await cancel_everywhere(cluster, lambda: cluster.execute_many("SELECT %s", [(1,), (2,)])),
        ]
        assert min(steps) > 1
        assert steps[1] > 6
        assert await cluster.fetch_value("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == 0
        open_ones = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app' AND state LIKE 'idle in transaction%'"
        assert await cluster.fetch_value(open_ones) == 0


async def test_a_clock_that_is_put_back_decides_nothing(steady: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    offset = 0.0
    monkeypatch.setattr(listening, "time", lambda: time() + offset)
    proxy = Proxy(steady.a.port)
    await proxy.start()
    try:
        async with (
            Cluster(target(proxy.port), options=replace(BRISK, heartbeat=0.3)) as cluster,
            cluster.listen("clock") as notes,
        ):
            for step in (-3600.0, 7200.0, -86400.0):
                offset = step
                await cluster.notify("clock", "tick")
                note = await asyncio.wait_for(anext(notes), 5)
                assert isinstance(note, Note)
                proxy.freeze()
                await asyncio.sleep(1.5)
                proxy.thaw()
                gap = await asyncio.wait_for(anext(notes), 10)
                assert isinstance(gap, Gap), "the heartbeat noticed nothing"
                assert await cluster.fetch_value("SELECT 1", timeout=10) == 1
    finally:
        await proxy.stop()
