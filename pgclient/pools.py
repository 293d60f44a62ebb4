"""The connections to one host, for as long as the host is one to work on.

A pool is retired, not repaired: when its host goes away, whoever waits is told so at once and looks for another host;
a host that comes back gets a new pool, without the growing pauses between attempts that the old one would have
reached.

Knows: psycopg_pool, sessions. Must not know: roles, topology, why it is retired.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Any

import psycopg_pool
from psycopg import pq

from pgclient.errors import Busy
from pgclient.hosts import Address
from pgclient.options import Options
from pgclient.session import Session, is_stale

_RECONNECT_FOR = 10.0
"""How long the pool itself tries again to connect; the watcher retires it sooner if the host is gone."""


class Retired(Exception):
    """The pool was retired while a caller waited: look for another host."""


class HostPool:
    """psycopg_pool for one host, with an end that reaches those who wait and those who work."""

    def __init__(self, address: Address, conninfo: str, options: Options) -> None:
        self.address = address
        self.in_use: set[Session] = set()
        self.retired = False
        self._options = options
        self._waiting: set[asyncio.Task[Session]] = set()
        self._background: set[asyncio.Task[None]] = set()
        self._pool: psycopg_pool.AsyncConnectionPool[Session] = psycopg_pool.AsyncConnectionPool(
            conninfo,
            connection_class=Session,
            kwargs={"autocommit": True, "prepare_threshold": options.prepare_threshold},
            min_size=0,
            max_size=options.pool_size,
            max_waiting=options.max_waiting,
            reconnect_timeout=_RECONNECT_FOR,
            configure=self._configure,
            name=f"pgclient-{address}",
            open=False,
        )

    def __repr__(self) -> str:
        state = "retired" if self.retired else f"{len(self.in_use)} in use, {self.waiting} waiting"
        return f"HostPool({self.address}: {state})"

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def is_closed(self) -> bool:
        """Retired, and nothing is left to do for it."""
        return self.retired and not self._background

    async def open(self) -> None:
        await self._pool.open()

    async def take(self, deadline: float) -> Session:
        """A live, idle session. Raises `Busy` if none gets free in time, `Retired` if the host goes meanwhile."""
        while True:
            session = await self._get(deadline)
            if not is_stale(session):
                self.in_use.add(session)
                return session
            await session.close()
            await self._put(session)

    async def give(self, session: Session) -> None:
        """Take a session back, whatever state it is in; a caller's cancellation does not disturb that."""
        self.in_use.discard(session)
        timer = None
        if session.cut_because:
            await session.close()
        elif session.pgconn.transaction_status != pq.TransactionStatus.IDLE:
            loop = asyncio.get_running_loop()
            timer = loop.call_later(self._options.cancel_grace, session.cut, "it did not roll back in time")
        try:
            await self._put(session)
        finally:
            if timer:
                timer.cancel()

    def abort(self, why: str) -> None:
        """End what is under way: nothing of it can end well any more."""
        for session in list(self.in_use):
            session.cut(why)

    def retire(self) -> None:
        """Serve nobody any more. What is under way goes on."""
        if self.retired:
            return
        self.retired = True
        for task in list(self._waiting):
            task.cancel()
        self._in_background(self._pool.close())

    async def closed(self) -> None:
        """Wait until all that was begun in the background has ended."""
        while self._background:
            await asyncio.gather(*self._background, return_exceptions=True)

    async def _get(self, deadline: float) -> Session:
        if self.retired:
            raise Retired
        seconds = max(0.001, deadline - monotonic())
        getting = asyncio.create_task(self._pool.getconn(timeout=seconds))
        self._waiting.add(getting)
        try:
            await asyncio.wait({getting})
        except asyncio.CancelledError:
            getting.cancel()
            getting.add_done_callback(self._put_back)
            raise
        finally:
            self._waiting.discard(getting)
        if getting.cancelled():
            raise Retired
        return self._result(getting, seconds)

    def _result(self, getting: asyncio.Task[Session], seconds: float) -> Session:
        try:
            return getting.result()
        except psycopg_pool.PoolClosed:
            raise Retired from None
        except psycopg_pool.TooManyRequests:
            raise Busy(
                f"cannot wait for a connection to {self.address}: {self._options.max_waiting} callers wait already\n"
                "hint: raise Options.max_waiting or pool_size, or send less at once"
            ) from None
        except psycopg_pool.PoolTimeout:
            raise Busy(
                f"cannot get a connection to {self.address}: "
                f"none of {self._options.pool_size} got free in {seconds:.1f} s\n"
                "hint: raise Options.pool_size, or look for transactions that are left open"
            ) from None

    def _put_back(self, getting: asyncio.Task[Session]) -> None:
        if not getting.cancelled() and getting.exception() is None:
            self._in_background(self._pool.putconn(getting.result()))

    async def _put(self, session: Session) -> None:
        await asyncio.shield(self._in_background(self._pool.putconn(session)))

    async def _configure(self, session: Session) -> None:
        session.cancel_grace = self._options.cancel_grace

    def _in_background(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return task
