"""What unit agents, the `juju` command and the controller say to one another: types and methods.

Knows: the shape of every value that crosses a socket. This file is the contract; both sides import it.
Must not know: how either side stores or uses the values.

Transport is `wire`. Agents connect by TCP to the controller's bridge address and say `login` first; the `juju` and
`jujubox` commands use the controller's unix socket, which only root may open, and need no login.

Life is `alive`, `dying` or `dead`. A version is an integer that changes when the settings it stands for change.
Every dataclass travels as `to_wire(value)` and comes back as `from_wire(Type, data)`.

Agent methods (a `unit` must live on the machine that logged in)
----------------------------------------------------------------
login(model, machine, token) -> {"agent_version"}
machine.started(boot_id, hostname, address)                machine is up; gives the address that the machine really has
machine.watch(seen, timeout) -> MachineView | None         long poll: answers when its digest differs from `seen`
charm.read(url, offset, length) -> {"data": base64, "size": int, "sha256"}
unit.watch(unit, seen, timeout) -> UnitView | None         long poll, as above
unit.load_state(unit) -> {}  unit.save_state(unit, state)  the agent's own memory (operation, relations, hashes ...)
unit.facts(unit) -> UnitFacts                              what the hook environment needs
unit.set_charm(unit, url)                                  the charm that the unit now runs
unit.set_agent_status(unit, status, message, data)         allocating executing idle error failed rebooting
unit.set_status(unit, status, message)   unit.status(unit) -> {"status","message","data"}
unit.set_application_status(unit, status, message)         leader only
unit.application_status(unit) -> {"application": {...}, "units": {unit: {...}}}
unit.set_workload_version(unit, version)
unit.config(unit) -> {option: value or None}               every option of the charm, defaults filled in
unit.network(unit, binding, relation|None) -> NetworkInfo as a dict in the shape that network-get prints
unit.goal_state(unit) -> {"units": {}, "relations": {}}
unit.charm_state(unit) -> {key: value}
unit.opened_ports(unit) -> {unit: [{"endpoint","range"}]}  of all units on the machine; a range reads "5432/tcp"
unit.claim_leadership(unit) -> {"leader": bool, "seconds": s}   claims or renews the lease (60 s, or model-config
                                                           lease-seconds); `seconds` that the lease of whoever holds it has left
unit.resign(unit)    unit.is_leader(unit) -> bool
unit.commit(unit, changes: HookChanges)                    all or nothing; raises CallError if refused
unit.clear_resolved(unit)
unit.refresh_network(unit)                                 after config-changed: network keys of its bags in all relations
unit.credential(unit) -> {}                                what credential-get prints; refused without trust
unit.leader_settings(unit) -> {}  unit.set_leader_settings(unit, settings)   3.6; `settings` is merged, "" deletes; leader only
unit.dead(unit)                                            teardown is finished
unit.trigger_reboot(unit)                                  the machine is restarted by the controller
relation.enter(unit, relation)  relation.leave(unit, relation)
relation.settings(unit, relation, of) -> {}                `of` is a unit or application name
relation.local_application_settings(unit, relation) -> {}  permission rules of relation-get applied by the controller
relation.model(unit, relation) -> uuid
secret.create_id(unit) -> uri                              reserves an id; the secret itself comes with commit
secret.get(unit, uri|None, label|None, refresh, peek, new_label|None) -> {"uri","revision","content"}
secret.info(unit, uri|None, label|None) -> {bare id: {...}}   secret.ids(unit) -> [bare id]
secret.hook_done(unit, hook, uri, revision|None)           a secret-rotate or secret-expired hook ran: its event is gone until
                                                           due again (5 minutes later if the charm changed nothing)
storage.attached(unit, storage)  storage.detached(unit, storage)
resource.path(unit, name) -> {"filename","sha256","size"}  resource.read(unit, name, offset, length)
action.begin(unit, task) -> TaskView    action.log(unit, task, message)
action.finish(unit, task, status, results, message)
log.write(entries: [{"time","entity","level","module","message"}])

Client methods (the `juju` command); `model` is a model's name or uuid
-----------------------------------------------------------------------
Each is `client.<command with underscores>(model, ...)`, one method for one command, e.g. client.deploy, client.status.
They are listed with parameters and results in `controller/client_api.py`; results are in the shape and with the key
names of the JSON that the command prints, so that a command is: parse flags, call, print.

Box methods (the `jujubox` command)
-----------------------------------
box.machines() -> [{"model","machine","instance_id","address","status"}]     box.fault(kind, machines, options)
box.heal(machines)   box.faults() -> [...]    box.shutdown()
"""

from __future__ import annotations

import dataclasses
import types
import typing
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

Life = Literal["alive", "dying", "dead"]
Resolved = Literal["", "retry-hooks", "no-hooks"]
T = TypeVar("T")


@dataclass(frozen=True)
class UnitOnMachine:
    """A unit that a machine should run an agent for."""

    name: str
    life: Life


@dataclass(frozen=True)
class MachineView:
    """What a machine agent should do."""

    digest: str
    life: Life
    units: tuple[UnitOnMachine, ...]


