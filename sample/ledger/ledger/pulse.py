"""How the writing goes: rate, pauses, reconnections. Arithmetic on the times of acknowledgements.

Knows: times that it is given. Must not know: clocks, connections.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

WINDOW = 10.0
"""Seconds over which the rate is taken."""

STALLED_AFTER = 2.0


@dataclass(frozen=True)
class Gap:
    """The longest time between two acknowledged writes, and when it began (seconds since the epoch)."""

    seconds: float = 0.0
    began: float = 0.0


class Pulse:
    """Shared by all writing threads."""

    def __init__(self, longest: Gap = Gap()) -> None:
        self._lock = threading.Lock()
        self._times: deque[float] = deque()
        self._last: float | None = None
        self._longest = longest

    def beat(self, now: float) -> None:
        """A write was acknowledged at `now`."""
        with self._lock:
            if self._last is not None and now - self._last > self._longest.seconds:
                self._longest = Gap(now - self._last, self._last)
            self._last = max(now, self._last or now)
            self._times.append(now)
            self._forget(now)

    def rest(self) -> None:
        """The writing stops on purpose: what follows is no pause."""
        with self._lock:
            self._last = None
            self._times.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.rest()
        self._longest = Gap()

    def rate(self, now: float) -> float:
        """Rows per second, over the window or since the start."""
        with self._lock:
            self._forget(now)
            if len(self._times) < 2:
                return 0.0
            return len(self._times) / max(1.0, min(WINDOW, now - self._times[0]))

    def silence(self, now: float) -> float | None:
        """Seconds since the last acknowledgement; None before the first."""
        return None if self._last is None else now - self._last

    def longest(self, now: float) -> Gap:
        """The longest gap; one that is not over yet counts as long as it is."""
        silence = self.silence(now)
        if silence is not None and self._last is not None and silence > self._longest.seconds:
            return Gap(silence, self._last)
        return self._longest

    def _forget(self, now: float) -> None:
        while self._times and self._times[0] < now - WINDOW:
            self._times.popleft()
