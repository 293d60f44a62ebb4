"""Restarts go one unit at a time: standbys first, then the primary, which hands its role over before.

Knows: whose moment it is. Must not know: how anything is restarted.
The turn in etcd keeps two units from choosing the same moment; here it is only seen who has it.
New software (another environment, another unit file, upgraded packages) goes to the next unit only when every unit
serves: what does not work stops with the first standby, and the cluster with it keeps running as it was.
"""

from __future__ import annotations

from pgcharm.layout import unit_name
from pgcharm.observation import Member, Patroni
from pgcharm.plan.holding import holding
from pgcharm.plan.situation import Part, Situation
from pgcharm.plan.steps import RestartInTurn, RestartPostgres, SwitchOver
from pgcharm.plan.succession import anybody, successor, uncounted
from pgcharm.plan.types import Wait
from pgcharm.states import CLONING, SERVING, STREAMING

RUNS = "runs"
"""The key of the peer bag with what a unit's Patroni was started from, while its PostgreSQL serves."""
SHORT = 12
TURN = "its turn"
"""What a unit waits for that serves meanwhile."""


def restart(s: Situation, patroni: Patroni, inputs: str) -> Part:
    """Restart PostgreSQL, or Patroni, where something waits for it and it is this unit's moment."""
    pending = s.postgres.pending_restart if s.postgres else ()
    if is_stale(s, inputs):
        return restart_patroni(s, patroni, inputs)
    if not pending and not patroni.pending_restart:
        return Part()
    ahead = tuple(unit_name(member.name) for member in others(s, patroni) if member.pending_restart)
    if why := why_not_now(s, patroni, ahead):
        return Part(waits=(Wait(f"{TURN} to restart PostgreSQL", why),))
    why = f"{', '.join(pending)} wait for it" if pending else "Patroni asks"
    return Part((RestartPostgres(why, holding(s) if s.is_primary else ()),))


def is_stale(s: Situation, inputs: str) -> bool:
    """Whether Patroni runs from older files or an older environment."""
    return s.o.machine.memories.started_with.get(s.layout.patroni_service) != inputs


def restart_patroni(s: Situation, patroni: Patroni, inputs: str) -> Part:
    """Start Patroni again, from its files as they are now; a primary that has a standby hands its role over first."""
    reason = "it runs from older files"
    waiting = moment(s, patroni, "restart Patroni", reason, behind(s, RUNS, inputs[:SHORT]))
    return waiting or Part((RestartInTurn(reason, s.layout.patroni_service, inputs),))


def moment(s: Situation, patroni: Patroni, what: str, reason: str, ahead: tuple[str, ...]) -> Part | None:
    """What has to come about before this unit may be restarted with new software; None where it may be now.

    `ahead` are the units that have not done it yet: they go before the primary.
    """
    if patroni.state not in SERVING and patroni.state != CLONING and not holds_role(s):
        return None  # it does not serve: there is nothing to take away
    if why := missing(s, patroni) or why_not_now(s, patroni, ahead):
        return Part(waits=(Wait(f"{TURN} to {what}", why),))
    if s.is_primary and (candidate := successor(s)):
        return Part((SwitchOver(f"{reason}, and goes last", s.name, candidate.name, anybody(s), holding(s)),))
    return None


def holds_role(s: Situation) -> bool:
    """Whether the primary's role is this unit's, as etcd has it, or may be."""
    return s.etcd is None or s.etcd.primary == s.name


def missing(s: Situation, patroni: Patroni) -> str:
    """Who ought to be there and is not."""
    there = {unit_name(member.name) for member in patroni.members}
    absent = [unit for unit in s.staying if unit not in there]
    return f"{', '.join(absent)} is not there" if absent else ""


def behind(s: Situation, key: str, wanted: str) -> tuple[str, ...]:
    """Other units whose word under a key is not the wanted one yet."""
    said = s.o.juju.others
    return tuple(unit for unit in s.staying if unit != s.o.juju.unit and said.get(unit, {}).get(key) != wanted)


def others(s: Situation, patroni: Patroni) -> tuple[Member, ...]:
    return tuple(member for member in patroni.members if member.name != s.name)


def why_not_now(s: Situation, patroni: Patroni, ahead: tuple[str, ...]) -> str:
    """Why this unit's PostgreSQL may not be restarted now; empty where it may."""
    if patroni.state == CLONING:
        return "it is being cloned"
    if patroni.paused:
        return "failover is paused"
    if unwell := [unit_name(m.name) for m in others(s, patroni) if not serves(m)]:
        return f"{', '.join(unwell)} is not serving"
    if s.is_primary and ahead:
        return f"{', '.join(ahead)} goes first"
    if s.is_primary and (late := uncounted(s)):
        return f"commits do not wait for {', '.join(late)} yet"
    holder, _, doing = (s.etcd.turn if s.etcd else "").partition(" ")
    if holder and holder != s.name:
        return f"{unit_name(holder)} has its turn to {doing}"
    return ""


def serves(member: Member) -> bool:
    return member.state in (SERVING if member.role == "primary" else STREAMING)
