"""The agent of one machine: keeps the link to the controller and one unit agent per unit.

Knows: which units the machine should run, and how their agents start, fail and end. Must not know: what a unit does.
"""

from __future__ import annotations

import asyncio
import shutil
import socket
from pathlib import Path

from jujubox.agent.conf import AgentConf
from jujubox.agent.ending import end
from jujubox.agent.link import Link
from jujubox.agent.logs import Forwarder, Logger
from jujubox.agent.paths import LOGS, UnitPaths
from jujubox.agent.unit import UnitAgent
from jujubox.names import unit_tag
from jujubox.protocol import MachineView, from_wire
from jujubox.wire import Caller, CallError

WATCH_SECONDS = 60.0
RESTART_WAIT = 3.0


def boot_id() -> str:
    """Names this boot of the machine."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


class MachineAgent:
    """Runs until it is cancelled."""

    def __init__(self, conf: AgentConf, logs: Path = LOGS) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self._conf = conf
        self._forwarder = Forwarder(logs)
        self._log = self._forwarder.logger(f"machine-{conf.machine}", "juju.agent")
        self._link = Link(conf, self._log)
        self._boot_id = boot_id()
        self._lock = asyncio.Lock()
        self._units: dict[str, asyncio.Task[None]] = {}
        self._agents: dict[str, UnitAgent] = {}

    async def run(self) -> None:
        """Keep connected, forward logs, and follow the machine's list of units."""
        self._log("INFO", f"machine agent {self._conf.machine} starts")
        tasks = [
            asyncio.ensure_future(self._link.keep(self._greet)),
            asyncio.ensure_future(self._forwarder.forward(self._link.call)),
            asyncio.ensure_future(self._follow()),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
        finally:
            await asyncio.gather(*(agent.stop() for agent in self._agents.values()), return_exceptions=True)
            await end([*tasks, *self._units.values()])

    async def _greet(self, caller: Caller, address: str) -> None:
        await caller.call("machine.started", boot_id=self._boot_id, hostname=socket.gethostname(), address=address)

    async def _follow(self) -> None:
        seen = ""
        while True:
            try:
                data = await self._link.call("machine.watch", seen=seen, timeout=WATCH_SECONDS)
            except CallError as error:
                self._log("WARNING", f"cannot watch the machine: {error}")
                await asyncio.sleep(RESTART_WAIT)
                continue
            if data is None:
                continue
            view = from_wire(MachineView, data)
            seen = view.digest
            await self._adjust({unit.name for unit in view.units if unit.life != "dead"})

    async def _adjust(self, wanted: set[str]) -> None:
        for name in list(self._units.keys() - wanted):
            await end([self._units.pop(name)])
            self._clear_away(UnitPaths(name))
        for name in sorted(wanted - self._units.keys()):
            self._units[name] = asyncio.ensure_future(self._keep_unit(name))

    async def _keep_unit(self, name: str) -> None:
        """Run the unit's agent, again after a while if it fails."""
        while True:
            try:
                self._agents[name] = await self._load(name)
                await self._agents[name].run()
                return
            except CallError as error:
                self._log("WARNING", f"unit agent {name} stops: {error}")
            except Exception as error:  # one unit's trouble must not stop the others
                self._log("ERROR", f"unit agent {name} fails: {type(error).__name__}: {error}")
            finally:
                self._agents.pop(name, None)
            await asyncio.sleep(RESTART_WAIT)

    async def _load(self, name: str) -> UnitAgent:
        def logger(module: str) -> Logger:
            return self._forwarder.logger(unit_tag(name), module)

        return await UnitAgent.load(name, self._link.call, self._boot_id, self._lock, logger)

    def _clear_away(self, paths: UnitPaths) -> None:
        shutil.rmtree(paths.base, ignore_errors=True)
        shutil.rmtree(paths.tools, ignore_errors=True)
        self._log("INFO", f"unit {paths.unit} is gone from this machine")
