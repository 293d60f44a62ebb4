"""What a cluster has done so far, in numbers.

Knows: what is counted. Must not know: who reads it; `pgclient.metrics` and `pgclient.tracing` do.
"""

from __future__ import annotations

from dataclasses import dataclass

from pgclient.hosts import Address, Role


@dataclass(unsafe_hash=True)
class Counts:
    """Since the pool of a host was made."""

    taken: int = 0
    """Sessions that were idle when they were wanted."""
    waited: int = 0
    """Callers who had to wait for one, or joined a batch."""
    seconds_waited: float = 0.0
    refused: int = 0
    """Callers who got `Busy`."""
    connected: int = 0
    failed: int = 0
    """Attempts to connect that failed."""
    batches: int = 0
    in_company: int = 0
    """Statements that shared a round trip."""
    done_alone: int = 0
    """Statements of them that were done again alone."""


@dataclass(frozen=True)
class HostStatistics:
    """One host at one moment, and its `counts` so far."""

    address: Address
    role: Role
    latency: float
    """Seconds that the last probe took."""
    lag_bytes: int | None
    idle: int
    in_use: int
    making: int
    waiting: int
    counts: Counts
