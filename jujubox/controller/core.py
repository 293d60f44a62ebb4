"""What every part of the controller works with: the model, the log, the machines, who waits for what.

Knows: how the parts hang together.
Must not know: what any method does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from jujubox.box import Box
from jujubox.controller.files import Files
from jujubox.controller.presence import Presence
from jujubox.controller.watching import Bell, Snapshots
from jujubox.machines import Completed, State
from jujubox.model import topics, units
from jujubox.model.database import Database, Topic
from jujubox.model.logs import Log
from jujubox.userdata import NOTHING, Userdata


class MachinesLike(Protocol):
    """What the controller needs of `machines.Machines`."""

    async def ensure_image(self, base: str, userdata: Userdata = NOTHING) -> None:
        """Have a base's image, with what the model wants in it."""

    async def create(
        self,
        instance: str,
        base: str,
        hostname: str,
        address: str,
        files: Any = None,
        userdata: Userdata = NOTHING,
    ) -> None:
        """Make a stopped machine."""

    async def start(self, instance: str) -> None:
        """Boot it."""

    async def restart(self, instance: str) -> None:
        """Shut it down and boot it."""

    async def destroy(self, instance: str) -> None:
        """Remove it."""

    def state(self, instance: str) -> State:
        """absent, stopped or running."""

    def leader(self, instance: str) -> int | None:
        """Its init as the host numbers it."""

    async def run(
        self, instance: str, argv: Sequence[str], stdin: bytes | None = None, timeout: float | None = None
    ) -> Completed:
        """Run a command in it."""

    def all(self) -> Mapping[str, Any]:
        """Every instance there is."""


class Core:
    """The controller's parts."""

    def __init__(self, box: Box, machines: MachinesLike, database: Database, log: Log, files: Files) -> None:
        self.box = box
        self.machines = machines
        self.db = database
        self.log = log
        self.files = files
        self.bell = Bell()
        self.snapshots = Snapshots(self.bell)
        self.presence = Presence()
        self.stopping = asyncio.Event()
        self.changes: dict[int, int] = {}
        """How often each model changed since the start."""
        database.listeners.append(self._changed)

    @classmethod
    def open(cls, box: Box, machines: MachinesLike) -> Core:
        """The controller's parts, with what it knew when it last ran."""
        home = Path(box.home)
        home.mkdir(parents=True, exist_ok=True)
        return cls(box, machines, Database(home / "model.db"), Log(home / "logs.db"), Files(home / "charms"))

    def unit_present(self, model: int, unit: str) -> bool:
        """Whether the agent of a unit has been heard of lately."""
        machine = units.find(self.db, model, unit).machine
        return self.presence.present((model, machine))

    def machine_present(self, model: int, machine: str) -> bool:
        """Whether the agent of a machine has been heard of lately."""
        return self.presence.present((model, machine))

    def close(self) -> None:
        """Close the files."""
        self.db.close()
        self.log.close()

    def _changed(self, touched: Iterable[Topic]) -> None:
        self.snapshots.forget(touched)
        for topic in touched:
            if topic[0] == "whole":
                self.changes[topic[1]] = self.changes.get(topic[1], 0) + 1
        self.bell.ring(touched)


def log_topic(model: int) -> Topic:
    """New log entries of a model."""
    return ("log", model)


__all__ = ["Core", "MachinesLike", "log_topic", "topics"]
