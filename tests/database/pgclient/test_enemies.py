"""What nobody should do to a client, and many do."""

from __future__ import annotations

import asyncio
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import replace
from time import monotonic, sleep

import psycopg
import pytest

from pgclient import (
    BlockingCluster,
    BlockingTransaction,
    Cluster,
    Gap,
    Misconfigured,
    Note,
    Transaction,
    Unavailable,
)
from tests.database.pgclient.conftest import BRISK, target, until
from tests.database.pgclient.proxy import Proxy
from tests.database.pgclient.servers import Pair
from tests.database.pgclient.test_failover import in_thread, proxied

FEW = replace(BRISK, pool_size=2)


def cluster_of(pair: Pair, user: str = "app") -> Cluster:
    return Cluster(target(pair.a.port, pair.b.port, user=user), options=FEW)


async def test_closing_ends_those_who_work_and_those_who_wait(steady: Pair) -> None:
    cluster = cluster_of(steady)
    await cluster.open()
    notes = cluster.listen("closing")
    await notes.__aenter__()
    hearing = asyncio.create_task(notes.__anext__())
    working = [asyncio.create_task(cluster.fetch("SELECT pg_sleep(30)")) for _ in range(2)]
    await until(lambda: cluster.statistics()[0].in_use == 2)
    waiting = [asyncio.create_task(cluster.fetch("SELECT 1")) for _ in range(5)]
    waiting += [asyncio.create_task(cluster.execute("UPDATE accounts SET amount = amount")) for _ in range(5)]
    await asyncio.sleep(0.05)
    began = monotonic()
    await cluster.close()
    answers = await asyncio.gather(*working, *waiting, hearing, return_exceptions=True)
    assert monotonic() - began < 3
    assert all(isinstance(answer, psycopg.OperationalError) for answer in answers[:2])
    assert all(isinstance(answer, Unavailable) for answer in answers[2:-1])
    assert isinstance(answers[-1], StopAsyncIteration)
    with pytest.raises(Unavailable, match="not open"):
        await cluster.fetch("SELECT 1")
    with pytest.raises(Unavailable, match="not open"):
        await anext(cluster.listen("closed"))


def test_a_cluster_may_be_opened_again_in_another_event_loop_but_not_used_in_two(steady: Pair) -> None:
    cluster = cluster_of(steady)

    async def use() -> object:
        async with cluster, cluster.listen("again") as notes:
            await cluster.notify("again", "x")
            note = await asyncio.wait_for(anext(notes), 5)
            assert isinstance(note, Note)
            return await cluster.fetch_value("SELECT 1")

    async def use_there() -> None:
        await cluster.fetch("SELECT 1")

    async def use_in_two() -> None:
        async with cluster:
            await cluster.fetch("SELECT 1")
            with pytest.raises(Misconfigured, match="another event loop"):
                await asyncio.to_thread(asyncio.run, use_there())

    assert [asyncio.run(use()) for _ in range(2)] == [1, 1]
    asyncio.run(use_in_two())

    async def forget_to_close() -> None:
        await cluster.open()
        await cluster.fetch("SELECT 1")

    asyncio.run(forget_to_close())
    with pytest.raises(Misconfigured, match="another event loop"):
        asyncio.run(cluster.open())


def test_a_forked_child_is_told_and_leaves_its_parent_in_peace(steady: Pair) -> None:
    with BlockingCluster(target(steady.a.port, steady.b.port), options=BRISK) as cluster:
        assert cluster.fetch_value("SELECT 1") == 1
        child = os.fork()
        if child == 0:
            try:
                cluster.fetch("SELECT 1")
            except RuntimeError as error:
                cluster.close()
                os._exit(0 if "forked" in str(error) else 1)
            os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert cluster.fetch_value("SELECT 2") == 2
        assert cluster.statistics()[0].counts.connected == 1


