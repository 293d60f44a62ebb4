"""How clients are served now: asks `pgcharm.clients`, and turns its changes into steps.

Knows: what of the observation the decision is made from. Must not know: the interface's keys.
"""

from __future__ import annotations

from pgcharm import clients
from pgcharm.clients.publication import Member
from pgcharm.layout import unit_name
from pgcharm.plan.situation import SERVING, Part, Situation
from pgcharm.plan.steps import LetMonitor, ServeClient
from pgcharm.plan.types import Wait


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
        require_tls=s.options.require_tls,
    )


def serving_members(s: Situation) -> tuple[Member, ...]:
    """Members that clients may be sent to."""
    members = s.patroni.members if s.patroni else ()
    return tuple(Member(unit_name(m.name), m.host, m.port) for m in members if m.state in SERVING)
