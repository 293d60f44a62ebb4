"""This unit's part in etcd: start it, join it, vote, leave it; and, as leader, drop who is gone.

Knows: the order of membership changes. Must not know: how a request is made.

Membership changes one at a time: a learner is added, starts, is promoted. etcd takes only one learner at a time, which
serves as the lock between units that join at once. A learner does not count for the quorum, so a unit that dies while
it joins costs nothing. Data of a former membership is never started again.
"""

from __future__ import annotations

from pgcharm.cluster import Epoch, peer_words
from pgcharm.layout import unit_name
from pgcharm.observation import Etcd, EtcdMember, Remnant
from pgcharm.plan.epoch_steps import BanUnit, FreezeEtcd, ThawEtcd
from pgcharm.plan.files import etcd_environment, etcd_unit
from pgcharm.plan.members import gone_members, other_voters, own_member, peer_url, wanted_voters
from pgcharm.plan.quorum import Verdict, quorum_words, remnant, verdict
from pgcharm.plan.situation import Part, Situation, digest
from pgcharm.plan.steps import (
    AddEtcdLearner,
    HandOnEtcdLead,
    MoveEtcdMember,
    PromoteEtcdMember,
    RemoveEtcdMember,
    RemovePath,
    RestartInTurn,
    StartService,
    StopService,
    WriteFile,
)
from pgcharm.plan.types import Block, Step, Wait
from pgcharm.render.templates import render
from pgcharm.view import why_unknown


def quorum(s: Situation) -> Part:
    """No member of etcd answers: start our own if it has data, found the cluster if that is ours to do, or wait."""
    if s.etcd is not None:
        return Part()
    if s.o.machine.etcd_has_data:
        return without_quorum(s, remnant(s))
    if may_found(s):
        members = (f"{s.name}={peer_url(s.o.juju.address)}",)
        return Part((join_file(s, members, "new"), *start(s, "the cluster begins with this unit")))
    return Part(waits=(Wait("etcd", why_unknown(s.o.etcd)),))


def without_quorum(s: Situation, r: Remnant | None) -> Part:
    """There is no quorum: go on alone where that is right, else run our own member and wait. Nothing else is done."""
    found = verdict(s, r) if r is not None else Verdict()
    if found.claim is not None and r is not None:
        if not found.forced and not r.frozen:
            reason = f"{words(found.claim)} is to begin from what it knows now"
            return Part((FreezeEtcd(reason, s.layout.etcd_service, r.held),), final=True)
        wait = Wait("the controller", f"it has to note down that {words(found.claim)} begins with {found.claim.owner}")
        return Part(waits=(wait,), final=True)
    if started := start(s):
        thawed = (ThawEtcd("it is not to be begun again"),) if s.o.machine.memories.etcd.get("frozen") else ()
        return Part((*thawed, *started), final=True)
    if found.block:
        return Part(blocks=(Block(f"{quorum_words(s)}; {found.block}"),), final=True)
    reason = "" if found.wait else why_unknown(s.o.etcd)
    return Part(waits=(Wait(found.wait or "etcd", reason, found.seconds),), final=True)


def words(claim: Epoch) -> str:
    return f"epoch {claim.number} of etcd"


def membership(s: Situation) -> Part:
    """This unit's own membership, once etcd answers."""
    if s.etcd is None:
        return Part()
    own = own_member(s.o.juju, s.etcd)
    if own is None:
        return join(s, s.etcd)
    mine = as_member(s, s.etcd, own)
    return Part(mine.steps + drop_gone(s, s.etcd) + ban_gone(s, s.etcd), mine.waits)


def may_found(s: Situation) -> bool:
    """Whether this unit starts the cluster: it was named for it, and nobody has seen the cluster alive."""
    alive = any(word.etcd or word.database for word in peer_words(s.o.juju))
    return s.founding is not None and s.is_first and not s.founding.founded and not alive


def join(s: Situation, etcd: Etcd) -> Part:
    """Become a member where this unit ought to vote."""
    if s.o.machine.etcd_has_data:
        return Part(forget(s, "the cluster does not have this member any more"))
    if s.o.juju.unit not in wanted_voters(s.o.juju, etcd):
        return Part()
    if learner := next((member for member in etcd.members if member.learner), None):
        return Part(waits=(Wait("etcd", f"it takes one new member at a time, now {learner.peer_url}"),))
    reason = f"{len(wanted_voters(s.o.juju, etcd))} of {len(s.staying)} units vote, and this is one of them"
    return Part((AddEtcdLearner(reason, peer_url(s.o.juju.address)),))


