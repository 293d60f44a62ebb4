"""What an application sees of failovers: a wait, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from time import monotonic, sleep

import psycopg
import pytest

from pgclient import Cluster, CommitUnknown, Gap, Note, Options, TimedOut, Transaction, Unavailable
from tests.database.pgclient.conftest import BRISK, target, until
from tests.database.pgclient.proxy import Proxy
from tests.database.pgclient.servers import Node, Pair


class Writers:
    """Tasks that insert one number after the other, each in a transaction of its own."""

    def __init__(self, cluster: Cluster, count: int = 4) -> None:
        self.acknowledged: list[int] = []
        self.errors: list[BaseException] = []
        self.last = monotonic()
        self.longest = 0.0
        self._cluster = cluster
        self.begun = 0
        """The greatest number that a write was begun with."""
        self._tasks = [asyncio.create_task(self._write()) for _ in range(count)]

    async def _write(self) -> None:
        while True:
            self.begun += 1
            n = self.begun

            async def insert(tx: Transaction, n: int = n) -> None:
                await tx.execute("INSERT INTO numbers VALUES (%s)", (n,))

            began = monotonic()
            try:
                await self._cluster.run(insert)
                self.acknowledged.append(n)
            except Exception as error:
                self.errors.append(error)
            self.last = monotonic()
            self.longest = max(self.longest, self.last - began)
            await asyncio.sleep(0.01)

    async def moved(self, since: float, within: float = 15.0) -> float:
        """Seconds from `since` to the next acknowledged write."""
        count = len(self.acknowledged)
        while len(self.acknowledged) == count:
            assert monotonic() - since < within, f"no write within {within} s; errors: {self.errors}"
            await asyncio.sleep(0.005)
        return monotonic() - since

    async def all_moved(self) -> None:
        """Until every task has left behind what it was at."""
        begun = self.begun
        since = monotonic()
        while not self.errors and sum(n <= begun for n in self.acknowledged) < begun:
            assert monotonic() - since < 15, "some writer stands still"
            await asyncio.sleep(0.02)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def writing(cluster: Cluster) -> AsyncIterator[Writers]:
    writers = Writers(cluster)
    try:
        await writers.moved(monotonic())
        yield writers
    finally:
        await writers.stop()


def numbers_on(node: Node) -> set[int]:
    return {int(str(n)) for (n,) in node.sql("SELECT n FROM numbers")}


def wait_for_a_number(node: Node) -> None:
    while not numbers_on(node):
        sleep(0.01)


async def in_thread(work: Callable[[], None]) -> None:
    await asyncio.to_thread(work)


async def test_a_stopped_primary_costs_a_wait_and_no_error(synchronous: Pair) -> None:
    a, b = synchronous.a, synchronous.b
    async with Cluster(target(a.port, b.port), options=BRISK) as cluster, writing(cluster) as writers:
        await cluster.fetch("SELECT 1", to="standby")
        await in_thread(lambda: a.stop("fast"))
        await asyncio.sleep(1)
        await in_thread(b.promote)
        assert await writers.moved(monotonic()) < 5, "who waits for TCP waits for ten"
        await asyncio.sleep(0.3)
        await writers.stop()
        assert writers.errors == []
        assert set(writers.acknowledged) <= numbers_on(b)


async def test_a_crashed_primary_loses_nothing_that_was_acknowledged(synchronous: Pair) -> None:
    a, b = synchronous.a, synchronous.b
    async with Cluster(target(a.port, b.port), options=BRISK) as cluster, writing(cluster) as writers:
        await cluster.fetch("SELECT 1", to="standby")
        await in_thread(lambda: a.stop("immediate"))
        await in_thread(b.promote)
        await writers.moved(monotonic())
        await writers.stop()
        assert writers.errors == []
        assert set(writers.acknowledged) <= numbers_on(b)


async def test_a_frozen_primary_is_left_and_gets_no_write_when_it_thaws(synchronous: Pair) -> None:
    a, b = synchronous.a, synchronous.b
    async with Cluster(target(a.port, b.port), options=BRISK) as cluster, writing(cluster) as writers:
        await cluster.fetch("SELECT 1", to="standby")
        a.freeze()
        await asyncio.sleep(1.5)
        await in_thread(b.promote)
        assert await writers.moved(monotonic()) < 5, "who waits for TCP waits for ten"
        begun = writers.begun
        a.thaw()
        await until(lambda: "fenced" in str(cluster.topology))
        await writers.all_moved()
        await writers.stop()
        assert writers.errors == []
        later = {n for n in writers.acknowledged if n > begun}
        assert later
        assert set(writers.acknowledged) <= numbers_on(b)
        assert not numbers_on(a) & later


async def test_an_old_primary_that_comes_back_is_fenced_even_while_the_new_one_is_away(pair: Pair) -> None:
    a, b = pair.a, pair.b
    async with Cluster(target(a.port, b.port), options=BRISK) as cluster:
        await cluster.execute("INSERT INTO numbers VALUES (1)")
        await in_thread(a.stop)
        await in_thread(b.promote)
        await cluster.execute("INSERT INTO numbers VALUES (2)")
        await in_thread(b.stop)
        await in_thread(a.start)
        with pytest.raises(Unavailable, match="fenced"):
            await cluster.execute("INSERT INTO numbers VALUES (3)", timeout=1.5)
    assert numbers_on(a) == {1}


async def test_a_commit_whose_answer_got_lost_is_found_out_on_the_same_primary(steady: Pair) -> None:
    async with proxied(steady) as (one, _, cluster):
        for n, proxy_does in ((601, "cut_on"), (602, "swallow_on")):
            done: list[int] = []

            async def insert(tx: Transaction, n: int = n, done: list[int] = done, does: str = proxy_does) -> None:
                done.append(n)
                await tx.execute("INSERT INTO numbers VALUES (%s)", (n,))
                if len(done) == 1:
                    setattr(one, does, b"COMMIT")
                else:
                    setattr(one, does, b"")

            task = asyncio.create_task(cluster.run(insert))
            await asyncio.sleep(0.5)
            setattr(one, proxy_does, b"")
            await task
            assert len(done) == (1 if proxy_does == "cut_on" else 2)
            assert await cluster.fetch("DELETE FROM numbers WHERE n = %s RETURNING n", (n,)) == [(n,)]


async def test_a_commit_whose_answer_got_lost_is_found_out_on_the_next_primary(synchronous: Pair) -> None:
    """It reached the old primary and the standby, but not the client; then the standby took over."""
    a, b = synchronous.a, synchronous.b
    async with proxied(synchronous) as (one, _, cluster):
        done = []

        async def insert(tx: Transaction) -> None:
            done.append(1)
            await tx.execute("INSERT INTO numbers VALUES (1)")
            one.cut_on = b"COMMIT"

        await cluster.fetch("SELECT 1", to="standby")
        task = asyncio.create_task(cluster.run(insert))
        await in_thread(lambda: wait_for_a_number(b))
        await one.refuse()
        await in_thread(lambda: a.stop("immediate"))
        await in_thread(b.promote)
        await task
        assert len(done) == 1
        assert numbers_on(b) == {1}


async def test_a_transaction_under_way_ends_at_once_when_its_host_is_replaced(pair: Pair) -> None:
    async with proxied(pair) as (one, _, cluster):

        async def sleep_in_a_transaction() -> None:
            async with cluster.transaction() as tx:
                await tx.execute("SELECT pg_sleep(60)")

        sleeping = asyncio.create_task(sleep_in_a_transaction())
        asleep = "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(6%' AND state = 'active'"
        await until(lambda: bool(pair.a.sql(asleep)))
        one.freeze()
        await in_thread(pair.b.promote)
        began = monotonic()
        with pytest.raises(psycopg.OperationalError):
            await sleeping
        assert monotonic() - began < 3


async def test_a_frozen_host_does_not_hold_a_deadline_up(steady: Pair) -> None:
    async with proxied(steady, replace(BRISK, cancel_grace=0.3)) as (one, _, cluster):
        await cluster.fetch("SELECT 1")
        one.freeze()
        began = monotonic()
        with pytest.raises((TimedOut, Unavailable)):
            await cluster.execute("UPDATE accounts SET amount = amount", timeout=0.5)
        assert monotonic() - began < 2
        one.thaw()
        assert await cluster.fetch_value("SELECT 1") == 1


async def test_a_commit_that_waits_for_a_standby_is_unknown_and_not_cancelled(synchronous: Pair) -> None:
    async def insert(tx: Transaction) -> None:
        await tx.execute("INSERT INTO numbers VALUES (1)")

    async with Cluster(target(synchronous.a.port, synchronous.b.port), options=BRISK) as cluster:
        await cluster.fetch("SELECT 1")
        synchronous.b.freeze()
        with pytest.raises(CommitUnknown, match="whether transaction [0-9]+ was committed"):
            await cluster.run(insert, timeout=2)
        assert numbers_on(synchronous.a) == set()
        synchronous.b.thaw()
        await in_thread(lambda: wait_for_a_number(synchronous.a))


async def test_a_server_that_restarts_every_two_seconds_costs_waits_and_no_error(pair: Pair) -> None:
    """Under load: writers in transactions, readers by single statements on both hosts."""
    read: list[object] = []

    async def reading(cluster: Cluster, to: str) -> None:
        while True:
            read.append(await cluster.fetch_value("SELECT count(*) FROM accounts", to=to, repeatable=True))
            await asyncio.sleep(0.005)

    async with Cluster(target(pair.a.port, pair.b.port), options=BRISK) as cluster, writing(cluster) as writers:
        readers = [asyncio.create_task(reading(cluster, to)) for to in ("primary", "any", "prefer-standby")]
        for mode in ("fast", "immediate", "fast", "immediate"):
            again = monotonic() + 2
            await in_thread(lambda mode=mode: pair.a.stop(mode))  # type: ignore[misc]
            await in_thread(pair.a.start)
            await writers.all_moved()
            await asyncio.sleep(again - monotonic())
        await writers.all_moved()
        await writers.stop()
        assert not any(task.done() for task in readers)
        for task in readers:
            task.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
        assert set(read) == {10}
        assert writers.errors == []
        assert set(writers.acknowledged) <= numbers_on(pair.a)


async def test_idle_sessions_that_the_server_ended_are_replaced_unseen(steady: Pair) -> None:
    async with Cluster(target(steady.a.port, steady.b.port), options=BRISK) as cluster:
        await asyncio.gather(*(cluster.fetch("SELECT pg_sleep(0.05)") for _ in range(5)))
        steady.a.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'")
        async with cluster.transaction() as tx:
            assert await tx.fetch_value("SELECT 1") == 1
        assert await asyncio.gather(*(cluster.fetch_value("SELECT 2") for _ in range(5))) == [2] * 5


async def test_reads_go_on_while_there_is_no_primary(pair: Pair) -> None:
    async with Cluster(target(pair.a.port, pair.b.port), options=BRISK) as cluster:
        assert await cluster.fetch_value("SELECT count(*) FROM accounts", to="prefer-standby") == 10
        await in_thread(pair.a.stop)
        assert await cluster.fetch_value("SELECT count(*) FROM accounts", to="prefer-standby", timeout=3) == 10


async def test_listening_follows_the_primary_and_says_that_there_was_a_gap(pair: Pair) -> None:
    a, b = pair.a, pair.b
    async with (
        Cluster(target(a.port, b.port), options=BRISK) as cluster,
        cluster.listen("jobs", "Mixed Case") as notes,
    ):
        await cluster.notify("jobs", "first")
        await cluster.notify("Mixed Case", "ä" * 3000)
        heard = [await anext(notes), await anext(notes)]
        assert [(note.channel, note.payload) for note in heard if isinstance(note, Note)] == [
            ("jobs", "first"),
            ("Mixed Case", "ä" * 3000),
        ]
        await in_thread(a.stop)
        await in_thread(b.promote)
        gaps = [await asyncio.wait_for(anext(notes), 10) for _ in range(2)]
        assert {gap.channel for gap in gaps if isinstance(gap, Gap)} == {"jobs", "Mixed Case"}
        await cluster.notify("jobs", "second")
        note = await asyncio.wait_for(anext(notes), 5)
        assert isinstance(note, Note)
        assert note.payload == "second"


async def test_a_half_open_listening_session_is_found_within_two_heartbeats(steady: Pair) -> None:
    """Nothing comes, nothing says why: one heartbeat of silence until it is tried out, one more for the answer."""
    proxy = Proxy(steady.a.port)
    await proxy.start()
    beat = 0.5
    try:
        async with (
            Cluster(target(proxy.port), options=replace(BRISK, heartbeat=beat)) as cluster,
            cluster.listen("half") as notes,
        ):
            await cluster.notify("half", "heard")
            assert isinstance(await asyncio.wait_for(anext(notes), 5), Note)
            proxy.forget()
            began = monotonic()
            await in_thread(lambda: steady.a.sql("NOTIFY half, 'lost'"))
            gap = await asyncio.wait_for(anext(notes), 10)
            assert isinstance(gap, Gap)
            assert monotonic() - began < 2 * beat + 0.7, "and the time to connect again"
            await in_thread(lambda: steady.a.sql("NOTIFY half, 'again'"))
            note = await asyncio.wait_for(anext(notes), 5)
            assert isinstance(note, Note)
            assert note.payload == "again"
    finally:
        await proxy.stop()


async def test_subscribing_and_leaving_wait_for_nobody_and_a_slow_listener_gets_a_gap(steady: Pair) -> None:
    async with (
        Cluster(target(steady.a.port, steady.b.port), options=replace(BRISK, max_notes=5)) as cluster,
        cluster.listen("one") as one,
    ):
        async with cluster.listen("two") as two:
            await cluster.notify("two", "x")
            note = await anext(two)
            assert isinstance(note, Note)
            assert (note.channel, note.payload) == ("two", "x")
        for n in range(8):
            await cluster.notify("one", str(n))
        await asyncio.sleep(0.2)
        heard = [await anext(one) for _ in range(2)]
        assert any(isinstance(item, Gap) and "slowly" in item.why for item in heard)


@asynccontextmanager
async def proxied(pair: Pair, options: Options = BRISK) -> AsyncIterator[tuple[Proxy, Proxy, Cluster]]:
    """A cluster that sees both servers through proxies."""
    one, two = Proxy(pair.a.port), Proxy(pair.b.port)
    await one.start()
    await two.start()
    try:
        async with Cluster(target(one.port, two.port), options=options) as cluster:
            yield one, two, cluster
    finally:
        await one.stop()
        await two.stop()
