"""How clients are served now: asks `pgcharm.clients`, and turns its changes into steps.

Knows: what of the observation the decision is made from. Must not know: the interface's keys.
"""

from __future__ import annotations

from dataclasses import replace

from pgcharm import clients
from pgcharm.clients.passwords import generations
from pgcharm.clients.publication import Member
from pgcharm.clients.request import Request
from pgcharm.cluster import peer_words
from pgcharm.layout import unit_name
from pgcharm.plan.pooler import pooling, requests_through
from pgcharm.plan.situation import Part, Situation
from pgcharm.plan.steps import LetMonitor, ServeClient
from pgcharm.plan.types import Wait
from pgcharm.states import SERVING


def serve(s: Situation) -> Part:
    """Databases, roles, grants and extensions, on the primary."""
    if not s.is_primary or s.postgres is None:
        return Part()
    port = s.postgres.port
    roles = s.postgres.catalogue.roles
    rewind = roles.get("rewind")
    watching = rewind is not None and "pg_monitor" not in rewind.member_of
    monitor = (LetMonitor("standbys look at it while they clone", port, "rewind"),) if watching else ()
    decided = decision(s)
    steps = tuple(ServeClient(change.reason, port, change) for change in decided.changes)
    return Part((*monitor, *steps), tuple(Wait(text, "") for text in decided.waits if not steps))


def decision(s: Situation) -> clients.Decision:
    """How clients are served."""
    return clients.decide(s.o.juju.clients, cluster(s))


def cluster(s: Situation) -> clients.Cluster:
    """What the decision is made from."""
    found = unpooled(s)
    return replace(found, pooling=pooling(s, found))


def pooled(s: Situation) -> tuple[Request, ...]:
    """The clients that may come through a pooler."""
    found = cluster(s)
    return requests_through(s, found, found.pooling) if found.pooling else ()


def unpooled(s: Situation) -> clients.Cluster:
    """The same, but for the poolers."""
    peers = s.o.juju.peers
    unit = s.o.juju.unit
    primary = s.primary_unit or None
    bag = {} if peers is None else peers.mine if primary == unit else peers.others.get(primary or "", {})
    return clients.Cluster(
        unit=unit,
        members=serving_members(s),
        primary=primary,
        version=s.layout.version,
        key=s.secrets.client_key if s.secrets else None,
        catalogue=s.postgres.catalogue if s.postgres else None,
        loaded=s.postgres.access if s.postgres else None,
        notice=bag.get("clients", ""),
        generations=generations(peers.application if peers else {}),
        require_tls=s.options.require_tls,
        leader=s.o.juju.leader,
        notices={name: other.get("clients", "") for name, other in s.o.juju.others.items()},
        ca=s.secrets.ca_certificate if s.secrets else "",
        places=places(s),
    )


def places(s: Situation) -> tuple[Member, ...]:
    """Where all units are that stay, as far as their addresses are known."""
    addresses = {word.unit: word.address for word in peer_words(s.o.juju)} | {s.o.juju.unit: s.o.juju.address}
    port = s.options.listen_port
    return tuple(Member(unit, address, port) for unit in s.staying if (address := addresses.get(unit)))


def serving_members(s: Situation) -> tuple[Member, ...]:
    """Members that clients may be sent to."""
    members = s.patroni.members if s.patroni else ()
    return tuple(Member(unit_name(m.name), m.host, m.port) for m in members if m.state in SERVING)
