"""Which agents have been heard of lately.

Knows: when a machine's agent last spoke, and whether its connection is open.
Must not know: what an agent said. After a start everybody is given the time to come back.
"""

from __future__ import annotations

import time
from collections.abc import Callable

SILENCE = 40.0
"""Seconds of silence on an open connection after which an agent counts as lost; agents ask at least every 25 s."""
RECONNECT = 10.0
"""Seconds that an agent whose connection ended has to come back."""

Key = tuple[int, str]
"""A model and one of its machines."""


class Presence:
    """The last sign of life of every machine's agent."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._began = now()
        self._heard: dict[Key, float] = {}
        self._connections: dict[Key, int] = {}

    def connected(self, key: Key) -> None:
        """An agent logged in."""
        self._connections[key] = self._connections.get(key, 0) + 1
        self.heard(key)

    def disconnected(self, key: Key) -> None:
        """A connection ended."""
        self._connections[key] = max(0, self._connections.get(key, 0) - 1)
        self._heard[key] = self._now()

    def heard(self, key: Key) -> None:
        """An agent asked something."""
        self._heard[key] = self._now()

    def gone(self, key: Key) -> None:
        """The agent's machine is known to be down."""
        self._heard[key] = float("-inf")

    def present(self, key: Key) -> bool:
        """Whether the agent is there, as far as can be told."""
        heard = self._heard.get(key, self._began)
        patience = SILENCE if self._connections.get(key) or key not in self._heard else RECONNECT
        return self._now() - heard <= patience
