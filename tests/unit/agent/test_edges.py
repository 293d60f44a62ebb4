"""The adapters at the agent's edge: link, log, charm directory, discovery, timers, installed files."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from jujubox import charm
from jujubox.agent import charmdir
from jujubox.agent.conf import AgentConf
from jujubox.agent.discovery import CharmMissing, handler
from jujubox.agent.install import agent_files
from jujubox.agent.link import Link
from jujubox.agent.logs import KEPT, Forwarder
from jujubox.agent.timers import claim_delay, retry_delay, update_status_delay
from jujubox.machines.files import File
from jujubox.machines.files import Link as SymbolicLink
from jujubox.wire import Caller, CallError, serve


def _quiet(level: str, message: str, module: str = "") -> None:
    pass


class Server:
    """A controller that answers `add` and may drop its connections."""

    def __init__(self) -> None:
        self.logins = 0
        self.calls = 0
        self._writers: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server | None = None
        self.drop_next = False

    async def start(self, port: int = 0) -> int:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", port)
        return int(self._server.sockets[0].getsockname()[1])

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        await serve(reader, writer, self._handle)

    async def _handle(self, method: str, params: dict[str, Any]) -> Any:
        if method == "login":
            self.logins += 1
            return {}
        self.calls += 1
        if self.drop_next:
            self.drop_next = False
            self.drop()
            await asyncio.sleep(5)
        if method == "refuse":
            raise CallError("no", "not found")
        return params.get("a", 0) + params.get("b", 0)

    def drop(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        self.drop()


async def _greet(caller: Caller, address: str) -> None:
    assert address == "127.0.0.1"


def _link(port: int) -> Link:
    return Link(AgentConf("0", "uuid", "secret", "127.0.0.1", port), _quiet)


def test_a_call_outlives_its_connection() -> None:
    async def run() -> None:
        server = Server()
        link = _link(await server.start())
        keeper = asyncio.ensure_future(link.keep(_greet))
        assert await link.call("add", a=1, b=2) == 3
        server.drop_next = True
        assert await asyncio.wait_for(link.call("add", a=2, b=2), 10) == 4
        assert (server.logins, server.calls) == (2, 3)
        with pytest.raises(CallError):
            await link.call("refuse")
        keeper.cancel()
        await server.stop()

    asyncio.run(run())


def test_a_call_waits_for_a_controller_that_is_away() -> None:
    async def run() -> None:
        server = Server()
        port = await server.start()
        await server.stop()
        link = _link(port)
        keeper = asyncio.ensure_future(link.keep(_greet))
        call = asyncio.ensure_future(link.call("add", a=1, b=1))
        await asyncio.sleep(0.3)
        assert not call.done()
        await server.start(port)
        assert await asyncio.wait_for(call, 10) == 2
        keeper.cancel()
        await server.stop()

    asyncio.run(run())


def test_log_lines_are_kept_within_bounds_and_sent_in_batches(tmp_path: Path) -> None:
    async def run() -> list[dict[str, str]]:
        sent: list[dict[str, str]] = []
        complete = asyncio.Event()

        async def call(method: str, entries: list[dict[str, str]]) -> None:
            assert method == "log.write"
            sent.extend(entries)
            if len(sent) > KEPT:
                complete.set()

        forwarder = Forwarder(tmp_path)
        log = forwarder.logger("unit-a-0", "unit.a/0.juju-log")
        for number in range(KEPT + 5):
            log("INFO", str(number))
        task = asyncio.ensure_future(forwarder.forward(call))
        await asyncio.wait_for(complete.wait(), 30)
        task.cancel()
        return sent

    sent = asyncio.run(run())
    assert sent[0]["message"] == "5 log lines dropped while the controller was away"
    assert [entry["message"] for entry in sent[1:3]] == ["5", "6"]
    assert sent[-1]["module"] == "unit.a/0.juju-log"
    assert (tmp_path / "unit-a-0.log").read_text().splitlines()[-1].endswith(f"INFO unit.a/0.juju-log {KEPT + 4}")


def _charm(root: Path, files: dict[str, str]) -> Path:
    source = root / "source"
    for name, text in files.items():
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    charm.pack(source, root / "x.charm")
    for path in sorted(source.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    return root / "x.charm"


def test_an_upgrade_removes_what_the_new_charm_lacks_and_keeps_what_was_made(tmp_path: Path) -> None:
    target, state = tmp_path / "charm", tmp_path / "state"
    charmdir.deploy(_charm(tmp_path, {"metadata.yaml": "1", "old/a": "1", "both": "1", "turns": "f"}), target, state)
    (target / "old/made").write_text("mine")
    charmdir.deploy(_charm(tmp_path, {"metadata.yaml": "2", "both": "2", "turns/into": "d"}), target, state)
    assert (target / "metadata.yaml").read_text() == "2"
    assert (target / "both").read_text() == "2"
    assert (target / "turns/into").read_text() == "d"
    assert (target / "old/made").read_text() == "mine"
    assert not (target / "old/a").exists()
    assert not (tmp_path / "charm.new").exists()


def test_a_deployment_that_was_interrupted_can_be_done_again(tmp_path: Path) -> None:
    target, state = tmp_path / "charm", tmp_path / "state"
    (tmp_path / "charm.new/left").mkdir(parents=True)
    (target / "half").mkdir(parents=True)
    charmdir.deploy(_charm(tmp_path, {"metadata.yaml": "1"}), target, state)
    assert (target / "metadata.yaml").exists()


def test_dispatch_comes_before_hooks_and_a_file_that_is_not_executable_is_missing(tmp_path: Path) -> None:
    with pytest.raises(CharmMissing):
        handler(tmp_path, "hooks/install")
    (tmp_path / "metadata.yaml").touch()
    assert handler(tmp_path, "hooks/install") is None
    hook, dispatch = tmp_path / "hooks/install", tmp_path / "dispatch"
    hook.parent.mkdir()
    for path in (hook, dispatch):
        path.touch()
        assert handler(tmp_path, "hooks/install") in (None, hook)
        path.chmod(0o755)
        assert handler(tmp_path, "hooks/install") == path


def test_retries_wait_longer_each_time_up_to_five_minutes() -> None:
    assert [retry_delay(attempt, 0.5) for attempt in range(8)] == [5, 10, 20, 40, 80, 160, 300, 300]
    assert retry_delay(10_000, 1.0) == pytest.approx(330)


def test_update_status_keeps_within_a_fifth_of_its_interval() -> None:
    assert (update_status_delay(300, 0.0), update_status_delay(300, 1.0)) == pytest.approx((240, 360))


def test_a_holder_renews_at_half_its_lease_and_others_look_often() -> None:
    assert claim_delay(True, 60) == 30
    assert claim_delay(False, 45) == 5
    assert claim_delay(False, 1) == 1


def test_an_agents_files_are_configuration_service_package_and_programs() -> None:
    files = agent_files("3", "uuid", "token", "10.0.0.1", 17070)
    conf = files["/var/lib/juju/agents/machine-3/agent.conf"]
    assert isinstance(conf, File)
    assert conf.mode == 0o600
    assert json.loads(conf.content)["controller_port"] == 17070
    assert files["/etc/systemd/system/multi-user.target.wants/jujud-machine-3.service"] == SymbolicLink(
        "/etc/systemd/system/jujud-machine-3.service"
    )
    for path in ("/usr/bin/juju-exec", "/var/lib/juju/tools/jujuc"):
        program = files[path]
        assert isinstance(program, File)
        assert program.mode == 0o755
        assert program.content.startswith(b"#!/usr/bin/python3 -IS\n")
    assert "/usr/lib/jujubox/jujubox/agent/__main__.py" in files
    assert "/usr/lib/jujubox/jujubox/hooktools/relation_get.py" in files
