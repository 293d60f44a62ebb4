"""Hosts, and what was seen of each.

Knows: the shape of an observation. Must not know: how a host is asked, or what follows from the answer.

>>> Address("10.1.0.10", 5432)
Address('10.1.0.10:5432')
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Role(Enum):
    """What a server says it is."""

    PRIMARY = "primary"
    STANDBY = "standby"
    UNKNOWN = "unknown"


@dataclass(frozen=True, order=True, repr=False)
class Address:
    """Where a server listens. `host` may be a name, an address or the directory of a Unix socket."""

    host: str
    port: int = 5432
    hostaddr: str = ""
    """The numeric address of `host`, where the connection string gives one (libpq's `hostaddr`)."""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def __repr__(self) -> str:
        return f"Address({str(self)!r})"


@dataclass(frozen=True)
class HostView:
    """One host as it was last seen. What it never said is None."""

    address: Address
    role: Role = Role.UNKNOWN
    """UNKNOWN as long as it does not answer."""
    system_identifier: int | None = None
    """Made by initdb; equal on all members of one cluster."""
    timeline: int = 0
    """Grows with every promotion. A standby may show a lower one than it follows until its next checkpoint."""
    lsn: int = 0
    """Bytes of WAL: written by a primary, replayed by a standby."""
    replayed_age: float | None = None
    """Seconds since the last transaction that a standby replayed was committed, by the standby's clock."""
    started: float = 0.0
    """When its postmaster started, by its own clock (seconds since 1970): changes when a server restarts."""
    seen_at: float = 0.0
    """When it was asked, by this process' monotonic clock."""
    latency: float = 0.0
    """Seconds that the answer took."""
    why: str = "not asked yet"
    """Why the role is unknown."""
    was: Role = Role.UNKNOWN
    """The role it had when it was last asked before, and answered."""
    failures: int = 0
    """How often in a row it did not answer."""

    @property
    def reachable(self) -> bool:
        return self.role is not Role.UNKNOWN
