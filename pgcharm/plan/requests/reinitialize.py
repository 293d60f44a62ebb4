"""Reinitialize: this unit's data is thrown away and copied anew from the primary.

Knows: when a copy may be thrown away. Must not know: how it is made again.
"""

from __future__ import annotations

from pgcharm.layout import unit_name
from pgcharm.observation import Request
from pgcharm.plan.requests.steps import CloneAnew
from pgcharm.plan.requests.switchover import others
from pgcharm.plan.situation import Part, Situation
from pgcharm.plan.types import Refusal
from pgcharm.states import CLONING, STREAMING
from pgcharm.view import why_unknown


def reinitialize(s: Situation, _: Request) -> Part | Refusal:
    """Clone this unit anew."""
    why = why_not(s)
    if why:
        return Refusal(f"cannot reinitialize {s.o.juju.unit}: {why}")
    return Part((CloneAnew("the operator asks for it", s.o.juju.unit, s.primary_unit),))


def why_not(s: Situation) -> str:
    """Why this unit's data must stay; empty where it may go."""
    if s.patroni is None:
        service = s.layout.patroni_service
        return f"{why_unknown(s.o.patroni)} (expected Patroni to answer; see `systemctl status {service}`)"
    if s.primary is None:
        return "no other unit serves as the primary (expected one to copy from; see action cluster-status)"
    if s.is_primary or s.primary.name == s.name:
        return "it is the primary (expected a standby; run switchover first)"
    if s.patroni.state == CLONING:
        return "it is being cloned already (expected a standby at rest; its status says how far it is)"
    if s.options.synchronous == "strict" and (left := others_streaming(s)) < s.options.synchronous_standbys:
        return (
            f"commits would wait until it is back: without it {left} standbys stream (expected "
            f"{s.options.synchronous_standbys} with synchronous=strict; add a unit, or set synchronous=auto meanwhile)"
        )
    return ""


def others_streaming(s: Situation) -> int:
    """How many other standbys commits can wait for."""
    assert s.primary is not None
    return sum(member.state in STREAMING for member in others(s, s.primary) if unit_name(member.name) != s.o.juju.unit)
