"""How a cluster is used: sizes and times, with defaults that hold in a failover.

Knows: numbers and what they mean. Must not know: anything else.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from pgclient.errors import Misconfigured


@dataclass(frozen=True)
class Options:
    """Seconds, unless it says otherwise."""

    pool_size: int = 10
    """Connections to each host, at most. They are made when needed, and kept."""
    max_waiting: int = 10_000
    """Callers that may wait for a connection to one host; more get `Busy` at once."""
    patience: float = 60.0
    """How long a call without a `timeout` of its own waits for a host that can serve, over all its attempts."""
    probe_every: float = 1.0
    """How often each host is asked while all is well."""
    probe_every_unsettled: float = 0.1
    """How often while there is no primary, or a host does not answer."""
    probe_timeout: float = 1.0
    """A host that takes longer to answer gets no new work. Work under way goes on until another is the primary."""
    cancel_grace: float = 1.0
    """How long a statement that is being cancelled may take to end, before its connection is cut."""
    token_wait: float = 0.05
    """How long a read with `after=` waits for a standby to catch up, before it goes to the primary."""
    heartbeat: float = 5.0
    """How often a silent listening session is tried out."""
    max_notes: int = 10_000
    """Notifications kept for one slow listener. More become a `Gap`."""
    max_idle: float = 600.0
    """A connection that nobody needed for so long is closed."""
    max_lifetime: float = 3600.0
    """A connection that has lived so long is closed when it is idle."""
    warn_held_for: float = 60.0
    """A transaction, stream or connection that somebody holds for so long is logged, with the place that took it."""
    share_reads: bool = True
    """When all connections are in use, let waiting single reads travel together, each in a transaction of its own."""
    prepare_threshold: int | None = 5
    """Prepare a statement on the server after so many executions on a connection; None behind an old PgBouncer."""

    on_connect: Callable[[Any], Awaitable[None]] | None = None
    """Awaited with each new psycopg connection before anybody gets it; see `pgclient.types.known`."""
    trace: Callable[[str, object], AbstractContextManager[object]] | None = None
    """Entered around each call with its name and statement (or None); see `pgclient.tracing.spans`."""

    def __post_init__(self) -> None:
        positive = ("pool_size", "max_waiting", "patience", "probe_every", "probe_every_unsettled", "probe_timeout")
        for name in (*positive, "cancel_grace", "heartbeat", "max_notes", "max_idle", "max_lifetime", "warn_held_for"):
            if getattr(self, name) <= 0:
                raise Misconfigured(f"cannot use {name}={getattr(self, name)!r} (expected more than 0)")