def as_member(s: Situation, etcd: Etcd, own: EtcdMember) -> Part:
    """Start, promote, move or leave."""
    if not s.o.machine.etcd_has_data:
        return begin(s, etcd, own)
    if own.peer_url != peer_url(s.o.juju.address):
        return Part((MoveEtcdMember("its address has changed", own.id, s.name, peer_url(s.o.juju.address)), *start(s)))
    if started := start(s):
        return Part(started)
    if own.learner:
        return Part((PromoteEtcdMember("it has caught up", own.id, s.name),))
    if s.o.juju.unit not in wanted_voters(s.o.juju, etcd) and not etcd.down:
        reason = f"{len(s.staying)} units need no more than {len(wanted_voters(s.o.juju, etcd))} votes"
        leaving = RemoveEtcdMember(reason, own.id, s.name)
        return Part((*resign(etcd, own), leaving, *forget(s, "it is not a member any more")))
    return Part(hand_on_lead(s, etcd, own))


def hand_on_lead(s: Situation, etcd: Etcd, own: EtcdMember) -> tuple[Step, ...]:
    """The primary's unit does not lead etcd where another may.

    A new leader of etcd gives every lease its full time again (etcd, lessor.go, Promote). If the host that is lost had
    both, the primary's key would last from the election on, and not from its last renewal: up to 5 s longer.
    """
    others = sorted(other_voters(etcd, own), key=lambda member: member.name)
    if etcd.leader != own.id or etcd.down or not s.is_primary or len(others) < 2:
        return ()
    return (HandOnEtcdLead("the primary's host would take both along", others[0].id, others[0].name),)


def resign(etcd: Etcd, own: EtcdMember) -> tuple[Step, ...]:
    """A member that leads does not remove itself.

    The others would be without a leader until they have elected one; and if it stopped before the last of two has heard
    that the removal is agreed, that one would wait for its vote for ever.
    """
    heirs = (member for member in other_voters(etcd, own) if member.name not in etcd.down)
    heir = min(heirs, key=lambda member: member.name, default=None)
    if heir is None or etcd.leader != own.id:
        return ()
    return (HandOnEtcdLead("a leader that leaves leaves the others without one", heir.id, heir.name),)


def begin(s: Situation, etcd: Etcd, own: EtcdMember) -> Part:
    """The first start of a member that etcd has been told of.

    A member starts only with the members that there are: when one has come or gone meanwhile it is told anew.
    """
    if own.name:
        return Part((RemoveEtcdMember("its data is lost, it joins anew", own.id, s.name),))
    others = tuple(f"{member.name}={member.peer_url}" for member in etcd.members if member.name)
    told = join_file(s, (*others, f"{s.name}={own.peer_url}"), "existing")
    service = s.layout.etcd_service
    if s.o.machine.services[service].active and s.o.machine.memories.written.get(told.path) == digest(told.content):
        return Part(waits=(Wait("etcd", "it starts for the first time"),))
    inputs = digest(etcd_unit(s).content, etcd_environment(s).content)
    return Part((told, StartService("etcd has been told of it", service, inputs)))


def join_file(s: Situation, members: tuple[str, ...], state: str) -> WriteFile:
    """What etcd has to be told at its first start."""
    token = s.founding.token if s.founding else ""
    url = peer_url(s.o.juju.address)
    text = render("etcd-join.env.j2", peer_url=url, members=members, state=state, token=token)
    return WriteFile("etcd starts for the first time", s.layout.etcd_join, text)


def start(s: Situation, reason: str = "") -> tuple[Step, ...]:
    """Start etcd, or start it again with its files as they are now."""
    service = s.o.machine.services[s.layout.etcd_service]
    inputs = digest(etcd_unit(s).content, etcd_environment(s).content)
    if not service.active:
        return (StartService(reason or "it does not run", s.layout.etcd_service, inputs),)
    if s.o.machine.memories.started_with.get(s.layout.etcd_service) == inputs:
        return ()
    if s.etcd is None or s.name in s.etcd.down:  # nobody hears it: there is nothing to take away
        return (StartService("it runs from older files", s.layout.etcd_service, inputs),)
    return () if s.etcd.down else (RestartInTurn("it runs from older files", s.layout.etcd_service, inputs),)


def forget(s: Situation, reason: str) -> tuple[Step, ...]:
    """Stop etcd and remove what it keeps."""
    return (
        StopService(reason, s.layout.etcd_service),
        RemovePath(reason, s.layout.etcd_data),
        RemovePath(reason, s.layout.etcd_join),
    )


def drop_gone(s: Situation, etcd: Etcd) -> tuple[Step, ...]:
    """As leader: the first member whose unit is gone from the model."""
    gone = gone_members(s.o.juju, etcd) if s.o.juju.leader else ()
    return tuple(
        RemoveEtcdMember("its unit is gone from the model", member.id, member.name or member.peer_url)
        for member in gone[:1]
    )


def ban_gone(s: Situation, etcd: Etcd) -> tuple[Step, ...]:
    """As leader: units that the controller does not have any more, and that etcd or Patroni still know of."""
    goal = s.o.juju.goal
    if not s.o.juju.leader or goal is None:
        return ()
    names = {member.name for member in etcd.members if member.name} | set(etcd.registered)
    units = sorted(unit for name in names - set(etcd.banned) if (unit := unit_name(name)) not in goal)
    return tuple(BanUnit("it is gone from the model, and its machine may come back", unit) for unit in units)
