"""The poolers of a unit: turned on, kept up, told of clients, and turned off without hurting anybody."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pgcharm.clients.relation import ClientRelation
from pgcharm.observation import Observation, Pooler, Request, Service
from pgcharm.options import read_options
from pgcharm.plan import plan, steps
from pgcharm.plan.requests.steps import HandOver
from pgcharm.plan.types import Step
from pgcharm.view import Unknown, View
from tests.unit.pgcharm import made
from tests.unit.pgcharm.host import on_machine, remember, settle
from tests.unit.pgcharm.test_life import living as settled

POOLERS = ("postgresql-pooler.service", "postgresql-pooler-reads.service")
UNITS = {"shop/0": {"egress-subnets": "10.1.0.7/32", "pooler": "yes"}}
SHOP = ClientRelation(7, "db", "shop", units=UNITS)


@cache
def living() -> Observation:
    """The primary of a settled cluster of three, which has no poolers."""
    return settled()


def told(o: Observation, **config: object) -> Observation:
    return made.with_juju(o, config={**o.juju.config, **config})


def pooled(**config: object) -> Observation:
    o = told(living(), pooler="transaction", **config)
    return settle(replace(o, pooler=View(Pooler(0))), rounds=6)


def written(found: tuple[Step, ...]) -> dict[str, str]:
    return {step.path.rsplit("/", 1)[1]: step.content for step in found if isinstance(step, steps.WriteFile)}


PGBOUNCER = {"pgbouncer": "1.18.0-1"}


def having(o: Observation, **packages: str) -> Observation:
    """With PgBouncer's package on the machine."""
    return on_machine(o, packages={**o.machine.packages, **(packages or PGBOUNCER)})


def test_turned_on_the_package_comes_first_and_by_itself() -> None:
    found = plan(told(living(), pooler="transaction")).steps
    assert steps.InstallPooler("the option pooler is on", ("pgbouncer",)) in found
    assert not any(isinstance(step, (steps.StartPooler, steps.RestartPostgres)) for step in found)


def test_with_the_package_both_poolers_start_and_postgresql_is_left_alone() -> None:
    found = plan(having(told(living(), pooler="transaction"))).steps
    kinds = [type(step).__name__ for step in found]
    started = [step.service for step in found if isinstance(step, (steps.StartService, steps.StartPooler))]
    assert started == ["postgresql-watch.service", *POOLERS]
    assert not {"RestartPostgres", "ReloadPostgres", "ReloadPatroni", "RestartInTurn"} & set(kinds)


@settings(max_examples=12, deadline=None)
@given(
    mode=st.sampled_from(("transaction", "session")),
    port=st.sampled_from((6432, 7000, 64000)),
    size=st.integers(1, 100),
    everybody=st.booleans(),
    version=st.sampled_from(("1.16.1-1", "1.18.0-1", "1.21.0-1", "")),
)
def test_whatever_the_options_the_second_plan_is_empty(
    mode: str, port: int, size: int, everybody: bool, version: str
) -> None:
    o = told(living(), pooler=mode, pooler_port=port, pooler_size=size, pooler_default=everybody)
    o = having(o, pgbouncer=version) if version else o
    o = settle(o, rounds=6)
    assert plan(replace(o, pooler=View(Pooler(3)))).text() == "nothing to do"


def test_prepared_statements_are_carried_over_where_pgbouncer_can() -> None:
    old, new = told(living(), pooler="transaction"), told(living(), pooler="transaction")
    old, new = having(old, pgbouncer="1.18.0-1+deb12u1"), having(new, pgbouncer="1.24.1-1")
    assert "max_prepared_statements" not in written(plan(old).steps)["pooler.ini"]
    assert "max_prepared_statements = 200" in written(plan(new).steps)["pooler.ini"]


def test_a_package_that_cannot_be_had_is_told_of_and_postgresql_is_served_without_it() -> None:
    failed = {"failed": "cannot run apt-get: no such package", "at": "1000.0"}
    o = remember(on_machine(told(living(), pooler="transaction"), uptime=1100.0), "pooler", failed)
    o = made.with_juju(o, clients=(replace(SHOP, units={"shop/0": {"egress-subnets": "10.1.0.7/32"}}),))
    planned = plan(o)
    assert not any(isinstance(step, steps.InstallPooler) for step in planned.steps)
    assert [wait.seconds for wait in planned.waits if wait.what == "PgBouncer"] == [300.0]
    status = planned.publication.status
    assert status.level == "waiting"
    assert status.message == "primary; no pooler, PgBouncer cannot be installed: cannot run apt-get: no such package"
    assert planned.publication.ports == (5432,)
    later = plan(on_machine(o, uptime=1301.0))
    assert any(isinstance(step, steps.InstallPooler) for step in later.steps)
    rebooted = plan(on_machine(o, uptime=5.0))
    assert any(isinstance(step, steps.InstallPooler) for step in rebooted.steps)
    off = made.with_juju(told(o, pooler="off"), clients=())
    assert plan(off).publication.status.message == "primary"
    again = plan(told(settle(off), pooler="transaction"))
    assert any(isinstance(step, steps.InstallPooler) for step in again.steps)


