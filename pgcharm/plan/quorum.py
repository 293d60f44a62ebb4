"""No quorum of etcd: who may begin it again from what its own member knows, and when. Pure; the heart of safety.

Knows: the argument of docs/explanation/two-units.md, step by step. Must not know: how anything is seen or done.

Every write of two voters needs both, so what one of them has stored is all that was agreed. Of them the one that
Juju's leadership favours goes on alone: it stops its member of etcd, so that nothing more can be agreed behind its
back, has the controller note down a new epoch, and begins anew in a later hook, when the controller has it.
More than half of the voters lost is never decided here: by the operator's word only.
"""

from __future__ import annotations

from dataclasses import dataclass

from pgcharm.cluster import Epoch, epoch, own_epoch, peer_words, unit_number
from pgcharm.layout import unit_name
from pgcharm.observation import Remnant
from pgcharm.plan import settings
from pgcharm.plan.situation import Situation
from pgcharm.view import known, why_unknown

TTL = float(settings.TTL)
"""Patroni's ttl: a primary without etcd has stopped writing after so many seconds."""
MARGIN = 5.0
"""For an etcd that still took itself for the leader when it was alone: at most two of its election timeouts, 2 s."""
PRIMARY_PATIENCE = 8.0
"""A primary goes on alone after so many seconds without a quorum: before it would have to stop writing."""
STANDBY_PATIENCE = TTL
"""A standby asks the controller after so many; it begins after ttl and margin."""
BLOCKED_AFTER = 60.0
"""Voters that come back by themselves, from a reboot, have done so by then."""


@dataclass(frozen=True)
class Verdict:
    """Whether a new epoch may be begun; where it may not, what is waited for, or what only the operator can say."""

    claim: Epoch | None = None
    forced: bool = False
    """Whether the old quorum can never come back, as the operator has removed the units."""
    wait: str = ""
    seconds: float = 5.0
    """After so many it is worth another look."""
    block: str = ""


def remnant(s: Situation) -> Remnant | None:
    """What our own member still knows; None while a quorum answers, or where it is not known."""
    return known(s.o.remnant) if s.o.remnant is not None else None


def voters(r: Remnant) -> tuple[str, ...]:
    """The units that have a vote, as far as this one knows."""
    return tuple(sorted((unit_name(m.name) for m in r.members if m.name and not m.learner), key=unit_number))


def majority(number: int) -> int:
    return number // 2 + 1


def silent(r: Remnant) -> tuple[str, ...]:
    return tuple(unit_name(name) for name in r.silent)


def answering(r: Remnant) -> tuple[str, ...]:
    """The voters that are there: this unit, and those that can be reached in any way."""
    return tuple(unit for unit in voters(r) if unit not in silent(r))


def verdict(s: Situation, r: Remnant) -> Verdict:
    """What is to be done about a lost quorum."""
    units = voters(r)
    if lost_for_good(s, r):
        return after_removal(s, r)
    if s.o.juju.unit not in units:
        return Verdict(wait=f"{', '.join(units)} to answer: this unit has no vote")
    if len(units) == 2:
        (other,) = (unit for unit in units if unit != s.o.juju.unit)
        return tie_break(s, r, other)
    missing = ", ".join(silent(r)) or "the others"
    if r.seconds < BLOCKED_AFTER:
        return Verdict(wait=f"{missing} to come back")
    return Verdict(
        block=f"bring {missing} back, remove for good what is lost with remove-unit --force, or {recover(s)}"
    )


def tie_break(s: Situation, r: Remnant, other: str) -> Verdict:
    """Two voters, and the other one is silent: the one that Juju favours goes on alone, if it has every commit."""
    if not has_lost_its_data(s, other):
        if other not in silent(r):
            return Verdict(wait=f"etcd of {other}, which answers otherwise")
        if s.patroni is not None and s.patroni.failsafe and not is_former_primary(r, s.name):
            return Verdict(wait=f"etcd of {other}: its Patroni was heard of less than {TTL:.0f} s ago")
    if r.paused:
        return Verdict(block=f"failover is paused: bring {other} back, or {recover(s)}")
    if r.beyond:
        what = ", ".join(r.beyond)
        return Verdict(block=f"{what} may have changed without this unit: bring {other} back, or {recover(s)}")
    if not holds_everything(r, s.name):
        return Verdict(block=f"{other} may have commits that this unit lacks: bring it back, or {recover(s)}")
    if not s.o.juju.leader:
        return Verdict(wait=f"{other}, or for Juju to make this unit the leader")
    patience = PRIMARY_PATIENCE if is_former_primary(r, s.name) else STANDBY_PATIENCE
    if r.seconds < patience:
        left = max(0.5, patience - r.seconds)
        return Verdict(wait=f"{other}, which has been silent for less than {patience:.0f} s", seconds=left)
    return Verdict(claim=Epoch(next_number(s), s.o.juju.unit))


