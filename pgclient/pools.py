"""The connections to one host, for as long as the host is one to work on.

A pool is retired, not repaired: when its host goes away, whoever waits is told so at once and looks for another host;
a host that comes back gets a new pool.

Knows: sessions, how they are made, handed on and thrown away. Must not know: roles, topology, why it is retired.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from time import monotonic
from typing import Any, Protocol

import psycopg
from psycopg import pq

from pgclient.book import Book
from pgclient.errors import Busy, ClusterError
from pgclient.hosts import Address
from pgclient.leaks import Register
from pgclient.line import Line
from pgclient.options import Options
from pgclient.retry import pause
from pgclient.session import Session, connect, is_stale
from pgclient.statistics import Counts

log = logging.getLogger("pgclient")

_CONNECT = 5.0
"""Seconds for one attempt, where the connection string's `connect_timeout` does not end it sooner."""


class Elsewhere(Exception):
    """This host does not serve any more: look for another."""


class Waiter(Protocol):
    """Whoever waits for a session."""

    def serve(self, session: Session) -> bool:
        """Take the session; False: no longer wanted, or not this one."""

    def fail(self, error: Exception) -> None:
        """There will be none."""

    def __hash__(self) -> int:
        """Waiters are told apart by identity."""


class One:
    """A caller who waits for a session of their own."""

    def __init__(self) -> None:
        self.session: asyncio.Future[Session] = asyncio.get_running_loop().create_future()

    def serve(self, session: Session) -> bool:
        if self.session.done():
            return False
        self.session.set_result(session)
        return True

    def fail(self, error: Exception) -> None:
        if not self.session.done():
            self.session.set_exception(error)


