"""COPY in and out of a million rows, and streaming them, beside psql, asyncpg and bare psycopg."""

from __future__ import annotations

import asyncio
import os
import resource
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.client_bed import conninfo, is_installed, running_pair, target, url
from benchmarks.figures import Row, Value
from pgclient import Cluster
from tests.database.pgclient.servers import Pair

ROWS = 1_000_000
ROUNDS = 2
COLUMNS = "(a bigint, b text, c double precision)"
TYPES = ["int8", "text", "float8"]
OUT, IN = "COPY copied TO STDOUT", "COPY copied FROM STDIN"
BINARY = " (FORMAT BINARY)"

Work = Callable[[], Awaitable[object]]


def run() -> list[Row]:
    """All rows."""
    with running_pair() as pair:
        pair.a.sql(f"CREATE UNLOGGED TABLE copied {COLUMNS}; GRANT ALL ON copied TO app")
        file = pair.a.server.home / "rows"
        with file.open("w") as lines:
            lines.writelines(f"{n}\trow number {n}\t{n / 8}\n" for n in range(ROWS))
        return asyncio.run(_rows(pair, file))


async def _rows(pair: Pair, file: Path) -> list[Row]:
    async with Cluster(target(pair)) as cluster:
        rows = [await _bytes_in(pair, cluster, file), await _bytes_out(pair, cluster)]
        rows.append(await _records_in(pair, cluster))
        rows.append(await _records_out(pair, cluster))
        rows += await _stream(pair, cluster)
        return rows


async def _bytes_in(pair: Pair, cluster: Cluster, file: Path) -> Row:
    def empty() -> None:
        pair.a.sql("TRUNCATE copied")

    ours, psql = await _compare(
        lambda: cluster.copy_in(IN, _chunks(file)), lambda: _psql(pair, rf"\copy copied from '{file}'"), before=empty
    )
    return Row("COPY in, text, a million rows as bytes", "s", ours, psql.median / 0.9, {"psql \\copy": psql})


async def _bytes_out(pair: Pair, cluster: Cluster) -> Row:
    ours, psql = await _compare(
        lambda: _drain(cluster.copy_out(OUT)), lambda: _psql(pair, r"\copy copied to '/dev/null'")
    )
    return Row("COPY out, text, a million rows as bytes", "s", ours, psql.median / 0.9, {"psql \\copy": psql})


async def _records_in(pair: Pair, cluster: Cluster) -> Row:
    records = [(n, f"row number {n}", n / 8) for n in range(ROWS)]

    def empty() -> None:
        pair.a.sql("TRUNCATE copied")

    ours_alone = lambda: cluster.copy_rows_in(IN + BINARY, records, types=TYPES)  # noqa: E731
    what = "COPY in, binary, a million rows as tuples"
    if not is_installed("asyncpg"):
        return Row(what, "s", (await _compare(ours_alone, ours_alone, before=empty))[0])
    import asyncpg

    connection = await asyncpg.connect(url(pair, "postgresql"))
    ours, peer = await _compare(
        ours_alone, lambda: connection.copy_records_to_table("copied", records=records), before=empty
    )
    await connection.close()
    return Row(what, "s", ours, peer.median, {"asyncpg": peer})


async def _records_out(pair: Pair, cluster: Cluster) -> Row:
    import psycopg

    async with await psycopg.AsyncConnection.connect(conninfo(pair)) as connection:

        async def bare() -> None:
            async with connection.cursor() as cursor, cursor.copy(OUT + BINARY) as copy:
                copy.set_types(TYPES)
                await _drain(copy.rows())

        ours, peer = await _compare(lambda: _drain(cluster.copy_rows_out(OUT + BINARY, types=TYPES)), bare)
    return Row("COPY out, binary, a million rows as tuples", "s", ours, peer.median / 0.9, {"psycopg, bare": peer})


async def _stream(pair: Pair, cluster: Cluster) -> list[Row]:
    import psycopg

    query = "SELECT a, b, c FROM copied"
    async with await psycopg.AsyncConnection.connect(conninfo(pair)) as connection:

        async def bare() -> None:
            async with connection.transaction(), connection.cursor("bare") as cursor:
                cursor.itersize = 1000
                await cursor.execute(query)
                await _drain(cursor)

        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        ours, peer = await _compare(lambda: _drain(cluster.stream(query, batch=1000)), bare)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return [
        Row("streaming a million rows, 1000 a round trip", "s", ours, peer.median / 0.9, {"psycopg, bare": peer}),
        Row("memory grown by that", "MB", Value.of([grown]), 10),
    ]


async def _compare(ours: Work, peer: Work, before: Callable[[], None] = lambda: None) -> tuple[Value, Value]:
    """Seconds of each, in turns."""
    samples: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for taken, work in zip(samples, (ours, peer), strict=True):
            await asyncio.to_thread(before)
            began = perf_counter()
            await work()
            taken.append(perf_counter() - began)
    return Value.of(samples[0]), Value.of(samples[1])


def _chunks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while chunk := opened.read(1 << 17):
            yield chunk


async def _drain(things: Any) -> None:
    if isinstance(things, AsyncIterator) and hasattr(things, "aclose"):
        async with aclosing(things) as closing:
            async for _ in closing:
                pass
    else:
        async for _ in things:
            pass


async def _psql(pair: Pair, command: str) -> None:
    environment = {**os.environ, "PGPASSWORD": "sesame"}
    psql = [str(pair.a.server.binaries / "psql"), "-q", "-c", command, conninfo(pair)]
    await asyncio.to_thread(subprocess.run, psql, check=True, env=environment)
