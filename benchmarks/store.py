"""The datastore against COPY, bare psycopg and hand-written SQL, on 10,000 and 100,000 resources and more.

STORE_SIZES=10000,100000,1000000 names the sizes; the peers run in the same call, on the same server and tables.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import tempfile
import time
import tracemalloc
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.figures import Row, Value
from benchmarks.store_peers import CREATE_TABLES, FINDS, copy_rows, document, edges
from pgclient import Options
from pgstore import System, from_url
from pgstore.query.builder import QueryBuilder
from tests.database.pgclient.servers import Node, make_template

SIZES = [int(size) for size in os.environ.get("STORE_SIZES", "10000,100000").split(",")]
SETTINGS = {"shared_buffers": "512MB", "max_wal_size": "4GB", "maintenance_work_mem": "256MB"}
BATCH = 5000
POINTS = 400
FINDS_EACH = 60
_LOOP = 50


def run() -> list[Row]:
    """All rows."""
    with _server() as node:
        return asyncio.run(_measure(node))


@contextmanager
def _server() -> Iterator[Node]:
    home = Path(tempfile.mkdtemp(prefix="pgstore-bench-", dir="/tmp"))
    owner = pwd.getpwnam("postgres")
    os.chown(home, owner.pw_uid, owner.pw_gid)
    node = make_template(home, max(Path("/usr/lib/postgresql").glob("*/bin/initdb")).parent)
    node.start(**SETTINGS)
    try:
        yield node
    finally:
        node.stop("immediate")
        shutil.rmtree(home)


async def _measure(node: Node) -> list[Row]:
    url = f"postgresql://postgres@127.0.0.1:{node.port}/postgres"
    rows: list[Row] = []
    settings = from_url(url, options=Options(pool_size=4))
    async with System("bench", settings) as system:
        await system.create()
        connection = await psycopg.AsyncConnection.connect(
            f"postgresql://postgres@127.0.0.1:{node.port}/bench", autocommit=True
        )
        async with connection:
            for size in SIZES:
                rows += await _one_size(system, connection, size)
    return rows


async def _one_size(system: System, connection: Any, size: int) -> list[Row]:
    store = await system.create_datastore(f"n{size}", "RESOURCES")
    table = f"ion_n{size}"
    rows = [await _create(store, connection, size, table)]
    await store.create_mult(edges(size))
    await system.vacuum(f"n{size}")
    rows += [await _read(store, connection, size, table), await _read_many(store, connection, size, table)]
    rows.append(await _update(store, size))
    for what, (query, statement) in FINDS.items():
        rows.append(await _find(store, connection, size, table, what, query, statement))
    rows.append(await _pages(store, size))
    return rows


async def _create(store: Any, connection: Any, size: int, table: str) -> Row:
    """Rows per second, as a share of COPY's into a twin of the table."""
    await connection.execute(CREATE_TABLES.format(t=table).encode())
    ours, peer = [], []
    for first in range(0, size, BATCH):
        batch = [(document(n), f"r{n:07}") for n in range(first, min(size, first + BATCH))]
        plain, ids = [each for each, _ in batch], [id_ for _, id_ in batch]
        ours.append(len(batch) / await _seconds(lambda p=plain, i=ids: store.create_mult(p, i)))
        peer.append(len(batch) / await _seconds(lambda b=batch: copy_rows(connection, f"{table}_twin", b)))
    await connection.execute(f"DROP TABLE {table}_twin".encode())
    share = Value.of(-mine / other for mine, other in zip(ours, peer, strict=True))
    peers = {"ours, rows/s": Value.of(ours), "COPY, rows/s": Value.of(peer)}
    return _at_least(f"create_mult of {size:,}", 0.5, share, peers)


async def _read(store: Any, connection: Any, size: int, table: str) -> Row:
    ids = [f"r{(n * 7919) % size:07}" for n in range(POINTS)]
    statement = f"SELECT rev, doc FROM {table} WHERE id = %s AND deleted_at IS NULL"  # noqa: S608

    async def bare(id_: str) -> Any:
        return await (await connection.execute(statement.encode(), (id_,))).fetchone()

    ours, peer = await _turns([lambda i=id_: store.read(i) for id_ in ids], [lambda i=id_: bare(i) for id_ in ids])
    return _speed(f"read by id, of {size:,}", 0.8, ours, peer, "bare psycopg, ms")


