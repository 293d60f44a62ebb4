"""Timers of a unit agent: update-status, retries of a failed hook, claims of leadership.

Knows: intervals, jitter, back-off. Must not know: what is done when one ticks.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

FIRST_RETRY, LONGEST_RETRY = 5.0, 300.0
LONGEST_CLAIM_WAIT = 5.0
"""Seconds after which a unit that does not lead looks again whether the lease is free."""


def update_status_delay(interval: float, chance: float) -> float:
    """Seconds to the next update-status: the interval within a fifth, by `chance` in 0..1."""
    return interval * (0.8 + 0.4 * chance)


def retry_delay(attempt: int, chance: float) -> float:
    """Seconds to retry number `attempt` (from 0): 5 s, doubled each time, at most 5 min, within a tenth."""
    return min(FIRST_RETRY * 2.0 ** min(attempt, 10), LONGEST_RETRY) * (0.9 + 0.2 * chance)


def claim_delay(leader: bool, seconds_left: float) -> float:
    """Seconds to the next claim: a holder renews at half the lease, others look when it may end."""
    if leader:
        return max(seconds_left / 2, 0.2)
    return min(max(seconds_left, 0.2), LONGEST_CLAIM_WAIT)


class RetryTimer:
    """Waits longer after each failure in a row."""

    def __init__(self, tick: Callable[[], None]) -> None:
        self._tick = tick
        self._attempt = 0
        self._handle: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Tick after the next delay, unless a tick is on its way."""
        if self._handle is None:
            delay = retry_delay(self._attempt, random.random())
            self._attempt += 1
            self._handle = asyncio.get_running_loop().call_later(delay, self._fire)

    def _fire(self) -> None:
        self._handle = None
        self._tick()

    def stop(self) -> None:
        """A retry begins now for another reason: no tick."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def reset(self) -> None:
        """No hook is in error any more."""
        self.stop()
        self._attempt = 0


async def keep_ticking(interval: Callable[[], float], tick: Callable[[], None]) -> None:
    """Tick for ever; the interval is looked at anew at least every five seconds, so that a change counts soon."""
    loop = asyncio.get_running_loop()
    while True:
        began, seconds, chance = loop.time(), interval(), random.random()
        while True:
            if interval() != seconds:
                seconds = interval()
            left = began + update_status_delay(seconds, chance) - loop.time()
            if left <= 0:
                break
            await asyncio.sleep(min(left, 5.0))
        tick()


async def keep_claiming(claim: Callable[[], Awaitable[Any]], changed: Callable[[], None]) -> None:
    """Claim leadership for ever: `claim` answers `{"leader", "seconds"}`, or None once the unit must not lead."""
    led = False
    while (answer := await claim()) is not None:
        if bool(answer["leader"]) != led:
            led = bool(answer["leader"])
            changed()
        await asyncio.sleep(claim_delay(led, float(answer.get("seconds", 60))))
