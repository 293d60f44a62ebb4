"""Notifications that follow the primary, and say when some may have been missed.

One session of its own, never a pooled one, serves all listeners of a cluster; one task owns it, so that subscribing
and unsubscribing are notes to that task and wait for no statement of anybody else. A standby cannot LISTEN: after a
failover the task moves to the new primary, subscribes again, and hands every listener a `Gap`.

Knows: LISTEN, and which listener a channel has. Must not know: what notifications mean.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from itertools import islice
from time import monotonic, time

import psycopg
from psycopg import pq
from psycopg.abc import QueryNoTemplate as Query

from pgclient import statements
from pgclient.errors import unavailable
from pgclient.hosts import Address
from pgclient.notes import Gap, Listening, Note
from pgclient.options import Options
from pgclient.router import Router
from pgclient.session import Session
from pgclient.waits import happened

_AT_ONCE = 500
"""Channels that are subscribed to in one round trip."""


class Ear:
    """The task and the session behind all listeners of one cluster."""

    def __init__(self, router: Router, options: Options) -> None:
        self._router = router
        self._options = options
        self._hearers: dict[str, dict[Listening, None]] = {}
        """Who listens to each channel. One listener may listen to several."""
        self._unready: dict[Listening, asyncio.Event] = {}
        """Listeners that wait for the server to have all their channels."""
        self._listeners: set[Listening] = set()
        self._subscribed: set[str] = set()
        self._changed: set[str] = set()
        """Channels whose hearers came or went since the server was last told."""
        self._missed_since: dict[str, float] = {}
        self._alive_at = 0.0
        """By the wall clock, for a `Gap` to tell; nothing is decided by it, for it may be put back."""
        self._beat_at = 0.0
        """By the monotonic clock."""
        self._why = ""
        self._wake = asyncio.Event()
        self._broken: psycopg.Error | None = None
        self._task: asyncio.Task[None] | None = None
        router.on_new_primary(lambda: self._wake.set())

    def has(self, listener: Listening) -> bool:
        return listener in self._listeners

    async def add(self, listener: Listening) -> None:
        """Wait until the server has all its channels; raises `Unavailable` if that takes too long."""
        self._router.check_open("primary")
        if listener not in self._listeners:
            self._listeners.add(listener)
            self._unready[listener] = asyncio.Event()
            for channel in listener.channels:
                self._hearers.setdefault(channel, {})[listener] = None
            self._wake_up(listener.channels)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen(), name="pgclient-listen")
        ready = self._unready.get(listener)
        try:
            if ready and not await happened(ready, self._options.patience):
                seen = f"{self._router.topology}; {self._why}" if self._why else str(self._router.topology)
                raise unavailable("primary", seen, self._options.patience)
        except BaseException:
            self.remove(listener)
            raise

    def remove(self, listener: Listening) -> None:
        if listener not in self._listeners:
            return
        self._listeners.discard(listener)
        self._unready.pop(listener, None)
        for channel in listener.channels:
            del self._hearers[channel][listener]
            if not self._hearers[channel]:
                del self._hearers[channel]
        self._wake_up(listener.channels)

    def _wake_up(self, channels: Iterable[str]) -> None:
        self._changed.update(channels)
        self._wake.set()

    async def close(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._task, self._wake = None, asyncio.Event()
        self._subscribed.clear()
        for listener in list(self._listeners):
            listener.close()

    async def _listen(self) -> None:
        while True:
            address = self._router.topology.primary
            if address is None:
                await self._router.watcher.changed(self._options.probe_every)
                continue
            self._why = await self._follow(address)
            for channel in self._subscribed:
                self._missed_since.setdefault(channel, self._alive_at)
            self._subscribed.clear()
            self._router.watcher.hurry()
            await asyncio.sleep(self._options.probe_every_unsettled)

    async def _follow(self, address: Address) -> str:
        """Serve on one primary for as long as it is the primary; why that ended."""
        try:
            session = await self._router.connect(address)
        except (psycopg.Error, OSError, asyncio.TimeoutError):
            return f"{address} did not let us in"
        self._broken = None
        self._changed = set(self._hearers)
        session.add_notify_handler(lambda found: self._feed(found.channel, found.payload, found.pid))
        try:
            while self._router.topology.primary in (None, address):
                await self._catch_up(session)
                await self._wait(session)
            return f"{address} is no longer the primary"
        except psycopg.Error as error:
            return f"{address}: {session.cut_because or str(error).strip() or type(error).__name__}"
        finally:
            session.cut("listening ended here")
            await session.close()

    async def _catch_up(self, session: Session) -> None:
        """Make the server's subscriptions those that are wanted."""
        self._wake.clear()
        changed, self._changed = self._changed, set()
        for some in _parts(changed & self._hearers.keys() - self._subscribed):
            await self._tell(session, statements.listening("LISTEN", some))
            self._subscribed.update(some)
            for channel in some:
                self._end_gap(channel)
        for some in _parts(self._subscribed & changed - self._hearers.keys()):
            await self._tell(session, statements.listening("UNLISTEN", some))
            self._subscribed.difference_update(some)
        for listener in [one for one in self._unready if self._subscribed.issuperset(one.channels)]:
            self._unready.pop(listener).set()

    def _end_gap(self, channel: str) -> None:
        since = self._missed_since.pop(channel, None)
        for listener in self._hearers.get(channel, ()):
            if since is not None and listener not in self._unready:
                listener.feed(Gap(channel, since, self._why))

    async def _wait(self, session: Session) -> None:
        """Feed what arrives, until a listener's wish, another primary or the session's end; keep it beating."""
        loop, descriptor = asyncio.get_running_loop(), session.pgconn.socket
        loop.add_reader(descriptor, self._read, session)
        try:
            self._read(session)
            woken = await happened(self._wake, self._beat_at + self._options.heartbeat - monotonic())
        finally:
            loop.remove_reader(descriptor)
        if self._broken:
            raise self._broken
        if not woken and monotonic() - self._beat_at >= self._options.heartbeat:
            await self._tell(session, "")

    def _read(self, session: Session) -> None:
        """Called by the event loop when there is something: a notification goes to its listeners at once."""
        pgconn, encoding, heard = session.pgconn, session.info.encoding, False
        try:
            pgconn.consume_input()
            while found := pgconn.notifies():
                # What is no text in this encoding goes through nevertheless: nobody else's notes are to suffer.
                channel = found.relname.decode(encoding, "surrogateescape")
                self._feed(channel, found.extra.decode(encoding, "surrogateescape"), found.be_pid)
                heard = True
            if heard:
                self._alive()
            if pgconn.status != pq.ConnStatus.OK:
                raise psycopg.OperationalError("the server closed the listening session")
        except psycopg.Error as error:
            self._broken = error
            self._wake.set()

    def _feed(self, channel: str, payload: str, pid: int) -> None:
        if hearers := self._hearers.get(channel):
            note = Note(channel, payload, pid)
            for listener in hearers:
                listener.feed(note)

    async def _tell(self, session: Session, query: Query) -> None:
        timer = asyncio.get_running_loop().call_later(self._options.heartbeat, session.cut, "it fell silent")
        try:
            await session.execute(query)
        finally:
            timer.cancel()
        self._alive()

    def _alive(self) -> None:
        self._alive_at, self._beat_at = time(), monotonic()


def _parts(channels: set[str]) -> Iterator[list[str]]:
    left = iter(sorted(channels))
    while some := list(islice(left, _AT_ONCE)):
        yield some
