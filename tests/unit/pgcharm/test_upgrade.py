"""A minor upgrade: asked for once, done by each unit in its turn, told in the statuses."""

from __future__ import annotations

from dataclasses import replace

from pgcharm.observation import Event, Observation, Request
from pgcharm.plan import plan
from pgcharm.plan.steps import AskUpgrade, StartPooler, SwitchOver
from pgcharm.view import View
from tests.unit.pgcharm import made
from tests.unit.pgcharm.host import on_machine, remember, settle
from tests.unit.pgcharm.test_life import living
from tests.unit.pgcharm.test_requests import with_member


def asked(o: Observation, *done: str) -> Observation:
    """After the action: the intent is in the application's bag; `done` are other units that have followed it."""
    assert o.juju.peers is not None
    others = {u: {**bag, "upgraded": "7" if u in done else ""} for u, bag in o.juju.peers.others.items()}
    return made.with_juju(
        o, peers=replace(o.juju.peers, application={**o.juju.peers.application, "upgrade": "7"}, others=others)
    )


def requested(o: Observation) -> Observation:
    return replace(o, event=Event("upgrade", request=Request("upgrade")))


def test_the_leader_writes_the_intent_down() -> None:
    (step,) = plan(requested(living(1, leader=True))).steps
    assert isinstance(step, AskUpgrade)
    assert step.name == "1800000000"


def test_another_unit_refuses_and_says_who_may() -> None:
    refusal = plan(requested(living(1))).refusal
    assert refusal is not None
    assert refusal.text == "cannot upgrade from postgresql/1: it is not the leader (run it on postgresql/leader)"


def test_a_second_one_is_refused_while_the_first_is_under_way() -> None:
    o = asked(living(0, leader=True), "postgresql/2")
    refusal = plan(requested(o)).refusal
    assert refusal is not None
    assert "postgresql/0, postgresql/1 has not done its part yet" in refusal.text


def test_a_standby_upgrades_restarts_and_notes_it_down() -> None:
    o = asked(living(1))
    assert plan(o).text().startswith("1. upgrade postgresql-15, postgresql-15-postgis-3, pgbackrest, etcd-server")
    after = settle(o)
    assert after.machine.memories.upgrade == {"packages": "7", "done": "7"}
    assert after.machine.outdated == frozenset()
    assert plan(after).publication.relations[0].unit["upgraded"] == "7"
    assert plan(after).steps == ()


def test_poolers_that_run_from_an_older_package_are_restarted_with_the_rest() -> None:
    o = asked(settle(made.with_juju(living(1), config={**living(1).juju.config, "pooler": "session"}), rounds=6))
    after = settle(o, rounds=6)
    assert after.machine.memories.upgrade["done"] == "7"
    assert after.machine.outdated == frozenset()
    pooler = "postgresql-pooler.service"
    fresh = remember(on_machine(o, outdated=frozenset((pooler,))), "upgrade", {"packages": "7"})
    restarted = [step.service for step in plan(fresh).steps if isinstance(step, StartPooler)]
    assert restarted == [pooler]
    untouched = on_machine(after, outdated=frozenset((pooler,)))
    assert not any(isinstance(step, StartPooler) for step in plan(untouched).steps)


def test_the_primary_hands_over_when_all_standbys_have_done_it() -> None:
    o = asked(living(0), "postgresql/1")
    assert plan(o).waits[0].reason == "postgresql/2 goes first"
    o = asked(living(0), "postgresql/1", "postgresql/2")
    (step,) = plan(o).steps
    assert isinstance(step, SwitchOver)
    assert plan(with_member(o, 2, role="standby")).waits[0].reason == "commits do not wait for postgresql/2 yet"


def test_where_nothing_was_newer_nothing_restarts() -> None:
    o = remember(asked(living(1)), "upgrade", {"packages": "7"})
    assert plan(o).text() == "1. note down that this unit is upgraded: nothing runs from older packages"


def test_what_somebody_else_has_upgraded_is_said_and_not_restarted() -> None:
    o = on_machine(living(1), outdated=frozenset(("postgres",)), packages={"postgresql-15": "15.21-0+deb12u1"})
    o = replace(o, postgres=View(made.postgres(in_recovery=True)))
    packages = {**living(1).machine.packages, "postgresql-15": "15.21-0+deb12u1"}
    o = on_machine(o, packages=packages)
    planned = plan(o)
    assert planned.steps == ()
    assert planned.publication.status.message == (
        "standby, 0 B behind; PostgreSQL 15.21-0+deb12u1 is installed, 15.20 runs until it is restarted"
    )


def test_the_application_says_how_far_it_is() -> None:
    status = plan(asked(living(0, leader=True), "postgresql/1")).publication.application_status
    assert status is not None
    assert status.message.endswith("upgrading: 1 of 3 units done")
    assert status.level == "active"
