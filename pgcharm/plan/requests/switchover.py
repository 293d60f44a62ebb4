"""A planned switchover: another unit becomes the primary, and nothing is lost.

Knows: which standby may take over. Must not know: how Patroni is told.
"""

from __future__ import annotations

from pgcharm.cluster import unit_number
from pgcharm.layout import member_name, unit_name
from pgcharm.observation import Member, Request
from pgcharm.plan.holding import holding
from pgcharm.plan.requests.steps import AwaitCounted, HandOver
from pgcharm.plan.situation import Part, Situation
from pgcharm.plan.status import size
from pgcharm.plan.succession import uncounted
from pgcharm.plan.types import Refusal
from pgcharm.render.sizing import MB
from pgcharm.states import SERVING, STANDBYS


def switch_over(s: Situation, request: Request) -> Part | Refusal:
    """Hand the primary's role to the unit `to`, or to the best standby."""
    bound = request.number("max-lag-mb") * MB
    if s.primary is None:
        return Refusal("cannot switch over: no primary is known (expected one that runs; see action cluster-status)")
    wanted = request.text("to")
    if wanted and member_name(wanted) == s.primary.name:
        return Part()
    standbys = others(s, s.primary)
    if not wanted:
        return best(s, s.primary, standbys, bound)
    chosen = next((member for member in standbys if member.name == member_name(wanted)), None)
    if chosen is None:
        expected = ", ".join(unit_name(member.name) for member in standbys) or "there is no standby: add a unit first"
        return Refusal(
            f"cannot switch over to {request.shown('to')}: there is no such standby (expected one of: {expected})"
        )
    if why := why_not(chosen, standbys, bound):
        return Refusal(f"cannot switch over to {wanted}: {why}")
    return handing_over(s, s.primary, chosen, "the operator asks for it")


def best(s: Situation, primary: Member, standbys: tuple[Member, ...], bound: int) -> Part | Refusal:
    """Hand over to the standby that commits wait for and that is nearest."""
    if not standbys:
        return Refusal(f"cannot switch over: {s.primary_unit} is alone (expected a standby; add a unit first)")
    fit = [member for member in standbys if not why_not(member, standbys, bound)]
    if not fit:
        seen = "; ".join(f"{unit_name(member.name)}: {why_not(member, standbys, bound)}" for member in standbys)
        return Refusal(f"cannot switch over: no standby can take over: {seen}")
    chosen = min(fit, key=lambda member: (STANDBYS.index(member.role), member.lag or 0))
    anybody = len(standbys) == len(s.patroni.members if s.patroni else ()) - 1
    return handing_over(s, primary, chosen, "the operator asks for it, and it is nearest to the primary", anybody)


def others(s: Situation, primary: Member) -> tuple[Member, ...]:
    """Standbys on units that stay, by number."""
    members = s.patroni.members if s.patroni else ()
    found = [member for member in members if member.name != primary.name and unit_name(member.name) in s.staying]
    return tuple(sorted(found, key=lambda member: unit_number(unit_name(member.name))))


def why_not(chosen: Member, standbys: tuple[Member, ...], bound: int) -> str:
    """Why this standby cannot take over; empty where it can."""
    if chosen.state not in SERVING:
        return f"it is {chosen.state} (expected streaming; see `juju status` for what it waits for)"
    if chosen.state == "running":
        return "it is not streaming (expected streaming; see `juju status` for what it waits for)"
    if chosen.lag is None:
        return "how far it is behind is not known (expected a number; try again in some seconds)"
    if chosen.lag > bound:
        return (
            f"it is {chosen.lag} bytes ({size(chosen.lag)}) behind "
            f"(expected at most {size(bound)}; wait until it has come nearer, or give a larger max-lag-mb)"
        )
    if chosen.role == "standby" and any(member.role != "standby" for member in standbys):
        return "commits do not wait for it (expected one that they wait for; see action cluster-status)"
    return ""


def handing_over(s: Situation, primary: Member, chosen: Member, reason: str, anybody: bool = False) -> Part:
    late = uncounted(s)
    before = (AwaitCounted("they have just come back", late),) if late else ()
    return Part((*before, HandOver(reason, primary.name, chosen.name, anybody, holding(s))))
