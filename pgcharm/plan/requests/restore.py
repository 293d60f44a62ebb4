"""What is asked for to bring the cluster's data back: from which backup, to which moment; or to give that up.

Knows: what has to be the case before every unit is stopped for it. Must not know: how it goes on; that is planned in
`plan.restore`, in later hooks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pgcharm.backup.intent import FAILED, SPOILT, Intent
from pgcharm.backup.target import IMMEDIATE, LATEST, TIME, Target, Unreachable, choose, read_time, stamp
from pgcharm.observation import Request, Restorable
from pgcharm.plan.repository import stanza
from pgcharm.plan.requests.logical import load
from pgcharm.plan.requests.pause import is_paused
from pgcharm.plan.restore import MARGIN, intent, outcome, replaced, under_way
from pgcharm.plan.restore_steps import AskRestore
from pgcharm.plan.situation import Part, Situation
from pgcharm.plan.types import Refusal
from pgcharm.plan.upgrade import pending
from pgcharm.view import Unknown, View, why_unknown


@dataclass(frozen=True)
class Proposal:
    """What a restore would do."""

    intent: Intent
    restorable: Restorable
    reachable: str
    """From when to when, in words."""
    own: str
    """The stanza that the cluster writes to afterwards."""


def restore(s: Situation, request: Request) -> Part | Refusal:
    """Write the intent down, which every unit follows."""
    if request.text("dump"):
        return load(s, request)
    if request.yes("abandon"):
        return abandon(s, request)
    found = propose(s, request)
    if isinstance(found, Refusal):
        return found
    if request.yes("dry-run"):
        return Part()
    if why := not_confirmed(s, request):
        return Refusal(f"cannot restore: {why}")
    assert s.o.juju.peers is not None
    return Part((AskRestore("the operator asks for it", s.o.juju.peers.id, found.intent),))


def propose(s: Situation, request: Request) -> Proposal | Refusal:
    """What would be done, or why it cannot be."""
    if why := why_not(s):
        return Refusal(f"cannot restore: {why}")
    seen = s.o.restorable
    if not isinstance(seen, View):
        return Refusal(f"cannot restore: {why_unknown(seen) if isinstance(seen, Unknown) else 'nobody has looked'}")
    source = request.text("source")
    ours = is_ours(s, seen.value)
    if not ours and not source:
        return Refusal(
            f"cannot restore: {seen.value.stanza.name} is of another cluster, system identifier "
            f"{seen.value.system} (expected ours; add source={seen.value.stanza.name} to begin with its data)"
        )
    try:
        return proposal(s, request, seen.value, foreign=not ours)
    except Unreachable as error:
        return Refusal(f"cannot restore: {error}")


def why_not(s: Situation) -> str:
    """Why nothing can be restored now, whatever is asked for; empty where it can."""
    if not s.o.juju.leader or s.o.juju.peers is None:
        return f"{s.o.juju.unit} is not the leader (expected it; run it on {s.o.juju.application}/leader)"
    if under_way(s) and outcome(s, intent(s)).state != SPOILT:
        i = intent(s)
        return (
            f"restore {i.number} {i.says()} is under way on {i.owner} (expected none; see juju status, or abandon=true)"
        )
    if late := pending(s):
        return f"an upgrade is under way, {', '.join(late)} has not done its part yet (expected none; see juju status)"
    if s.etcd is None:
        return "etcd has no quorum (expected one; see action recover-quorum)"
    if is_paused(s):
        return "failover is paused (expected it to be on; run action resume)"
    return ""


def is_ours(s: Situation, seen: Restorable) -> bool:
    """Whether the backups are of this very cluster."""
    system = s.etcd.system if s.etcd else ""
    return seen.stanza.name == stanza(s) and (not system or seen.system == system)


def proposal(s: Situation, request: Request, seen: Restorable, foreign: bool) -> Proposal:
    """The intent, with the backup chosen. Raises Unreachable."""
    time, backup = request.text("time"), request.text("backup")
    if time and backup:
        raise Unreachable("both time and backup are given (expected one of them: a time finds its backup itself)")
    target = Target(TIME, read_time(time, s.o.now)) if time else Target(IMMEDIATE if backup else LATEST)
    timeline = request.text("timeline")
    if timeline and not timeline.isdigit():
        raise Unreachable(f"timeline is {timeline!r} (expected a number)")
    until = last_moment(s, seen, foreign or bool(timeline))
    chosen = choose(seen.stanza, seen.archive, target, backup, until)
    number = intent(s).number + 1
    found = Intent(
        number, s.primary_unit or s.o.juju.unit, seen.stanza.name, foreign, chosen.id, target.kind, target.time,
        timeline, chosen.size,
    )  # fmt: skip
    if s.o.data.present and not s.primary_unit:
        found = replace(found, owner=s.o.juju.unit)
    reachable = f"{stamp(seen.stanza.backups[0].stop)} to {stamp(until)}"
    from_now_on = f"{s.o.juju.application}-{s.o.juju.model_uuid[:8]}-{number}" if foreign else stanza(s)
    return Proposal(found, seen, reachable, from_now_on)


def last_moment(s: Situation, seen: Restorable, closed: bool) -> float:
    """The last moment that can be reached: now, where a primary archives its log to the end before it stops."""
    if not closed and s.primary is not None:
        return s.o.now
    return seen.archive.written or s.o.now


def not_confirmed(s: Situation, request: Request) -> str:
    confirmed, application = request.text("confirm"), s.o.juju.application
    if confirmed == application:
        return ""
    return (
        f"confirm is {confirmed!r} (expected the application's name, confirm={application}: every unit stops, and "
        "what was written after that moment is gone; dry-run=true says what will happen)"
    )


def abandon(s: Situation, request: Request) -> Part | Refusal:
    """Give up a restore that waits, works or has failed, as long as nothing was put in place."""
    i = intent(s)
    if not s.o.juju.leader or s.o.juju.peers is None:
        leader = f"{s.o.juju.application}/leader"
        return Refusal(f"cannot give a restore up: {s.o.juju.unit} is not the leader (run it on {leader})")
    if not i.number or i.abandoned or not (under_way(s) or outcome(s, i).state in (FAILED, SPOILT)):
        return Refusal("cannot give a restore up: there is none under way (expected one)")
    if s.etcd is None or replaced(s, i):
        why = "etcd has no quorum" if s.etcd is None else f"restore {i.number} has put its data in place already"
        return Refusal(f"cannot give the restore up: {why} (expected data that is as it was; run restore again)")
    if why := not_confirmed(s, request):
        return Refusal(f"cannot give the restore up: {why}")
    return Part((AskRestore("the operator asks for it", s.o.juju.peers.id, replace(i, abandoned=True)),))


def room_words(s: Situation, size: int) -> str:
    """What becomes of the data that is there, on the unit that restores."""
    if s.o.restoration.room >= size + MARGIN:
        return "set aside on the unit that restores, and removed on the others"
    return "overwritten: the disk of this unit has no room for both"
