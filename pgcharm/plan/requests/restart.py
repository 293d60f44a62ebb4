"""A rolling restart: the standbys one after the other, each serving again before the next, then the primary.

Knows: the order, and when a restart would take away the last that is well. Must not know: how it is done.
The primary is restarted where it is: that takes less time without writes than handing its role over would.
"""

from __future__ import annotations

from pgcharm.layout import member_name, unit_name
from pgcharm.observation import Member, Request
from pgcharm.plan.holding import holding
from pgcharm.plan.requests.steps import AwaitStandbys, RestartMember
from pgcharm.plan.requests.switchover import others
from pgcharm.plan.situation import Part, Situation
from pgcharm.plan.types import Refusal
from pgcharm.states import SERVING, STREAMING


def restart(s: Situation, request: Request) -> Part | Refusal:
    """Restart PostgreSQL on every unit, or on the unit that is named."""
    if s.primary is None:
        return Refusal("cannot restart: no primary is known (expected one that runs; see action cluster-status)")
    members = (*others(s, s.primary), s.primary)
    only = request.text("unit")
    chosen = tuple(member for member in members if not only or member.name == member_name(only))
    if not chosen:
        expected = ", ".join(unit_name(member.name) for member in members)
        return Refusal(
            f"cannot restart {request.shown('unit')}: it is no member of the cluster (expected one of: {expected})"
        )
    if unwell := [why for member in members if (only == "" or member not in chosen) and (why := amiss(s, member))]:
        return Refusal(
            f"cannot restart: {'; '.join(unwell)} (expected every unit to serve, so that one is left that does; "
            "wait for it, or name one unit with unit=...)"
        )
    steps = tuple(restarting(s, member) for member in chosen)
    standbys = members[:-1]
    return Part((*steps, awaiting(standbys)) if s.primary in chosen and standbys else steps)


def amiss(s: Situation, member: Member) -> str:
    """What is wrong with a member; empty where nothing is."""
    good = SERVING if member is s.primary else STREAMING
    return "" if member.state in good else f"{unit_name(member.name)} is {member.state or 'silent'}"


def restarting(s: Situation, member: Member) -> RestartMember:
    primary = member is s.primary
    reason = "it is the primary, and goes last" if primary else "it is a standby"
    poolers = holding(s) if primary else ()
    return RestartMember(reason, unit_name(member.name), member.host, primary, poolers=poolers)


def awaiting(standbys: tuple[Member, ...]) -> AwaitStandbys:
    units, hosts = tuple(unit_name(member.name) for member in standbys), tuple(member.host for member in standbys)
    return AwaitStandbys("the primary has been restarted under them", units, hosts)