def test_many_threads_share_a_blocking_cluster_and_nested_calls_do_not_stop_each_other(steady: Pair) -> None:
    with BlockingCluster(target(steady.a.port, steady.b.port), options=replace(BRISK, pool_size=50)) as cluster:
        all_there = threading.Barrier(20)

        def outer(tx: BlockingTransaction) -> int:
            all_there.wait(20)
            assert threading.current_thread().name.startswith("caller")
            return int(cluster.run(lambda inner: inner.fetch_value("SELECT 1"))) + int(tx.fetch_value("SELECT 1"))

        with ThreadPoolExecutor(20, thread_name_prefix="caller") as threads:
            assert list(threads.map(lambda _: cluster.run(outer), range(20))) == [2] * 20


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_in_a_block_rolls_back_and_hurts_nobody_else(steady: Pair, end: type[BaseException]) -> None:
    def insert(tx: BlockingTransaction) -> None:
        tx.execute("INSERT INTO numbers VALUES (710)")
        raise end

    with BlockingCluster(target(steady.a.port, steady.b.port), options=BRISK) as cluster:
        with pytest.raises(end), cluster.transaction() as tx:
            insert(tx)
        with pytest.raises(end):
            cluster.run(insert)
        assert cluster.fetch("SELECT n FROM numbers WHERE n = 710") == []


def test_closing_ends_the_calls_of_other_threads(steady: Pair) -> None:
    cluster = BlockingCluster(target(steady.a.port, steady.b.port), options=replace(BRISK, pool_size=1))
    cluster.open()
    notes = cluster.listen("threads")
    with ThreadPoolExecutor(4) as threads:
        calls = [threads.submit(cluster.execute, "SELECT pg_sleep(30)") for _ in range(2)]
        calls.append(threads.submit(lambda: list(notes)))
        while (cluster.statistics()[0].in_use, cluster.statistics()[0].waiting) != (1, 1):
            sleep(0.01)
        cluster.close()
        ended = [call.exception(5) for call in calls]
    assert all(isinstance(error, (psycopg.OperationalError, Unavailable)) for error in ended[:2])
    assert ended[2] is None


async def test_two_thousand_channels_follow_a_lost_session(steady: Pair) -> None:
    channels = [f"channel {n}" for n in range(2000)]
    async with proxied(steady) as (one, _, cluster), cluster.listen(*channels) as notes:
        async with cluster.listen("channel 7", "other") as other:
            await cluster.notify("channel 7", "x")
            for heard in (await anext(notes), await anext(other)):
                assert isinstance(heard, Note)
                assert (heard.channel, heard.payload) == ("channel 7", "x")
        one.cut()
        gaps = [await asyncio.wait_for(anext(notes), 20) for _ in channels]
        assert {gap.channel for gap in gaps if isinstance(gap, Gap)} == set(channels)
        await cluster.notify("channel 1999", "y" * 7999)
        note = await asyncio.wait_for(anext(notes), 5)
        assert isinstance(note, Note)
        assert len(note.payload) == 7999
        with pytest.raises(Misconfigured, match="8000 bytes"):
            await cluster.notify("channel 1", "y" * 8000)
        with pytest.raises(Misconfigured, match="no channel"):
            cluster.listen()


async def test_a_notification_in_a_transaction_waits_for_its_commit(steady: Pair) -> None:
    async with cluster_of(steady) as cluster, cluster.listen("orders") as notes:
        with pytest.raises(KeyError):
            await cluster.run(_notify_and_fail)
        async with cluster.transaction() as tx:
            await tx.notify("orders", "kept")
            with pytest.raises(Misconfigured, match="8000 bytes"):
                await tx.notify("orders", "x" * 8000)
        note = await asyncio.wait_for(anext(notes), 5)
        assert isinstance(note, Note)
        assert note.payload == "kept"


async def _notify_and_fail(tx: Transaction) -> None:
    await tx.notify("orders", "dropped")
    raise KeyError


