"""Statements, transactions, COPY, cursors and routing on a pair that works."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import aclosing

import psycopg
import pytest
from psycopg.rows import dict_row

from pgclient import Busy, Cluster, CommitToken, Misconfigured, Options, Route, TimedOut, Transaction, Unavailable
from tests.database.pgclient.conftest import BRISK, target
from tests.database.pgclient.servers import Pair


def cluster_of(pair: Pair, options: Options = BRISK) -> Cluster:
    return Cluster(target(pair.a.port, pair.b.port), options=options)


async def test_statements_give_rows_values_and_counts(steady: Pair) -> None:
    async with cluster_of(steady) as cluster:
        assert await cluster.fetch("SELECT generate_series(1, %s)", (3,)) == [(1,), (2,), (3,)]
        assert await cluster.fetch_one("SELECT 1 AS a", row_factory=dict_row) == {"a": 1}
        assert await cluster.fetch_value("SELECT 'x%'") == "x%"
        assert await cluster.fetch_one("SELECT 1 WHERE false") is None
        assert await cluster.execute("UPDATE accounts SET amount = amount WHERE id < 4") == 3


async def test_a_role_decides_where_work_runs(steady: Pair) -> None:
    recovering = "SELECT pg_is_in_recovery()"
    async with cluster_of(steady) as cluster:
        assert await cluster.fetch_value(recovering) is False
        assert await cluster.fetch_value(recovering, to="standby") is True
        assert await cluster.fetch_value(recovering, to=Route(to="prefer-standby", max_lag_bytes=-1)) is False
        async with cluster.transaction(to="standby") as tx:
            assert await tx.fetch_value(recovering) is True
        seen = {await cluster.fetch_value(recovering, to="any") for _ in range(4)}
        assert seen == {True, False}
        with pytest.raises(Misconfigured, match="expected one of primary, standby"):
            await cluster.fetch("SELECT 1", to="slave")


async def test_a_token_makes_a_standby_show_the_commit(steady: Pair) -> None:
    async with cluster_of(steady) as cluster:
        for n in range(100, 110):
            async with cluster.transaction() as tx:
                await tx.execute("INSERT INTO numbers VALUES (%s)", (n,))
            assert tx.token is not None
            after = CommitToken.parse(str(tx.token))
            found = await cluster.fetch_value("SELECT n FROM numbers WHERE n = %s", (n,), to="standby", after=after)
            assert found == n
        await cluster.execute("DELETE FROM numbers WHERE n >= 100")


async def test_what_raises_in_a_block_is_rolled_back_and_a_savepoint_alone(steady: Pair) -> None:
    async with cluster_of(steady) as cluster:

        async def fail() -> None:
            async with cluster.transaction() as tx:
                await tx.execute("INSERT INTO numbers VALUES (200)")
                raise KeyError

        with pytest.raises(KeyError):
            await fail()
        async with cluster.transaction(isolation="serializable") as tx:
            with pytest.raises(psycopg.errors.UniqueViolation):
                async with tx.savepoint():
                    await tx.execute("INSERT INTO numbers VALUES (201), (201)")
            await tx.execute("INSERT INTO numbers VALUES (202)")
            assert await tx.fetch_value("SHOW transaction_isolation") == "serializable"
        assert await cluster.fetch("DELETE FROM numbers WHERE n >= 200 RETURNING n") == [(202,)]


async def test_a_swallowed_error_is_no_commit(steady: Pair) -> None:
    async def swallow(tx: Transaction) -> None:
        with contextlib.suppress(psycopg.errors.UndefinedTable):
            await tx.execute("SELECT * FROM nowhere")

    async with cluster_of(steady) as cluster:
        with pytest.raises(psycopg.errors.InFailedSqlTransaction, match="hint"):
            await cluster.run(swallow)


async def test_conflicting_transactions_are_done_again_until_all_hold(steady: Pair) -> None:
    async def move(tx: Transaction) -> None:
        amount = await tx.fetch_value("SELECT amount FROM accounts WHERE id = 1")
        await tx.execute("UPDATE accounts SET amount = %s WHERE id = 1", (amount + 1,))

    async with cluster_of(steady) as cluster:
        before = await cluster.fetch_value("SELECT amount FROM accounts WHERE id = 1")
        await asyncio.gather(*(cluster.run(move, isolation="serializable") for _ in range(6)))
        assert await cluster.fetch_value("SELECT amount FROM accounts WHERE id = 1") == before + 6


async def test_a_mistake_is_not_done_again(steady: Pair) -> None:
    calls = []

    async def mistaken(tx: Transaction) -> None:
        calls.append(1)
        await tx.execute("SELECT %s", ())

    async with cluster_of(steady) as cluster:
        with pytest.raises(psycopg.ProgrammingError):
            await cluster.run(mistaken)
    assert len(calls) == 1


async def test_rows_stream_and_a_reader_may_stop_early(steady: Pair) -> None:
    async with cluster_of(steady) as cluster:
        rows = [n async for (n,) in cluster.stream("SELECT generate_series(1, 5000)", batch=700)]
        assert rows == list(range(1, 5001))
        async with aclosing(cluster.stream("SELECT generate_series(1, 5000)", to="standby")) as some:
            async for (n,) in some:
                if n == 10:
                    break
        assert all(not pool.in_use for pool in cluster._router.pools)


async def test_copy_goes_in_and_out_as_bytes_and_rows(steady: Pair) -> None:
    async with cluster_of(steady) as cluster:
        assert await cluster.copy_in("COPY numbers FROM STDIN", [b"300\n301\n", "302\n"]) == 3
        rows = ((n,) for n in range(303, 306))
        binary = "COPY numbers FROM STDIN WITH (FORMAT BINARY)"
        assert await cluster.copy_rows_in(binary, rows, types=["int8"]) == 3
        out = "COPY (SELECT n FROM numbers WHERE n BETWEEN 300 AND 305 ORDER BY n) TO STDOUT"
        assert b"".join([chunk async for chunk in cluster.copy_out(out)]) == b"300\n301\n302\n303\n304\n305\n"
        values = [row async for row in cluster.copy_rows_out(out + " WITH (FORMAT BINARY)", types=["int8"])]
        assert values == [(n,) for n in range(300, 306)]

        def broken() -> object:
            yield b"400\n"
            raise KeyError

        with pytest.raises(KeyError):
            await cluster.copy_in("COPY numbers FROM STDIN", broken())  # type: ignore[arg-type]
        assert await cluster.execute("DELETE FROM numbers WHERE n >= 300") == 6


async def test_a_deadline_ends_a_statement_and_keeps_its_connection(steady: Pair) -> None:
    async with cluster_of(steady) as cluster:
        pid = await cluster.fetch_value("SELECT pg_backend_pid()")
        with pytest.raises(TimedOut):
            await cluster.execute("SELECT pg_sleep(30)", timeout=0.3)
        assert await cluster.fetch_value("SELECT pg_backend_pid()") == pid


async def test_waiting_is_bounded_in_time_and_number(steady: Pair) -> None:
    options = Options(pool_size=1, max_waiting=1, patience=5.0)
    async with cluster_of(steady, options) as cluster, cluster.connection():
        with pytest.raises(Busy, match="none of 1 got free"):
            await cluster.fetch("SELECT 1", timeout=0.2)
        waiting = asyncio.create_task(cluster.fetch("SELECT 1", timeout=1.0))
        await asyncio.sleep(0.1)
        with pytest.raises(Busy, match="1 callers wait already"):
            await cluster.fetch("SELECT 1")
        with pytest.raises(Busy):
            await waiting


async def test_nobody_there_is_said_in_time() -> None:
    async with Cluster("host=127.0.0.1 port=1 user=app password=sesame") as cluster:
        with pytest.raises(Unavailable, match="127.0.0.1:1 unknown") as caught:
            await cluster.fetch("SELECT 1", timeout=0.5)
    assert "sesame" not in str(caught.value) + repr(cluster)


async def test_cancelling_anywhere_leaks_no_connection_and_no_lock(steady: Pair) -> None:
    async def work(tx: Transaction) -> None:
        await tx.execute("SELECT pg_advisory_xact_lock(1)")
        await tx.execute("INSERT INTO numbers VALUES (500)")
        await tx.execute("SELECT pg_sleep(0.002)")
        await tx.execute("DELETE FROM numbers WHERE n = 500")

    async with cluster_of(steady, Options(pool_size=2, patience=20.0)) as cluster:
        await cluster.run(work)
        for step in range(60):
            task = asyncio.create_task(cluster.run(work))
            await asyncio.sleep(step * 0.0004)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await asyncio.wait_for(asyncio.gather(*(cluster.run(work) for _ in range(4))), 10)
        assert all(not pool.in_use and not pool.waiting for pool in cluster._router.pools)
        held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
        assert await cluster.fetch_value(held) == 0


async def test_many_tasks_share_few_connections(steady: Pair) -> None:
    async with cluster_of(steady, Options(pool_size=10)) as cluster:
        values = await asyncio.gather(*(cluster.fetch_value("SELECT %s::int", (n,)) for n in range(1000)))
        assert values == list(range(1000))
