"""What a unit agent remembers: the frozen local half of every decision.

Knows: operation, relations, storage and secrets as the agent last left them; how they are saved.
Must not know: how a decision is made or carried out.

`UnitState` is saved with the controller between the steps of every operation, so that an agent that starts again
knows how far the last one came. `LocalState` adds what only the running agent knows: timers, waiting commands.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

OperationKind = Literal["install", "upgrade", "run-hook", "run-action", "continue"]
Step = Literal["queued", "pending", "done"]


@dataclass(frozen=True)
class Hook:
    """One hook to run. `kind` is its name without endpoint or storage name, e.g. `relation-changed`."""

    kind: str
    relation: int | None = None
    remote_unit: str = ""
    remote_application: str = ""
    departing_unit: str = ""
    version: int = 0
    """Version of the settings that the hook tells about."""
    storage: str = ""
    secret: str = ""
    secret_label: str = ""
    secret_revision: int = 0

    @property
    def is_relation(self) -> bool:
        """Whether the hook belongs to a relation."""
        return self.kind.startswith("relation-")

    @property
    def is_storage(self) -> bool:
        """Whether the hook belongs to a storage."""
        return self.kind.startswith("storage-")

    @property
    def is_secret(self) -> bool:
        """Whether the hook belongs to a secret."""
        return self.kind.startswith("secret-")


@dataclass(frozen=True)
class RelationState:
    """One relation in whose scope the unit is."""

    id: int
    endpoint: str
    remote_application: str
    peer: bool
    created: bool = False
    """Whether relation-created has run."""
    members: dict[str, int] = field(default_factory=dict)
    application_members: dict[str, int] = field(default_factory=dict)
    changed_pending: str = ""
    """The unit whose `joined` ran and whose `changed` must follow at once."""


@dataclass(frozen=True)
class UnitState:
    """What outlives the agent."""

    kind: OperationKind = "install"
    step: Step = "pending"
    hook: Hook | None = None
    task: str = ""
    charm_url: str = ""
    charm_modified_version: int = 0
    leader: bool = False
    started: bool = False
    stopped: bool = False
    installed: bool = False
    removed: bool = False
    status_set: bool = False
    config_hash: str = ""
    trust_hash: str = ""
    address_hash: str = ""
    boot_id: str = ""
    """The boot of the machine in which `start` last ran."""
    leader_settings_version: int = 0
    relations: dict[str, RelationState] = field(default_factory=dict)
    storage: tuple[str, ...] = ()
    """Storage whose `storage-attached` has run."""
    secrets_changed: dict[str, int] = field(default_factory=dict)
    """Latest revision for which `secret-changed` has run."""
    secrets_removed: tuple[str, ...] = ()
    """`uri/revision` for which `secret-remove` has run."""

    def relation(self, id: int | None) -> RelationState | None:
        """The relation with this id, if the unit is in its scope."""
        return self.relations.get(str(id))


@dataclass(frozen=True)
class Command:
    """A command that somebody on the machine wants to run in the unit's context (juju-exec)."""

    id: str
    text: str
    relation: int | None = None
    remote_unit: str = ""
    remote_application: str = ""
    force: bool = False
    """Whether the remote unit is taken as given."""


@dataclass(frozen=True)
class LocalState:
    """Everything on the agent's side that a decision looks at."""

    unit: UnitState
    boot_id: str = ""
    update_status_due: bool = False
    retry_due: bool = False
    commands: tuple[Command, ...] = ()
    finished_tasks: tuple[str, ...] = ()
    """Tasks that ran here already; the snapshot may still list them."""
