"""One unit agent with real hook processes over a controller that lives in the test."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from jujubox import charm
from jujubox.agent.ending import end
from jujubox.agent.logs import Logger
from jujubox.agent.paths import UnitPaths
from jujubox.agent.toolsdir import PROGRAM
from jujubox.agent.unit import UnitAgent
from jujubox.protocol import UnitView, to_wire
from jujubox.wire import CallError
from tests.unit.agent.play import QUIET

PROGRAMS = Path(sys.modules["jujubox.agent.unit"].__file__ or "").parent / "programs"
FACTS = {
    "model_name": "m", "model_uuid": "uuid-1", "agent_version": "4.0.15", "personality": "4.0", "machine": "0",
    "principal": "", "availability_zone": "", "api_addresses": [], "cloud_api_version": "", "trusted": False,
}  # fmt: skip


@dataclass
class Controller:
    """Answers an agent's calls from fields that tests set; keeps what the agent tells."""

    archive: bytes
    view: UnitView = QUIET
    state: dict[str, Any] = field(default_factory=dict)
    commits: list[dict[str, Any]] = field(default_factory=list)
    refuse_commits: bool = False
    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    finished: dict[str, dict[str, Any]] = field(default_factory=dict)
    leads: bool = False
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def see(self, **changes: Any) -> None:
        view = replace(self.view, **changes)
        self.view = replace(view, digest=hashlib.sha256(repr(view).encode()).hexdigest())
        self._changed.set()

    async def call(self, method: str, **params: Any) -> Any:
        self.told.append((method, params))
        answer = getattr(self, "_" + method.replace(".", "_"), None)
        found = answer(**params) if answer is not None else None
        return await found if isinstance(found, Awaitable) else found

    def _unit_load_state(self, unit: str) -> Any:
        return self.state

    def _unit_save_state(self, unit: str, state: dict[str, Any]) -> None:
        self.state = state

    def _unit_facts(self, unit: str) -> Any:
        return FACTS

    async def _unit_watch(self, unit: str, seen: str, timeout: float) -> Any:
        while seen == self.view.digest and timeout:
            self._changed.clear()
            await self._changed.wait()
        return to_wire(self.view)

    def _charm_read(self, url: str, offset: int, length: int) -> Any:
        data = base64.b64encode(self.archive[offset : offset + length]).decode()
        return {"data": data, "size": len(self.archive), "sha256": hashlib.sha256(self.archive).hexdigest()}

    def _unit_claim_leadership(self, unit: str) -> Any:
        return {"leader": self.leads, "seconds": 60}

    def _unit_is_leader(self, unit: str) -> bool:
        return self.leads

    def _unit_config(self, unit: str) -> Any:
        return {"greeting": "hello"}

    def _unit_charm_state(self, unit: str) -> Any:
        return {}

    def _unit_commit(self, unit: str, changes: dict[str, Any]) -> None:
        if self.refuse_commits:
            raise CallError("lease lost")
        self.commits.append(changes)

    def _unit_clear_resolved(self, unit: str) -> None:
        self.see(resolved="")

    def _action_begin(self, unit: str, task: str) -> Any:
        return self.tasks[task]

    def _action_finish(self, unit: str, task: str, **outcome: Any) -> None:
        self.finished[task] = outcome
        self.see(tasks=tuple(id for id in self.view.tasks if id != task))

    def _unit_dead(self, unit: str) -> None:
        self.see(life="dead")

    def agent_statuses(self) -> list[tuple[str, str]]:
        return [(p["status"], p["message"]) for method, p in self.told if method == "unit.set_agent_status"]


@dataclass
class Stage:
    """A directory that stands for /var/lib/juju, a charm of shell scripts, and the agent."""

    root: Path
    scripts: dict[str, str]
    logged: list[tuple[str, str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.paths = UnitPaths("app/0", self.root)
        (self.root / "tools").mkdir(parents=True)
        shutil.copy(PROGRAMS / "hook_tool.py", self.root / "tools" / PROGRAM)
        (self.root / "tools" / PROGRAM).chmod(0o755)
        self.controller = Controller(self.pack(self.scripts))
        self.lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def pack(self, scripts: dict[str, str]) -> bytes:
        source = self.root / "source"
        shutil.rmtree(source, ignore_errors=True)
        source.mkdir()
        (source / "metadata.yaml").write_text("name: app\n")
        for name, script in scripts.items():
            path = source / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"#!/bin/sh\necho $JUJU_DISPATCH_PATH >>{self.root}/ran\n{script}\n")
            path.chmod(0o755)
        charm.pack(source, self.root / "app.charm")
        return (self.root / "app.charm").read_bytes()

    @property
    def ran(self) -> list[str]:
        """Hooks and actions that ran, in order."""
        path = self.root / "ran"
        return [line.rpartition("/")[2] for line in path.read_text().split("\n")[:-1]] if path.exists() else []

    async def start(self, boot: str = "boot-1") -> UnitAgent:
        def logger(module: str) -> Logger:
            return lambda level, message, name="": self.logged.append((level, name or module, message))

        self.agent = await UnitAgent.load("app/0", self.controller.call, boot, self.lock, logger, self.paths)
        self._task = asyncio.ensure_future(self.agent.run())
        return self.agent

    async def end(self) -> None:
        if self._task is not None:
            await end([self._task])
            self._task = None

    async def until(self, condition: Callable[[], bool], what: str = "condition") -> None:
        for _ in range(4000):
            if condition():
                return
            if self._task is not None and self._task.done() and not self._task.cancelled() and self._task.exception():
                self._task.result()
            await asyncio.sleep(0.01)
        raise AssertionError(f"{what} did not come; ran {self.ran}, {self.controller.agent_statuses()}, {self.logged}")

    async def idle(self) -> None:
        """Wait until the agent last said that it is idle."""
        await self.until(lambda: self.controller.agent_statuses()[-1:] == [("idle", "")], "idle")

    async def exec(self, *argv: str) -> subprocess.CompletedProcess[str]:
        """juju-exec on this stage."""
        program = (PROGRAMS / "juju_exec.py").read_text().replace("/var/lib/juju/agents", str(self.root / "agents"))
        path = self.root / "juju-exec"
        path.write_text(program)
        return await asyncio.to_thread(
            subprocess.run,
            ["/usr/bin/python3", "-IS", str(path), *argv],
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )


def environment_of(path: Path) -> dict[str, str]:
    """What `env -0` wrote to a file."""
    entries = path.read_bytes().rstrip(b"\0").split(b"\0")
    return dict(os.fsdecode(entry).split("=", 1) for entry in entries)
