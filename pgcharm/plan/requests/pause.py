"""Pause and resume of automatic failover, and what the statuses keep saying meanwhile.

Knows: what a pause means. Must not know: how Patroni is told.
While it is paused, Patroni replaces no primary that is lost, starts no PostgreSQL that has stopped, and can be stopped
without stopping PostgreSQL. A switchover to a named unit, a restart and a clone work as ever.
"""

from __future__ import annotations

from dataclasses import replace

from pgcharm.layout import unit_name
from pgcharm.observation import Request
from pgcharm.plan.requests.steps import SetPause
from pgcharm.plan.situation import Part, Situation
from pgcharm.plan.types import Refusal, Status
from pgcharm.view import why_unknown

PAUSED = "failover paused"


def pause(s: Situation, _: Request) -> Part | Refusal:
    """From now on a primary that is lost is not replaced."""
    return setting(s, True)


def resume(s: Situation, _: Request) -> Part | Refusal:
    """From now on a primary that is lost is replaced."""
    return setting(s, False)


def setting(s: Situation, paused: bool) -> Part | Refusal:
    verb = "pause" if paused else "resume"
    if s.patroni is None:
        seen = why_unknown(s.o.patroni)
        return Refusal(f"cannot {verb}: {seen} (expected Patroni to answer; run it on another unit)")
    if s.patroni.settings is None:
        return Refusal(
            f"cannot {verb}: Patroni cannot read the cluster's settings in etcd (expected a quorum of etcd's voters; "
            "see action cluster-status)"
        )
    hosts = tuple(member.host for member in s.patroni.members if unit_name(member.name) in s.staying)
    return Part((SetPause("the operator asks for it", paused, hosts),))


def is_paused(s: Situation) -> bool:
    """Whether a lost primary is not replaced now, as far as is known."""
    return s.patroni is not None and (s.patroni.paused or bool((s.patroni.settings or {}).get("pause")))


def noted(s: Situation, status: Status) -> Status:
    """A status that says so while failover is paused."""
    return replace(status, message=f"{status.message}; {PAUSED}") if is_paused(s) else status
