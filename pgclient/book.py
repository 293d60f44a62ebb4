"""Who has which connection, who waits for one, and how many are to be made.

Knows: counting, first come first served. Must not know: what a connection or a waiter is, time, sockets.

>>> book: Book[str, str] = Book(size=1, most_waiting=2)
>>> book.join("ann"), book.to_make()
(True, 1)
>>> book.begin_one(); book.made("a connection")
'ann'
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

S = TypeVar("S", bound=Hashable)
W = TypeVar("W", bound=Hashable)


class Book(Generic[S, W]):
    """`S` are connections, `W` are waiters. A waiter may stand for several callers, who share what it gets."""

    def __init__(self, size: int, most_waiting: int) -> None:
        self.size = size
        self.most_waiting = most_waiting
        self.idle: list[S] = []
        """The last one used comes last: it is taken first, so that what is not needed grows old."""
        self.busy: set[S] = set()
        self.making = 0
        self.callers = 0
        """How many wait."""
        self._queue: dict[W, int] = {}

    @property
    def total(self) -> int:
        """Connections there are, or are being made."""
        return len(self.idle) + len(self.busy) + self.making

    def take(self) -> S | None:
        """An idle connection, which is busy from now on."""
        if not self.idle:
            return None
        taken = self.idle.pop()
        self.busy.add(taken)
        return taken

    def join(self, waiter: W) -> bool:
        """One caller more waits, at this waiter's place. False: too many wait already."""
        if self.callers >= self.most_waiting:
            return False
        self._queue[waiter] = self._queue.get(waiter, 0) + 1
        self.callers += 1
        return True

    def leave(self, waiter: W) -> None:
        """One caller less waits there; nothing happens if the waiter was served."""
        if waiter in self._queue:
            self.callers -= 1
            self._queue[waiter] -= 1
            if not self._queue[waiter]:
                del self._queue[waiter]

    def to_make(self) -> int:
        """How many connections to begin now: one a waiter, as far as there is room."""
        return max(0, min(len(self._queue) - self.making, self.size - self.total))

    def begin_one(self) -> None:
        self.making += 1

    def failed(self) -> None:
        """One that was begun did not come about."""
        self.making -= 1

    def made(self, connection: S) -> W | None:
        """One that was begun is there; who gets it."""
        self.making -= 1
        self.busy.add(connection)
        return self.put(connection)

    def put(self, connection: S) -> W | None:
        """A busy one is free; who gets it, and keeps it busy. None: it is idle."""
        waiter = next(iter(self._queue), None)
        if waiter is None:
            self.busy.discard(connection)
            self.idle.append(connection)
        else:
            self.callers -= self._queue.pop(waiter)
        return waiter

    def drop(self, connection: S) -> None:
        """It is no more."""
        self.busy.discard(connection)
        if connection in self.idle:
            self.idle.remove(connection)

    def dismiss(self) -> Iterator[W]:
        """Everybody who waits, and nobody waits any more."""
        waiters, self._queue = list(self._queue), {}
        self.callers = 0
        return iter(waiters)
