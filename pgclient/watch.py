"""Keeps the topology: asks every host at its own pace, at once when something looks wrong.

Knows: how hosts are asked, and when. Must not know: pools, transactions; it reports each change to whoever made it.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Iterable
from time import monotonic

import psycopg

from pgclient import probe
from pgclient.hosts import Address, HostView, Role
from pgclient.options import Options
from pgclient.session import Session, connect
from pgclient.target import Target
from pgclient.topology import Topology, see, start
from pgclient.waits import happened

log = logging.getLogger("pgclient")

_SHORTEST_REST = 0.02
"""Not even the most urgent call for a look makes a host be asked more often than this."""

_OFTEN = 30
"""So many times a host that fell silent is asked at the faster pace."""


def pace(topology: Topology, view: HostView | None, options: Options) -> float:
    """Seconds until a host is asked again. Nobody is asked often for long while a primary is there."""
    newly_silent = view is None or 0 < view.failures <= _OFTEN or view.seen_at == 0.0
    unsettled = topology.primary is None or newly_silent
    return options.probe_every_unsettled if unsettled else options.probe_every


class Watcher:
    """One probing task and one session a host."""

    def __init__(self, target: Target, options: Options, report: Callable[[Topology, Topology], None]) -> None:
        self.topology = start(target.addresses)
        self.standbys_started: dict[Address, float] = {}
        """When the postmaster of each host started that was seen as a standby."""
        self.primaries_started: dict[Address, set[float]] = {}
        """When the postmasters of each host started that were seen as a primary."""
        self._target = target
        self._options = options
        self._report = report
        self._changed = asyncio.Event()
        self._wake: dict[Address, asyncio.Event] = {}
        self._tasks: dict[Address, asyncio.Task[None]] = {}

    def start(self) -> None:
        self._changed = asyncio.Event()  # the one of before may belong to an event loop that has ended
        self._follow_all(self._target.addresses)

    async def stop(self) -> None:
        await self._unfollow(list(self._tasks))

    async def retarget(self, target: Target) -> None:
        """Follow other hosts from now on, or the same with other credentials."""
        stale = [at for at in self._tasks if at not in target.addresses or target.options != self._target.options]
        self._target = target
        await self._unfollow(stale)
        self._set(start(target.addresses, self.topology))
        self._follow_all(target.addresses)

    def hurry(self) -> None:
        """Something looks wrong: ask all hosts now."""
        for event in self._wake.values():
            event.set()

    async def changed(self, seconds: float) -> None:
        """Wait until the topology is another one, at most so long."""
        await happened(self._changed, seconds)

    def _set(self, topology: Topology) -> None:
        before, self.topology = self.topology, topology
        self._changed.set()
        self._changed = asyncio.Event()
        if before.primary != topology.primary:
            log.info("the primary is %s: %s", topology.primary or "unknown", topology.why)
        self._report(before, topology)

    def _follow_all(self, addresses: Iterable[Address]) -> None:
        for address in addresses:
            if address not in self._tasks:
                self._wake[address] = asyncio.Event()
                self._tasks[address] = asyncio.create_task(self._follow(address), name=f"pgclient-probe-{address}")

    async def _unfollow(self, addresses: Iterable[Address]) -> None:
        tasks = [self._tasks.pop(address) for address in addresses]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _follow(self, address: Address) -> None:
        session: Session | None = None
        try:
            while True:
                view, session = await self._look(address, session)
                self._remember(view)
                self._set(see(self.topology, view))
                await self._rest(address)
        finally:
            if session:
                session.cut("the watch ended")
                await session.close()

    def _remember(self, view: HostView) -> None:
        if view.role is Role.STANDBY:
            self.standbys_started[view.address] = view.started
        elif view.role is Role.PRIMARY:
            self.primaries_started.setdefault(view.address, set()).add(view.started)

    async def _rest(self, address: Address) -> None:
        self._wake[address].clear()
        seconds = pace(self.topology, self.topology.view(address), self._options)
        await asyncio.sleep(_SHORTEST_REST)
        await happened(self._wake[address], seconds * random.uniform(0.9, 1.1))

    async def _look(self, address: Address, session: Session | None) -> tuple[HostView, Session | None]:
        """Ask on this session, or on a new one. A session that failed is gone afterwards."""
        began = monotonic()
        try:
            session = session or await self._connect(address)
            row = await self._ask(session)
        except (psycopg.Error, OSError, asyncio.TimeoutError) as error:
            if session:
                why = session.cut_because
                await session.close()
            else:
                why = "no connection in time" if isinstance(error, asyncio.TimeoutError) else ""
            return probe.silent(address, monotonic(), why or _first_line(error)), None
        now = monotonic()
        return probe.read(row, address, now, now - began), session

    async def _connect(self, address: Address) -> Session:
        return await connect(self._target.conninfo(address), self._options.probe_timeout)

    async def _ask(self, session: Session) -> tuple[object, ...]:
        why = f"no answer within {self._options.probe_timeout:g} s"
        timer = asyncio.get_running_loop().call_later(self._options.probe_timeout, session.cut, why)
        try:
            row = await (await session.execute(probe.QUESTION)).fetchone()
        finally:
            timer.cancel()
        assert row is not None
        return tuple(row)


def _first_line(error: BaseException) -> str:
    """psycopg's text of a failed connection names host and user, never the password."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
