"""Hands out sessions on the host that a piece of work should run on.

Knows: the watcher, one pool a host, what a change of topology does to them. Must not know: statements, transactions.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable
from time import monotonic

import psycopg

from pgclient.errors import unavailable
from pgclient.hosts import Address, HostView, Role
from pgclient.lsn import format_lsn
from pgclient.options import Options
from pgclient.pools import HostPool, Retired
from pgclient.retry import means_look_around
from pgclient.routing import Route, Wanted, candidates, choose
from pgclient.session import Session, code, connect, says_standby
from pgclient.target import Target
from pgclient.topology import Topology, is_fenced, is_foreign, is_lost
from pgclient.watch import Watcher

_GONE_AFTER = 2
"""So many unanswered questions in a row make a host's pool useless; one may be a hiccup."""
_POLL = 0.005


class Router:
    """Open it, lease sessions from it, close it."""

    def __init__(self, target: Target, options: Options) -> None:
        self.options = options
        self.watcher = Watcher(target, options, self._apply)
        self._target = target
        self._pools: dict[Address, HostPool] = {}
        self._old: set[HostPool] = set()
        self._turns = itertools.count()
        self._opened = False
        self._tell_of_primary: list[Callable[[], None]] = []

    @property
    def topology(self) -> Topology:
        return self.watcher.topology

    @property
    def pools(self) -> tuple[HostPool, ...]:
        return tuple(self._pools.values())

    async def open(self) -> None:
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
        pool, session, view = await self._acquire(wanted, deadline)
        try:
            yield session, view
        except psycopg.Error as error:
            if means_look_around(code(error)):
                self.watcher.hurry()
            raise
        finally:
            await pool.give(session)

    async def connect(self, address: Address) -> Session:
        """A session of the caller's own, outside of the pools."""
        return await connect(self._target.conninfo(address), self.options.probe_timeout)

    def on_new_primary(self, tell: Callable[[], None]) -> None:
        """Call `tell` whenever there is another primary, or none."""
        self._tell_of_primary.append(tell)

    def was_standby(self, view: HostView) -> bool:
        """Was the server, as it runs now, seen as a standby before?"""
        return self.watcher.standbys_started.get(view.address) == view.started

    def is_unbroken(self, address: Address, first: float, last: float) -> bool:
        """Was no run of this server seen as a primary that started between these two?"""
        return not any(first < start and start != last for start in self.watcher.primaries_started.get(address, ()))

    async def _acquire(self, wanted: Route, deadline: float) -> tuple[HostPool, Session, HostView]:
        began = monotonic()
        while True:
            if not self._opened:
                raise unavailable(str(wanted), "the cluster is not open", monotonic() - began)
            among = candidates(self.topology, wanted)
            if among:
                load = {pool.address: len(pool.in_use) + pool.waiting for pool in self._pools.values()}
                found = await self._try(choose(among, load, next(self._turns)), wanted, deadline)
                if found:
                    return found
            if monotonic() >= deadline:
                raise unavailable(str(wanted), str(self.topology), monotonic() - began)
            if not among:
                await self.watcher.changed(deadline - monotonic())

    async def _try(self, view: HostView, wanted: Route, deadline: float) -> tuple[HostPool, Session, HostView] | None:
        """A session on this host, or None if it turned out not to serve."""
        pool = await self._pool(view.address)
        try:
            session = await pool.take(deadline)
        except Retired:
            await asyncio.sleep(_POLL)
            return None
        try:
            fits = await self._fits(session, view, wanted)
        except psycopg.Error:
            fits = False
        except BaseException:
            await pool.give(session)
            raise
        if fits:
            return pool, session, view
        await pool.give(session)
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

    async def _pool(self, address: Address) -> HostPool:
        pool = self._pools.get(address)
        if pool is None:
            pool = self._pools[address] = HostPool(address, self._target.conninfo(address), self.options)
            await pool.open()
        return pool

    def _retire(self, address: Address) -> None:
        pool = self._pools.pop(address)
        pool.retire()
        self._old = {old for old in self._old if old.in_use or not old.is_closed} | {pool}

    def _apply(self, before: Topology, after: Topology) -> None:
        """What a new topology does to the pools, and to the work under way."""
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
