"""Recover the quorum: the operator's word that voters of etcd are lost, and that the rest may begin anew.

Knows: what has to be asked before that is believed. Must not know: how it is begun; that follows in a later hook.
"""

from __future__ import annotations

from pgcharm.cluster import Epoch, epoch, own_epoch
from pgcharm.layout import unit_name
from pgcharm.observation import Remnant, Request
from pgcharm.plan.epoch_steps import ClaimEpoch
from pgcharm.plan.quorum import answering, beginner, is_proven, majority, next_number, remnant, verdict, voters
from pgcharm.plan.situation import Part, Situation
from pgcharm.plan.types import Refusal


def recover_quorum(s: Situation, request: Request) -> Part | Refusal:
    """Have the controller note down who begins etcd again."""
    r = remnant(s)
    chosen = request.text("unit") or (beginner(r, there(s, r), s.o.juju.unit) if r else s.o.juju.unit)
    proven = r is not None and is_proven(r, there(s, r)) and not behind(s)
    if why := why_not(s, request, r, chosen):
        return Refusal(f"cannot recover the quorum: {why}")
    if not proven and not request.yes("accept-loss"):
        return Refusal(
            f"cannot recover the quorum: {doubt(r, chosen)} (bring more units back, or add accept-loss=true)"
        )
    claim = Epoch(next_number(s), chosen, accept_loss=not proven)
    assert s.o.juju.peers is not None
    return Part((ClaimEpoch("the operator asks for it", s.o.juju.peers.id, claim),))


def why_not(s: Situation, request: Request, r: Remnant | None, chosen: str) -> str:
    """Why it is not done, whatever may be lost; empty where it may be."""
    application = s.o.juju.application
    if not s.o.juju.leader or s.o.juju.peers is None:
        return f"{s.o.juju.unit} is not Juju's leader (expected the leader; run it on {application}/leader)"
    if request.text("confirm") != application:
        return f"confirm is {request.text('confirm')[:80]!r} (expected the application's name: confirm={application})"
    if s.etcd is not None:
        return "etcd has a quorum (expected none; see action cluster-status)"
    if r is not None and len(there(s, r)) >= majority(len(voters(r))):
        there_are = ", ".join(there(s, r))
        return (
            f"{there_are} can be reached, {majority(len(voters(r)))} voters are enough (expected fewer; wait for etcd)"
        )
    if r is not None and not behind(s) and verdict(s, r).claim is not None:
        return "it is under way by itself (see juju status)"
    if s.o.juju.goal is not None and chosen not in s.o.juju.goal:
        return f"there is no {request.shown('unit') or chosen} (expected one of {', '.join(sorted(s.o.juju.goal))})"
    if r is not None and chosen not in voters(r):
        return f"{chosen} has no vote in etcd and knows nothing (expected one of {', '.join(voters(r))})"
    return ""


def there(s: Situation, r: Remnant) -> list[str]:
    """The voters that can be reached and stay."""
    goal = s.o.juju.goal
    return [unit for unit in answering(r) if goal is None or unit in goal]


def behind(s: Situation) -> bool:
    """Whether another unit was named already to begin an epoch that this one does not belong to."""
    return epoch(s.o.juju).number > own_epoch(s.o.machine.memories)


def doubt(r: Remnant | None, chosen: str) -> str:
    """What is not known to be on the units that are left."""
    if r is None:
        return f"this unit does not know who has which commits, or whether {chosen} has all"
    former = unit_name(r.primary) if r.primary else "none"
    return f"units that cannot be reached may have commits that {chosen} lacks; the primary was {former}"
