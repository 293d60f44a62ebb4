"""`juju wait-for` and its query language."""

from __future__ import annotations

from typing import Any

import pytest

from jujubox.cli import wait_scope
from jujubox.cli.query import QueryError, holds
from tests.unit.cli import samples
from tests.unit.cli.conftest import Juju

SCOPE = {
    "name": "app",
    "life": "alive",
    "status": "active",
    "min-units": 2,
    "units": {"app/0": {"workload-status": "active"}, "app/1": {"workload-status": "blocked"}},
    "list": ["x", "y"],
    "deep": {"er": {"est": 1.5}},
}


@pytest.mark.parametrize(
    ("query", "truth"),
    [
        ('life=="alive" && status=="active"', True),
        ('life=="alive" && status!="active"', False),
        ('life=="dead" || status=="active"', True),
        ('life=="dead" || life=="dying" && status=="active"', False),
        ('(life=="dead" || life=="alive") && min-units >= 2', True),
        ("min-units < 2", False),
        ("min-units>1 && min-units<=2", True),
        ("len(units) == 2", True),
        ('len(name) == 3 && startsWith(name, "ap")', True),
        ('forEach(units, unit => unit.workload-status == "active")', False),
        ('forEach(units, unit => unit.workload-status == "active" || unit.workload-status == "blocked")', True),
        ('units["app/1"].workload-status == "blocked"', True),
        ('list[1] == "y"', True),
        ("deep.er.est == 1.5", True),
        ("true", True),
        ("true; false", False),
        ('life=="alive"; status=="active";', True),
        ('name == "a\\"b"', False),
    ],
)
def test_what_a_query_is_worth(query: str, truth: bool) -> None:
    assert holds(query, SCOPE) is truth


def test_print_says_its_value_and_is_true() -> None:
    said: list[str] = []
    assert holds("print(status) && len(units)==2", SCOPE, said.append)
    assert said == ["active"]


@pytest.mark.parametrize(
    "query", ["", "life ==", "(life", "life = 'x'", "nothing == 1", "no(1)", "len(units", "life.x == 1", '"a" < 1']
)
def test_what_is_no_query_is_refused(query: str) -> None:
    with pytest.raises(QueryError):
        holds(query, SCOPE)


def test_scopes_come_from_a_status() -> None:
    status = samples.status()
    application = wait_scope.application(status, "postgresql")
    assert application is not None
    assert application["status"] == "waiting"
    assert set(application["units"]) == {"postgresql/0", "postgresql/1", "postgresql/10"}
    assert application["machines"]["0"]["status"] == "started"
    unit = wait_scope.unit(status, "ledger/0")
    assert unit is not None
    assert (unit["workload-status"], unit["agent-status"], unit["machine-id"]) == ("error", "idle", "3")
    assert wait_scope.model(status, "default")["status"] == "available"
    assert wait_scope.unit(status, "ledger/9") is wait_scope.machine(status, "9") is None


@pytest.fixture
def lts(juju: Juju) -> Juju:
    juju.environment["JUJUBOX_PERSONALITY"] = "3.6"
    juju.answers(wait_for={"seen": 1, "changed": True})
    return juju


def active() -> dict[str, Any]:
    status = samples.status()
    status["applications"]["postgresql"]["application-status"]["current"] = "active"
    return status


def test_it_waits_until_the_application_is_active(lts: Juju) -> None:
    states = [samples.status(), active()]
    lts.answers(status=lambda **_: states.pop(0))
    ran = lts("wait-for", "application", "postgresql")
    assert (ran.code, ran.err) == (0, 'Application "postgresql" is running\n')


def test_an_application_that_goes_away_ends_the_wait(lts: Juju) -> None:
    states = [samples.status(), samples.empty_status(), samples.status(), samples.empty_status()]
    lts.answers(status=lambda **_: states.pop(0))
    ran = lts("wait-for", "application", "postgresql")
    assert (ran.code, ran.err) == (1, "ERROR application postgresql removed\n")
    ran = lts("wait-for", "application", "postgresql", "--query", 'life=="dead"')
    assert (ran.code, ran.err) == (0, 'Application "postgresql" has been removed\n')


def test_the_wait_has_an_end(lts: Juju) -> None:
    lts.answers(status=samples.status())
    ran = lts("wait-for", "unit", "ledger/0", "--timeout", "5ms")
    assert (ran.code, ran.err) == (1, 'ERROR timed out waiting for "ledger/0" to reach goal state\n')


def test_juju_4_has_no_such_command(juju: Juju) -> None:
    juju.answers(models=[])
    assert juju("wait-for", "application", "x").code == 2
