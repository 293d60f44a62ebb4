"""A unit with many clients, without machines: a PostgreSQL of its own, and hook tools that answer from memory.

Knows: how the charm's own code is run on them. Must not know: what is measured.
The hook tools are real processes, the programs that jujubox puts on its machines; the server is a real one. Patroni and
etcd are not there: what a hook costs beside its clients is the same for every number of them.
"""

from __future__ import annotations

import asyncio
import json
import os
import pwd
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from charmhelpers.core import hookenv

from jujubox.agent import programs
from jujubox.agent.toolserver import STDIN_WANTED, ToolAnswer, ToolCall, tool_socket
from pgcharm.adapters import remembered
from pgcharm.clients.changes import database_of
from pgcharm.clients.effects import apply_change
from pgcharm.clients.reading import read_loaded_access
from pgcharm.observation import Event, Observation
from pgcharm.observe.postgres import forget_insides, look_again, read_clients
from pgcharm.observe.relations import observe_clients
from pgcharm.plan import plan
from pgcharm.plan.steps import ServeClient, WriteFile
from pgcharm.plan.types import Plan
from pgcharm.publish import publish_relations
from pgcharm.view import View
from tests.database.clients.server import Server, free_port
from tests.unit.pgcharm import made
from tests.unit.pgcharm.test_life import living

UNIT = "postgresql/0"
NAMES = ("relation-ids", "relation-list", "relation-get", "relation-set", "relation-model-get", "juju-log")


@dataclass
class Bags:
    """The relations of `db` as the controller would have them: client units' bags, and this unit's own."""

    clients: dict[int, dict[str, dict[str, str]]] = field(default_factory=dict)
    own: dict[int, dict[str, str]] = field(default_factory=dict)
    written: list[int] = field(default_factory=list)
    calls: int = 0

    def join(self, number: int) -> None:
        self.clients[number] = {f"client{number}/0": {"egress-subnets": f"10.7.{number >> 8}.{number & 255}/32"}}
        self.own.setdefault(number, {})

    def is_told(self, number: int) -> None:
        """Nothing is measured of a client that was not served."""
        assert self.own[number].get("allowed-units") == f"client{number}/0", f"client{number} was told nothing"

    async def answer(self, call: ToolCall) -> ToolAnswer:
        if call.tool == "relation-set" and call.stdin is None:
            return ToolAnswer(STDIN_WANTED)
        self.calls += 1
        words = [word for word in call.args if not word.startswith("--")]
        relation = int(words[words.index("-r") + 1].rpartition(":")[2]) if "-r" in words else 0
        return ToolAnswer(0, json.dumps(self._found(call, words, relation)).encode() + b"\n")

    def _found(self, call: ToolCall, words: list[str], relation: int) -> Any:
        if call.tool == "relation-ids":
            return [f"db:{number}" for number in self.clients] if words[-1] == "db" else []
        if call.tool == "relation-list":
            units = list(self.clients[relation])
            return f"client{relation}" if "--app" in call.args else units
        if call.tool == "relation-get":
            member = words[-1]
            return self.own[relation] if member == UNIT else self.clients[relation].get(member, {})
        if call.tool == "relation-set":
            self._write(call, relation)
        return {"uuid": "11111111-2222"} if call.tool == "relation-model-get" else None

    def _write(self, call: ToolCall, relation: int) -> None:
        found = json.loads(call.stdin or b"{}")
        self.own[relation] = {key: text for key, text in {**self.own[relation], **found}.items() if text}
        self.written.append(relation)


@dataclass
class Unit:
    """The charm's own code on a server and a model of Juju."""

    server: Server
    bags: Bags
    settled: Observation = field(default_factory=lambda: living(units=1, leader=True))
    """The unit at rest, without clients."""

    def hook(self, name: str, relation: int | None = None) -> None:
        """What the charm does in a hook because of its clients: look, plan, change, look again, tell."""
        hookenv.cache.clear()
        forget_insides()
        os.environ.pop("JUJU_RELATION_ID", None)
        if relation is not None:
            os.environ["JUJU_RELATION_ID"] = f"db:{relation}"
        clients = observe_clients(name, UNIT, "11111111-2222", leader=True)
        seen = replace(self.settled.juju, clients=clients)
        planned = Plan()
        for _ in range(4):
            observed = self.observe(name, seen)
            planned = plan(observed)
            if not self.carry_out(planned):
                break
        ours = replace(planned.publication, relations=[r for r in planned.publication.relations if r.endpoint == "db"])
        publish_relations(ours, seen)

    def observe(self, name: str, seen: Any) -> Observation:
        postgres = replace(
            made.postgres(),
            catalogue=read_clients(self.server.connect, seen.clients),
            access=read_loaded_access(self.server.connect),
        )
        return replace(self.settled, event=Event(name), juju=seen, postgres=View(postgres))

    def carry_out(self, planned: Plan) -> bool:
        """Do what concerns clients; whether that was anything."""
        lines = next((s for s in planned.steps if isinstance(s, WriteFile) and s.path.endswith("pg_hba.conf")), None)
        changed = False
        if lines is not None:
            text = "local all postgres trust\n" + lines.content[lines.content.index("# Client applications") :]
            changed = text != self.server.hba_file.read_text()
            if changed:
                self.server.hba_file.write_text(text)
                self.server.reload()
        serving = [step for step in planned.steps if isinstance(step, ServeClient)]
        for step in serving:
            look_again(database_of(step.change))
            apply_change(step.change, self.server.connect)
        return changed or bool(serving)


@contextmanager
def unit() -> Iterator[Unit]:
    """A unit without clients; gone with its server at the end."""
    home = Path(tempfile.mkdtemp(prefix="relations-", dir="/tmp"))
    bags = Bags()
    server = _server(home)
    with _hook_tools(home, bags):
        try:
            yield Unit(server, bags)
        finally:
            server.run("pg_ctl", "stop", "-s", "-m", "immediate", "-D", str(home / "data"))
            Path(remembered.place(UNIT.split("/")[0])).unlink(missing_ok=True)
            shutil.rmtree(home)


def _server(home: Path) -> Server:
    binaries = max(Path("/usr/lib/postgresql").glob("*/bin/initdb")).parent
    server = Server(binaries, home, free_port())
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(home, owner.pw_uid, owner.pw_gid)
    data = str(home / "data")
    server.run("initdb", "-D", data, "-U", "postgres", "-E", "UTF8", "--no-locale", "-N", "--auth=trust")
    options = f"-p {server.port} -k {home} -c listen_addresses=127.0.0.1 -c fsync=off"
    server.run("pg_ctl", "start", "-w", "-s", "-D", data, "-l", str(home / "log"), "-o", options)
    return server


@contextmanager
def _hook_tools(home: Path, bags: Bags) -> Iterator[None]:
    place = home / "tools"
    place.mkdir()
    text = Path(str(programs.__file__)).with_name("hook_tool.py").read_text()
    for name in NAMES:
        (place / name).write_text(text)
        (place / name).chmod(0o755)
    socket, stop, ready = home / "agent.socket", asyncio.Event(), threading.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with tool_socket(socket, bags.answer):
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    before = dict(os.environ)
    os.environ.update(
        PATH=f"{place}:{before['PATH']}",
        JUJU_CONTEXT_ID="benchmark",
        JUJU_AGENT_SOCKET_ADDRESS=str(socket),
        JUJU_UNIT_NAME=UNIT,
    )
    thread.start()
    ready.wait()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        os.environ.clear()
        os.environ.update(before)
