"""Long polls: snapshots that are computed once, and who waits for the next one.

Knows: which topics a snapshot depends on, and who should be woken when one is touched.
Must not know: what is in a snapshot.
"""

from __future__ import annotations

import asyncio
import collections
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from jujubox.model.database import Topic

COALESCE = 0.02
"""Seconds between being woken and looking, so that a burst of changes is looked at once."""
Snapshot = dict[str, Any]
T = TypeVar("T")


class Bell:
    """Wakes whoever waits for a topic."""

    def __init__(self) -> None:
        self._waiting: collections.defaultdict[Topic, set[asyncio.Event]] = collections.defaultdict(set)

    def ring(self, touched: Iterable[Topic]) -> None:
        """Wake everybody who waits for one of these."""
        for topic in touched:
            for event in self._waiting.get(topic, ()):
                event.set()

    def follow(self, topics: Iterable[Topic], event: asyncio.Event) -> None:
        """Have `event` set when one of these is touched."""
        for topic in topics:
            self._waiting[topic].add(event)

    def unfollow(self, topics: Iterable[Topic], event: asyncio.Event) -> None:
        """Undo `follow`."""
        for topic in topics:
            self._waiting[topic].discard(event)
            if not self._waiting[topic]:
                del self._waiting[topic]

    async def wait(self, topics: Iterable[Topic], timeout: float) -> bool:
        """Wait until one of these is touched; False after `timeout` seconds."""
        event, followed = asyncio.Event(), list(topics)
        self.follow(followed, event)
        try:
            await asyncio.wait_for(event.wait(), timeout)
        except asyncio.TimeoutError:
            return False
        finally:
            self.unfollow(followed, event)
        return True


class Snapshots:
    """Snapshots by key, kept until a topic that they depend on is touched."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._known: dict[Topic, tuple[Snapshot, frozenset[Topic]]] = {}
        self._users: collections.defaultdict[Topic, set[Topic]] = collections.defaultdict(set)

    def forget(self, touched: Iterable[Topic]) -> None:
        """Drop what depends on these topics."""
        for topic in touched:
            for key in self._users.pop(topic, ()):
                self._known.pop(key, None)

    def get(
        self, key: Topic, compute: Callable[[], tuple[Snapshot, frozenset[Topic]]]
    ) -> tuple[Snapshot, frozenset[Topic]]:
        """The snapshot of a key and what it depends on."""
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = compute()
            for topic in known[1]:
                self._users[topic].add(key)
        return known

    async def next(
        self, key: Topic, seen: str, timeout: float, compute: Callable[[], tuple[Snapshot, frozenset[Topic]]]
    ) -> Snapshot | None:
        """The snapshot once its digest is not `seen`; None after `timeout` seconds."""
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout
        while True:
            snapshot, follows = self.get(key, compute)
            if snapshot["digest"] != seen:
                return snapshot
            left = end - loop.time()
            if left <= 0 or not await self._bell.wait(follows, left):
                return None
            await asyncio.sleep(COALESCE)