class HostPool:
    """Sessions with one host, with an end that reaches those who wait and those who work."""

    def __init__(self, address: Address, conninfo: str, options: Options) -> None:
        self.address = address
        self.retired = False
        self.counts = Counts()
        self.book: Book[Session, Waiter] = Book(options.pool_size, options.max_waiting)
        self.lines: dict[Session, Line] = {}
        self.held = Register(options.warn_held_for)
        self._conninfo = conninfo
        self._options = options
        self._trouble = ""
        self._failures = 0
        self._making: set[asyncio.Task[None]] = set()
        self._background: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self._sweep_every = min(options.max_idle, options.max_lifetime, options.warn_held_for) / 2
        self._sweeper = self._loop.call_later(self._sweep_every, self._sweep)

    def __repr__(self) -> str:
        state = "retired" if self.retired else f"{len(self.in_use)} in use, {self.waiting} waiting"
        return f"HostPool({self.address}: {state})"

    @property
    def in_use(self) -> set[Session]:
        return self.book.busy

    @property
    def waiting(self) -> int:
        return self.book.callers

    @property
    def is_closed(self) -> bool:
        """Retired, and nothing is left to do for it."""
        return self.retired and not self._background and not self._making

    def take_now(self) -> Session | None:
        """A live, idle session, if there is one."""
        while session := self.book.take():
            if not is_stale(session):
                self.counts.taken += 1
                return session
            self._discard(session)
        return None

    async def take(self, deadline: float) -> Session:
        """A live, idle session. Raises `Busy` if none gets free in time, `Elsewhere` if the host goes meanwhile."""
        while True:
            session = self.take_now() or await self._wait(deadline)
            if not is_stale(session):
                return session
            self._discard(session)

    def put(self, session: Session) -> None:
        """Take a session back, in whatever state it is, and hand it on."""
        if session.closed or session.cut_because or self.retired:
            self._discard(session)
        elif session.pgconn.transaction_status == pq.TransactionStatus.IDLE:
            session.used = monotonic()
            self._hand_on(session)
        else:
            self.in_background(self._clean(session))

    def join(self, waiter: Waiter) -> None:
        """Wait in the queue, one caller more; raises `Busy` if too many do already, `Elsewhere` if retired."""
        if self.retired:
            raise Elsewhere
        if not self.book.join(waiter):
            self.counts.refused += 1
            raise Busy(
                f"cannot wait for a connection to {self.address}: {self._options.max_waiting} callers wait already\n"
                "hint: raise Options.max_waiting or pool_size, or send less at once"
            )
        self.counts.waited += 1
        self._grow()

    def leave(self, waiter: Waiter) -> None:
        """One caller less waits there."""
        self.book.leave(waiter)

    def busy(self, seconds: float) -> Busy:
        """Nothing got free in time."""
        self.counts.refused += 1
        seen = f"none of {self._options.pool_size} got free in {seconds:.1f} s"
        if self._trouble:
            seen += f"; the last attempt to connect failed: {self._trouble}"
        return Busy(
            f"cannot get a connection to {self.address}: {seen}\n"
            "hint: raise Options.pool_size, or look for transactions that are left open"
        )

    def abort(self, why: str) -> None:
        """End what is under way: nothing of it can end well any more."""
        for session in list(self.in_use):
            session.cut(why)

    def retire(self) -> None:
        """Serve nobody any more. What is under way goes on."""
        if self.retired:
            return
        self.retired = True
        self._sweeper.cancel()
        for task in self._making:
            task.cancel()
        for waiter in self.book.dismiss():
            waiter.fail(Elsewhere())
        for session in list(self.book.idle):
            self._discard(session)

    async def closed(self) -> None:
        """Wait until all that was begun in the background has ended.

        A task that has ended stays in its set until the loop comes round, which it does not for a gather of such.
        """
        while running := [task for task in self._background | self._making if not task.done()]:
            await asyncio.gather(*running, return_exceptions=True)

    def in_background(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it without anybody waiting for it."""
        self._keep(self._background, work)

    async def _wait(self, deadline: float) -> Session:
        one = One()
        self.join(one)
        began = monotonic()
        timer = self._loop.call_later(max(0.001, deadline - began), lambda: one.fail(self.busy(monotonic() - began)))
        try:
            return await one.session
        except asyncio.CancelledError:
            if one.session.done() and not one.session.cancelled() and one.session.exception() is None:
                self.put(one.session.result())
            raise
        finally:
            timer.cancel()
            self.leave(one)
            self.counts.seconds_waited += monotonic() - began

    def _hand_on(self, session: Session) -> None:
        while waiter := self.book.put(session):
            if waiter.serve(session):
                return

    def _grow(self) -> None:
        for _ in range(self.book.to_make()):
            self.book.begin_one()
            self._keep(self._making, self._make())

    async def _make(self) -> None:
        """One connection more. If it does not come about, and somebody still waits, another attempt follows."""
        try:
            session = await self._connect()
        except BaseException as error:
            self.book.failed()
            if not isinstance(error, (psycopg.Error, ClusterError, OSError, asyncio.TimeoutError)):
                raise
            self._failures += 1
            self.counts.failed += 1
            self._trouble = (str(error).strip() or type(error).__name__).splitlines()[0]
            self._loop.call_later(pause(self._failures, 0.5, first=0.05), self._try_again)
            return
        self._failures, self._trouble = 0, ""
        self.counts.connected += 1
        session.cancel_grace = self._options.cancel_grace
        self.lines[session] = Line(session, self._options.prepare_threshold)
        waiter = self.book.made(session)
        if self.retired:
            self._discard(session)
        elif waiter and not waiter.serve(session):
            self._hand_on(session)

    async def _connect(self) -> Session:
        session = await connect(self._conninfo, _CONNECT, self._options.prepare_threshold)
        if self._options.on_connect:
            timer = self._loop.call_later(_CONNECT, session.cut, "on_connect took too long")
            try:
                await self._options.on_connect(session)
            except BaseException:
                session.cut("on_connect failed")
                await session.close()
                raise
            finally:
                timer.cancel()
        return session

    def _try_again(self) -> None:
        if not self.retired:
            self._grow()

    def _discard(self, session: Session) -> None:
        self.book.drop(session)
        self.lines.pop(session, None)
        self.in_background(session.close())
        if not self.retired:
            self._grow()

    async def _clean(self, session: Session) -> None:
        """Roll back what was left open, within the time that a cancelled statement has."""
        timer = self._loop.call_later(self._options.cancel_grace, session.cut, "it did not roll back in time")
        try:
            if session.pgconn.transaction_status in (pq.TransactionStatus.INTRANS, pq.TransactionStatus.INERROR):
                await session.execute("ROLLBACK")
        except psycopg.Error:
            session.cut("it did not roll back")
        finally:
            timer.cancel()
        if session.pgconn.transaction_status == pq.TransactionStatus.IDLE and not session.cut_because:
            self._hand_on(session)
        else:
            self._discard(session)

    def _sweep(self) -> None:
        """Close what nobody needed for long or has lived long enough; name who holds one for too long."""
        now = monotonic()
        for session in list(self.book.idle):
            if now - session.used > self._options.max_idle or now - session.born > self._options.max_lifetime:
                self._discard(session)
        for held in self.held.overdue(now):
            log.warning("a connection to %s is held for %.0f s by %s", self.address, now - held.since, held.where)
        self._sweeper = self._loop.call_later(self._sweep_every, self._sweep)

    def _keep(self, tasks: set[asyncio.Task[None]], work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)