async def _read_many(store: Any, connection: Any, size: int, table: str) -> Row:
    groups = [[f"r{(n * 7919 + m * 101) % size:07}" for m in range(100)] for n in range(_LOOP)]
    groups = [list(dict.fromkeys(group)) for group in groups]
    statement = f"SELECT id, rev, doc FROM {table} WHERE id = ANY(%s) AND deleted_at IS NULL"  # noqa: S608

    async def bare(ids: list[str]) -> Any:
        return await (await connection.execute(statement.encode(), (ids,))).fetchall()

    ours, peer = await _turns([lambda g=g: store.read_mult(g) for g in groups], [lambda g=g: bare(g) for g in groups])
    return _speed(f"read_mult of 100, of {size:,}", 0.8, ours, peer, "bare psycopg, ms")


async def _update(store: Any, size: int) -> Row:
    """A thousand in one statement, against one at a time."""
    found = await store.read_mult([f"r{n:07}" for n in range(1000)])
    together = await _seconds(lambda: store.update_mult([{**each, "touched": True} for each in found]))
    again = await store.read_mult([f"r{n:07}" for n in range(_LOOP)])
    begin = time.perf_counter()
    for each in again:
        await store.update(each)
    alone = (time.perf_counter() - begin) / _LOOP * 1000
    share = Value.of([-alone / together])
    peers = {"ours, s": Value.of([together]), "a loop, s": Value.of([alone])}
    return _at_least(f"update_mult of 1,000, of {size:,}", 10, share, peers)


async def _find(store: Any, connection: Any, size: int, table: str, what: str, query: Any, statement: str) -> Row:
    text = statement.format(t=table).encode()
    asked = [query(n, size) for n in range(FINDS_EACH)]

    async def bare(parameters: Any) -> Any:
        return await (await connection.execute(text, parameters)).fetchall()

    for built, parameters in asked[:3]:
        assert len(await store.find_by_query(built)) == len(await bare(parameters)), what
    ours, peer = await _turns(
        [lambda b=built: store.find_by_query(b) for built, _ in asked],
        [lambda p=parameters: bare(p) for _, parameters in asked],
    )
    plan = await store.explain(asked[0][0])
    assert plan.indexes, f"{what} uses no index:\n{plan}"
    ratio = Value.of([Value.of(ours).median / Value.of(peer).median])
    peers = {"ours, ms": Value.of(ours), "by hand, ms": Value.of(peer)}
    return Row(f"find by {what}, of {size:,} ({', '.join(plan.indexes)})", "of by hand", ratio, 1.2, peers)


async def _pages(store: Any, size: int) -> Row:
    """The last page against the first, and how much memory the whole way takes."""
    query = QueryBuilder().order_by("ts_created")
    taken, token = [], None
    tracemalloc.start()
    held = 0
    while True:
        begin = time.perf_counter()
        page = await store.find_page(query, 1000, token)
        taken.append((time.perf_counter() - begin) * 1000)
        held, token = max(held, tracemalloc.get_traced_memory()[0]), page.next
        if token is None:
            break
    tracemalloc.stop()
    half = max(1, len(taken) // 2)
    ratio = Value.of([Value.of(taken[half:] or taken).median / Value.of(taken[:half]).median])
    peers = {"a page, ms": Value.of(taken), "held, MB": Value.of([held / 1e6])}
    return Row(f"pages of 1,000 through {size:,}: later against earlier", "ratio", ratio, 1.5, peers)


async def _seconds(work: Callable[[], Awaitable[Any]]) -> float:
    begin = time.perf_counter()
    await work()
    return time.perf_counter() - begin


async def _turns(ours: list[Any], theirs: list[Any]) -> tuple[list[float], list[float]]:
    """Milliseconds of each, in turns, so that both meet the same noise; the first few warm up."""
    mine, other = [], []
    for one, two in zip(ours, theirs, strict=True):
        mine.append(await _seconds(one) * 1000)
        other.append(await _seconds(two) * 1000)
    return mine[5:], other[5:]


def _speed(what: str, held_to: float, ours: list[float], peer: list[float], name: str) -> Row:
    share = Value.of([-Value.of(peer).median / Value.of(ours).median])
    return _at_least(what, held_to, share, {"ours, ms": Value.of(ours), name: Value.of(peer)})


def _at_least(what: str, held_to: float, share: Value, peers: dict[str, Value]) -> Row:
    """A share that may not be less: its inverse may not be more."""
    turned = Value(-1 / share.median, -1 / share.low, -1 / share.high)
    return Row(f"{what} (held to {held_to:g} x)", "time of peer", turned, 1 / held_to, peers)
