"""jubilant, as published, drives the command and understands what it prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli import samples
from tests.unit.cli.conftest import Juju, Refusal
from tests.unit.cli.test_actions import finished

jubilant = pytest.importorskip("jubilant")


@pytest.fixture
def driver(juju_program: str) -> Any:
    return jubilant.Juju(model="m", cli_binary=juju_program)


def test_status_and_wait(juju: Juju, driver: Any) -> None:
    juju.answers(status=samples.status())
    status = driver.status()
    assert status.model.name == "default"
    assert status.apps["postgresql"].units["postgresql/0"].is_active
    assert status.apps["postgresql"].base.channel == "12"
    assert status.apps["ledger"].is_error
    assert status.storage.storage["pgdata/0"].attachments.units["postgresql/0"].location == "/srv/pgdata"
    assert status.machines["0"].network_interfaces["eth0"].is_up
    assert juju.last[1]["model"] == "m"
    driver.wait(lambda status: status.apps["ledger"].is_error, delay=0, successes=1)


def test_show_unit(juju: Juju, driver: Any) -> None:
    relation = {
        "relation-id": 3,
        "endpoint": "db",
        "related-endpoint": "db",
        "application-data": {"a": "1"},
        "local-unit": {"in-scope": True, "data": None},
        "related-units": {"b/0": {"in-scope": True, "data": {"k": "v"}}},
    }
    unit = {"machine": "0", "opened-ports": [], "charm": "local:a-0", "leader": True, "relation-info": [relation]}
    juju.answers(show_unit={"a/0": unit})
    found = driver.show_unit("a/0")
    assert found.leader
    assert found.relation_info[0].related_units["b/0"].data == {"k": "v"}


def test_actions_and_commands(juju: Juju, driver: Any) -> None:
    done = samples.task("2", "a/0", results={"return-code": 0, "x": "1", "stdout": "hi\n"})
    juju.answers(run=samples.queued("a/0"), exec=samples.queued("a/0"), wait_tasks=finished(done))
    task = driver.run("a/0", "go", {"deep": {"er": 1}}, wait=30)
    assert (task.id, task.results, task.stdout) == ("2", {"x": "1"}, "hi\n")
    assert juju.controller.calls[0][1]["params"] == {"deep": {"er": 1}}
    assert driver.exec("echo", "a b", unit="a/0").stdout == "hi\n"


def test_actions_that_fail(juju: Juju, driver: Any) -> None:
    failed = samples.task("2", "a/0", "failed", results={"return-code": 1}, message="exit status 1")
    juju.answers(run=samples.queued("a/0"), wait_tasks=finished(failed))
    with pytest.raises(jubilant.TaskError) as caught:
        driver.run("a/0", "go")
    assert caught.value.task.message == "exit status 1"
    juju.answers(wait_tasks=finished(samples.task("2", "a/0", "running")))
    with pytest.raises(TimeoutError):
        driver.run("a/0", "go", wait=0.01)
    juju.answers(run=Refusal('action "x" not defined for unit "a/0".', "not found"))
    with pytest.raises(ValueError, match="not defined"):
        driver.run("a/0", "x")


def test_configuration(juju: Juju, driver: Any) -> None:
    settings = {"a": {"source": "default", "type": "int", "description": "", "default": 1, "value": 1}}
    juju.answers(
        config={"application": "app", "application-config": {}, "charm": "app", "settings": settings},
        set_config=None,
        model_config={"update-status-hook-interval": {"Value": "5m", "Source": "default"}},
        set_model_config=None,
    )
    assert driver.config("app") == {"a": 1}
    driver.config("app", {"b": True, "c": 1.5}, reset="a")
    assert juju.last[1] == {"model": "m", "application": "app", "set": {"b": "true", "c": "1.5"}, "reset": ["a"]}
    assert driver.model_config() == {"update-status-hook-interval": "5m"}
    driver.model_config({"x": "y"})
    assert juju.last[1]["set"] == {"x": "y"}


def test_secrets(juju: Juju, driver: Any) -> None:
    secret = {"revision": 1, "owner": "<model>", "name": "pw", "created": samples.NOW, "updated": samples.NOW}
    uri = "c0ffeec0ffeec0ffee00"
    juju.answers(
        secrets={uri: secret},
        show_secret={uri: {**secret, "checksum": "c", "content": {"Data": {"key": "v"}}}},
        add_secret=f"secret:{uri}",
        update_secret=None,
        grant_secret=None,
        remove_secret=None,
    )
    assert driver.secrets()[0].uri == f"secret:{uri}"
    assert driver.show_secret(uri, reveal=True).content == {"key": "v"}
    assert driver.add_secret("pw", {"key": "v"}) == f"secret:{uri}"
    assert juju.last[1]["content"] == {"key": "dg=="}
    driver.update_secret(uri, {"key": "w"})
    driver.grant_secret(uri, "app")
    driver.remove_secret(uri)


def test_models_and_version(juju: Juju, driver: Any) -> None:
    model = {
        "name": "admin/m",
        "short-name": "m",
        "model-uuid": "u",
        "model-type": "iaas",
        "controller-uuid": "c",
        "controller-name": "jujubox",
        "is-controller": False,
        "cloud": "jujubox",
        "life": "alive",
        "status": {"current": "available", "since": samples.NOW},
        "users": {"admin": {"access": "admin", "last-connection": "never connected"}},
        "machines": {"0": {"cores": 2}},
    }
    juju.answers(show_model=model, models=[], add_model={"name": "x", "uuid": "u"}, destroy_model=None)
    assert driver.show_model().short_name == "m"
    assert driver.version().major == 4
    driver.add_model("x")
    driver.destroy_model("x", force=True, destroy_storage=True, timeout=5)


def test_deployment(juju: Juju, driver: Any, tmp_path: Path) -> None:
    charm = tmp_path / "c.charm"
    charm.write_bytes(b"")
    told = {"application": "a", "charm": "c", "revision": 0, "url": "local:c-0", "base": "debian@12", "units": []}
    removed = [{"unit": "a/1"}]
    juju.answers(
        deploy=told,
        refresh={"charm": "c", "revision": 1, "url": "local:c-1", "changed": True},
        add_unit=["a/1"],
        remove_unit=removed,
        remove_application=[{"application": "a"}],
        integrate={},
        remove_relation=None,
        trust=None,
        debug_log={"cursor": 0, "entries": []},
    )
    driver.deploy(charm, "a", num_units=2, config={"x": True}, storage={"d": "1G"}, constraints={"mem": "1G"})
    assert juju.last[1]["num_units"] == 2
    driver.refresh("a", path=charm)
    driver.add_unit("a", num_units=1, to="0")
    driver.remove_unit("a/1", destroy_storage=True, force=True)
    driver.integrate("a:x", "b")
    driver.remove_relation("a", "b", force=True)
    driver.trust("a")
    driver.remove_application("a")
    assert driver.debug_log() == ""


def test_unknown_entities_are_errors_of_the_command(juju: Juju, driver: Any) -> None:
    juju.answers(show_unit=Refusal('unit "a/9" not found', "not found"))
    with pytest.raises(jubilant.CLIError) as caught:
        driver.show_unit("a/9")
    assert "(not found)" in caught.value.stderr