def test_who_gets_into_a_pooler_is_who_gets_into_postgresql_and_no_password_is_kept() -> None:
    o = made.with_juju(pooled(), clients=(SHOP,))
    files = written(plan(o).steps)
    line = 'host "shop" "juju_shop","jujuschema_shop" 10.1.0.7/32 scram-sha-256'
    assert line in files["pooler_hba.conf"]
    assert line in files["pg_hba.conf"]
    assert files["pooler_databases.txt"] == "shop\n"
    users = [row.split('"')[1::2] for row in files["pooler_users.txt"].splitlines()]
    assert [user for user, _ in users] == ["root", "juju_shop", "jujuschema_shop"]
    assert all(kept.startswith("SCRAM-SHA-256$") for _, kept in users[1:])
    secret = [step for step in plan(o).steps if getattr(step, "path", "").endswith("pooler_users.txt")]
    assert [(step.owner, step.mode) for step in secret if isinstance(step, steps.WriteFile)] == [("postgres", 0o600)]
    assert "SCRAM" not in plan(o).text() + repr(plan(o))


def test_a_client_more_reloads_the_poolers_and_restarts_nothing() -> None:
    found = plan(made.with_juju(pooled(), clients=(SHOP,))).steps
    assert any(isinstance(step, steps.ReloadPooler) for step in found)
    assert not any(isinstance(step, (steps.StartService, steps.StartPooler)) for step in found)


def test_a_pooler_that_is_down_is_started_and_status_says_so() -> None:
    o = pooled()
    services = {**o.machine.services, POOLERS[0]: Service(False, True, False)}
    down = plan(on_machine(o, services=services))
    assert [step.service for step in down.steps if isinstance(step, steps.StartPooler)] == [POOLERS[0]]
    assert down.publication.status.level == "waiting"
    assert "its pooler does not run" in down.publication.status.message
    silent = plan(replace(o, pooler=Unknown("it does not answer"))).publication.status
    assert silent.message.endswith("its pooler does not answer")


def test_ports_are_open_while_poolers_run() -> None:
    assert plan(living()).publication.ports == (5432,)
    assert plan(pooled()).publication.ports == (5432, 6432, 6433)


def test_turned_off_the_poolers_wait_for_the_last_client_and_leave_nothing_behind() -> None:
    o = told(pooled(), pooler="off")
    published = replace(SHOP, published={"pooler": "yes"})
    assert "they have just been told" in plan(made.with_juju(o, clients=(published,))).text()
    busy = plan(replace(o, pooler=View(Pooler(3))))
    assert not any(isinstance(step, steps.StopService) for step in busy.steps)
    assert "waiting for clients to leave the poolers: 3 are connected" in busy.publication.status.message
    assert busy.publication.status.level == "active"
    stopping = plan(o).steps
    assert [step.service for step in stopping if isinstance(step, steps.StopService)] == list(POOLERS)
    gone = settle(o)
    assert not any("pooler" in path for path in gone.machine.files)


def test_a_switchover_asks_every_pooler_to_hold_clients_back_where_that_can_work() -> None:
    asked = {"to": "postgresql/1", "max-lag-mb": 16}

    def hand_over(o: Observation) -> HandOver:
        request = replace(o, event=replace(o.event, request=Request("switchover", asked)))
        (step,) = plan(request).steps
        assert isinstance(step, HandOver)
        return step

    assert hand_over(pooled()).poolers == ("postgresql-0", "postgresql-1", "postgresql-2")
    assert hand_over(told(pooled(), pooler="session")).poolers == ()
    assert hand_over(living()).poolers == ()


@pytest.mark.parametrize(("port", "listen"), [(5432, 5432), (5431, 5432), (2379, 5432), (8007, 5432), (7000, 7001)])
def test_a_port_that_somebody_has_is_a_mistake_only_while_there_are_poolers(port: int, listen: int) -> None:
    config = {"pooler_port": port, "listen_port": listen}
    assert read_options(config)[1] == ()
    (mistake,) = read_options({**config, "pooler": "session"})[1]
    assert str(mistake).startswith(f"pooler_port is {port} (allowed: a port that is free")