@dataclass(frozen=True)
class RelationView:
    """One relation as a unit should see it ("to be").

    `members` are the remote units in scope (peers: the others), `application_members` the applications whose bags
    the unit follows (remote application; for a peer relation its own), each with the version of its settings.
    An application bag that was never written has version 0.
    """

    id: int
    endpoint: str
    role: Literal["provider", "requirer", "peer"]
    interface: str
    remote_application: str
    life: Life
    suspended: bool = False
    members: dict[str, int] = field(default_factory=dict)
    application_members: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class StorageView:
    """One storage instance of a unit. `location` is empty until it is provisioned."""

    id: str
    kind: Literal["filesystem", "block"]
    life: Life
    location: str


@dataclass(frozen=True)
class SecretEvents:
    """What secret hooks are due for a unit."""

    changed: tuple[tuple[str, str, int], ...] = ()
    """(uri, label, latest revision) of secrets of which the unit tracks an older revision."""
    expired: tuple[tuple[str, str, int], ...] = ()
    rotate: tuple[tuple[str, str], ...] = ()
    remove: tuple[tuple[str, str, int], ...] = ()


@dataclass(frozen=True)
class UnitView:
    """The frozen snapshot "to be" of one unit, which the resolver compares with the agent's own state."""

    digest: str
    unit: str
    life: Life
    resolved: Resolved
    charm_url: str
    charm_sha256: str
    charm_modified_version: int
    force_charm_upgrade: bool
    config_hash: str
    trust_hash: str
    address_hash: str
    leader: bool
    retry_hooks: bool
    update_status_seconds: int
    relations: tuple[RelationView, ...]
    storage: tuple[StorageView, ...]
    secrets: SecretEvents
    tasks: tuple[str, ...]
    """Pending actions and commands of the unit, oldest first."""
    cancelled_tasks: tuple[str, ...]
    """Running tasks that somebody asked to stop."""
    leader_settings_version: int = 0
    """3.6 only: changes with what leader-set wrote."""


@dataclass(frozen=True)
class UnitFacts:
    """What the environment of a hook needs and does not change while it runs."""

    model_name: str
    model_uuid: str
    agent_version: str
    personality: Literal["4.0", "3.6"]
    machine: str
    principal: str
    availability_zone: str
    api_addresses: tuple[str, ...]
    cloud_api_version: str
    trusted: bool


@dataclass(frozen=True)
class TaskView:
    """An action or a command to run. `name` is `juju-exec` for a command."""

    id: str
    name: str
    params: dict[str, Any]
    parallel: bool
    execution_group: str
    relation: int | None = None
    remote_unit: str = ""


@dataclass(frozen=True)
class RelationSettings:
    """The whole new content of the bags that a hook wrote in one relation; None leaves a bag alone."""

    relation: int
    unit: dict[str, str] | None = None
    application: dict[str, str] | None = None


@dataclass(frozen=True)
class PortChange:
    """One open-port or close-port. `endpoint` is empty for all endpoints; a range reads `80/tcp`, `1-9/udp`, `icmp`."""

    action: Literal["open", "close"]
    endpoint: str
    range: str


@dataclass(frozen=True)
class SecretChange:
    """A secret to create, update, remove, grant or revoke.

    `content` maps keys to base64 text; None leaves it. `revision` is only for remove (None: all revisions).
    """

    action: Literal["create", "update", "remove", "grant", "revoke"]
    uri: str
    owner: Literal["application", "unit"] = "application"
    content: dict[str, str] | None = None
    label: str | None = None
    description: str | None = None
    rotate: str | None = None
    expire: str | None = None
    revision: int | None = None
    relation: int | None = None
    application: str | None = None
    unit: str | None = None


@dataclass(frozen=True)
class HookChanges:
    """Everything that a hook, action or command asked for and that takes effect when it succeeds."""

    relations: tuple[RelationSettings, ...] = ()
    charm_state: dict[str, str] | None = None
    ports: tuple[PortChange, ...] = ()
    secrets: tuple[SecretChange, ...] = ()
    storage: tuple[tuple[str, int], ...] = ()
    """(storage name, count) to add."""
    track_latest: tuple[str, ...] = ()
    """Secrets whose tracked revision moves to the latest."""
    id: str = ""
    """Names this commit: one that arrives again after a broken connection takes effect once."""


def to_wire(value: Any) -> Any:
    """A JSON value for a dataclass of this file, with tuples as lists."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_wire(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, (tuple, list)):
        return [to_wire(item) for item in value]
    if isinstance(value, dict):
        return {key: to_wire(item) for key, item in value.items()}
    return value


def from_wire(type_: type[T], data: Any) -> T:
    """The value of `type_` that `to_wire` turned into `data`. Unknown keys are passed over."""
    return typing.cast(T, _decode(type_, data))


_hints: dict[type, dict[str, Any]] = {}


def _decode(type_: Any, data: Any) -> Any:
    origin = typing.get_origin(type_)
    if dataclasses.is_dataclass(type_) and isinstance(type_, type):
        if type_ not in _hints:
            _hints[type_] = typing.get_type_hints(type_)
        hints = _hints[type_]
        return type_(**{name: _decode(hints[name], item) for name, item in data.items() if name in hints})
    if data is None:
        return None
    if origin is tuple:
        inner = typing.get_args(type_)
        if len(inner) == 2 and inner[1] is Ellipsis:
            return tuple(_decode(inner[0], item) for item in data)
        return tuple(_decode(kind, item) for kind, item in zip(inner, data, strict=True))
    if origin is dict:
        return {key: _decode(typing.get_args(type_)[1], item) for key, item in data.items()}
    if origin in (typing.Union, types.UnionType):
        return _decode(next(kind for kind in typing.get_args(type_) if kind is not type(None)), data)
    return data
