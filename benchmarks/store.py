"""The datastore against COPY, bare psycopg and hand-written SQL, on 10,000 and 100,000 resources, or on a million.

STORE_SIZES=10000,100000,1000000 names the sizes; the peers run in the same call, on the same server and tables, in
turns with ours. What holds is decided by wall time; the processor's time (this process and the server's sessions)
stands beside it. Finds of one kind find as many documents at every size, so that what grows is what it costs to get
there.
"""

from __future__ import annotations

import asyncio
import math
import os
import pwd
import shutil
import tempfile
import tracemalloc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.figures import Row, Value
from benchmarks.store_clock import Clock, Taken
from benchmarks.store_peers import FINDS, copy_rows, document, edges, ready
from pgclient import Options
from pgstore import System, from_url
from pgstore.query.builder import QueryBuilder
from tests.database.pgclient.servers import Node, make_template

SIZES = [int(size) for size in os.environ.get("STORE_SIZES", "10000,100000").split(",")]
SETTINGS = {"shared_buffers": "512MB", "max_wal_size": "8GB", "maintenance_work_mem": "256MB", "fsync": "on"}
TIMED = 50_000
"""So many of a store's documents, the last ones, are created against the clock; those before them only get there."""
AT_ONCE, LOAD = 3, 5000
POINTS, GROUPS, FINDS_EACH, ROUNDS, LOOP, WARM = 400, 60, 80, 5, 60, 10


@dataclass(frozen=True)
class Bed:
    """A store of so many documents, and a connection to the same database."""

    system: System
    store: Any
    connection: Any
    clock: Clock
    size: int

    @property
    def table(self) -> str:
        return f"ion_n{self.size}"

    @property
    def called(self) -> str:
        return f"{self.size:,}"

    async def bare(self, statement: str, parameters: Any) -> Any:
        """What a careful programmer would do by hand: a prepared statement over an open connection."""
        return await (await self.connection.execute(statement.encode(), parameters)).fetchall()


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
    url = f"postgresql://postgres@127.0.0.1:{node.port}"
    rows: list[Row] = []
    costs: dict[int, dict[str, float]] = {}
    clock = Clock(int((node.data / "postmaster.pid").read_text().split()[0]))
    async with System("bench", from_url(f"{url}/postgres", options=Options(pool_size=4))) as system:
        await system.create()
        async with await psycopg.AsyncConnection.connect(f"{url}/bench", autocommit=True) as connection:
            for size in SIZES:
                store = await system.create_datastore(f"n{size}", "RESOURCES")
                found, costs[size] = await _one_size(Bed(system, store, connection, clock, size))
                rows += found
    return rows + _growth(costs)


async def _one_size(bed: Bed) -> tuple[list[Row], dict[str, float]]:
    await _load(bed.store, bed.size)
    rows = [await _create(bed)]
    await bed.system.vacuum(f"n{bed.size}")
    rows += [await _read(bed), await _read_many(bed), await _update(bed)]
    costs = {}
    for what in FINDS:
        row, costs[what] = await _find(bed, what)
        rows.append(row)
    return [*rows, await _pages(bed), await _ids(bed)], costs


async def _load(store: Any, size: int) -> None:
    """Everything but the documents that are created against the clock, several batches under way at once."""
    turns = asyncio.Semaphore(AT_ONCE)
    at_clock = max(0, size - TIMED)

    async def keep(documents: list[Any], ids: list[str] | None) -> None:
        async with turns:
            await store.create_mult(documents, ids)

    for first in range(0, at_clock, LOAD * AT_ONCE):
        groups = [range(n, min(at_clock, n + LOAD)) for n in range(first, min(at_clock, first + LOAD * AT_ONCE), LOAD)]
        await asyncio.gather(*(keep([document(n) for n in group], [_id(n) for n in group]) for group in groups))


