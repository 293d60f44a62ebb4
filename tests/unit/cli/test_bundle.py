"""Bundles: what they say, and what is done to bring a model there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jujubox.cli.bundle import load_bundle, relations_of
from jujubox.cli.errors import CommandError
from tests.unit.cli import samples
from tests.unit.cli.conftest import Juju

BUNDLE = """
default-base: debian@12/stable
applications:
  postgresql:
    charm: ./postgresql.charm
    num_units: 3
    options: {locale: C, motd: include-file://motd}
    storage: {pgdata: "rootfs,1G"}
    constraints: mem=2G cores=1
    expose: true
    trust: true
    to: ["5"]
  ledger:
    charm: ./ledger
    num_units: 1
machines:
  "5": {constraints: mem=4G}
relations:
- [postgresql:db, [ledger:db]]
--- # an overlay in the same file
applications:
  ledger:
    num_units: 2
"""


@pytest.fixture
def bundle(tmp_path: Path) -> str:
    (tmp_path / "motd").write_text("hello")
    (tmp_path / "bundle.yaml").write_text(BUNDLE)
    return str(tmp_path / "bundle.yaml")


def deployed(**params: Any) -> dict[str, Any]:
    return {"application": params["application"], "charm": "c", "revision": 0, "base": "debian@12", "units": []}


def test_a_bundle_deploys_applications_then_relates_them(juju: Juju, bundle: str, tmp_path: Path) -> None:
    juju.answers(
        status=samples.empty_status(), deploy=deployed, expose=None, integrate={}, add_machine=["7"], add_unit=[]
    )
    ran = juju("deploy", bundle)
    assert ran.code == 0, ran.err
    calls = juju.controller.calls
    assert [name for name, _ in calls] == ["status", "add_machine", "deploy", "expose", "deploy", "integrate"]
    assert calls[1][1] == {"model": "default", "count": 1, "constraints": {"mem": "4G"}, "base": "debian@12"}
    first = calls[2][1]
    assert first["charm"] == f"{tmp_path}/postgresql.charm"
    assert (first["num_units"], first["to"], first["trust"], first["base"]) == (3, ["7"], True, "debian@12")
    assert first["config"] == {"locale": "C", "motd": "hello"}
    assert (first["constraints"], first["storage"]) == ({"mem": "2G", "cores": "1"}, {"pgdata": "rootfs,1G"})
    assert calls[4][1]["num_units"] == 2
    assert calls[5][1]["endpoints"] == ["postgresql:db", "ledger:db"]
    assert ran.err.startswith("Executing changes:\n- add new machine 5\n- deploy application postgresql from ")
    assert ran.err.endswith("Deploy of bundle completed.\n")


def test_a_second_deployment_changes_only_what_differs(juju: Juju, bundle: str) -> None:
    juju.answers(status=samples.status(), set_config=None, add_unit=["ledger/1"])
    ran = juju("deploy", bundle)
    assert ran.code == 0, ran.err
    assert [name for name, _ in juju.controller.calls] == ["status", "set_config", "add_unit"]
    assert juju.controller.calls[2][1] == {"model": "default", "application": "ledger", "num_units": 1}


def test_a_rehearsal_changes_nothing(juju: Juju, bundle: str) -> None:
    juju.answers(status=samples.empty_status())
    ran = juju("deploy", bundle, "--dry-run")
    assert "- add relation postgresql:db - ledger:db\n" in ran.err
    assert [name for name, _ in juju.controller.calls] == ["status"]


def test_an_overlay_changes_and_removes_applications(bundle: str, tmp_path: Path) -> None:
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text("applications: {postgresql: {options: {locale: en}}, ledger: null}\n")
    found = load_bundle(bundle, [str(overlay)])
    assert list(found["applications"]) == ["postgresql"]
    assert found["applications"]["postgresql"]["options"] == {"locale": "en", "motd": "hello"}
    assert found["applications"]["postgresql"]["num_units"] == 3
    assert list(relations_of(found)) == []


def test_relations_may_fan_out() -> None:
    found = {"relations": [["a:x", ["b", "c:y"]], ["d", "e"]]}
    assert list(relations_of(found)) == [("a:x", "b"), ("a:x", "c:y"), ("d", "e")]
    with pytest.raises(CommandError, match="expected two endpoints"):
        list(relations_of({"relations": [["a"]]}))


def test_a_bundle_without_applications_is_refused(juju: Juju, tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text("relations: []\n")
    ran = juju("deploy", str(tmp_path / "b.yaml"))
    assert ran.code == 1
    assert "found no applications" in ran.err


def test_a_charm_of_a_store_in_a_bundle_is_refused(juju: Juju, tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text("applications: {x: {charm: x}}\n")
    juju.answers(status=samples.empty_status())
    assert "(expected a path: ./x)" in juju("deploy", str(tmp_path / "b.yaml")).err
