"""A controller on real sockets, with machines that exist only in memory."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jujubox.controller import __main__ as controller
from jujubox.controller.core import Core
from jujubox.machines import Completed
from jujubox.userdata import NOTHING, Userdata
from jujubox.wire import LINE_LIMIT, Caller


class Machines:
    """Remembers what was asked of it."""

    def __init__(self) -> None:
        self.states: dict[str, str] = {}
        self.asked: list[tuple[str, ...]] = []
        self.at_once = 0
        self.most_at_once = 0
        self.slow = 0.0

    async def ensure_image(self, base: str, userdata: Userdata = NOTHING) -> None:
        self.asked.append(("image", base))

    async def create(
        self,
        instance: str,
        base: str,
        hostname: str,
        address: str,
        files: Any = None,
        userdata: Userdata = NOTHING,
    ) -> None:
        self.asked.append(("create", instance))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(self.slow)
            self.states[instance] = "stopped"
        finally:
            self.at_once -= 1

    async def start(self, instance: str) -> None:
        self.asked.append(("start", instance))
        self.states[instance] = "running"

    async def restart(self, instance: str) -> None:
        self.asked.append(("restart", instance))

    async def destroy(self, instance: str) -> None:
        self.asked.append(("destroy", instance))
        self.states.pop(instance, None)

    def state(self, instance: str) -> str:
        return self.states.get(instance, "absent")

    def leader(self, instance: str) -> int | None:
        return 4242 if self.state(instance) == "running" else None

    async def run(self, instance: str, argv: Any, stdin: Any = None, timeout: Any = None) -> Completed:
        self.asked.append(("run", instance, *argv))
        return Completed(0, b"out\n", b"")


class Controller:
    """One running controller; `kill` ends it without a word, `start` begins again on the same files."""

    def __init__(self, home: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.box: Any = SimpleNamespace(
            home=home, gateway="127.0.0.1", agent_port=port, socket=home / "s", subnet="10.9.8.0/24"
        )
        self.machines = Machines()

    async def start(self) -> None:
        self.core = Core.open(self.box, self.machines)  # type: ignore[arg-type]
        controller.prepare(self.core)
        self.task = asyncio.ensure_future(controller.run(self.core))
        while not self.box.socket.exists():  # it begins to listen without telling
            assert not self.task.done(), self.task
            await asyncio.sleep(0.005)
        self.command = await connect(*await asyncio.open_unix_connection(str(self.box.socket), limit=LINE_LIMIT))

    async def kill(self) -> None:
        await self.command.close()
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task
        self.core.close()

    async def client(self, method: str, **params: Any) -> Any:
        return await self.command.call(f"client.{method}", **params)

    async def agent(self, machine: str = "0") -> Agent:
        from jujubox.model import machines, models

        row = machines.find(self.core.db, models.find(self.core.db, "default").id, machine)
        caller = await Caller.tcp("127.0.0.1", self.box.agent_port)
        await caller.call("login", model="default", machine=machine, token=row.token)
        await caller.call("machine.started", boot_id="b", hostname=row.hostname, address=row.address)
        return Agent(caller)


class Agent:
    """A machine agent's connection."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller

    async def __call__(self, method: str, **params: Any) -> Any:
        return await asyncio.wait_for(self.caller.call(method, **params), 10)

    async def view(self, unit: str, seen: str = "", seconds: float = 5) -> Any:
        return await self("unit.watch", unit=unit, seen=seen, timeout=seconds)


async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Caller:
    return Caller(reader, writer)


async def eventually(look: Callable[[], Awaitable[Any]], seconds: float = 10) -> Any:
    """The first true answer of `look`."""
    end = asyncio.get_running_loop().time() + seconds
    while not (found := await look()):
        assert asyncio.get_running_loop().time() < end, "it never came true"
        await asyncio.sleep(0.01)
    return found


Story = Callable[[Controller], Awaitable[None]]


@pytest.fixture
def tell(tmp_path: Path) -> Callable[[Story], None]:
    """Runs a story on a fresh controller."""

    async def told(story: Story) -> None:
        made = Controller(tmp_path / "home")
        await made.start()
        try:
            await asyncio.wait_for(story(made), 60)
        finally:
            await made.kill()

    return lambda story: asyncio.run(told(story))


@pytest.fixture
def charm(tmp_path: Path) -> Callable[..., str]:
    """Writes a charm directory."""

    def write(name: str = "a", **files: str) -> str:
        folder = tmp_path / f"charm-{name}"
        folder.mkdir()
        (folder / "metadata.yaml").write_text(
            f"name: {name}\npeers: {{p: {{interface: i}}}}\n" + files.pop("metadata", "")
        )
        for key, text in files.items():
            (folder / f"{key}.yaml").write_text(text)
        return str(folder)

    return write
