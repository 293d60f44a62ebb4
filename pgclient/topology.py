"""Who is the primary: decided from what was seen, and from what was ever seen before.

A server that says it is the primary is believed if it belongs to our cluster (system identifier) and nobody was ever
seen on a higher timeline. So an old primary that comes back after a failover is fenced off from this client, even
while the new one cannot be reached.

Knows: views. Must not know: time, sockets, pools.

>>> from pgclient.hosts import Address, HostView, Role
>>> old = HostView(Address("a"), Role.PRIMARY, 7, timeline=1)
>>> new = HostView(Address("b"), Role.PRIMARY, 7, timeline=2)
>>> seen = see(see(start([old.address, new.address]), old), new)
>>> seen.primary, is_fenced(old, seen.fence)
(Address('b:5432'), True)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from pgclient.hosts import Address, HostView, Role


@dataclass(frozen=True)
class Fence:
    """What a primary has to be. Only ever grows stricter."""

    system_identifier: int | None = None
    """None until a primary was seen."""
    timeline: int = 0
    """The highest that any member was ever seen on."""


@dataclass(frozen=True)
class Topology:
    """All hosts, the fence, and what follows: where writes go, or why nowhere."""

    hosts: tuple[HostView, ...] = ()
    fence: Fence = Fence()
    primary: Address | None = None
    why: str = "no host was asked yet"
    """Why there is no primary, or what makes this one it."""

    def view(self, address: Address) -> HostView | None:
        return next((view for view in self.hosts if view.address == address), None)

    def __str__(self) -> str:
        return "; ".join(describe(view, self) for view in self.hosts) or "no hosts"


def start(addresses: Iterable[Address], before: Topology | None = None) -> Topology:
    """The topology of these hosts. What was seen `before` of them stays, and so does the fence."""
    before = before or Topology()
    hosts = tuple(before.view(address) or HostView(address) for address in dict.fromkeys(addresses))
    return _conclude(hosts, before.fence)


def see(topology: Topology, view: HostView) -> Topology:
    """The topology once `view` has been seen; unchanged if its host is none of ours any more."""
    if topology.view(view.address) is None:
        return topology
    hosts = tuple(_merge(known, view) if known.address == view.address else known for known in topology.hosts)
    return _conclude(hosts, tighten(topology.fence, hosts))


def tighten(fence: Fence, hosts: Iterable[HostView]) -> Fence:
    """The fence, once these hosts have been seen."""
    hosts = tuple(hosts)
    identifier = fence.system_identifier
    if identifier is None:
        identifiers = {view.system_identifier for view in hosts if view.role is Role.PRIMARY}
        identifier = identifiers.pop() if len(identifiers) == 1 else None
    if identifier is None:
        return fence
    ours = [view.timeline for view in hosts if view.system_identifier == identifier]
    return Fence(identifier, max([fence.timeline, *ours]))


def is_foreign(view: HostView, fence: Fence) -> bool:
    """Does this host belong to another cluster?"""
    return view.reachable and fence.system_identifier not in (None, view.system_identifier)


def is_fenced(view: HostView, fence: Fence) -> bool:
    """Is this a primary that must not be written to?"""
    return view.role is Role.PRIMARY and (is_foreign(view, fence) or view.timeline < fence.timeline)


def choose_primary(hosts: Iterable[HostView], fence: Fence) -> tuple[Address | None, str]:
    """Where writes go and why, or None and why not.

    Two addresses of one server (same start, same timeline) are one primary: the first is taken.
    """
    hosts = tuple(hosts)
    claims = [view for view in hosts if view.role is Role.PRIMARY and not is_fenced(view, fence)]
    if not claims:
        return None, _why_none(hosts, fence)
    servers = {(view.system_identifier, view.timeline, view.started) for view in claims}
    if len(servers) > 1:
        names = ", ".join(str(view.address) for view in claims)
        return None, f"{names} all say they are the primary on timeline {claims[0].timeline}"
    return claims[0].address, f"primary on timeline {claims[0].timeline}"


def is_lost(view: HostView, topology: Topology) -> bool:
    """Can work that is under way on this host no longer end well, so that it is better ended now?

    A primary that merely does not answer may still do so: its work is left alone until somebody else is the primary.
    """
    if is_foreign(view, topology.fence) or is_fenced(view, topology.fence):
        return True
    if view.was is not Role.PRIMARY:
        return False
    if view.role is Role.UNKNOWN:
        return topology.primary not in (None, view.address)
    return view.role is Role.STANDBY


def describe(view: HostView, topology: Topology) -> str:
    """One host in a few words."""
    if not view.reachable:
        return f"{view.address} unknown ({view.why})"
    if is_foreign(view, topology.fence):
        return f"{view.address} of another cluster"
    if is_fenced(view, topology.fence):
        return f"{view.address} fenced (timeline {view.timeline}, the cluster is on {topology.fence.timeline})"
    return f"{view.address} {view.role.value}"


def _merge(known: HostView, view: HostView) -> HostView:
    """A host that did not answer keeps what it said last, apart from its role."""
    was = known.role if known.reachable else known.was
    if view.reachable:
        return replace(view, failures=0, was=was)
    missed = known.failures + 1
    return replace(known, role=Role.UNKNOWN, was=was, why=view.why, seen_at=view.seen_at, failures=missed)


def _why_none(hosts: tuple[HostView, ...], fence: Fence) -> str:
    return "; ".join(describe(view, Topology(hosts, fence)) for view in hosts) or "no hosts are known"


def _conclude(hosts: tuple[HostView, ...], fence: Fence) -> Topology:
    primary, why = choose_primary(hosts, fence)
    return Topology(hosts, fence, primary, why)
