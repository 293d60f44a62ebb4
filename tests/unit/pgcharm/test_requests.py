"""What actions ask for: the steps that follow, or a refusal that says what was seen, expected and what to do next."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from pgcharm.actions import QUESTIONS
from pgcharm.observation import Event, Member, Observation, Request
from pgcharm.plan import plan
from pgcharm.plan.requests import REQUESTS
from pgcharm.plan.requests.steps import SetPause
from pgcharm.states import CLONING
from pgcharm.view import Unknown, View, known
from tests.unit.pgcharm import made
from tests.unit.pgcharm import requests_host as requests_host
from tests.unit.pgcharm.host import carry_out, settle
from tests.unit.pgcharm.test_life import living

TOP = Path(__file__).resolve().parents[3]


def asking(o: Observation, name: str, **parameters: object) -> Observation:
    """The same unit, asked for something with the defaults of actions.yaml."""
    declared = yaml.safe_load((TOP / "actions.yaml").read_text())[name].get("params") or {}
    defaults = {key: schema["default"] for key, schema in declared.items() if "default" in schema}
    given = {key.replace("_", "-"): value for key, value in parameters.items()}
    return replace(o, event=Event(name, request=Request(name, {**defaults, **given})))


def asked(o: Observation, name: str, **parameters: object) -> str:
    """What comes of it."""
    return plan(asking(o, name, **parameters)).text()


def with_member(o: Observation, number: int, **more: object) -> Observation:
    """The same, one member of Patroni's being different."""
    seen = known(o.patroni)
    assert seen is not None

    def changed(member: Member) -> Member:
        return replace(member, **more) if member.name == f"postgresql-{number}" else member  # type: ignore[arg-type]

    return replace(o, patroni=View(replace(seen, members=tuple(map(changed, seen.members)))))


def test_every_declared_action_has_its_link_and_its_answer() -> None:
    declared = yaml.safe_load((TOP / "actions.yaml").read_text())
    links = {path.name for path in (TOP / "actions").iterdir()}
    assert set(declared) == links == {*QUESTIONS, *REQUESTS}
    assert all(action.get("additionalProperties") is False for action in declared.values())


def test_what_is_asked_for_is_planned_alone_and_the_usual_follows_when_it_is_done() -> None:
    o = replace(living(), postgres=replace_pending(living()))
    assert "restart" in plan(o).text()
    assert asked(o, "switchover").count("\n") == 0
    assert "restart" in plan(replace(asking(o, "switchover"), event=Event("switchover"))).text()


def replace_pending(o: Observation) -> View:  # type: ignore[type-arg]
    seen = known(o.postgres)
    assert seen is not None
    return View(replace(seen, pending_restart=("max_connections",)))


def test_switchover_goes_to_the_nearest_standby_that_commits_wait_for() -> None:
    o = with_member(with_member(living(), 1, lag=100), 2, lag=50)
    said = "1. hand the primary's role from postgresql/0 to postgresql/2: "
    assert asked(o, "switchover").startswith(said)
    just_back = asked(with_member(o, 2, role="standby"), "switchover").splitlines()
    assert just_back[0] == "1. wait until commits wait for postgresql/2 too: they have just come back"
    assert just_back[1].startswith("2. hand the primary's role from postgresql/0 to postgresql/1: ")
    starting = asked(with_member(o, 2, role="standby", state="starting"), "switchover")
    assert starting.startswith(said.replace("/2", "/1"))


def test_switchover_may_be_asked_for_on_any_unit_and_to_a_named_one() -> None:
    for number in range(3):
        said = asked(living(number), "switchover", to="postgresql/2")
        assert said == "1. hand the primary's role from postgresql/0 to postgresql/2: the operator asks for it"


def test_a_switchover_to_the_primary_has_nothing_to_do() -> None:
    assert asked(living(), "switchover", to="postgresql/0") == "nothing to do"


def test_a_standby_that_is_behind_is_refused_by_how_many_bytes() -> None:
    o = with_member(living(), 1, lag=50 << 20)
    assert asked(o, "switchover", to="postgresql/1") == (
        "refused: cannot switch over to postgresql/1: it is 52428800 bytes (50.0 MiB) behind (expected at most "
        "16.0 MiB; wait until it has come nearer, or give a larger max-lag-mb)"
    )
    assert not asked(o, "switchover", to="postgresql/1", max_lag_mb=50).startswith("refused")
    assert "to postgresql/2" in asked(o, "switchover")


def test_a_standby_that_does_not_stream_is_refused() -> None:
    for state in ("stopped", "running", "starting"):
        said = asked(with_member(living(), 1, state=state), "switchover", to="postgresql/1")
        assert said.startswith("refused: cannot switch over to postgresql/1: it is ")
        assert "expected streaming" in said


def test_without_anybody_fit_every_reason_is_told() -> None:
    o = with_member(with_member(living(), 1, state="stopped"), 2, lag=None)
    assert asked(o, "switchover") == (
        "refused: cannot switch over: no standby can take over: postgresql/1: it is stopped (expected streaming; see "
        "`juju status` for what it waits for); postgresql/2: how far it is behind is not known (expected a number; try "
        "again in some seconds)"
    )


