"""Which hosts may serve a piece of work, and which of them does.

Knows: topology and how much each host has to do. Must not know: pools, time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from pgclient.errors import Misconfigured
from pgclient.hosts import Address, HostView, Role
from pgclient.lsn import CommitToken
from pgclient.topology import Topology, is_fenced, is_foreign


class Wanted(Enum):
    """Whom the caller wants."""

    PRIMARY = "primary"
    STANDBY = "standby"
    PREFER_STANDBY = "prefer-standby"
    """A standby if one is fresh enough, otherwise the primary."""
    ANY = "any"


@dataclass(frozen=True)
class Route:
    """Whom the caller wants, and how far behind it may be."""

    to: Wanted | str = Wanted.PRIMARY
    """One of `Wanted`, or its word."""
    max_lag_bytes: int | None = None
    max_lag_seconds: float | None = None
    after: CommitToken | None = None
    """What has to be visible: the token of an earlier commit."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "to", _wanted(self.to))

    def __str__(self) -> str:
        return _wanted(self.to).value


def route(to: Route | Wanted | str, after: CommitToken | None = None) -> Route:
    """A route from what callers say; raises `Misconfigured` for a word that is none."""
    if isinstance(to, Route):
        return replace(to, after=after) if after else to
    return Route(to, after=after)


def _wanted(to: Wanted | str) -> Wanted:
    try:
        return Wanted(to)
    except ValueError:
        words = ", ".join(wanted.value for wanted in Wanted)
        raise Misconfigured(f"cannot route work: {to!r} is no role (expected one of {words})") from None


def candidates(topology: Topology, wanted: Route) -> tuple[HostView, ...]:
    """The hosts that may serve, equally good ones; empty if nobody may."""
    primary = tuple(view for view in topology.hosts if view.address == topology.primary)
    standbys = tuple(view for view in topology.hosts if _is_fresh(view, topology, wanted))
    if wanted.to is Wanted.PRIMARY:
        return primary
    if wanted.to is Wanted.STANDBY:
        return standbys
    if wanted.to is Wanted.PREFER_STANDBY:
        return standbys or primary
    return primary + standbys


def choose(among: Sequence[HostView], load: Mapping[Address, int], turn: int) -> HostView:
    """The one with the least to do; who are equal take turns."""
    least = min(load.get(view.address, 0) for view in among)
    idle = [view for view in among if load.get(view.address, 0) == least]
    return idle[turn % len(idle)]


def lag_bytes(view: HostView, topology: Topology) -> int | None:
    """How much WAL this standby has not replayed, as far as was seen; None while no primary was ever seen."""
    heads = [other.lsn for other in topology.hosts if other.address == topology.primary]
    return max(0, heads[0] - view.lsn) if heads else None


def lag_seconds(view: HostView, topology: Topology) -> float | None:
    """How old the newest is that this standby shows; None if nobody can say."""
    if lag_bytes(view, topology) == 0:
        return 0.0
    return view.replayed_age


def _is_fresh(view: HostView, topology: Topology, wanted: Route) -> bool:
    """A limit that cannot be checked is not kept."""
    if view.role is not Role.STANDBY or is_foreign(view, topology.fence) or is_fenced(view, topology.fence):
        return False
    within = True
    if wanted.max_lag_bytes is not None:
        behind = lag_bytes(view, topology)
        within = behind is not None and behind <= wanted.max_lag_bytes
    if wanted.max_lag_seconds is not None:
        age = lag_seconds(view, topology)
        within = within and age is not None and age <= wanted.max_lag_seconds
    return within