async def _create(bed: Bed) -> Row:
    """Documents against rows that are ready for COPY, batch by batch into the same table; then what binds them."""
    batch = max(125, min(LOAD, bed.size // 80))
    ours, theirs = [], []
    for first in range(max(0, bed.size - TIMED), bed.size, 2 * batch):
        mine = range(first, min(bed.size, first + batch))
        rows = [ready(document(n), _id(n)) for n in range(first + batch, min(bed.size, first + 2 * batch))]
        documents, ids = [document(n) for n in mine], [_id(n) for n in mine]
        ours.append(lambda d=documents, i=ids: bed.store.create_mult(d, i))
        theirs.append(lambda r=rows: copy_rows(bed.connection, bed.table, r))
    taken, peer = await bed.clock.turns(ours, theirs)
    await _bind(bed)
    share, count = sum(peer.wall) / sum(taken.wall), batch * len(ours)
    peers = {
        "ours, rows/s": _exactly(count / sum(taken.wall)),
        "COPY, rows/s": _exactly(count / sum(peer.wall)),
        "share by CPU": _exactly(sum(peer.cpu) / sum(taken.cpu)),
    }
    return _at_least(f"create_mult, batches of {batch:,}, up to {bed.called}", 0.5, share, peers)


async def _bind(bed: Bed) -> None:
    for first in range(0, bed.size, LOAD * 4):
        await bed.store.create_mult(edges(first, min(bed.size, first + LOAD * 4)))


async def _read(bed: Bed) -> Row:
    ids = [_id(n * 7919 % bed.size) for n in range(POINTS)]
    statement = f"SELECT rev, doc FROM {bed.table} WHERE id = %s AND deleted_at IS NULL"  # noqa: S608
    ours, peer = await bed.clock.turns(
        [lambda i=id_: bed.store.read(i) for id_ in ids], [lambda i=id_: bed.bare(statement, (i,)) for id_ in ids], WARM
    )
    return _speed(f"read by id, of {bed.called}", ours, peer)


async def _read_many(bed: Bed) -> Row:
    groups = [list({_id((n * 7919 + m * 101) % bed.size) for m in range(100)}) for n in range(GROUPS)]
    statement = f"SELECT id, rev, doc FROM {bed.table} WHERE id = ANY(%s) AND deleted_at IS NULL"  # noqa: S608
    ours, peer = await bed.clock.turns(
        [lambda g=group: bed.store.read_mult(g) for group in groups],
        [lambda g=group: bed.bare(statement, (g,)) for group in groups],
        WARM,
    )
    return _speed(f"read_mult of 100, of {bed.called}", ours, peer)


async def _update(bed: Bed) -> Row:
    """A thousand in one statement, against some of them one at a time, in turns."""
    ids = [_id(n) for n in range(1000)]
    together, alone = Taken(), Taken()
    for touched in range(ROUNDS):
        found = [{**each, "touched": touched} for each in await bed.store.read_mult(ids)]
        await bed.clock.time(lambda f=found: bed.store.update_mult(f), together)
        for each in await bed.store.read_mult(ids[:LOOP]):
            await bed.clock.time(lambda e=each: bed.store.update({**e, "touched": -1}), alone)
    share = alone.milliseconds.median * 1000 / together.milliseconds.median
    by_cpu = alone.cpu_milliseconds * 1000 / together.cpu_milliseconds
    peers = {
        "ours, ms": together.milliseconds, "one alone, ms": alone.milliseconds, "share by CPU": _exactly(by_cpu)
    }  # fmt: skip
    return _at_least(f"update_mult of 1,000, of {bed.called}, against a loop", 10, share, peers)


async def _find(bed: Bed, what: str) -> tuple[Row, float]:
    """The row, and the processor's milliseconds of one find."""
    query, statement = FINDS[what]
    statement = statement.format(t=bed.table)
    asked = [query(n, bed.size) for n in range(FINDS_EACH)]
    count = 0
    for built, parameters in asked[:5]:
        found = await bed.store.find_by_query(built)
        assert {each["_id"] for each in found} == {row[0] for row in await bed.bare(statement, parameters)}, what
        count += len(found)
    ours, peer = await bed.clock.turns(
        [lambda b=built: bed.store.find_by_query(b) for built, _ in asked],
        [lambda p=parameters: bed.bare(statement, p) for _, parameters in asked],
        WARM,
    )
    plan = await bed.store.explain(asked[0][0])
    assert plan.indexes, f"{what} uses no index:\n{plan}"
    ratio = ours.milliseconds.median / peer.milliseconds.median
    peers = {
        "ours, ms": ours.milliseconds,
        "by hand, ms": peer.milliseconds,
        "ratio by CPU": _exactly(ours.cpu_milliseconds / peer.cpu_milliseconds),
    }
    name = f"find by {what}, {count / 5:.0f} of {bed.called} ({', '.join(plan.indexes)})"
    return Row(name, "of by hand", _exactly(ratio), 1.2, peers), ours.cpu_milliseconds


async def _pages(bed: Bed) -> Row:
    """Page after page to the end: the later half against the earlier."""
    query, taken, token = QueryBuilder().order_by("ts_created"), Taken(), None
    while True:
        page = await bed.clock.time(lambda t=token: bed.store.find_page(query, 1000, t), taken)
        token = page.next
        if token is None:
            break
    half = max(1, len(taken.wall) // 2)
    earlier, later = Value.of(taken.wall[:half]), Value.of(taken.wall[half:] or taken.wall)
    by_cpu = Value.of(taken.cpu[half:] or taken.cpu).median / Value.of(taken.cpu[:half]).median
    peers = {"a page, ms": taken.milliseconds, "ratio by CPU": _exactly(by_cpu)}
    ratio = _exactly(later.median / earlier.median)
    return Row(f"pages of 1,000 through {bed.called}: later against earlier", "ratio", ratio, 1.5, peers)


async def _ids(bed: Bed) -> Row:
    """All ids and all documents, one after the other: what this process holds meanwhile."""
    held = []
    for things in (bed.store.iterate_objects(), bed.store.iterate(QueryBuilder(), 1000)):
        tracemalloc.start()
        count = 0
        async for _ in things:
            count += 1
            if count >= TIMED:  # no more is learnt from the rest, and tracing is slow
                break
        held.append(tracemalloc.get_traced_memory()[1] / 1e6)
        tracemalloc.stop()
    return Row(f"held while going through {bed.called}", "MB", _exactly(max(held)), 16)


def _growth(costs: Mapping[int, Mapping[str, float]]) -> list[Row]:
    """From the smallest size to the largest: at most as the logarithm of the size."""
    small, large = min(costs), max(costs)
    if small == large:
        return []
    most = math.log(large) / math.log(small)
    return [
        Row(
            f"find by {what}: {large:,} against {small:,}, by CPU",
            "ratio",
            _exactly(costs[large][what] / costs[small][what]),
            most,
        )
        for what in FINDS
    ]


def _id(n: int) -> str:
    return f"r{n:07}"


def _speed(what: str, ours: Taken, peer: Taken) -> Row:
    share = peer.milliseconds.median / ours.milliseconds.median
    by_cpu = _exactly(peer.cpu_milliseconds / ours.cpu_milliseconds)
    peers = {"ours, ms": ours.milliseconds, "bare psycopg, ms": peer.milliseconds, "share by CPU": by_cpu}
    return _at_least(what, 0.8, share, peers)


def _at_least(what: str, held_to: float, share: float, peers: dict[str, Value]) -> Row:
    """A share that may not be less: its inverse may not be more."""
    named = {f"share, held to {held_to:g}": _exactly(share), **peers}
    return Row(what, "time of peer", _exactly(1 / share), 1 / held_to, named)


def _exactly(number: float) -> Value:
    return Value(number, number, number)