def test_an_unknown_unit_is_refused_with_the_names_that_would_do() -> None:
    said = asked(living(), "switchover", to="postgresql/7")
    assert said.endswith("there is no such standby (expected one of: postgresql/1, postgresql/2)")


def test_without_a_primary_or_a_standby_there_is_no_switchover() -> None:
    assert "no primary is known" in asked(with_member(living(1), 0, state="stopped"), "switchover")
    assert "postgresql/0 is alone" in asked(living(units=1), "switchover")


def test_restart_goes_through_the_standbys_and_ends_with_the_primary() -> None:
    assert asked(living(1), "restart") == RESTART


RESTART = """\
1. restart PostgreSQL on postgresql/1: it is a standby
2. restart PostgreSQL on postgresql/2: it is a standby
3. restart PostgreSQL on postgresql/0: it is the primary, and goes last
4. wait until postgresql/1 and postgresql/2 stream again: the primary has been restarted under them"""


def test_one_unit_may_be_restarted_alone_even_if_it_is_the_one_that_is_unwell() -> None:
    o = with_member(living(), 2, state="running")
    assert asked(o, "restart", unit="postgresql/2") == "1. restart PostgreSQL on postgresql/2: it is a standby"
    assert asked(o, "restart", unit="postgresql/1").startswith("refused: cannot restart: postgresql/2 is running")
    assert "it is no member of the cluster" in asked(o, "restart", unit="postgresql/9")


def test_a_rolling_restart_is_refused_while_somebody_does_not_serve() -> None:
    said = asked(with_member(living(), 2, state="stopped"), "restart")
    assert said.startswith("refused: cannot restart: postgresql/2 is stopped (expected every unit to serve, ")


def test_a_standby_is_cloned_anew_and_a_primary_is_not() -> None:
    assert asked(living(1), "reinitialize").startswith("1. clone postgresql/1 anew from postgresql/0: ")
    assert asked(living(), "reinitialize") == (
        "refused: cannot reinitialize postgresql/0: it is the primary (expected a standby; run switchover first)"
    )


def test_a_clone_under_way_is_not_begun_again() -> None:
    o = living(1)
    seen = known(o.patroni)
    assert seen is not None
    o = replace(o, patroni=View(replace(seen, state=CLONING, role="")), postgres=Unknown("cloning"))
    assert "it is being cloned already" in asked(o, "reinitialize")


def test_without_another_primary_nothing_is_thrown_away() -> None:
    assert "expected one to copy from" in asked(with_member(living(1), 0, state="stopped"), "reinitialize")


def test_nothing_is_thrown_away_that_commits_would_wait_for() -> None:
    o = living(1, units=2, config={"synchronous": "strict"})
    assert "without it 0 standbys stream (expected 1 with synchronous=strict;" in asked(o, "reinitialize")
    assert asked(living(1, config={"synchronous": "strict"}), "reinitialize").startswith("1. clone")


def test_a_pause_reaches_every_member_and_every_status_says_so() -> None:
    o = living(1, leader=True)
    (step,) = plan(asking(o, "pause")).steps
    assert isinstance(step, SetPause)
    assert step.hosts == ("10.0.0.10", "10.0.0.11", "10.0.0.12")
    seen = known(o.patroni)
    assert seen is not None
    told = plan(replace(o, patroni=View(replace(seen, paused=True)))).publication
    assert told.status.message == "standby, 0 B behind; failover paused"
    assert told.application_status is not None
    assert told.application_status.message == "primary postgresql/0, 2 of 2 standbys streaming; failover paused"


def test_a_pause_ends_with_resume_and_changes_no_plan() -> None:
    o = living()
    seen = known(o.patroni)
    assert seen is not None
    paused = {**(seen.settings or {}), "pause": True}
    o = replace(o, patroni=View(replace(seen, paused=True, settings=paused)))
    assert plan(o).text() == "nothing to do"
    assert asked(o, "resume").startswith("1. resume automatic failover: ")


def test_a_unit_that_leaves_during_a_pause_stops_what_patroni_leaves_running() -> None:
    o = made.with_juju(living(), stopping=True, goal={"postgresql/0": "dying", "postgresql/1": "active"})
    seen = known(o.patroni)
    assert seen is not None
    found = [type(step).__name__ for step in plan(replace(o, patroni=View(replace(seen, paused=True)))).steps]
    assert found[:6] == ["SwitchOver", *["StopService"] * 4, "StopPostgres"]
    assert "StopPostgres" not in [type(step).__name__ for step in plan(o).steps]


def test_without_etcd_a_pause_is_refused() -> None:
    o = living()
    seen = known(o.patroni)
    assert seen is not None
    o = replace(o, patroni=View(replace(seen, settings=None)))
    assert "refused: cannot pause: Patroni cannot read the cluster's settings" in asked(o, "pause")
    assert "run it on another unit" in asked(replace(o, patroni=Unknown("Patroni is not running")), "resume")


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("name", ["switchover", "restart", "reinitialize", "pause", "resume", "rotate-passwords"])
def test_when_an_action_is_done_nothing_is_left_to_do(name: str, number: int) -> None:
    o = asking(living(number, leader=True), name)
    for step in plan(o).steps:
        o = carry_out(step, o)
    assert plan(settle(replace(o, event=Event(name)))).text() == "nothing to do"