async def test_a_copy_that_is_cut_in_the_middle_leaves_nothing_and_says_so(steady: Pair) -> None:
    async with proxied(steady, FEW) as (one, _, cluster):
        await cluster.fetch("SELECT 1")

        async def rows() -> object:
            for n in range(100_000, 400_000):
                if n == 250_000:
                    one.cut()
                    await asyncio.sleep(0.05)
                yield (n,)

        with pytest.raises(psycopg.OperationalError):
            await cluster.copy_rows_in("COPY numbers FROM STDIN (FORMAT BINARY)", rows(), types=["int8"])  # type: ignore[arg-type]
        assert await cluster.fetch_value("SELECT count(*) FROM numbers WHERE n >= 100000") == 0

        async def read() -> None:
            async with aclosing(cluster.copy_out("COPY (SELECT generate_series(1, 3000000)) TO STDOUT")) as chunks:
                async for _ in chunks:
                    one.cut()

        with pytest.raises(psycopg.OperationalError):
            await read()
        assert await cluster.fetch_value("SELECT 1") == 1
        assert not any(host.in_use for host in cluster.statistics())


async def test_a_reader_who_leaves_a_copy_or_is_cancelled_in_it_gives_its_connection_back(steady: Pair) -> None:
    query = "COPY (SELECT generate_series(1, 300000)) TO STDOUT"
    async with cluster_of(steady) as cluster:
        async with aclosing(cluster.copy_out(query)) as chunks:
            await anext(chunks)

        async def read(step: int) -> None:
            async with aclosing(cluster.copy_rows_out(query)) as rows:
                async for _ in rows:
                    await asyncio.sleep(0)

        for step in range(5):
            task = asyncio.create_task(read(step))
            await asyncio.sleep(0.02 * step)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        assert await asyncio.gather(*(cluster.fetch_value("SELECT 1") for _ in range(4))) == [1] * 4
        for _ in range(500):
            if not any(host.in_use for host in cluster.statistics()):
                return
            await asyncio.sleep(0.01)
        raise AssertionError(f"something is still in use: {cluster.statistics()}")


async def test_a_cursor_whose_host_is_replaced_fails_at_once_and_a_stream_on_the_standby_goes_on(pair: Pair) -> None:
    """The standby's sessions outlive its promotion, the primary's do not."""
    query = "SELECT generate_series(1, 20000)"
    async with Cluster(target(pair.a.port, pair.b.port), options=BRISK) as cluster:
        async with aclosing(cluster.stream(query, batch=100)) as on_primary:
            async with aclosing(cluster.stream(query, batch=100, to="standby")) as on_standby:
                assert [await anext(on_primary), await anext(on_standby)] == [(1,), (1,)]
                pair.a.freeze()
                await in_thread(pair.b.promote)
                assert [n async for (n,) in on_standby] == list(range(2, 20001))
            began = monotonic()
            with pytest.raises(psycopg.OperationalError):
                async for _ in on_primary:
                    pass
            assert monotonic() - began < 3
        pair.a.thaw()
        assert await cluster.execute("INSERT INTO numbers VALUES (1)") == 1


async def test_secrets_are_in_no_error_and_no_log(steady: Pair, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    wrong = replace(target(steady.a.port), options={"user": "app", "password": "open-sesame", "dbname": "nowhere"})
    async with Cluster(wrong, options=BRISK) as cluster:
        await until(lambda: all(host.seen_at for host in cluster.topology.hosts))
        with pytest.raises(Unavailable) as caught:
            await cluster.fetch("SELECT 1", timeout=0.5)
        told = f"{caught.value!r} {caught.value} {cluster!r} {cluster.topology} {cluster.statistics()}"
    assert "nowhere" in told, "the server's word is passed on"
    assert "open-sesame" not in told + caplog.text


async def test_what_is_delayed_is_late_and_what_is_refused_is_not_asked(steady: Pair) -> None:
    async with proxied(steady) as (one, two, cluster):
        await cluster.fetch("SELECT 1", to="standby")
        one.delay = 0.15
        assert await asyncio.gather(*(cluster.fetch_value("SELECT %s::int", (n,)) for n in range(20))) == list(
            range(20)
        )
        one.delay = 0.0
        await two.refuse()
        assert await cluster.fetch_value("SELECT pg_is_in_recovery()", to="prefer-standby") is False
        with pytest.raises(Unavailable, match="cannot reach a standby"):
            await cluster.fetch("SELECT 1", to="standby", timeout=0.6)
        again = Proxy(steady.b.port, two.port)
        await again.start()
        try:
            assert await cluster.fetch_value("SELECT pg_is_in_recovery()", to="standby", timeout=10) is True
        finally:
            await again.stop()
