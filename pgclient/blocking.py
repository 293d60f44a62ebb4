"""The same cluster for code that blocks: each call runs on one event loop in a background thread.

There is no second copy of anything: a call hands its coroutine over and waits. The function of a `run` and the block
of a `transaction` run in the thread of their caller.

    with BlockingCluster("postgresql://app@10.1.0.10,10.1.0.11/orders") as cluster:
        cluster.run(lambda tx: tx.execute("INSERT INTO orders VALUES (%s)", (7,)))

Knows: `Cluster` and how threads meet an event loop. Must not know: PostgreSQL.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Literal, TypeVar

import psycopg
from psycopg.abc import Params
from psycopg.abc import QueryNoTemplate as Query

from pgclient.cluster import Cluster
from pgclient.hosts import Address, HostView
from pgclient.lsn import CommitToken
from pgclient.notes import Gap, Note
from pgclient.options import Options
from pgclient.statistics import HostStatistics
from pgclient.target import Target
from pgclient.topology import Topology
from pgclient.transactions import Transaction

T = TypeVar("T")
R = TypeVar("R")

_LAST_WORDS = 1.0
"""Seconds that calls of other threads have, once the cluster is closed, to notice it by themselves."""


class Background:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._process = os.getpid()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="pgclient", daemon=True)
        self._thread.start()

    @property
    def is_forked(self) -> bool:
        """Is this a child of the process whose thread it is? Threads do not come along: nobody would do anything."""
        return os.getpid() != self._process

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of a coroutine. An interrupt (Ctrl-C) cancels it."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    @contextlib.contextmanager
    def inside(self, manager: AbstractAsyncContextManager[T]) -> Iterator[T]:
        """An asynchronous `with`, from outside."""
        value = self.wait(_enter(manager))
        try:
            yield value
        except BaseException as error:
            if not self.wait(_leave(manager, error)):
                raise
        else:
            self.wait(_leave(manager, None))

    def iterate(self, things: AsyncIterator[T]) -> Iterator[T]:
        """An asynchronous iteration, from outside; ended properly when its reader stops early."""
        try:
            while (found := self.wait(_next(things))) is not None:
                yield found[0]
        finally:
            aclose = getattr(things, "aclose", None)
            if aclose:
                self.wait(aclose())

    def call(
        self, work: Callable[[T], R], runner: Callable[[Callable[[T], Awaitable[R]]], Coroutine[Any, Any, R]]
    ) -> R:
        """The result of `runner(work)`: a coroutine that calls `work`, which runs here, in the caller's thread."""
        wanted: SimpleQueue[tuple[T, asyncio.Future[R]] | None] = SimpleQueue()

        async def outside(given: T) -> R:
            answer: asyncio.Future[R] = self._loop.create_future()
            wanted.put((given, answer))
            return await answer

        future = asyncio.run_coroutine_threadsafe(runner(outside), self._loop)
        future.add_done_callback(lambda _: wanted.put(None))
        try:
            while (found := wanted.get()) is not None:
                self._answer(found[1], work, found[0])
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def _answer(self, answer: asyncio.Future[R], work: Callable[[T], R], given: T) -> None:
        def tell(set_it: Callable[[Any], None], value: Any) -> None:
            if not answer.done():
                set_it(value)

        try:
            result = work(given)
        except Exception as error:
            self._loop.call_soon_threadsafe(tell, answer.set_exception, error)
        else:
            self._loop.call_soon_threadsafe(tell, answer.set_result, result)

    def stop(self) -> None:
        """Whoever still waits for something gets an error now, not never."""
        asyncio.run_coroutine_threadsafe(_end_the_rest(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class BlockingCursor:
    """A server-side cursor, from outside: what `BlockingTransaction.cursor` gives."""

    def __init__(self, cursor: psycopg.AsyncServerCursor[Any], background: Background) -> None:
        self._cursor = cursor
        self._background = background

    def fetchone(self) -> Any:
        return self._background.wait(self._cursor.fetchone())

    def fetchmany(self, size: int = 1000) -> list[Any]:
        return self._background.wait(self._cursor.fetchmany(size))

    def fetchall(self) -> list[Any]:
        return self._background.wait(self._cursor.fetchall())

    def scroll(self, value: int, mode: Literal["relative", "absolute"] = "relative") -> None:
        self._background.wait(self._cursor.scroll(value, mode))


class BlockingTransaction:
    """A `Transaction`, from outside."""

    def __init__(self, tx: Transaction, background: Background) -> None:
        self._tx = tx
        self._background = background

    @property
    def token(self) -> CommitToken | None:
        """After the commit: what a later reader passes as `after=`."""
        return self._tx.token

    def execute(self, query: Query, params: Params | None = None) -> int:
        return self._background.wait(self._tx.execute(query, params))

    def execute_many(self, query: Query, rows: Iterable[Params]) -> int:
        return self._background.wait(self._tx.execute_many(query, rows))

    def fetch(self, query: Query, params: Params | None = None, **more: Any) -> list[Any]:
        return self._background.wait(self._tx.fetch(query, params, **more))

    def fetch_one(self, query: Query, params: Params | None = None, **more: Any) -> Any:
        return self._background.wait(self._tx.fetch_one(query, params, **more))

    def fetch_value(self, query: Query, params: Params | None = None) -> Any:
        return self._background.wait(self._tx.fetch_value(query, params))

    def stream(self, query: Query, params: Params | None = None, **more: Any) -> Iterator[Any]:
        return self._background.iterate(self._tx.stream(query, params, **more))

    @contextlib.contextmanager
    def cursor(self, query: Query, params: Params | None = None, **more: Any) -> Iterator[BlockingCursor]:
        with self._background.inside(self._tx.cursor(query, params, **more)) as cursor:
            yield BlockingCursor(cursor, self._background)

    def copy_in(self, query: Query, chunks: Iterable[bytes | str], **more: Any) -> int:
        return self._background.wait(self._tx.copy_in(query, chunks, **more))

    def copy_rows_in(self, query: Query, rows: Iterable[Sequence[Any]], **more: Any) -> int:
        return self._background.wait(self._tx.copy_rows_in(query, rows, **more))

    def copy_out(self, query: Query, params: Params | None = None, **more: Any) -> Iterator[bytes]:
        return self._background.iterate(self._tx.copy_out(query, params, **more))

    def copy_rows_out(self, query: Query, params: Params | None = None, **more: Any) -> Iterator[tuple[Any, ...]]:
        return self._background.iterate(self._tx.copy_rows_out(query, params, **more))

    def notify(self, channel: str, payload: str = "") -> None:
        self._background.wait(self._tx.notify(channel, payload))

    @contextlib.contextmanager
    def savepoint(self) -> Iterator[None]:
        with self._background.inside(self._tx.savepoint()):
            yield


class BlockingCluster:
    """A `Cluster`, from outside: the same names, the same arguments (`more`), the same errors. Threads may share it."""

    def __init__(self, target: Target | str = "", *, options: Options | None = None, **connection: str | int) -> None:
        self._cluster = Cluster(target, options=options, **connection)
        self._background: Background | None = None

    def __repr__(self) -> str:
        return f"Blocking{self._cluster!r}"

    def __enter__(self) -> BlockingCluster:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self) -> None:
        self._background = self._background or Background()
        self._there.wait(self._cluster.open())

    def close(self) -> None:
        background, self._background = self._background, None
        if background and not background.is_forked:  # the sessions are the parent's: they stay as they are
            background.wait(self._cluster.close())
            background.stop()

    @property
    def topology(self) -> Topology:
        return self._cluster.topology

    def statistics(self) -> tuple[HostStatistics, ...]:
        return self._cluster.statistics()

    def locate(self, to: Any = "primary", **more: Any) -> HostView:
        return self._there.wait(self._cluster.locate(to, **more))

    def conninfo(self, address: Address) -> str:
        return self._cluster.conninfo(address)

    def retarget(self, target: Target) -> None:
        self._there.wait(self._cluster.retarget(target))

    def commit_prepared(self, name: str, **more: Any) -> CommitToken:
        return self._there.wait(self._cluster.commit_prepared(name, **more))

    def rollback_prepared(self, name: str, **more: Any) -> None:
        self._there.wait(self._cluster.rollback_prepared(name, **more))

    def prepared(self, **more: Any) -> list[str]:
        return self._there.wait(self._cluster.prepared(**more))

    def execute(self, query: Query, params: Params | None = None, **more: Any) -> int:
        return self._there.wait(self._cluster.execute(query, params, **more))

    def execute_many(self, query: Query, rows: Iterable[Params], **more: Any) -> int:
        return self._there.wait(self._cluster.execute_many(query, rows, **more))

    def fetch(self, query: Query, params: Params | None = None, **more: Any) -> list[Any]:
        return self._there.wait(self._cluster.fetch(query, params, **more))

    def fetch_one(self, query: Query, params: Params | None = None, **more: Any) -> Any:
        return self._there.wait(self._cluster.fetch_one(query, params, **more))

    def fetch_value(self, query: Query, params: Params | None = None, **more: Any) -> Any:
        return self._there.wait(self._cluster.fetch_value(query, params, **more))

    def notify(self, channel: str, payload: str = "", **more: Any) -> None:
        self._there.wait(self._cluster.notify(channel, payload, **more))

    def copy_in(self, query: Query, chunks: Iterable[bytes | str], **more: Any) -> int:
        return self._there.wait(self._cluster.copy_in(query, chunks, **more))

    def copy_rows_in(self, query: Query, rows: Iterable[Sequence[Any]], **more: Any) -> int:
        return self._there.wait(self._cluster.copy_rows_in(query, rows, **more))

    def copy_out(self, query: Query, params: Params | None = None, **more: Any) -> Iterator[bytes]:
        return self._there.iterate(self._cluster.copy_out(query, params, **more))

    def copy_rows_out(self, query: Query, params: Params | None = None, **more: Any) -> Iterator[tuple[Any, ...]]:
        return self._there.iterate(self._cluster.copy_rows_out(query, params, **more))

    def stream(self, query: Query, params: Params | None = None, **more: Any) -> Iterator[Any]:
        return self._there.iterate(self._cluster.stream(query, params, **more))

    def listen(self, *channels: str) -> Iterator[Note | Gap]:
        """Subscribed when this returns; close the iterator (or leave the loop and drop it) to unsubscribe."""
        listening = self._cluster.listen(*channels)
        self._there.wait(listening.__aenter__())
        return self._iterate_notes(listening)

    @contextlib.contextmanager
    def transaction(self, **more: Any) -> Iterator[BlockingTransaction]:
        with self._there.inside(self._cluster.transaction(**more)) as tx:
            yield BlockingTransaction(tx, self._there)

    def run(self, work: Callable[[BlockingTransaction], T], **more: Any) -> T:
        """`work` is called in this thread, and again where `Cluster.run` does so."""
        background = self._there

        def work_on(tx: Transaction) -> T:
            return work(BlockingTransaction(tx, background))

        return background.call(work_on, lambda outside: self._cluster.run(outside, **more))

    @property
    def _there(self) -> Background:
        if self._background is None:
            raise RuntimeError("cannot use the cluster: it is not open\nhint: with BlockingCluster(...) as cluster")
        if self._background.is_forked:
            raise RuntimeError(
                "cannot use the cluster: this process was forked after it was opened\n"
                "hint: make a BlockingCluster in each process"
            )
        return self._background

    def _iterate_notes(self, listening: Any) -> Iterator[Note | Gap]:
        try:
            yield from self._there.iterate(listening)
        finally:
            if self._background:
                self._background.wait(listening.__aexit__(None, None, None))


async def _enter(manager: AbstractAsyncContextManager[T]) -> T:
    return await manager.__aenter__()


class _Interrupted(Exception):
    """Stands for what would end the thread of the event loop: KeyboardInterrupt, SystemExit, GeneratorExit."""


async def _leave(manager: AbstractAsyncContextManager[Any], error: BaseException | None) -> bool:
    if error is not None and not isinstance(error, Exception):
        with contextlib.suppress(_Interrupted):
            await manager.__aexit__(_Interrupted, _Interrupted(), None)
        return False
    kind = type(error) if error else None
    return bool(await manager.__aexit__(kind, error, error.__traceback__ if error else None))


async def _end_the_rest() -> None:
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    if rest:
        await asyncio.wait(rest, timeout=_LAST_WORDS)
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)


async def _next(things: AsyncIterator[T]) -> tuple[T] | None:
    try:
        return (await things.__anext__(),)
    except StopAsyncIteration:
        return None
