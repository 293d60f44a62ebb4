"""Notifications that follow the primary, and say when some may have been missed.

One session of its own, never a pooled one, serves all listeners of a cluster; one task owns it, so that subscribing
and unsubscribing are notes to that task and wait for no statement of anybody else. A standby cannot LISTEN: after a
failover the task moves to the new primary, subscribes again, and hands every listener a `Gap`.

Knows: LISTEN, and how a listener is fed. Must not know: what notifications mean.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from time import monotonic, time
from types import TracebackType

import psycopg
from psycopg import pq
from psycopg.abc import QueryNoTemplate as Query

from pgclient import statements
from pgclient.errors import Misconfigured, unavailable
from pgclient.hosts import Address
from pgclient.options import Options
from pgclient.router import Router
from pgclient.session import Session
from pgclient.waits import happened

MAX_PAYLOAD = 7999
"""Bytes: https://www.postgresql.org/docs/current/sql-notify.html (must be shorter than 8000)."""
MAX_CHANNEL = 63


@dataclass(frozen=True, slots=True)
class Note:
    """One notification."""

    channel: str
    payload: str
    pid: int
    """The server process that sent it."""


@dataclass(frozen=True)
class Gap:
    """Notes may have been missed since `since` (seconds since 1970): read anew whatever you follow."""

    channel: str
    since: float
    why: str


def check_payload(channel: str, payload: str) -> None:
    """Raise `Misconfigured` for what NOTIFY would refuse."""
    check_channel(channel)
    size = len(payload.encode())
    if size > MAX_PAYLOAD:
        raise Misconfigured(
            f"cannot notify {channel}: the payload has {size} bytes (expected at most {MAX_PAYLOAD})\n"
            "hint: store the data in a table and send its key"
        )


def check_channel(channel: str) -> None:
    """Raise `Misconfigured` for a channel that cannot be listened to."""
    if not 0 < len(channel.encode()) <= MAX_CHANNEL:
        raise Misconfigured(f"cannot use channel {channel!r:.80} (expected 1 to {MAX_CHANNEL} bytes)")


class Listening:
    """One listener: `async for note in listening`, which yields `Note` and `Gap`.

    As `async with cluster.listen("channel") as notes` it is subscribed when the block begins; without, at the first
    step.
    """

    def __init__(self, ear: Ear, channels: tuple[str, ...], most: int) -> None:
        for channel in channels:
            check_channel(channel)
        self.channels = channels
        self._ear = ear
        self._most = most
        self._arrived: deque[Note | Gap] = deque()
        self._something = asyncio.Event()
        self._closed = False

    async def __aenter__(self) -> Listening:
        await self._ear.add(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __aiter__(self) -> Listening:
        return self

    async def __anext__(self) -> Note | Gap:
        if not self._closed and not self._ear.has(self):
            await self._ear.add(self)
        while not self._arrived:
            if self._closed:
                raise StopAsyncIteration
            self._something.clear()
            await self._something.wait()
        return self._arrived.popleft()

    def close(self) -> None:
        """End the iteration once what has arrived was read."""
        self._closed = True
        self._something.set()
        self._ear.remove(self)

    def feed(self, item: Note | Gap) -> None:
        """Give it to the reader. One who does not read gets a gap instead of everybody's memory."""
        if len(self._arrived) >= self._most:
            self._arrived.clear()
            now = time()
            self._arrived.extend(Gap(channel, now, "the listener read too slowly") for channel in self.channels)
        self._arrived.append(item)
        self._something.set()


class Ear:
    """The task and the session behind all listeners of one cluster."""

    def __init__(self, router: Router, options: Options) -> None:
        self._router = router
        self._options = options
        self._listeners: dict[Listening, asyncio.Event] = {}
        self._subscribed: set[str] = set()
        self._missed_since: dict[str, float] = {}
        self._alive_at = 0.0
        """By the wall clock, for a `Gap` to tell; nothing is decided by it, for it may be put back."""
        self._beat_at = 0.0
        """By the monotonic clock."""
        self._why = ""
        self._wake = asyncio.Event()
        self._broken: psycopg.Error | None = None
        self._task: asyncio.Task[None] | None = None
        router.on_new_primary(self._wake.set)

    def has(self, listener: Listening) -> bool:
        return listener in self._listeners

    async def add(self, listener: Listening) -> None:
        """Wait until the server has all its channels; raises `Unavailable` if that takes too long."""
        ready = self._listeners.setdefault(listener, asyncio.Event())
        self._wake.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen(), name="pgclient-listen")
        try:
            if not await happened(ready, self._options.patience):
                raise unavailable("primary", str(self._router.topology), self._options.patience)
        except BaseException:
            self.remove(listener)
            raise

    def remove(self, listener: Listening) -> None:
        self._listeners.pop(listener, None)
        self._wake.set()

    async def close(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
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
        wanted = {channel for listener in self._listeners for channel in listener.channels}
        for channel in sorted(wanted - self._subscribed):
            await self._tell(session, statements.listening("LISTEN", channel))
            self._subscribed.add(channel)
            self._end_gap(channel)
        for channel in sorted(self._subscribed - wanted):
            await self._tell(session, statements.listening("UNLISTEN", channel))
            self._subscribed.discard(channel)
        for listener, ready in self._listeners.items():
            if self._subscribed.issuperset(listener.channels):
                ready.set()

    def _end_gap(self, channel: str) -> None:
        since = self._missed_since.pop(channel, None)
        for listener, ready in self._listeners.items():
            if since is not None and channel in listener.channels and ready.is_set():
                listener.feed(Gap(channel, since, self._why))

    async def _wait(self, session: Session) -> None:
        """Feed what arrives, until a listener's wish, another primary or the session's end; keep it beating."""
        loop, descriptor = asyncio.get_running_loop(), session.pgconn.socket
        loop.add_reader(descriptor, self._read, session)
        try:
            self._read(session)
            woken = await happened(self._wake, self._options.heartbeat)
        finally:
            loop.remove_reader(descriptor)
        if self._broken:
            raise self._broken
        if not woken and monotonic() - self._beat_at >= self._options.heartbeat:
            await self._tell(session, "")

    def _read(self, session: Session) -> None:
        """Called by the event loop when there is something: a notification goes to its listeners at once."""
        pgconn = session.pgconn
        try:
            pgconn.consume_input()
            while found := pgconn.notifies():
                self._alive()
                self._feed(found.relname.decode(), found.extra.decode(), found.be_pid)
            if pgconn.status != pq.ConnStatus.OK:
                raise psycopg.OperationalError("the server closed the listening session")
        except psycopg.Error as error:
            self._broken = error
            self._wake.set()

    def _feed(self, channel: str, payload: str, pid: int) -> None:
        note = Note(channel, payload, pid)
        for listener in self._listeners:
            if channel in listener.channels:
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
