"""COPY in and out of a million rows, and streaming them, beside psql, asyncpg and bare psycopg.

`CLIENT_STREAM_ROWS=10000000 python -m benchmarks client-copy --only stream` streams ten million; `CLIENT_ROWS` says how
many are copied.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.client_bed import conninfo, is_installed, running_pair, target, url
from benchmarks.figures import Row, Value
from pgclient import Cluster
from tests.database.pgclient.servers import Pair

ROWS = int(os.environ.get("CLIENT_ROWS", "1000000"))
STREAM_ROWS = int(os.environ.get("CLIENT_STREAM_ROWS", "1000000"))
ROUNDS = 3
COLUMNS = "(a bigint, b text, c double precision)"
TYPES = ["int8", "text", "float8"]
OUT, IN = "COPY copied TO STDOUT", "COPY copied FROM STDIN"
BINARY = " (FORMAT BINARY)"

Work = Callable[[], Awaitable[object]]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("--only", default=",".join(PARTS), help="separated by commas: " + ", ".join(PARTS))


def run(options: argparse.Namespace) -> list[Row]:
    """All rows."""
    with running_pair() as pair:
        pair.a.sql(f"CREATE UNLOGGED TABLE copied {COLUMNS}; GRANT ALL ON copied TO app")
        return asyncio.run(_rows(pair, options.only.split(",")))


async def _rows(pair: Pair, parts: list[str]) -> list[Row]:
    async with Cluster(target(pair)) as cluster:
        return [row for part in parts for row in await PARTS[part](pair, cluster)]


def _fill(pair: Pair, rows: int) -> None:
    pair.a.sql("TRUNCATE copied")
    fill = "INSERT INTO copied SELECT n, 'row number ' || n, n / 8.0 FROM generate_series(1, ROWS) n"
    pair.a.sql(fill.replace("ROWS", str(rows)))


async def _bytes(pair: Pair, cluster: Cluster) -> list[Row]:
    file = pair.a.server.home / "rows"
    with file.open("w") as lines:
        lines.writelines(f"{n}\trow number {n}\t{n / 8}\n" for n in range(ROWS))
    return [await _bytes_in(pair, cluster, file), await _bytes_out(pair, cluster)]


async def _records(pair: Pair, cluster: Cluster) -> list[Row]:
    return [await _records_in(pair, cluster), await _records_out(pair, cluster)]


async def _bytes_in(pair: Pair, cluster: Cluster, file: Path) -> Row:
    def empty() -> None:
        pair.a.sql("TRUNCATE copied")

    ours, psql = await _compare(
        lambda: cluster.copy_in(IN, _chunks(file)), lambda: _psql(pair, rf"\copy copied from '{file}'"), before=empty
    )
    return Row(f"COPY in, text, {ROWS:_} rows as bytes", "s", ours, psql.median / 0.9, {"psql \\copy": psql})


async def _bytes_out(pair: Pair, cluster: Cluster) -> Row:
    ours, psql = await _compare(
        lambda: _drain(cluster.copy_out(OUT)), lambda: _psql(pair, r"\copy copied to '/dev/null'")
    )
    return Row(f"COPY out, text, {ROWS:_} rows as bytes", "s", ours, psql.median / 0.9, {"psql \\copy": psql})


async def _records_in(pair: Pair, cluster: Cluster) -> Row:
    records = [(n, f"row number {n}", n / 8) for n in range(ROWS)]

    def empty() -> None:
        pair.a.sql("TRUNCATE copied")

    ours_alone = lambda: cluster.copy_rows_in(IN + BINARY, records, types=TYPES)  # noqa: E731
    what = f"COPY in, binary, {ROWS:_} rows as tuples"
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
    return Row(f"COPY out, binary, {ROWS:_} rows as tuples", "s", ours, peer.median / 0.9, {"psycopg, bare": peer})


async def _stream(pair: Pair, cluster: Cluster) -> list[Row]:
    import psycopg

    query = "SELECT a, b, c FROM copied"
    await asyncio.to_thread(_fill, pair, STREAM_ROWS)
    grown: list[float] = []
    async with await psycopg.AsyncConnection.connect(conninfo(pair)) as connection:

        async def ours() -> None:
            with _watched_memory(grown):
                await _drain(cluster.stream(query, batch=1000))

        async def bare() -> None:
            async with connection.transaction(), connection.cursor("bare") as cursor:
                cursor.itersize = 1000
                await cursor.execute(query)
                await _drain(cursor)

        taken, peer = await _compare(ours, bare, rounds=ROUNDS if STREAM_ROWS <= 1_000_000 else 1)
    what = f"streaming {STREAM_ROWS:_} rows, 1000 a round trip"
    return [
        Row(what, "s", taken, peer.median / 0.9, {"psycopg, bare": peer}),
        Row("memory grown by that", "MB", Value.of(grown), 10),
    ]


@contextmanager
def _watched_memory(grown: list[float]) -> Iterator[None]:
    """Adds the most that the process was larger, meanwhile, than at the beginning."""
    ended, before = threading.Event(), _resident()
    most = before

    def watch() -> None:
        nonlocal most
        while not ended.wait(0.05):
            most = max(most, _resident())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        grown.append(max(most, _resident()) - before)


def _resident() -> float:
    """Megabytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


async def _compare(
    ours: Work, peer: Work, before: Callable[[], None] = lambda: None, rounds: int = ROUNDS
) -> tuple[Value, Value]:
    """Seconds of each, in turns, the other one first in each second round."""
    samples: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds):
        for taken, work in list(zip(samples, (ours, peer), strict=True))[:: -1 if number % 2 else 1]:
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


PARTS: dict[str, Callable[[Pair, Cluster], Awaitable[list[Row]]]] = {
    "bytes": _bytes,
    "stream": _stream,
    "records": _records,
}
"""Streaming before tuples: a list of a million of them leaves room that would hide growth."""