def has_lost_its_data(s: Situation, unit: str) -> bool:
    """Whether a unit says that it has nothing of etcd any more: it can be well otherwise, and will never vote again."""
    return any(word.unit == unit and word.etcd_lost for word in peer_words(s.o.juju))


def lost_for_good(s: Situation, r: Remnant) -> bool:
    """Whether the voters that the controller still has could never be a majority again."""
    if s.o.juju.goal is None:
        return False
    remaining = [unit for unit in voters(r) if unit in s.o.juju.goal]
    return len(remaining) < majority(len(voters(r)))


def after_removal(s: Situation, r: Remnant) -> Verdict:
    """The operator has removed so many voters that the rest can never agree again: Juju's leader names who begins.

    Who could have more is gone for good, so the list of synchronous standbys is kept only where one of it is left.
    """
    if not s.o.juju.leader:
        return Verdict(wait="Juju's leader to name who begins etcd again")
    remaining = [unit for unit in voters(r) if unit in (s.o.juju.goal or {})]
    owner = beginner(r, remaining or [s.o.juju.unit], s.o.juju.unit)
    return Verdict(claim=Epoch(next_number(s), owner, not is_proven(r, remaining)), forced=True)


def beginner(r: Remnant, units: list[str], own: str) -> str:
    """From whom to begin: the former primary, else a synchronous standby, else this unit, else the first."""
    listed = [unit_name(name) for name in (r.primary, *(r.sync.standbys if r.sync else ()))]
    return next((unit for unit in (*listed, own, *units) if unit in units), own)


def is_proven(r: Remnant, units: list[str]) -> bool:
    """Whether every acknowledged commit is on one of the units, which Patroni will then find by itself."""
    if r.beyond:
        return False
    names = {member.name for member in r.members if unit_name(member.name) in units}
    if any(is_former_primary(r, name) for name in names):
        return True
    return r.sync is not None and len(names & set(r.sync.standbys)) > r.sync.quorum


def holds_everything(r: Remnant, name: str) -> bool:
    """Whether a member has every acknowledged commit: it was the primary, or each commit has waited for it."""
    return is_former_primary(r, name) or (r.sync is not None and name in r.sync.standbys and r.sync.quorum == 0)


def is_former_primary(r: Remnant, name: str) -> bool:
    """Whether a member was the last primary: it holds the key, or did until nobody held it."""
    return r.primary == name or (not r.primary and r.sync is not None and r.sync.leader == name)


def next_number(s: Situation) -> int:
    return max(own_epoch(s.o.machine.memories), epoch(s.o.juju).number) + 1


def recover(s: Situation) -> str:
    return f"run recover-quorum on {s.o.juju.application}/leader"


def claimed(s: Situation) -> Epoch | None:
    """The epoch that Juju's leader has the controller note down at the end of this hook."""
    r = remnant(s)
    if r is None or not s.o.juju.leader or epoch(s.o.juju).number > own_epoch(s.o.machine.memories):
        return None
    found = verdict(s, r)
    return found.claim if found.forced or r.frozen else None


def quorum_words(s: Situation) -> str:
    """`no quorum: 1 of 3 voters, without postgresql/0, postgresql/2`; empty while there is one."""
    r = remnant(s)
    if s.etcd is not None or not s.o.machine.etcd_has_data or s.o.remnant is None:
        return ""
    if r is None:
        return f"no quorum of etcd: {why_unknown(s.o.remnant)}"
    missing = f", without {', '.join(silent(r))}" if r.silent else ""
    return f"no quorum: {len(answering(r))} of {len(voters(r))} voters{missing}"


def only_by_hand(s: Situation) -> bool:
    """Whether only the operator can say what is to be done."""
    r = remnant(s)
    return r is not None and bool(verdict(s, r).block)
