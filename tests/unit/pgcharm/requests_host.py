"""The model of a unit, continued: what the steps of actions do to it."""

from __future__ import annotations

from dataclasses import replace

from pgcharm.observation import Member, Observation, Patroni
from pgcharm.plan.requests import steps
from pgcharm.view import View, known
from tests.unit.pgcharm.host import carry_out


@carry_out.register
def _(step: steps.HandOver, o: Observation) -> Observation:
    seen = known(o.patroni)
    server = known(o.postgres)
    assert isinstance(seen, Patroni)
    assert server is not None

    def changed(member: Member) -> Member:
        if member.name == step.candidate:
            return replace(member, role="primary", state="running")
        role, state = "quorum standby", "streaming"
        return replace(member, role=role, state=state, lag=0) if member.name == step.leader else member

    own = o.juju.unit.replace("/", "-")
    role = "primary" if own == step.candidate else "standby"
    patroni = replace(seen, role=role, members=tuple(map(changed, seen.members)))
    return replace(o, patroni=View(patroni), postgres=View(replace(server, in_recovery=role == "standby")))


@carry_out.register
def _(step: steps.AwaitCounted, o: Observation) -> Observation:
    seen = known(o.patroni)
    assert isinstance(seen, Patroni)

    def counted(member: Member) -> Member:
        late = member.name.replace("-", "/") in step.units
        return replace(member, role="quorum standby") if late else member

    return replace(o, patroni=View(replace(seen, members=tuple(map(counted, seen.members)))))


@carry_out.register(steps.RestartMember)
@carry_out.register(steps.AwaitStandbys)
@carry_out.register(steps.CloneAnew)
@carry_out.register(steps.ForgetRevision)
def _(step: object, o: Observation) -> Observation:
    """What is restarted or copied is by the end as it was."""
    return o


@carry_out.register
def _(step: steps.SetPause, o: Observation) -> Observation:
    seen = known(o.patroni)
    assert seen is not None
    return replace(o, patroni=View(replace(seen, paused=step.paused)))


@carry_out.register
def _(step: steps.RotatePasswords, o: Observation) -> Observation:
    """The new ones are there in a later hook."""
    return o
