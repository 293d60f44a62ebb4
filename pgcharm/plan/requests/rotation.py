"""Rotate-passwords: new passwords for the cluster's own roles.

Knows: when a rotation may begin. Must not know: how it goes on; that is `plan.passwords`.
"""

from __future__ import annotations

from pgcharm.layout import unit_name
from pgcharm.observation import Request
from pgcharm.plan.passwords import not_told, stale
from pgcharm.plan.requests.restart import amiss
from pgcharm.plan.requests.steps import ForgetRevision, RotatePasswords
from pgcharm.plan.requests.switchover import others
from pgcharm.plan.situation import Part, Situation
from pgcharm.plan.types import Refusal
from pgcharm.view import why_unknown


def rotate_passwords(s: Situation, _: Request) -> Part | Refusal:
    """Have Juju keep new passwords; each unit then takes them over in a hook of its own."""
    if why := why_not(s):
        return Refusal(f"cannot rotate the passwords: {why}")
    assert s.secrets is not None
    return Part((RotatePasswords("the operator asks for it", s.secrets.generation + 1),))


def forget_revision(_: Situation, request: Request) -> Part:
    """A revision of a secret is of no use any more: the passwords before the last are forgotten."""
    return Part((ForgetRevision("nobody reads it any more", request.text("secret"), request.text("revision")),))


def why_not(s: Situation) -> str:
    """Why no rotation may begin now; empty where it may."""
    if not s.o.juju.leader:
        return (
            f"{s.o.juju.unit} is not the leader (expected it; `juju run {s.o.juju.application}/leader` runs it there)"
        )
    if s.secrets is None:
        return f"{why_unknown(s.o.secrets) or 'there are none yet'} (expected the cluster's secret; try again later)"
    if s.primary is None or s.postgres is None:
        return "no primary is known, or PostgreSQL does not run here (expected both; see action cluster-status)"
    if unwell := [why for member in (*others(s, s.primary), s.primary) if (why := amiss(s, member))]:
        return f"{'; '.join(unwell)} (expected every unit to serve, so that none is left out; wait for it)"
    members = s.patroni.members if s.patroni else ()
    if missing := {*s.staying} - {unit_name(member.name) for member in members}:
        return f"{', '.join(sorted(missing))} has not joined yet (expected every unit to serve; wait for it)"
    if stale(s, s.secrets) or not_told(s, s.secrets):
        return "the last rotation is still under way (expected its end, within a minute; try again then)"
    return ""
