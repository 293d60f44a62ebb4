"""Single statements that travel together, and keep out of each other's way."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from time import monotonic

import psycopg
from psycopg.rows import dict_row

from pgclient import Busy, Cluster, Options, TimedOut
from pgclient.statistics import Counts
from tests.database.pgclient.conftest import BRISK, target
from tests.database.pgclient.servers import Pair

FEW = replace(BRISK, pool_size=2)


def cluster_of(pair: Pair, options: Options = FEW) -> Cluster:
    return Cluster(target(pair.a.port, pair.b.port), options=options)


def counts_of(cluster: Cluster, pair: Pair) -> Counts:
    return next(one.counts for one in cluster.statistics() if one.address.port == pair.a.port)


async def warm_up(cluster: Cluster) -> None:
    await asyncio.gather(*(cluster.fetch("SELECT pg_sleep(0.05)") for _ in range(4)))


async def test_reads_that_wait_share_round_trips_and_each_gets_its_own_answer(steady: Pair) -> None:
    async with cluster_of(steady) as cluster:
        await warm_up(cluster)
        asked = [cluster.fetch_value("SELECT %s::int", (n,)) for n in range(500)]
        assert await asyncio.gather(*asked) == list(range(500))
        rows = [cluster.fetch_one("SELECT %s::int AS n", (n,), row_factory=dict_row) for n in range(50)]
        assert await asyncio.gather(*rows) == [{"n": n} for n in range(50)]
        counts = counts_of(cluster, steady)
        assert counts.in_company > 400
        assert counts.batches < counts.in_company / 8


async def test_an_error_never_touches_a_neighbour(steady: Pair) -> None:
    async with cluster_of(steady) as cluster:
        await warm_up(cluster)

        async def ask(n: int) -> object:
            if n % 3 == 0:
                return await cluster.fetch_value("SELECT 1 / %s::int", (0,))
            if n % 3 == 1:
                return await cluster.fetch_value("SELECT nonsense")
            return await cluster.fetch_value("SELECT %s::int", (n,))

        answers = await asyncio.gather(*(ask(n) for n in range(120)), return_exceptions=True)
        for n, answer in enumerate(answers):
            expected = [psycopg.errors.DivisionByZero, psycopg.errors.UndefinedColumn, int][n % 3]
            assert isinstance(answer, expected)
            assert n % 3 < 2 or answer == n


async def test_what_turns_out_to_write_is_done_once_and_alone(steady: Pair) -> None:
    steady.a.sql("CREATE SEQUENCE ticks; GRANT ALL ON SEQUENCE ticks TO app")
    try:
        async with cluster_of(steady) as cluster:
            await warm_up(cluster)
            values = await asyncio.gather(*(cluster.fetch_value("SELECT nextval('ticks')") for _ in range(40)))
            assert sorted(values) == list(range(1, 41))
            held = "SELECT n FROM accounts, (SELECT 7 AS n) s WHERE id = 1 FOR UPDATE OF accounts"
            assert set(await asyncio.gather(*(cluster.fetch_value(held) for _ in range(20)))) == {7}
            assert counts_of(cluster, steady).done_alone > 0
    finally:
        steady.a.sql("DROP SEQUENCE ticks")


async def test_a_slow_read_does_not_hold_its_neighbours_up(steady: Pair) -> None:
    async with cluster_of(steady, replace(BRISK, pool_size=3)) as cluster:
        await warm_up(cluster)
        async with cluster.connection(), cluster.connection():
            slow = [asyncio.create_task(cluster.fetch_value("SELECT 1 FROM pg_sleep(1.5)")) for _ in range(2)]
            await asyncio.sleep(0)
            began = monotonic()
            quick = [asyncio.create_task(cluster.fetch_value("SELECT %s::int", (n,))) for n in range(20)]
            await asyncio.sleep(0.2)
        assert await asyncio.gather(*quick) == list(range(20))
        assert monotonic() - began < 1.4
        assert await asyncio.gather(*slow) == [1, 1]
        assert counts_of(cluster, steady).done_alone >= 1


async def test_every_slow_read_of_a_batch_is_stopped(steady: Pair) -> None:
    async with cluster_of(steady, replace(BRISK, pool_size=1)) as cluster:
        async with cluster.connection():
            slow = [asyncio.create_task(cluster.fetch_value("SELECT 1 FROM pg_sleep(20)")) for _ in range(3)]
            quick = [asyncio.create_task(cluster.fetch_value("SELECT %s::int", (n,))) for n in range(10)]
            await asyncio.sleep(0)
        assert await asyncio.wait_for(asyncio.gather(*quick), 10) == list(range(10))
        assert counts_of(cluster, steady).done_alone >= 3
        for task in slow:
            task.cancel()
        await asyncio.gather(*slow, return_exceptions=True)


async def test_no_lock_behind_a_neighbour_stops_everything(steady: Pair) -> None:
    """A read waits for a table that a transaction holds; the transaction waits for a read that stands behind it."""
    async with cluster_of(steady) as cluster:
        await warm_up(cluster)
        async with cluster.transaction() as tx:
            await tx.execute("LOCK TABLE accounts IN ACCESS EXCLUSIVE MODE")
            async with cluster.connection():
                blocked = asyncio.create_task(cluster.fetch_value("SELECT count(*) FROM accounts"))
                behind = asyncio.create_task(cluster.fetch_value("SELECT 5"))
                await asyncio.sleep(0.05)
            assert await asyncio.wait_for(behind, 5) == 5
        assert await asyncio.wait_for(blocked, 5) == 10


async def test_a_caller_who_gives_up_disturbs_nobody(steady: Pair) -> None:
    async with cluster_of(steady) as cluster:
        await warm_up(cluster)
        for step in range(12):
            tasks = [asyncio.create_task(cluster.fetch_value("SELECT %s::int", (n,))) for n in range(60)]
            await asyncio.sleep(step * 0.0005)
            for task in tasks[::3]:
                task.cancel()
            answers = await asyncio.gather(*tasks, return_exceptions=True)
            assert all(answer == n for n, answer in enumerate(answers) if n % 3)
        sleep = "SELECT 1 FROM pg_sleep(5)"
        late = [cluster.fetch_value(sleep, timeout=0.3) for _ in range(6)]
        quick = [cluster.fetch_value("SELECT 3", timeout=10) for _ in range(10)]
        answers = await asyncio.gather(*late, *quick, return_exceptions=True)
        assert all(isinstance(answer, (TimedOut, Busy)) for answer in answers[:6])
        assert answers[6:] == [3] * 10
        running = "SELECT count(*) FROM pg_stat_activity WHERE query = %s AND state = 'active'"
        assert await cluster.fetch_value(running, (sleep,), timeout=5) == 0


async def test_changes_never_stand_behind_each_other(steady: Pair) -> None:
    async with cluster_of(steady) as cluster:
        await warm_up(cluster)
        insert = "INSERT INTO numbers VALUES (%s)"
        assert await asyncio.gather(*(cluster.execute(insert, (800 + n,)) for n in range(30))) == [1] * 30
        assert await cluster.execute("DELETE FROM numbers WHERE n >= 800") == 30
        assert counts_of(cluster, steady).in_company < 4 + 1


async def test_prepared_statements_outlive_a_changed_table_and_a_deallocation(steady: Pair) -> None:
    steady.a.sql("CREATE TABLE shifting (a int); INSERT INTO shifting VALUES (1); GRANT ALL ON shifting TO app")
    try:
        async with cluster_of(steady) as cluster:
            for _ in range(10):
                assert await cluster.fetch_one("SELECT * FROM shifting") == (1,)
            steady.a.sql("ALTER TABLE shifting ADD b int DEFAULT 2")
            assert await cluster.fetch_one("SELECT * FROM shifting") == (1, 2)
            for _ in range(10):
                assert await cluster.fetch_one("SELECT * FROM shifting") == (1, 2)
            await cluster.execute("DEALLOCATE ALL")
            assert await cluster.fetch_one("SELECT * FROM shifting") == (1, 2)
    finally:
        steady.a.sql("DROP TABLE shifting")


async def test_cursors_and_single_statements_take_turns_on_one_session(steady: Pair) -> None:
    async with cluster_of(steady, replace(BRISK, pool_size=1)) as cluster:
        for n in range(8):
            assert await cluster.fetch_value("SELECT %s::int", (n,)) == n
            async with cluster.transaction() as tx:
                assert await tx.fetch_value("SELECT %s::int", (n,)) == n
            assert await cluster.fetch_value("SELECT 1; SELECT 2") == 1
            await cluster.execute("SET work_mem = '5MB'")
        big = "x" * 3_000_000
        assert await cluster.fetch_value("SELECT length(%s)", (big,)) == len(big)
        assert await cluster.fetch_value("SELECT repeat('y', 3000000)") == "y" * 3_000_000
