"""What a unit does while the cluster lives: settings, files, restarts, statuses, members that come and go."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgcharm.observation import Clone, File, Observation
from pgcharm.options import read_options
from pgcharm.plan import plan, steps
from pgcharm.plan.members import voters_for
from pgcharm.plan.settings import wanted_settings
from pgcharm.plan.situation import situation
from pgcharm.plan.status import size
from pgcharm.plan.steps import ChangeSettings, RemoveEtcdMember, RestartPostgres, SwitchOver, WriteFile
from pgcharm.states import CLONING
from pgcharm.view import Unknown, View, known
from tests.unit.pgcharm import made
from tests.unit.pgcharm.host import on_machine, settle


def living(number: int = 0, units: int = 3, **more: object) -> Observation:
    """A unit of a settled cluster; unit 0 is the primary."""
    o = made.observation(number=number, units=units, founding=made.FOUNDED, **more)
    votes = range(units if units != 4 else 3)
    o = replace(o, etcd=View(made.etcd(*[n for n in votes if n != number])))
    if number == 0:
        o = replace(o, etcd=View(made.etcd(*votes)))
        o = on_machine(o, etcd_has_data=True)
    o = settle(o, rounds=6)
    own = made.patroni(units, 0, number, settings=wanted_settings(situation(o)))
    server = made.postgres(in_recovery=number != 0)
    return settle(replace(o, patroni=View(own), postgres=View(server)), rounds=6)


def test_a_settled_cluster_has_nothing_to_do() -> None:
    assert [plan(living(number)).text() for number in range(3)] == ["nothing to do"] * 3


def test_a_hand_edit_is_noticed_and_put_right() -> None:
    o = living()
    path = "/etc/postgresql-charm/postgresql.conf"
    edited = on_machine(o, files={**o.machine.files, path: File("other", "root", "root", 0o644)})
    assert "write /etc/postgresql-charm/postgresql.conf: somebody else changed it" in plan(edited).text()
    assert [type(step).__name__ for step in plan(edited).steps] == ["WriteFile", "ReloadPostgres"]
    assert plan(settle(edited)).steps == ()


def test_a_change_of_plan_is_told_from_a_hand_edit() -> None:
    o = living()
    o = made.with_juju(o, config={**o.juju.config, "extra_pg_conf": "work_mem = 64MB"})
    assert "write /etc/postgresql-charm/postgresql.conf: what it should say has changed" in plan(o).text()


def test_new_lines_of_pg_hba_reload_postgresql_and_nothing_restarts() -> None:
    o = living()
    o = made.with_juju(o, config={**o.juju.config, "admin_addresses": "10.9.0.0/16"})
    found = [type(step).__name__ for step in plan(o).steps]
    assert found == ["NoteConfig", "WriteFile", "ReloadPostgres"]
    assert plan(settle(o)).steps == ()


def test_a_bad_value_blocks_by_name_and_leaves_everything_as_it_is() -> None:
    o = living()
    bad = made.with_juju(o, config={**o.juju.config, "admin_addresses": "10.9.0.300"})
    planned = plan(bad)
    assert planned.steps == ()
    assert planned.publication.status.level == "blocked"
    assert planned.publication.status.message == (
        "admin_addresses is '10.9.0.300' (allowed: addresses or CIDR networks, separated by commas)"
    )


def test_a_bad_value_does_not_stop_what_the_other_options_ask_for() -> None:
    o = living()
    bad = made.with_juju(o, config={**o.juju.config, "listen_port": 80, "admin_addresses": "10.9.0.0/16"})
    assert [step.path for step in plan(bad).steps if isinstance(step, WriteFile)] == [
        "/etc/postgresql-charm/pg_hba.conf"
    ]


def test_a_bad_value_before_the_cluster_is_made_makes_nothing() -> None:
    o = made.observation(leader=True, config={"locale": "no such; locale"})
    planned = plan(o)
    assert (planned.steps, planned.publication.status.level) == ((), "blocked")


@pytest.mark.parametrize(
    ("units", "mode", "timeout"), [(1, False, 300), (2, True, 0), (3, "quorum", 0), (5, "quorum", 0)]
)
def test_how_a_commit_waits_follows_the_number_of_units(units: int, mode: object, timeout: int) -> None:
    wanted = wanted_settings(situation(made.observation(units=units, founding=made.FOUNDED)))
    assert (wanted["synchronous_mode"], wanted["primary_start_timeout"]) == (mode, timeout)


def test_patronis_timing_keeps_its_own_rule() -> None:
    wanted = wanted_settings(situation(made.observation(founding=made.FOUNDED)))
    assert wanted["loop_wait"] + 2 * wanted["retry_timeout"] <= wanted["ttl"]


def test_the_primary_keeps_the_dynamic_configuration_equal_to_the_plan() -> None:
    o = living()
    seen = known(o.patroni)
    assert seen is not None
    drifted = replace(seen, settings={**(seen.settings or {}), "ttl": 300, "foreign": 1})
    o = replace(o, patroni=View(drifted))
    (step,) = plan(o).steps
    assert isinstance(step, ChangeSettings)
    assert step.changes == {"ttl": 20}


def test_standbys_restart_before_the_primary() -> None:
    o = living()
    seen = known(o.patroni)
    assert seen is not None
    late = tuple(replace(m, pending_restart=True) for m in seen.members)
    primary = replace(
        o,
        postgres=View(replace(made.postgres(), pending_restart=("max_connections",))),
        patroni=View(replace(seen, members=late)),
    )
    assert plan(primary).waits[0].reason == "postgresql/1, postgresql/2 goes first"
    standby = living(1)
    standby = replace(standby, postgres=View(replace(made.postgres(True), pending_restart=("max_connections",))))
    assert [type(step) for step in plan(standby).steps] == [RestartPostgres]


def test_nobody_restarts_while_somebody_is_not_well() -> None:
    o = living(1)
    seen = known(o.patroni)
    assert seen is not None
    members = tuple(replace(m, state="starting") if m.name == "postgresql-2" else m for m in seen.members)
    o = replace(
        o,
        patroni=View(replace(seen, members=members)),
        postgres=View(replace(made.postgres(True), pending_restart=("max_connections",))),
    )
    assert not any(isinstance(step, RestartPostgres) for step in plan(o).steps)


def test_a_clone_under_way_is_never_disturbed() -> None:
    o = living(1)
    seen = known(o.patroni)
    assert seen is not None
    cloning = replace(seen, state=CLONING, role="", pending_restart=True)
    o = replace(o, patroni=View(cloning), postgres=Unknown("cloning"), clone=Clone(512 << 20, 1 << 30))
    o = made.with_juju(o, charm_dir="/another")
    assert not [s for s in plan(o).steps if isinstance(s, (steps.StopService, RestartPostgres, steps.ReloadPostgres))]
    assert not [s for s in plan(o).steps if isinstance(s, steps.StartService) and "patroni" in s.service]
    status = plan(o).publication.status
    assert (status.level, status.message) == ("waiting", "cloning from postgresql/0, 50 % of 1.0 GiB")


def test_a_clone_of_which_the_total_is_not_known_says_how_far_it_is() -> None:
    o = replace(living(1), clone=Clone(3 << 20, None))
    assert plan(o).publication.status.message == "cloning from postgresql/0, 3.0 MiB so far"


def test_statuses_tell_what_a_unit_is() -> None:
    assert plan(living()).publication.status.message == "primary"
    assert plan(living(1)).publication.status.message == "standby, 0 B behind"


def test_a_standby_without_a_primary_says_so() -> None:
    o = living(1)
    seen = known(o.patroni)
    assert seen is not None
    members = tuple(m for m in seen.members if m.role != "primary")
    status = plan(replace(o, patroni=View(replace(seen, members=members)))).publication.status
    assert (status.level, status.message) == ("waiting", "standby, no primary: waiting for one to be chosen")


def test_the_leader_speaks_for_the_application() -> None:
    status = plan(living(1, leader=True)).publication.application_status
    assert status is not None
    assert (status.level, status.message) == ("active", "primary postgresql/0, 2 of 2 standbys streaming")
    assert plan(living(2)).publication.application_status is None


def test_the_leader_drops_a_voter_whose_unit_is_gone_from_the_model() -> None:
    o = living(0, leader=True)
    goal = {"postgresql/0": "active", "postgresql/1": "active"}
    (step,) = [s for s in plan(made.with_juju(o, goal=goal)).steps if isinstance(s, RemoveEtcdMember)]
    assert step.name == "postgresql-2"


def test_a_unit_that_the_controller_has_is_never_dropped_even_where_no_peer_has_been_seen() -> None:
    o = living(0, leader=True)
    assert o.juju.peers is not None
    blind = made.with_juju(o, peers=replace(o.juju.peers, others={}))
    assert not [s for s in plan(blind).steps if isinstance(s, RemoveEtcdMember)]


def test_without_the_controllers_word_nobody_is_dropped() -> None:
    o = living(0, leader=True)
    assert not [s for s in plan(made.with_juju(o, goal=None)).steps if isinstance(s, RemoveEtcdMember)]


def test_the_primarys_unit_hands_the_lead_of_etcd_on_where_the_rest_can_do_without_it() -> None:
    def led_by_the_primary(units: int, **more: object) -> str:
        o = living(units=units)
        return plan(replace(o, etcd=View(replace(known(o.etcd), leader="id0", **more)))).text()  # type: ignore[type-var]

    said = "1. let postgresql-1 lead etcd: the primary's host would take both along"
    assert [led_by_the_primary(units) for units in (3, 5)] == [said] * 2
    assert [led_by_the_primary(units) for units in (1, 2)] == ["nothing to do"] * 2
    assert "lead etcd" not in led_by_the_primary(3, down=("postgresql-2",))
    standby = living(number=1)
    o = replace(standby, etcd=View(replace(known(standby.etcd), leader="id1")))  # type: ignore[type-var]
    assert plan(o).steps == ()


def test_data_of_a_former_membership_is_never_started_again() -> None:
    o = living(2)
    o = replace(o, etcd=View(made.etcd(0, 1)))
    found = [type(step).__name__ for step in plan(o).steps]
    assert found == ["StopService", "RemovePath", "RemovePath"]


def test_a_leaving_primary_hands_over_stops_gives_up_its_vote_and_stops_etcd() -> None:
    o = made.with_juju(
        living(), stopping=True, goal={f"postgresql/{n}": "dying" if n == 0 else "active" for n in range(3)}
    )
    assert plan(o).text() == LEAVING


LEAVING = """\
1. hand the primary's role from postgresql-0 to postgresql-1: this unit is leaving
2. stop postgresql-backup-full.timer: this unit is leaving
3. stop postgresql-backup-incr.timer: this unit is leaving
4. stop postgresql-watch.service: this unit is leaving
5. stop postgresql-patroni.service: this unit is leaving
6. stop postgresql-pgbackrest.service: this unit is leaving
7. remove postgresql-0 from etcd: this unit is leaving
8. stop postgresql-etcd.service: this unit is leaving
9. remove /var/lib/postgresql-charm/etcd: this unit is leaving
10. remove /var/lib/postgresql-charm/etcd-join.env: this unit is leaving"""


def test_a_unit_that_is_leaving_too_is_no_successor() -> None:
    goal = {"postgresql/0": "dying", "postgresql/1": "dying", "postgresql/2": "active"}
    (step,) = [s for s in plan(made.with_juju(living(), stopping=True, goal=goal)).steps if isinstance(s, SwitchOver)]
    assert step.candidate == "postgresql-2"
    assert not step.anybody


def test_where_any_standby_will_do_nobody_is_named_to_patroni() -> None:
    goal = {f"postgresql/{n}": "dying" if n == 0 else "active" for n in range(3)}
    (step,) = [s for s in plan(made.with_juju(living(), stopping=True, goal=goal)).steps if isinstance(s, SwitchOver)]
    assert step.anybody


def test_the_last_unit_stops_and_keeps_everything() -> None:
    o = made.with_juju(living(units=1), stopping=True, goal={"postgresql/0": "dying"})
    found = {type(step).__name__ for step in plan(o).steps}
    assert found == {"StopService"}


@given(st.sets(st.integers(0, 20), min_size=1), st.data())
def test_votes_are_odd_where_possible_and_stay_where_they_are(numbers: set[int], data: st.DataObject) -> None:
    units = [f"a/{n}" for n in numbers]
    voting = data.draw(st.sets(st.sampled_from(units), max_size=5))
    chosen = voters_for(units, voting)
    assert len(chosen) == {1: 1, 2: 2, 3: 3, 4: 3}.get(len(units), 5)
    assert set(chosen) <= set(units)
    assert len(voting) > len(chosen) or voting <= set(chosen)


@given(st.integers(0, 1 << 50))
def test_sizes_are_short(number: int) -> None:
    assert len(size(number)) <= 11


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("listen_port", 80, "listen_port is 80 (allowed: 1024 to 65535)"),
        ("synchronous", "maybe", "synchronous is 'maybe' (allowed: auto, strict, off)"),
        ("version", "9.6", "version is '9.6' (allowed: empty, 14, 15, 16, 17)"),
        ("max_connections", 5, "max_connections is 5 (allowed: 20 to 10000, or 0)"),
        ("encoding", "UTF-99", None),
        (
            "extra_pg_conf",
            "port = 1",
            "extra_pg_conf is 'port = 1' (allowed: settings other than port, which the charm sets itself)",
        ),
        (
            "extra_pg_auth",
            "let everybody in",
            "extra_pg_auth is 'let everybody in' (allowed: lines of pg_hba.conf, which 'let everybody in' is not)",
        ),
    ],
)
def test_a_mistake_names_the_option_what_was_read_and_what_is_allowed(option: str, value: object, message: str) -> None:
    _, (mistake,) = read_options({**made.DEFAULTS, option: value})  # type: ignore[dict-item]
    assert mistake.option == option
    assert message is None or str(mistake) == message
