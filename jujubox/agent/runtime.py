"""What the operations of one unit share: its state, its latest snapshot, its link, its caches.

Knows: how state is saved and statuses are reported without repeating them. Must not know: which operation comes next.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from jujubox.agent.context.calls import UnitCalls
from jujubox.agent.context.relations import MemberCache
from jujubox.agent.logs import Logger
from jujubox.agent.paths import UnitPaths
from jujubox.agent.process import Ended, Process
from jujubox.agent.state import Command, LocalState, UnitState
from jujubox.protocol import UnitFacts, UnitView, from_wire, to_wire


@dataclass
class CommandRequest:
    """A command from the run socket and the place for its outcome."""

    command: Command
    outcome: asyncio.Future[Ended]


@dataclass
class Runtime:
    """One unit on this machine."""

    calls: UnitCalls
    paths: UnitPaths
    facts: UnitFacts
    boot_id: str
    lock: asyncio.Lock
    """Held by one hook, action or command of the whole machine."""
    logger: Callable[[str], Logger]
    """A logger for a logger name, e.g. `unit.a/0.install`."""
    state: UnitState
    view: UnitView
    members: MemberCache = field(default_factory=MemberCache)
    update_status_due: bool = False
    retry_due: bool = False
    commands: list[CommandRequest] = field(default_factory=list)
    finished_tasks: set[str] = field(default_factory=set)
    process: Process | None = None
    task: str = ""
    """The task that runs now."""
    cancelled: bool = False
    told: tuple[str, str] = ("", "")
    stopping: bool = False
    """The agent stops: nothing new begins."""

    @property
    def unit(self) -> str:
        """The unit's name."""
        return self.calls.unit

    def log(self, level: str, message: str, module: str = "juju.worker.uniter") -> None:
        """Write a line of the agent's own."""
        self.logger(module)(level, message)

    def local(self) -> LocalState:
        """The local half of the next decision."""
        self.finished_tasks &= set(self.view.tasks)
        commands = tuple(request.command for request in self.commands)
        finished = tuple(sorted(self.finished_tasks))
        return LocalState(self.state, self.boot_id, self.update_status_due, self.retry_due, commands, finished)

    async def save(self, state: UnitState) -> None:
        """Remember a new state, here and with the controller."""
        if state != self.state:
            await self.calls("unit.save_state", state=to_wire(state))
            self.state = state

    async def refresh(self) -> UnitView:
        """The snapshot as it is now."""
        data = await self.calls("unit.watch", seen="", timeout=0)
        if data is not None:
            self.view = from_wire(UnitView, data)
        return self.view

    async def tell(self, status: str, message: str = "", data: dict[str, Any] | None = None) -> None:
        """Report the agent's status, unless it is what was reported last."""
        if self.told != (status, message):
            await self.calls("unit.set_agent_status", status=status, message=message, data=data or {})
            self.told = (status, message)

    async def set_status(self, status: str, message: str = "") -> None:
        """Set the unit's workload status on Juju's own account."""
        await self.calls("unit.set_status", status=status, message=message)

    async def note_status_set(self) -> None:
        """The charm has spoken: Juju no longer speaks for it."""
        await self.save(replace(self.state, status_set=True))
