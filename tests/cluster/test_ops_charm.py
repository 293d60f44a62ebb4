"""A charm on the published ops, driven by the published jubilant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jubilant
import pytest
from driving.waiting import await_gone, await_workload, quiet, until


@pytest.fixture(scope="module")
def server(juju: jubilant.Juju, opscharm: Path) -> str:
    """Two units of `server` on Debian 12, with a storage each; they open the same ports, so on two machines."""
    juju.deploy(opscharm, "server", storage={"files": "rootfs,1G,1"})
    until(lambda: juju.status().apps["server"].units["server/0"].leader, bool)
    juju.add_unit("server")
    quiet(juju, "server")
    return "server"


@pytest.fixture(scope="module")
def client(juju: jubilant.Juju, opscharm: Path, server: str) -> str:
    """One unit of `client` on Debian 13, using `server`."""
    juju.deploy(opscharm, "client", base="debian@13")
    juju.integrate("client:backend", "server:serve")
    quiet(juju, "client", "server")
    until(lambda: report(juju, "client/0")["backend"], lambda password: password == "first")
    return "client"


def report(juju: jubilant.Juju, unit: str) -> dict[str, Any]:
    """What the charm of a unit sees."""
    seen: dict[str, Any] = json.loads(juju.run(unit, "report").results["report"])
    return seen


def test_it_deploys_and_ops_sets_the_statuses(juju: jubilant.Juju, server: str) -> None:
    status = juju.status()
    application = status.apps["server"]
    assert application.app_status.current == "active"
    assert application.app_status.message == "2 planned"
    assert application.version.startswith("ops 3.")
    assert application.charm_origin == "local"
    assert application.charm_name == "opscharm"
    assert (application.base.name, application.base.channel) == ("debian", "12")  # type: ignore[union-attr]
    for unit in application.units.values():
        assert unit.workload_status.message == "label plain"
        assert sorted(unit.open_ports) == ["5353/udp", "8080/tcp"]
    assert sum(unit.leader for unit in application.units.values()) == 1
    assert status.machines["0"].juju_status.current == "started"


def test_the_charm_sees_leadership_peers_and_storage(juju: jubilant.Juju, server: str) -> None:
    leader, other = report(juju, "server/0"), report(juju, "server/1")
    assert leader["leader"] is True
    assert other["leader"] is False
    assert leader["planned"] == 2
    assert leader["peers"] == ["server/1"]
    assert other["peers"] == ["server/0"]
    assert leader["cluster"] == other["cluster"]
    assert leader["own-secret"] == {"password": "first"}
    assert leader["events"][:4] == ["files_storage_attached", "install", "leader_elected", "config_changed"]
    assert len(leader["storages"]) == 1
    assert leader["ports"] == ["5353/udp", "8080/tcp"]
    assert juju.model is not None
    assert leader["model"] == juju.model


def test_the_client_reads_the_granted_secret(juju: jubilant.Juju, client: str) -> None:
    seen = report(juju, "client/0")
    assert seen["backend"] == "first"
    assert report(juju, "server/0")["clients"] == ["client/0"]


def test_show_unit_shows_the_databags(juju: jubilant.Juju, client: str) -> None:
    info = juju.show_unit("client/0")
    (backend,) = [relation for relation in info.relation_info if relation.endpoint == "backend"]
    assert backend.related_endpoint == "serve"
    assert backend.app_data["secret"].startswith("secret:")
    assert sorted(backend.related_units) == ["server/0", "server/1"]
    address = juju.status().apps["server"].units["server/0"].public_address
    assert backend.related_units["server/0"].data["host"] == address
    assert backend.related_units["server/0"].in_scope is True
    assert backend.local_unit is not None
    assert backend.local_unit.data["ingress-address"] == juju.show_unit("client/0").public_address
    server = juju.show_unit("server/0")
    assert server.leader is True
    assert sorted(server.opened_ports) == ["5353/udp", "8080/tcp"]
    assert any(relation.endpoint == "cluster" and relation.app_data for relation in server.relation_info)


def test_a_new_revision_reaches_the_client_and_the_old_one_is_removed(juju: jubilant.Juju, client: str) -> None:
    (secret,) = juju.secrets(owner="server")
    assert (secret.revision, secret.label, secret.owner) == (1, "password", "server")
    juju.run("server/leader", "rotate", {"password": "second"})
    until(lambda: report(juju, "client/0")["backend"], lambda password: password == "second")
    events = report(juju, "client/0")["events"]
    assert events[-2:] == ["secret_changed backend-password", "tracked first peeked second"]
    until(lambda: report(juju, "server/0")["events"], lambda seen: "secret_remove password 1" in seen)
    assert juju.show_secret(secret.uri).revision == 2
    assert juju.show_secret(secret.uri, reveal=True).content == {"password": "second"}
    (again,) = juju.secrets(owner="server")
    assert again.revision == 2


def test_the_other_unit_of_the_owner_does_not_rotate(juju: jubilant.Juju, server: str) -> None:
    with pytest.raises(jubilant.TaskError) as failure:
        juju.run("server/1", "rotate", {"password": "third"})
    assert failure.value.task.status == "failed"
    assert failure.value.task.message == "only the leader rotates"


def test_config_reaches_the_charm_and_collect_status_blocks(juju: jubilant.Juju, server: str) -> None:
    assert juju.config("server")["workers"] == 2
    juju.config("server", {"label": "bad", "workers": 5})
    await_workload(juju, "server/0", "blocked", "label is bad")
    await_workload(juju, "server/1", "blocked", "label is bad")
    assert report(juju, "server/0")["workers"] == 5
    juju.config("server", reset=["label", "workers"])
    quiet(juju, "server")
    assert juju.config("server")["label"] == "plain"


def test_a_secret_of_the_model_needs_a_grant(juju: jubilant.Juju, server: str) -> None:
    uri = juju.add_secret("token", {"value": "t0"}, info="for the server")
    juju.config("server", {"token": uri})
    assert juju.config("server")["token"] == uri
    assert report(juju, "server/0")["token"] in {"SecretNotFoundError", "ModelError"}
    juju.grant_secret("token", "server")
    until(lambda: report(juju, "server/0")["token"], lambda token: token == "t0")
    juju.update_secret("token", {"value": "t1"})
    until(lambda: report(juju, "server/0")["token"], lambda token: token == "t1")
    assert "secret_changed None" in report(juju, "server/0")["events"]
    shown = juju.show_secret("token", reveal=True)
    assert (shown.name, shown.owner, shown.content) == ("token", "<model>", {"value": "t1"})
    juju.config("server", reset="token")
    juju.remove_secret("token")
    assert [secret.owner for secret in juju.secrets()].count("<model>") == 0


def test_actions_fail_and_are_refused_as_jubilant_expects(juju: jubilant.Juju, server: str) -> None:
    with pytest.raises(jubilant.TaskError) as failure:
        juju.run("server/0", "fail")
    assert failure.value.task.results == {"reached": "here"}
    assert failure.value.task.message == "failed as asked"
    assert failure.value.task.return_code == 0
    with pytest.raises(ValueError, match="not defined"):
        juju.run("server/0", "nothing-of-the-kind")
    assert juju.run("server/0", "report").log[0].endswith("looking around")


def test_exec_tells_what_the_command_said(juju: jubilant.Juju, server: str) -> None:
    task = juju.exec("echo out; echo err >&2; hostname", unit="server/leader")
    assert task.stdout.splitlines()[0] == "out"
    assert task.stderr == "err\n"
    with pytest.raises(jubilant.TaskError) as failure:
        juju.exec("exit 7", unit="server/0")
    assert failure.value.task.return_code == 7
    assert failure.value.task.status == "completed"
    assert juju.exec("pwd", machine=0).return_code == 0
    with pytest.raises(TimeoutError):
        juju.exec("sleep 2", unit="server/0", wait=0.5)


def test_ssh_and_scp_carry_text_files_and_exit_codes(juju: jubilant.Juju, server: str, tmp_path: Path) -> None:
    assert juju.ssh("server/0", "cat /etc/debian_version").startswith("12")
    assert juju.ssh(0, "echo", "two", "words") == "two words\n"
    assert juju.ssh("server/0", "whoami") == "ubuntu\n"
    with pytest.raises(jubilant.CLIError) as failure:
        juju.ssh("server/0", "exit 5")
    assert failure.value.returncode == 5
    there = tmp_path / "there"
    there.write_text("carried\n")
    juju.scp(there, "server/0:/tmp/carried")
    assert juju.ssh("server/0", "cat /tmp/carried") == "carried\n"
    juju.scp("server/0:/tmp/carried", tmp_path / "back")
    assert (tmp_path / "back").read_text() == "carried\n"


def test_debug_log_has_what_the_charm_logged(juju: jubilant.Juju, server: str) -> None:
    log = juju.debug_log()
    assert "unit-server-0: " in log
    assert "seen config_changed" in log


def test_a_refresh_keeps_the_stored_state(juju: jubilant.Juju, opscharm: Path, server: str) -> None:
    before = report(juju, "server/0")["events"]
    juju.refresh("server", path=opscharm)
    until(lambda: report(juju, "server/0")["events"], lambda events: "upgrade_charm" in events)
    quiet(juju, "server")
    after = report(juju, "server/0")["events"]
    assert after[: len(before)] == before
    assert after[len(before) :] == ["upgrade_charm", "config_changed"]


def test_the_backend_gone_the_client_forgets(juju: jubilant.Juju, client: str) -> None:
    juju.remove_relation("client:backend", "server:serve")
    until(lambda: report(juju, "client/0")["events"], lambda events: "backend_relation_broken" in events)
    assert report(juju, "client/0")["backend"] == ""
    until(lambda: report(juju, "server/0")["clients"], lambda clients: not clients)


def test_leadership_moves_and_the_new_leader_owns_the_secret(juju: jubilant.Juju, client: str) -> None:
    juju.remove_unit("server/0", destroy_storage=True)
    until(lambda: juju.status().apps["server"].units["server/1"].leader, bool)
    await_gone(juju, "server/0")
    quiet(juju, "server")
    seen = report(juju, "server/1")
    assert seen["leader"] is True
    assert seen["own-secret"] == {"password": "second"}
    assert juju.run("server/leader", "rotate", {"password": "third"}).results == {"rotated": "yes"}


def test_an_application_leaves_nothing_behind(juju: jubilant.Juju, client: str) -> None:
    juju.remove_application("client", destroy_storage=True)
    await_gone(juju, "client", "2")
    assert juju.secrets(owner="client") == []
