"""One context: everything that the hook tools of one hook, action or command can see and do.

Knows: its parts, and what of them is handed over on success. Must not know: sockets, processes, flags.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jujubox.agent.context.action import ActionRun
from jujubox.agent.context.calls import UnitCalls
from jujubox.agent.context.leadership import Leadership
from jujubox.agent.context.ports import Ports
from jujubox.agent.context.relations import ContextRelation, Relations
from jujubox.agent.context.secrets import Secrets
from jujubox.agent.context.settings import Settings
from jujubox.agent.logs import Logger
from jujubox.agent.state import Hook
from jujubox.protocol import HookChanges, StorageView, UnitFacts


@dataclass
class Context:
    """`id` names the context; `hook_name` is its full hook name, empty for actions and commands."""

    id: str
    facts: UnitFacts
    calls: UnitCalls
    log: Logger
    resources: Path
    hook_name: str
    relations: Relations
    hook: Hook | None = None
    relation: ContextRelation | None = None
    remote_unit: str = ""
    remote_application: str = ""
    storage: tuple[StorageView, ...] = ()
    action: ActionRun | None = None
    storage_added: list[tuple[str, int]] = field(default_factory=list)
    reboot: str = ""
    """`after` or `now`, as juju-reboot asked."""
    status_set: bool = False

    def __post_init__(self) -> None:
        async def charm_state() -> dict[str, str]:
            return dict(await self.calls("unit.charm_state"))

        self.unit = self.calls.unit
        self.leadership = Leadership(self.calls)
        self.ports = Ports(self.calls)
        self.secrets = Secrets(self.calls)
        self.state = Settings(charm_state)
        self._config: dict[str, Any] | None = None
        self._status: dict[str, Any] | None = None
        self._application_status: dict[str, Any] | None = None

    async def config(self) -> dict[str, Any]:
        """Every option of the charm; read once."""
        if self._config is None:
            self._config = dict(await self.calls("unit.config"))
        return self._config

    async def status(self) -> dict[str, Any]:
        """The unit's status as it was when first asked for."""
        if self._status is None:
            self._status = dict(await self.calls("unit.status"))
        return self._status

    async def application_status(self) -> dict[str, Any]:
        """The application's and its units' status as they were when first asked for."""
        if self._application_status is None:
            self._application_status = dict(await self.calls("unit.application_status"))
        return self._application_status

    async def changes(self) -> HookChanges:
        """What takes effect when the hook succeeds."""
        return HookChanges(
            relations=await self.relations.changes(),
            charm_state=await self.state.outcome(),
            ports=tuple(self.ports.pending),
            secrets=self.secrets.changes(),
            storage=tuple(self.storage_added),
            track_latest=self.secrets.track_latest(),
            id=self.id,
        )
