"""What a listener hears, and the queue that it reads from.

Knows: notes, gaps, the limits of NOTIFY. Must not know: sessions, hosts, how a note gets here.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from time import time
from types import TracebackType
from typing import NamedTuple, Protocol

from pgclient.errors import Misconfigured

MAX_PAYLOAD = 7999
"""Bytes: https://www.postgresql.org/docs/current/sql-notify.html (must be shorter than 8000)."""
MAX_CHANNEL = 63


class Note(NamedTuple):
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


class Feeds(Protocol):
    """Whoever brings the notes."""

    async def add(self, listener: Listening) -> None:
        """Begin to feed it; back when the server has all its channels."""

    def remove(self, listener: Listening) -> None:
        """Feed it no more."""

    def has(self, listener: Listening) -> bool:
        """Is it fed?"""


class Listening:
    """One listener: `async for note in listening`, which yields `Note` and `Gap`.

    As `async with cluster.listen("channel") as notes` it is subscribed when the block begins; without, at the first
    step.
    """

    def __init__(self, feeds: Feeds, channels: tuple[str, ...], most: int) -> None:
        if not channels:
            raise Misconfigured("cannot listen: no channel was named (expected at least one)")
        for channel in channels:
            check_channel(channel)
        self.channels = tuple(dict.fromkeys(channels))
        self._feeds = feeds
        self._most = most
        self._arrived: deque[Note | Gap] = deque()
        self._something = asyncio.Event()
        self._closed = False

    async def __aenter__(self) -> Listening:
        await self._feeds.add(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __aiter__(self) -> Listening:
        return self

    async def __anext__(self) -> Note | Gap:
        if self._arrived:
            return self._arrived.popleft()
        if not self._closed and not self._feeds.has(self):
            await self._feeds.add(self)
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
        self._feeds.remove(self)

    def feed(self, item: Note | Gap) -> None:
        """Give it to the reader. One who does not read gets a gap instead of everybody's memory."""
        if len(self._arrived) >= self._most:
            self._arrived.clear()
            now = time()
            self._arrived.extend(Gap(channel, now, "the listener read too slowly") for channel in self.channels)
        self._arrived.append(item)
        self._something.set()
