"""A charm on the published charmhelpers, under both personalities: 4.0, and 3.6 with leader-set and private-address."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jubilant
import pytest
from driving import box as boxes
from driving.waiting import await_gone, await_workload, quiet, until

PERSONALITIES = ("4.0", "3.6")


@pytest.fixture(scope="module", params=PERSONALITIES)
def personality(request: pytest.FixtureRequest) -> str:
    """The Juju that is played."""
    chosen: str = request.param
    return chosen


@pytest.fixture(scope="module")
def juju(box: boxes.Box | None, personality: str) -> Iterator[jubilant.Juju]:
    """A model with that personality."""
    if box is None and personality != PERSONALITIES[0]:
        pytest.skip("another juju is what it is")
    config = {} if box is None else {"personality": personality}
    with boxes.fresh_model(f"classic-{personality.replace('.', '')}", config) as driver:
        yield driver


@pytest.fixture(scope="module")
def web(juju: jubilant.Juju, classic: Path) -> str:
    """Two units of `web`, which open the same port; `proxy`, with `web` upstream, beside the first."""
    juju.deploy(classic, "web", num_units=2)
    juju.deploy(classic, "proxy", to="0", config={"port": 9000})
    juju.integrate("web:website", "proxy:upstream")
    quiet(juju, "web", "proxy")
    await_workload(juju, "proxy/0", "active", "blue, 2 upstream")
    quiet(juju, "web", "proxy")
    return "web"


def report(juju: jubilant.Juju, unit: str) -> dict[str, Any]:
    """What hookenv sees on a unit."""
    seen: dict[str, Any] = json.loads(juju.run(unit, "report").results["report"])
    return seen


def test_hookenv_knows_who_and_where_it_is(juju: jubilant.Juju, web: str, personality: str) -> None:
    seen = report(juju, "web/0")
    status = juju.status()
    assert (seen["unit"], seen["application"], seen["model"]) == ("web/0", "web", juju.model)
    assert seen["juju"].startswith(personality)
    assert seen["private"] == seen["public"] == status.apps["web"].units["web/0"].public_address
    assert seen["principal"] == "web/0"
    assert seen["doomed"] is False
    assert sorted(seen["types"]) == [
        "cluster",
        "upstream",
        "website",
    ]
    assert seen["status"] == ["active", "blue, 0 upstream"]
    assert seen["action"][0] == "report"
    assert seen["action"][2] == f"action-{seen['action'][1]}"
    assert status.apps["web"].version == "classic 1"


def test_peers_and_upstreams_are_told_through_relations(juju: jubilant.Juju, web: str, personality: str) -> None:
    seen = report(juju, "web/0")
    assert seen["peers"] == {"web/1": "web/1"}
    assert seen["expected-peers"] == ["web/1"]
    proxy = report(juju, "proxy/0")
    units = juju.status().apps["web"].units
    addresses = [units[unit].public_address for unit in ("web/0", "web/1")]
    assert proxy["upstreams"] == sorted(f"{address}:8000" for address in addresses)
    assert proxy["ingress"] == addresses
    assert proxy["egress"] == [[f"{address}/32"] for address in addresses]
    assert proxy["related-by-private-address"] is (personality == "3.6")


def test_leader_settings_exist_in_3_6_only(juju: jubilant.Juju, web: str, personality: str) -> None:
    leader = next(name for name, unit in juju.status().apps["web"].units.items() if unit.leader)
    other = {"web/0": "web/1", "web/1": "web/0"}[leader]
    assert report(juju, leader)["leader"] is True
    assert report(juju, other)["leader"] is False
    if personality == "4.0":
        assert report(juju, leader)["words"] == "none"
        assert juju.exec("command -v leader-get || echo missing", unit=leader).stdout == "missing\n"
        return
    for unit in (leader, other):
        assert report(juju, unit)["words"] == {"word": "from-install"}
    juju.exec("leader-set word=new", unit=leader)
    assert juju.exec("leader-get word", unit=other).stdout == "new\n"
    with pytest.raises(jubilant.TaskError) as failure:
        juju.exec("leader-set word=mine", unit=other)
    assert failure.value.task.stderr.startswith("ERROR cannot write leadership settings:")
    assert failure.value.task.return_code == 1
    until(juju.debug_log, lambda log: "leader-settings-changed ran" in log)


def test_config_opens_and_closes_ports_and_reaches_relations(juju: jubilant.Juju, web: str) -> None:
    assert report(juju, "web/0")["ports"] == ["8000/tcp"]
    juju.config("web", {"port": 8080, "colour": "red"})
    until(lambda: report(juju, "web/0")["ports"], lambda ports: ports == ["8080/tcp"])
    until(lambda: report(juju, "proxy/0")["upstreams"], lambda seen: [each[-5:] for each in seen] == [":8080"] * 2)
    assert report(juju, "web/0")["config"] == {"colour": "red", "port": 8080, "debug": False}
    assert juju.status().apps["web"].units["web/0"].open_ports == ["8080/tcp"]
    juju.config("web", {"colour": "ugly"})
    await_workload(juju, "web/1", "blocked", "an ugly colour")
    juju.config("web", reset="colour")
    await_workload(juju, "web/1", "active", "blue, 0 upstream")


def test_actions_set_fail_and_have_defaults(juju: jubilant.Juju, web: str) -> None:
    assert juju.run("web/0", "say").results["said"] == "hi"
    assert json.loads(juju.run("web/0", "say", {"word": "yo"}).results["params"]) == {"word": "yo"}
    with pytest.raises(jubilant.TaskError) as failure:
        juju.run("web/0", "say", {"word": "no"})
    assert (failure.value.task.status, failure.value.task.message) == ("failed", "no is no word")


def test_a_unit_less_is_an_upstream_less(juju: jubilant.Juju, web: str) -> None:
    juju.remove_unit("web/1")
    await_gone(juju, "web/1")
    await_workload(juju, "proxy/0", "active", "blue, 1 upstream")
    until(lambda: report(juju, "web/0")["peers"], lambda peers: peers == {})


def test_a_refresh_runs_upgrade_charm(juju: jubilant.Juju, classic: Path, web: str) -> None:
    juju.refresh("web", path=classic)
    until(lambda: juju.status().apps["web"].charm_rev, lambda revision: revision > 0)
    quiet(juju, "web")


def test_the_last_unit_goes_with_its_application(juju: jubilant.Juju, web: str) -> None:
    juju.remove_application("web")
    await_gone(juju, "web")
    await_workload(juju, "proxy/0", "active", "blue, 0 upstream")
