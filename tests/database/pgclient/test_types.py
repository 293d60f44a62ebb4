"""Values, rows, cursors, two phases, and what others may watch."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from uuid import UUID

import psycopg
import pydantic
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import CollectorRegistry, generate_latest
from psycopg.rows import namedtuple_row
from psycopg.types.range import Range

from pgclient import Cluster, Misconfigured, Options, Transaction, metrics, tracing, types
from tests.database.pgclient.conftest import BRISK, target, until
from tests.database.pgclient.proxy import Proxy
from tests.database.pgclient.servers import Pair


def cluster_of(pair: Pair, options: Options = BRISK) -> Cluster:
    return Cluster(target(pair.a.port, pair.b.port), options=options)


@dataclass
class Account:
    id: int
    amount: int


class Checked(pydantic.BaseModel):
    id: int
    amount: str


async def test_values_of_every_kind_come_back_as_they_went(steady: Pair) -> None:
    values = [
        {"a": [1, None, "ä"]},
        UUID("11111111-2222-3333-4444-555555555555"),
        Decimal("12345678901234567890.000001"),
        [[1, 2], [3, 4]],
        Range(date(2026, 1, 1), date(2026, 2, 1)),
        b"\x00\xff",
    ]
    casts = ["jsonb", "uuid", "numeric", "int[]", "daterange", "bytea"]
    async with cluster_of(steady) as cluster:
        for value, cast in zip(values, casts, strict=True):
            sent = psycopg.types.json.Jsonb(value) if cast == "jsonb" else value
            assert await cluster.fetch_value(f"SELECT %s::{cast}", (sent,)) == value
            async with cluster.transaction() as tx:
                assert await tx.fetch_value(f"SELECT %s::{cast}", (sent,)) == value


async def test_rows_come_as_tuples_dicts_named_tuples_dataclasses_and_models(steady: Pair) -> None:
    query = "SELECT id, amount FROM accounts WHERE id = 7"
    async with cluster_of(steady) as cluster, cluster.transaction(read_only=True) as tx:
        amount = await cluster.fetch_value("SELECT amount FROM accounts WHERE id = 7")
        assert await cluster.fetch_one(query, row_factory=dict) == {"id": 7, "amount": amount}
        assert await tx.fetch_one(query, row_factory=Account) == Account(7, amount)
        assert (await cluster.fetch(query, row_factory=namedtuple_row))[0].amount == amount
        with pytest.raises(pydantic.ValidationError):
            await cluster.fetch_one(query, row_factory=Checked)
        text = "SELECT id, amount::text FROM accounts WHERE id = 7"
        assert await cluster.fetch_one(text, row_factory=Checked) == Checked(id=7, amount=str(amount))
        assert [row async for row in tx.stream(query, row_factory=Account)] == [Account(7, amount)]


async def test_types_that_the_server_numbers_are_known_on_each_session(steady: Pair) -> None:
    steady.a.sql(
        "CREATE EXTENSION hstore; CREATE TYPE mood AS ENUM ('fine', 'bad'); CREATE TYPE pair AS (a int, b text)"
    )
    steady.a.sql("CREATE TYPE floats AS RANGE (subtype = float8)")
    try:
        on_connect = types.known("hstore", "mood", "pair", "floats")
        async with cluster_of(steady, replace(BRISK, on_connect=on_connect)) as cluster:
            assert await cluster.fetch_value("SELECT %s::hstore", ({"a": "1", "b": None},)) == {"a": "1", "b": None}
            mood = await cluster.fetch_value("SELECT 'bad'::mood")
            assert mood.name == "bad"
            assert tuple(await cluster.fetch_value("SELECT (1, 'x')::pair")) == (1, "x")
            assert await cluster.fetch_value("SELECT '[1,2)'::floats") == Range(1.0, 2.0)
        wrong = replace(BRISK, on_connect=types.known("nowhere"))
        async with cluster_of(steady, wrong) as cluster:
            patient = asyncio.create_task(cluster.fetch("SELECT 1", timeout=60))
            await until(lambda: cluster.statistics()[0].counts.failed > 0)
            with pytest.raises(Exception, match="cannot use the type nowhere"):
                await cluster.fetch("SELECT 1", timeout=0.1)
            patient.cancel()
            await asyncio.gather(patient, return_exceptions=True)
    finally:
        steady.a.sql("DROP EXTENSION hstore; DROP TYPE mood, pair, floats")


async def test_geometries_are_shapely_objects(steady: Pair) -> None:
    shapely = pytest.importorskip("shapely")
    if not steady.a.sql("SELECT 1 FROM pg_available_extensions WHERE name = 'postgis'"):
        pytest.skip("PostGIS is not installed here")
    steady.a.sql("CREATE EXTENSION postgis")
    try:
        async with cluster_of(steady, replace(BRISK, on_connect=types.known("geometry"))) as cluster:
            point = shapely.Point(1.5, 2.5)
            assert await cluster.fetch_value("SELECT ST_Translate(%s, 1, 0)", (point,)) == shapely.Point(2.5, 2.5)
    finally:
        steady.a.sql("DROP EXTENSION postgis")


async def test_a_cursor_scrolls_both_ways(steady: Pair) -> None:
    async with (
        cluster_of(steady) as cluster,
        cluster.transaction(to="standby") as tx,
        tx.cursor("SELECT generate_series(1, %s)", (100,)) as cursor,
    ):
        await cursor.scroll(49)
        assert await cursor.fetchone() == (50,)
        await cursor.scroll(-10)
        assert await cursor.fetchone() == (41,)
        await cursor.scroll(0, "absolute")
        assert await cursor.fetchmany(2) == [(1,), (2,)]


async def test_two_phases(steady: Pair) -> None:
    async with cluster_of(steady) as cluster:
        async with cluster.transaction(prepare_as="order 1") as tx:
            await tx.execute("INSERT INTO numbers VALUES (900)")
        async with cluster.transaction(prepare_as="order 2") as tx:
            await tx.execute("INSERT INTO numbers VALUES (901)")
        assert await cluster.prepared() == ["order 1", "order 2"]
        assert await cluster.fetch("SELECT n FROM numbers WHERE n >= 900") == []
        await cluster.commit_prepared("order 1")
        await cluster.rollback_prepared("order 2")
        assert await cluster.prepared() == []
        assert await cluster.fetch("DELETE FROM numbers WHERE n >= 900 RETURNING n") == [(900,)]
        with pytest.raises(psycopg.errors.UndefinedObject):
            await cluster.commit_prepared("order 1")
        with pytest.raises(Misconfigured, match="1 to 199 bytes"):
            async with cluster.transaction(prepare_as="x" * 200):
                pass


async def test_a_phase_whose_answer_got_lost_is_found_out(steady: Pair) -> None:
    proxy = Proxy(steady.a.port)
    await proxy.start()
    try:
        async with Cluster(target(proxy.port), options=BRISK) as cluster:
            async with cluster.transaction(prepare_as="lost") as tx:
                await tx.execute("INSERT INTO numbers VALUES (902)")
                proxy.cut_on = b"PREPARE TRANSACTION"
            proxy.cut_on = b"COMMIT PREPARED"
            ending = asyncio.create_task(cluster.commit_prepared("lost"))
            await asyncio.sleep(0.3)
            proxy.cut_on = b""
            await ending
            assert await cluster.fetch("DELETE FROM numbers WHERE n = 902 RETURNING n") == [(902,)]
    finally:
        await proxy.stop()


async def test_who_holds_a_connection_for_long_is_named(steady: Pair, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "pgclient")
    async with cluster_of(steady, replace(BRISK, warn_held_for=0.1)) as cluster:
        async with cluster.transaction() as tx:
            await tx.fetch("SELECT 1")
            await asyncio.sleep(0.3)
        async with cluster.connection():
            pass
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 1
    assert "test_types.py" in told[0]
    assert "test_who_holds_a_connection_for_long_is_named" in told[0]


@asynccontextmanager
async def watched(pair: Pair) -> AsyncIterator[tuple[Cluster, InMemorySpanExporter]]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace = tracing.spans(provider.get_tracer("test"))
    async with cluster_of(pair, replace(BRISK, trace=trace)) as cluster:
        yield cluster, exporter


async def test_spans_hold_statements_and_errors_and_no_parameters(steady: Pair) -> None:
    async with watched(steady) as (cluster, exporter):
        await cluster.fetch_value("SELECT %s::text", ("a secret",))
        with pytest.raises(psycopg.errors.DivisionByZero):
            await cluster.fetch("SELECT 1 / 0")

        async def work(tx: Transaction) -> None:
            await tx.execute("UPDATE accounts SET amount = amount WHERE id = 1")

        await cluster.run(work)
    spans = exporter.get_finished_spans()
    assert [span.name for span in spans] == ["fetch_value SELECT", "fetch SELECT", "run"]
    assert spans[0].attributes
    assert spans[0].attributes["db.query.text"] == "SELECT %s::text"
    assert "secret" not in "".join(span.to_json() for span in spans)
    assert not spans[1].status.is_ok


async def test_figures_can_be_read(steady: Pair) -> None:
    async with cluster_of(steady) as cluster:
        await cluster.fetch("SELECT 1")
        await cluster.fetch("SELECT 1", to="standby")
        registry = CollectorRegistry()
        registry.register(metrics.Collector(cluster))
        text = generate_latest(registry).decode()
    assert f'pgclient_primary{{host="127.0.0.1:{steady.a.port}"}} 1.0' in text
    assert f'pgclient_primary{{host="127.0.0.1:{steady.b.port}"}} 0.0' in text
    assert f'pgclient_connected_total{{host="127.0.0.1:{steady.a.port}"}} 1.0' in text
