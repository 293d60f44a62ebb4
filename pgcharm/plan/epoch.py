"""What a unit does about epochs of etcd: begin one that it was named for, go over to one that another has begun.

Knows: that a unit of an older epoch never acts again, and that what the controller has noted down is carried out.
Must not know: who may begin one (`quorum`), or how.

What makes each step safe to repeat after a crash: the data of each epoch has a directory of its own, the new one gets
its name when it is complete, and only the unit's note says which one is started.
"""

from __future__ import annotations

from dataclasses import replace

from pgcharm.cluster import Epoch, epoch, own_epoch
from pgcharm.observation import Remnant
from pgcharm.plan.epoch_steps import AdoptEpoch, FreezeEtcd, RestoreEtcd
from pgcharm.plan.etcd import start
from pgcharm.plan.files import etcd_environment, write_if_needed
from pgcharm.plan.members import own_member, peer_url
from pgcharm.plan.quorum import MARGIN, TTL, answering, is_former_primary, is_proven, recover, remnant
from pgcharm.plan.situation import Part, Situation
from pgcharm.plan.steps import RemovePath, StopService
from pgcharm.plan.types import Block, Step, Wait
from pgcharm.view import why_unknown


def epochs(s: Situation) -> Part:
    """Nothing, where this unit is of the newest epoch; else nothing but what follows from that it is not."""
    own, agreed = own_epoch(s.o.machine.memories), epoch(s.o.juju)
    running = s.etcd.epoch if s.etcd else 0
    if max(agreed.number, running) <= own:
        return Part(leftovers(s))
    if running >= agreed.number:
        return go_over(s, running)
    if agreed.owner == s.o.juju.unit:
        return begin(s, agreed)
    return stand_back(s, agreed)


def go_over(s: Situation, number: int) -> Part:
    """Another unit has begun a newer epoch, and its etcd answers: this unit joins it with nothing of its own."""
    reason = f"epoch {number} runs, this unit is of epoch {own_epoch(s.o.machine.memories)}"
    own = s.etcd is not None and s.etcd.local  # only its note is behind: its member belongs to the newer one
    return Part((*(() if own else stopped(s, reason)), AdoptEpoch(reason, number)), final=True)


def stand_back(s: Situation, agreed: Epoch) -> Part:
    """Another unit was named to begin a newer epoch: until its etcd answers, ours must not agree to anything."""
    what = f"{agreed.owner} to begin epoch {agreed.number} of etcd"
    return Part(
        stopped(s, f"{agreed.owner} begins etcd again without it"),
        (Wait(what, why_unknown(s.o.etcd) or "an older one answers"),),
        final=True,
    )


def begin(s: Situation, agreed: Epoch) -> Part:
    """This unit was named, and the controller has it: now it is done, whatever has changed since."""
    reason = "the controller has noted down that this unit begins it"
    if not s.o.machine.etcd_has_data:
        what = f"cannot begin epoch {agreed.number} of etcd: this unit has no data of it; {recover(s)} for another unit"
        return Part(blocks=(Block(what),), final=True)
    r = remnant(s)
    if s.o.machine.services[s.layout.etcd_service].active:
        return Part((FreezeEtcd(reason, s.layout.etcd_service, r.held if r else {}),), final=True)
    if r is not None and not agreed.accept_loss and not is_former_primary(r, s.name) and r.seconds < TTL + MARGIN:
        text = f"it stops by itself {TTL:.0f} s after it has lost etcd, and {MARGIN:.0f} s are added"
        wait = Wait("the former primary to have stopped", text, max(0.5, TTL + MARGIN - r.seconds))
        return Part(waits=(wait,), final=True)
    if r is not None and not agreed.accept_loss and not is_proven(r, survivors(s, r)):
        what = f"cannot begin epoch {agreed.number} of etcd: others may have commits that this unit lacks; {recover(s)}"
        return Part(blocks=(Block(what),), final=True)
    return Part((restore(s, agreed, reason), *started(s, agreed)), final=True)


def started(s: Situation, agreed: Epoch) -> tuple[Step, ...]:
    """etcd with the new data: done at once, and not in the next round, because nobody can write meanwhile."""
    ahead = replace(s, layout=replace(s.layout, epoch=agreed.number))
    file = write_if_needed(ahead, etcd_environment(ahead))
    return (*((file,) if file else ()), *start(ahead, "it begins again"))


def survivors(s: Situation, r: Remnant) -> list[str]:
    """The voters that take part in the new epoch: this one, and those that are there and stay."""
    goal = s.o.juju.goal
    return [u for u in {*answering(r), s.o.juju.unit} if u == s.o.juju.unit or goal is None or u in goal]


def restore(s: Situation, agreed: Epoch, reason: str) -> RestoreEtcd:
    token = s.founding.token if s.founding else s.o.juju.application
    return RestoreEtcd(
        reason,
        agreed.number,
        s.layout.etcd_data,
        s.layout.etcd_data_of(agreed.number),
        s.name,
        peer_url(s.o.juju.address),
        f"{token}-{agreed.number}",
        agreed.accept_loss,
    )


def stopped(s: Situation, reason: str) -> tuple[Step, ...]:
    service = s.layout.etcd_service
    return (StopService(reason, service),) if s.o.machine.services[service].active else ()


def leftovers(s: Situation) -> tuple[Step, ...]:
    """Data of older epochs goes once this unit votes in its own."""
    own = own_member(s.o.juju, s.etcd) if s.etcd else None
    if own is None or own.learner or s.name in (s.etcd.down if s.etcd else ()):
        return ()
    return tuple(RemovePath("it belongs to an older epoch of etcd", path) for path in s.o.machine.etcd_leftovers)
