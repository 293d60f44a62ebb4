"""New software: one unit at a time, standbys first, then a switchover, then the old primary; it stops at the first
unit that does not come back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pgcharm.observation import Etcd, Member, Observation, Patroni
from pgcharm.plan import plan
from pgcharm.plan.steps import RestartInTurn, StopService, SwitchOver
from pgcharm.view import Unknown, View, known
from tests.unit.pgcharm import made
from tests.unit.pgcharm.host import on_machine, settle
from tests.unit.pgcharm.test_life import living

PATRONI = "postgresql-patroni.service"
FILES = ("WriteFile", "WriteFile", "StartService")
"""The unit files of Patroni and of the watching service, which is started again at once."""


def refreshed(number: int, units: int = 3, **words: str) -> Observation:
    """A unit of a settled cluster whose charm has a new environment; `words` are the others' `runs`, by `u1`, `u2`."""
    o = on_machine(living(number, units), environment="venv-new")
    said = {unit: {**bag, "runs": words.get(f"u{unit[-1]}", "old")} for unit, bag in o.juju.peers.others.items()}  # type: ignore[union-attr]
    return with_others(o, said)


def with_others(o: Observation, others: Mapping[str, Mapping[str, str]]) -> Observation:
    assert o.juju.peers is not None
    return made.with_juju(o, peers=replace(o.juju.peers, others=others))


def written(o: Observation) -> Observation:
    """After the first plan: files are written, and nothing of PostgreSQL has been touched."""
    found = plan(o)
    assert not any(isinstance(step, (RestartInTurn, SwitchOver, StopService)) for step in found.steps)
    from tests.unit.pgcharm.host import carry_out

    for step in found.steps:
        o = carry_out(step, o)
    return o


def patroni(o: Observation) -> Patroni:
    seen = known(o.patroni)
    assert isinstance(seen, Patroni)
    return seen


def with_members(o: Observation, *members: Member) -> Observation:
    return replace(o, patroni=View(replace(patroni(o), members=members)))


def with_turn(o: Observation, turn: str) -> Observation:
    seen = known(o.etcd)
    assert isinstance(seen, Etcd)
    return replace(o, etcd=View(replace(seen, turn=turn)))


def new(o: Observation) -> str:
    """What a unit says that runs from the new environment."""
    settled = settle(o)
    word = plan(settled).publication.relations[0].unit["runs"]
    assert word is not None
    return word


def test_a_standby_writes_its_files_and_restarts_patroni_in_its_turn() -> None:
    o = written(refreshed(1))
    assert plan(o).text() == "1. restart postgresql-patroni.service: it runs from older files"
    assert plan(settle(o)).steps == ()


def test_the_primary_waits_until_every_standby_runs_the_new_software() -> None:
    o = written(refreshed(0))
    (wait,) = plan(o).waits
    assert wait.reason == "postgresql/1, postgresql/2 goes first"
    word = new(refreshed(1))
    o = written(refreshed(0, u1=word))
    assert plan(o).waits[0].reason == "postgresql/2 goes first"


def test_then_it_hands_its_role_over_and_restarts_as_a_standby() -> None:
    word = new(refreshed(1))
    o = written(refreshed(0, u1=word, u2=word))
    (step,) = plan(o).steps
    assert isinstance(step, SwitchOver)
    assert step.candidate == "postgresql-1"
    members = (made.member(0, lag=0), made.member(1, "primary", "running"), made.member(2, lag=0))
    o = replace(with_members(o, *members), postgres=View(made.postgres(in_recovery=True)))
    (step,) = plan(o).steps
    assert isinstance(step, RestartInTurn)


def test_a_unit_alone_restarts_where_it_is() -> None:
    (step,) = plan(written(refreshed(0, units=1))).steps
    assert isinstance(step, RestartInTurn)


def test_while_another_unit_has_its_turn_it_waits_and_says_whose_it_is() -> None:
    o = with_turn(written(refreshed(1)), "postgresql-2 restart postgresql-patroni.service")
    assert plan(o).steps == ()
    assert plan(o).waits[0].reason == "postgresql/2 has its turn to restart postgresql-patroni.service"
    assert plan(with_turn(o, "postgresql-1 restart postgresql-patroni.service")).steps != ()


def test_what_does_not_work_stops_with_the_first_standby() -> None:
    o = written(refreshed(1))
    stopped = with_members(o, made.member(0, "primary", "running"), made.member(1), made.member(2, state="stopped"))
    assert (plan(stopped).steps, plan(stopped).waits[0].reason) == ((), "postgresql/2 is not serving")
    gone = with_members(o, made.member(0, "primary", "running"), made.member(1))
    assert (plan(gone).steps, plan(gone).waits[0].reason) == ((), "postgresql/2 is not there")


def test_a_unit_that_does_not_serve_says_so_and_is_not_waited_behind() -> None:
    o = written(refreshed(1))
    silent = replace(o, patroni=Unknown("refused"), postgres=Unknown("refused"))
    assert plan(silent).publication.relations[0].unit.get("runs") is None
    (step,) = [step for step in plan(silent).steps if isinstance(step, RestartInTurn)]
    assert step.reason == "it does not answer, and its files have changed"


def test_a_patroni_that_is_silent_without_a_change_is_waited_for() -> None:
    o = replace(living(1), patroni=Unknown("refused"), postgres=Unknown("refused"))
    assert not [step for step in plan(o).steps if isinstance(step, RestartInTurn)]


def test_rolled_back_before_its_turn_nothing_restarts() -> None:
    o = written(refreshed(1))
    o = on_machine(o, environment="")
    assert not [step for step in plan(o).steps if isinstance(step, RestartInTurn)]
    assert plan(settle(o)).steps == ()


def test_while_failover_is_paused_nothing_is_restarted() -> None:
    o = written(refreshed(1))
    o = replace(o, patroni=View(replace(patroni(o), paused=True)))
    assert (plan(o).steps, plan(o).waits[0].reason) == ((), "failover is paused")
