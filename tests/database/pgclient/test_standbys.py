"""Standbys that fall behind, are promoted under a reader, or are other ones from now on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace

import psycopg
import pytest

from pgclient import Cluster, CommitToken, Route, Transaction, Unavailable
from tests.database.pgclient.conftest import BRISK, target
from tests.database.pgclient.servers import Pair
from tests.database.pgclient.test_failover import in_thread

RECOVERING = "SELECT pg_is_in_recovery()"


@contextmanager
def lagging(pair: Pair) -> Iterator[None]:
    """The standby has the log and does not replay it."""
    pair.b.sql("SELECT pg_wal_replay_pause()")
    try:
        yield
    finally:
        pair.b.sql("SELECT pg_wal_replay_resume()")


@asynccontextmanager
async def both_seen(pair: Pair) -> AsyncIterator[Cluster]:
    async with Cluster(target(pair.a.port, pair.b.port), options=BRISK) as cluster:
        await cluster.fetch("SELECT 1")
        await cluster.fetch("SELECT 1", to="standby")
        yield cluster


async def wait_for_lag(cluster: Cluster, least: int) -> None:
    async for _ in cluster.changes():
        if any((host.lag_bytes or 0) >= least for host in cluster.statistics()):
            return


async def write(cluster: Cluster, n: int) -> CommitToken:
    async with cluster.transaction() as tx:
        await tx.execute("INSERT INTO numbers VALUES (%s)", (n,))
    assert tx.token is not None
    return tx.token


async def test_a_lagging_standby_is_passed_over_by_those_who_mind(steady: Pair) -> None:
    async with both_seen(steady) as cluster:
        with lagging(steady):
            token = await write(cluster, 740)
            find = "SELECT n FROM numbers WHERE n = 740"
            assert await cluster.fetch_value(find, to="standby") is None
            assert await cluster.fetch_value(find, to="prefer-standby", after=token) == 740
            with pytest.raises(Unavailable, match="cannot reach a standby"):
                await cluster.fetch(find, to="standby", after=token, timeout=0.5)
            await wait_for_lag(cluster, 1)
            close = Route("prefer-standby", max_lag_bytes=0)
            assert await cluster.fetch_value(RECOVERING, to=close) is False
            assert await cluster.fetch_value(RECOVERING, to=Route("prefer-standby", max_lag_bytes=10**9)) is True
        assert await cluster.fetch_value(find, to="standby", after=token, timeout=10) == 740
        await cluster.execute("DELETE FROM numbers WHERE n = 740")


async def test_a_standby_promoted_under_an_open_transaction_lets_it_end(pair: Pair) -> None:
    async with both_seen(pair) as cluster:
        async with cluster.transaction(to="standby", isolation="repeatable read") as tx:
            assert await tx.fetch_value(RECOVERING) is True
            await in_thread(pair.a.stop)
            await in_thread(pair.b.promote)
            assert await tx.fetch_value("SELECT count(*) FROM accounts") == 10
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                async with tx.savepoint():
                    await tx.execute("INSERT INTO numbers VALUES (1)")
        await cluster.run(lambda tx: tx.execute("INSERT INTO numbers VALUES (2)"))
        assert pair.b.sql("SELECT n FROM numbers") == [(2,)]


async def test_a_write_on_a_session_whose_server_became_a_standby_is_done_again_elsewhere(steady: Pair) -> None:
    """25006 says that the roles have changed: it is no error of the application."""
    calls: list[int] = []

    async def once_refused(tx: Transaction) -> object:
        calls.append(1)
        if len(calls) == 1:
            await tx.execute("SET TRANSACTION READ ONLY")
        return await tx.execute("UPDATE accounts SET amount = amount WHERE id = 1")

    async with both_seen(steady) as cluster:
        assert await cluster.run(once_refused) == 1
        assert len(calls) == 2


async def test_other_hosts_and_credentials_hold_from_then_on(steady: Pair) -> None:
    async with Cluster(target(steady.b.port), options=BRISK) as cluster, cluster.connection("standby") as held:
        with pytest.raises(Unavailable):
            await cluster.execute("UPDATE accounts SET amount = amount", timeout=0.3)
        await cluster.retarget(target(steady.a.port, steady.b.port))
        assert await cluster.execute("UPDATE accounts SET amount = amount", timeout=10) == 10
        assert (await (await held.execute("SELECT 1")).fetchone()) == (1,), "work under way goes on"
        found = target(steady.a.port, steady.b.port)
        await cluster.retarget(replace(found, options={**found.options, "application_name": "renamed"}))
        name = "SELECT current_setting('application_name')"
        assert await cluster.fetch_value(name, timeout=10) == "renamed"
        assert await cluster.fetch_value(name, to="standby", timeout=10) == "renamed"
