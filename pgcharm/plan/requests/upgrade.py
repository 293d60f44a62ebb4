"""A minor upgrade of PostgreSQL's and etcd's packages on every unit.

Knows: when it may be asked for. Must not know: how a unit does its part; that is planned in `plan.upgrade`.
"""

from __future__ import annotations

from pgcharm.observation import Request
from pgcharm.plan.situation import Part, Situation
from pgcharm.plan.steps import AskUpgrade
from pgcharm.plan.types import Refusal
from pgcharm.plan.upgrade import pending


def ask_upgrade(s: Situation, _: Request) -> Part | Refusal:
    """Write down the intent, which every unit follows in its turn."""
    if not s.o.juju.leader:
        return Refusal(
            f"cannot upgrade from {s.o.juju.unit}: it is not the leader (run it on {s.o.juju.application}/leader)"
        )
    if s.primary is None or s.o.juju.peers is None:
        return Refusal("cannot upgrade: no primary is known (expected one that runs; see action cluster-status)")
    if late := pending(s):
        return Refusal(
            f"cannot upgrade: an upgrade is under way, {', '.join(late)} has not done its part yet "
            "(expected none; see `juju status` for what it waits for)"
        )
    return Part((AskUpgrade("the operator asks for it", s.o.juju.peers.id, str(int(s.o.now))),))
