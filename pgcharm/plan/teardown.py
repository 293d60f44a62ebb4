"""How a unit leaves: hand over, stop, give up its vote, stop etcd.

Knows: the order in which leaving costs the others nothing. Must not know: how.
The last unit keeps its data; nothing of the database is ever removed here.
"""

from __future__ import annotations

from pgcharm.observation import Etcd, EtcdMember
from pgcharm.plan.etcd import forget, resign
from pgcharm.plan.holding import holding
from pgcharm.plan.members import other_voters, own_member
from pgcharm.plan.quorum import majority
from pgcharm.plan.situation import Part, Situation
from pgcharm.plan.steps import RemoveEtcdMember, StopPostgres, StopService, SwitchOver
from pgcharm.plan.succession import anybody, successor
from pgcharm.plan.types import Step

_SILENT = "it does not answer, and without this unit too few would be left to agree; it joins again when it is back"


def leave(s: Situation) -> Part:
    """Everything that a unit does on its way out."""
    steps: list[Step] = []
    reason = "this unit is leaving"
    candidate = successor(s)
    if s.is_primary and candidate:
        steps.append(SwitchOver(reason, s.name, candidate.name, anybody(s), holding(s)))
    steps += [
        StopService(reason, service)
        for service in (
            *s.layout.backup_timers,
            s.layout.watch_service,
            s.layout.patroni_service,
            *s.layout.pooler_services,
        )
        if s.o.machine.services[service].active
    ]
    if s.patroni is not None and s.patroni.paused:
        why = "failover is paused, so that Patroni leaves it running"
        steps.append(StopPostgres(why, s.layout.binaries, s.layout.data))
    if s.o.machine.services[s.layout.pgbackrest_service].active:
        steps.append(StopService(reason, s.layout.pgbackrest_service))
    return Part((*steps, *give_up_vote(s)))


def give_up_vote(s: Situation) -> tuple[Step, ...]:
    """Leave etcd while somebody stays in it; stop it in any case."""
    others_stay = bool(set(s.staying) - {s.o.juju.unit})
    own = own_member(s.o.juju, s.etcd) if s.etcd else None
    reason = "this unit is leaving"
    if s.etcd is not None and own is not None and others_stay:
        silent = (RemoveEtcdMember(_SILENT, member.id, member.name) for member in too_many(s.etcd, own))
        return (*silent, *resign(s.etcd, own), RemoveEtcdMember(reason, own.id, s.name), *forget(s, reason))
    if s.o.machine.services[s.layout.etcd_service].active:
        return (StopService(reason, s.layout.etcd_service),)
    return ()


def too_many(etcd: Etcd, own: EtcdMember) -> tuple[EtcdMember, ...]:
    """Silent voters without which the rest has a majority once this unit has gone; none where it has one with them.

    They are as little needed for it as the unit that leaves: what they miss they get when they join again.
    """
    staying = other_voters(etcd, own)
    silent = [member for member in staying if member.name in etcd.down]
    answering = len(staying) - len(silent)
    spare = next((n for n in range(len(silent) + 1) if answering >= majority(len(staying) - n)), 0)
    return tuple(silent[:spare]) if answering else ()
