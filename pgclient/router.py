"""Hands out sessions on the host that a piece of work should run on.

Knows: the watcher, one pool a host, what a change of topology does to them. Must not know: statements, transactions.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from time import monotonic
from typing import Any
from weakref import WeakKeyDictionary

import psycopg

from pgclient.company import Desk
from pgclient.errors import Misconfigured, unavailable
from pgclient.hosts import Address, HostView, Role
from pgclient.kinds import Kind
from pgclient.leaks import caller
from pgclient.lsn import format_lsn
from pgclient.options import Options
from pgclient.pools import Elsewhere, HostPool
from pgclient.question import Question
from pgclient.retry import means_look_around
from pgclient.routing import Route, Wanted, candidates, choose, lag_bytes
from pgclient.session import Session, code, connect, limited, says_standby
from pgclient.statistics import Counts, HostStatistics
from pgclient.target import Target
from pgclient.topology import Topology, is_fenced, is_foreign, is_lost
from pgclient.watch import Watcher

_GONE_AFTER = 2
"""So many unanswered questions in a row make a host's pool useless; one may be a hiccup."""
_POLL = 0.005
_LEND = 5.0
"""Seconds for an attempt to connect."""


class Router:
    """Open it, lease sessions from it, close it."""

    def __init__(self, target: Target, options: Options) -> None:
        self.options = options
        self.watcher = Watcher(target, options, self._apply)
        self._target = target
        self._pools: dict[Address, HostPool] = {}
        self._desks: dict[Address, Desk] = {}
        self._candidates: dict[Route, tuple[HostView, ...]] = {}
        self._old: set[HostPool] = set()
        self._lent: WeakKeyDictionary[Session, Address] = WeakKeyDictionary()
        self._turns = itertools.count()
        self._opened = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tell_of_primary: list[Callable[[], None]] = []

    @property
    def topology(self) -> Topology:
        return self.watcher.topology

    @property
    def pools(self) -> tuple[HostPool, ...]:
        return tuple(self._pools.values())

    def statistics(self) -> tuple[HostStatistics, ...]:
        return tuple(_statistics(view, self._pools.get(view.address), self.topology) for view in self.topology.hosts)

    async def open(self) -> None:
        if self._opened:
            self._check_loop()
        self._loop = asyncio.get_running_loop()
        self._opened = True
        self.watcher.start()

    async def close(self) -> None:
        """End every session, also those in use."""
        self._opened = False
        await self.watcher.stop()
        for pool in [*self._pools.values(), *self._old]:
            pool.abort("the cluster was closed")
        for address in list(self._pools):
            self._retire(address)
        await asyncio.gather(*(pool.closed() for pool in list(self._old)))
        self._old.clear()

    async def retarget(self, target: Target) -> None:
        """Other hosts or credentials from now on. Work under way goes on where it is."""
        changed = target.options != self._target.options
        self._target = target
        for address in list(self._pools):
            if changed or address not in target.addresses:
                self._retire(address)
        await self.watcher.retarget(target)

    @contextlib.asynccontextmanager
    async def lease(self, wanted: Route, deadline: float) -> AsyncIterator[tuple[Session, HostView]]:
        """A session on a host that may serve, and the view it was chosen by.

        Raises `Unavailable` (or `Busy`) once the deadline (monotonic clock) has passed.
        """
        where = caller()
        pool, session, view = await self._acquire(wanted, deadline)
        pool.held.took(session, where, monotonic())
        try:
            yield session, view
        except psycopg.Error as error:
            if means_look_around(code(error)):
                self.watcher.hurry()
            raise
        finally:
            pool.held.gave_back(session)
            pool.put(session)

    async def ask(self, question: Question, wanted: Route, deadline: float, limit: bool) -> Any:
        """The answer to one statement outside of a transaction, by the shortest way that there is."""
        view = self._at_hand(wanted)
        if view and question.kind is not Kind.OTHER:
            self._check_loop()
            try:
                return await self._desks[view.address].ask(question, deadline, limit, view.role is Role.PRIMARY)
            except Elsewhere:
                pass
            except psycopg.Error as error:
                if means_look_around(code(error)):
                    self.watcher.hurry()
                raise
        async with (
            self.lease(wanted, deadline) as (session, _),
            limited(session, deadline - monotonic() if limit else None),
        ):
            return await question.on(session)

    async def connect(self, address: Address) -> Session:
        """A session of the caller's own, outside of the pools."""
        return await connect(self._target.conninfo(address), self.options.probe_timeout)

    async def locate(self, wanted: Route, deadline: float) -> HostView:
        """A host that may serve, as far as was seen. Raises `Unavailable` once the deadline has passed."""
        began = monotonic()
        while not (self._opened and (among := self._among(wanted))):
            if not self._opened or monotonic() >= deadline:
                seen = str(self.topology) if self._opened else "the cluster is not open"
                raise unavailable(str(wanted), seen, monotonic() - began)
            await self.watcher.changed(deadline - monotonic())
        return self._choose(among)

    async def lend(self, wanted: Route, deadline: float) -> Session:
        """A new session for the caller to keep and to close, cut when its host loses its role."""
        began = monotonic()
        while True:
            view = await self.locate(wanted, deadline)
            try:
                session = await connect(
                    self.conninfo(view.address), _LEND, self.options.prepare_threshold, autocommit=False
                )
            except (psycopg.Error, OSError, asyncio.TimeoutError) as error:
                self.watcher.hurry()
                if monotonic() >= deadline:
                    raise unavailable(str(wanted), str(self.topology), monotonic() - began) from error
                await asyncio.sleep(self.options.probe_every_unsettled)
                continue
            if view.role is not Role.PRIMARY or not says_standby(session):
                self._lent[session] = view.address
                return session
            await session.close()

    def conninfo(self, address: Address) -> str:
        """Holds the password: never print it."""
        return self._target.conninfo(address)

    def on_new_primary(self, tell: Callable[[], None]) -> None:
        """Call `tell` whenever there is another primary, or none."""
        self._tell_of_primary.append(tell)

    def was_standby(self, view: HostView) -> bool:
        """Was the server, as it runs now, seen as a standby before?"""
        return self.watcher.standbys_started.get(view.address) == view.started

    def is_unbroken(self, address: Address, first: float, last: float) -> bool:
        """Was no run of this server seen as a primary that started between these two?"""
        return not any(first < start and start != last for start in self.watcher.primaries_started.get(address, ()))

    def _among(self, wanted: Route) -> tuple[HostView, ...]:
        """The candidates; worked out once for each topology."""
        asked = replace(wanted, after=None) if wanted.after else wanted
        among = self._candidates.get(asked)
        if among is None:
            among = self._candidates[asked] = candidates(self.topology, asked)
        return among

    def _choose(self, among: tuple[HostView, ...]) -> HostView:
        if len(among) == 1:
            return among[0]
        load = {pool.address: len(pool.in_use) + pool.waiting for pool in self._pools.values()}
        return choose(among, load, next(self._turns))

    def _at_hand(self, wanted: Route) -> HostView | None:
        """A host that may serve without a further look, and whose pool is there."""
        among = self._among(wanted) if self._opened else ()
        if not among:
            return None
        view = self._choose(among)
        is_fresh = wanted.after is None or view.role is Role.PRIMARY or view.lsn >= wanted.after.lsn
        return view if is_fresh and view.address in self._desks else None

    def check_open(self, wanted: object) -> None:
        """Raise `Unavailable` if it is not, `Misconfigured` if that was in another event loop."""
        if not self._opened:
            raise unavailable(str(wanted), "the cluster is not open", 0.0)
        self._check_loop()

    def _check_loop(self) -> None:
        if self._loop is not asyncio.get_running_loop():
            raise Misconfigured(
                "cannot use the cluster: it was opened in another event loop\n"
                "hint: make one Cluster for each event loop, or a BlockingCluster for threads"
            )

    async def _acquire(self, wanted: Route, deadline: float) -> tuple[HostPool, Session, HostView]:
        began = monotonic()
        while True:
            self.check_open(wanted)
            among = self._among(wanted)
            if among:
                found = await self._try(self._choose(among), wanted, deadline)
                if found:
                    return found
            if monotonic() >= deadline:
                raise unavailable(str(wanted), str(self.topology), monotonic() - began)
            if not among:
                await self.watcher.changed(deadline - monotonic())

    async def _try(self, view: HostView, wanted: Route, deadline: float) -> tuple[HostPool, Session, HostView] | None:
        """A session on this host, or None if it turned out not to serve."""
        pool = self._pool(view.address)
        try:
            session = await pool.take(deadline)
        except Elsewhere:
            await asyncio.sleep(_POLL)
            return None
        try:
            fits = await self._fits(session, view, wanted)
        except psycopg.Error:
            fits = False
        except BaseException:
            pool.put(session)
            raise
        if fits:
            return pool, session, view
        pool.put(session)
        self.watcher.hurry()
        if wanted.to is Wanted.PREFER_STANDBY and view.role is Role.STANDBY:
            return await self._instead(deadline)
        await self.watcher.changed(min(self.options.probe_every_unsettled, deadline - monotonic()))
        return None

    async def _instead(self, deadline: float) -> tuple[HostPool, Session, HostView] | None:
        """The standby has not replayed enough: the primary has."""
        primary = self.topology.view(self.topology.primary) if self.topology.primary else None
        return await self._try(primary, Route(Wanted.PRIMARY), deadline) if primary else None

    async def _fits(self, session: Session, view: HostView, wanted: Route) -> bool:
        """Is it still what the view says? A session remembers the role before a promotion until it is asked again."""
        if view.role is Role.PRIMARY:
            if says_standby(session):
                await session.execute("")
            return not says_standby(session)
        return await self._has_replayed(session, view, wanted)

    async def _has_replayed(self, session: Session, view: HostView, wanted: Route) -> bool:
        if wanted.after is None or view.lsn >= wanted.after.lsn:
            return True
        question = "SELECT NOT pg_is_in_recovery() OR pg_last_wal_replay_lsn() >= %s::text::pg_lsn"
        end = monotonic() + self.options.token_wait
        while True:
            row = await (await session.execute(question, (format_lsn(wanted.after.lsn),))).fetchone()
            if row and row[0]:
                return True
            if monotonic() >= end:
                return False
            await asyncio.sleep(_POLL)

    def _pool(self, address: Address) -> HostPool:
        pool = self._pools.get(address)
        if pool is None:
            pool = self._pools[address] = HostPool(address, self._target.conninfo(address), self.options)
            self._desks[address] = Desk(pool, self.options.share_reads)
        return pool

    def _retire(self, address: Address) -> None:
        pool = self._pools.pop(address)
        del self._desks[address]
        pool.retire()
        self._old = {old for old in self._old if old.in_use or not old.is_closed} | {pool}

    def _apply(self, before: Topology, after: Topology) -> None:
        """What a new topology does to the pools, and to the work under way."""
        self._candidates.clear()
        if before.primary != after.primary:
            for tell in self._tell_of_primary:
                tell()
        for view in after.hosts:
            known = before.view(view.address)
            lost = is_lost(view, after)
            if lost:
                self._abort(view, after)
            restarted = known is not None and view.reachable and known.started not in (0.0, view.started)
            useless = lost or restarted or view.failures >= _GONE_AFTER
            if useless and view.address in self._pools:
                self._retire(view.address)

    def _abort(self, view: HostView, topology: Topology) -> None:
        """Old pools too: work may go on in a pool that was retired."""
        why = "it is fenced" if is_fenced(view, topology.fence) else "it is no longer the primary"
        if is_foreign(view, topology.fence):
            why = "it belongs to another cluster"
        for pool in [*self._pools.values(), *self._old]:
            if pool.address == view.address:
                pool.abort(f"{view.address}: {why}")
        for session, address in list(self._lent.items()):
            if address == view.address:
                session.cut(f"{view.address}: {why}")


def _statistics(view: HostView, pool: HostPool | None, topology: Topology) -> HostStatistics:
    book = pool.book if pool else None
    return HostStatistics(
        view.address,
        view.role,
        view.latency,
        lag_bytes(view, topology) if view.role is Role.STANDBY else None,
        len(book.idle) if book else 0,
        len(book.busy) if book else 0,
        book.making if book else 0,
        book.callers if book else 0,
        replace(pool.counts) if pool else Counts(),
    )
