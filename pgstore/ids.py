"""Ids for documents: random, or in the order of their making.

Knows: the alphabet and how many bits go where. Must not know: documents. The clock and the dice are handed in.

>>> factory = TimeOrderedIds(clock=lambda: 1_300_000_000.0, dice=lambda n: 0)
>>> factory.make(), factory.make()
('Hui1RV----', 'Hui1RV0---')
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from uuid import uuid4

ALPHABET = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
"""64 characters in the order of their codes, so that ids sort as the times they were made at."""
_TIME_CHARACTERS = 7
"""42 bits of milliseconds: until 2109."""


def unique_id() -> str:
    """32 hexadecimal digits."""
    return uuid4().hex


def spell(number: int, characters: int) -> str:
    """A number in `ALPHABET`, the greatest digit first; what does not fit falls off at the front."""
    return "".join(ALPHABET[(number >> 6 * place) & 63] for place in reversed(range(characters)))


class TimeOrderedIds:
    """Ids that grow strictly within this process, and by time between processes; threads may share one."""

    def __init__(
        self,
        salt: int = 3,
        *,
        clock: Callable[[], float] = time.time,
        dice: Callable[[int], int] = secrets.randbelow,
    ) -> None:
        self._salt = salt
        self._clock = clock
        self._dice = dice
        self._last = 0
        self._lock = threading.Lock()

    def make(self) -> str:
        """Seven characters of time, then the salt."""
        with self._lock:
            self._last = max(int(self._clock() * 1000), self._last + 1)
            return spell(self._last, _TIME_CHARACTERS) + self._new_salt()

    def replace_duplicate(self, taken: str) -> str:
        """An id of the same time with another salt, for one that somebody else had first."""
        while (other := taken[:_TIME_CHARACTERS] + self._new_salt()) == taken:
            pass
        return other

    def _new_salt(self) -> str:
        return spell(self._dice(64**self._salt), self._salt)
