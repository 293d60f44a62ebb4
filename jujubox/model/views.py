"""What agents should see: the snapshots "to be" of units and machines, with the topics they depend on.

Knows: every noun of the model that concerns a unit.
Must not know: who waits for a snapshot.
"""

from __future__ import annotations

import dataclasses
from typing import Any, cast

from jujubox.model import (
    applications,
    charms,
    databags,
    leases,
    machines,
    models,
    relations,
    secret_events,
    settings,
    tasks,
    topics,
    units,
)
from jujubox.model import storage as storages
from jujubox.model.applications import Application
from jujubox.model.database import Database, Topic, loads
from jujubox.model.models import Model
from jujubox.model.relations import Relation
from jujubox.model.units import Unit
from jujubox.protocol import MachineView, RelationView, StorageView, UnitOnMachine, UnitView, to_wire

Seen = tuple[dict[str, Any], frozenset[Topic]]
"""A snapshot as it travels, and what it depends on."""


def machine_view(db: Database, model_id: int, number: str) -> Seen:
    """What a machine's agent should do."""
    machine = machines.find(db, model_id, number)
    placed = tuple(UnitOnMachine(unit.name, cast(Any, unit.life)) for unit in units.on_machine(db, model_id, number))
    view = MachineView("", cast(Any, machine.life), placed)
    return _with_digest(view), frozenset({topics.machine(model_id, number)})


def unit_view(db: Database, model_id: int, name: str) -> Seen:
    """What a unit should be like."""
    model = models.by_id(db, model_id)
    unit = units.find(db, model_id, name)
    application = applications.find(db, model_id, unit.application)
    charm = charms.find(db, model_id, application.charm_url)
    machine = machines.find(db, model_id, unit.machine)
    every = relations.of_application(db, model_id, unit.application)
    scope = _Scope.of(db, unit, application)
    view = UnitView(
        digest="",
        unit=name,
        life=cast(Any, unit.life),
        resolved=cast(Any, unit.resolved),
        charm_url=charm.url,
        charm_sha256=charm.sha256,
        charm_modified_version=application.charm_modified,
        force_charm_upgrade=application.force_charm,
        config_hash=settings.digest(settings.effective(charm.charm, application.config)),
        trust_hash=settings.digest(application.trust),
        address_hash=settings.digest(machine.address),
        leader=leases.holder(db, model_id, unit.application) == name,
        retry_hooks=bool(model.setting("automatically-retry-hooks")),
        update_status_seconds=model.update_status_seconds,
        relations=tuple(scope.view(relation) for relation in every if scope.concerns(relation)),
        storage=tuple(_storage(item) for item in storages.of_unit(db, model_id, name)),
        secrets=secret_events.events(db, model_id, model.uuid, name),
        tasks=tuple(tasks.pending(db, model_id, name)),
        cancelled_tasks=tuple(tasks.cancelled(db, model_id, name)),
        leader_settings_version=_leader_settings_version(db, model, unit.application),
    )
    follows = {
        topics.unit(model_id, name),
        topics.application(model_id, unit.application),
        topics.model_settings(model_id),
        *(topics.relation(model_id, relation.id) for relation in every),
    }
    return _with_digest(view), frozenset(follows)


def leader_settings(db: Database, model: int, application: str) -> dict[str, str]:
    """What leader-set wrote (3.6)."""
    found: dict[str, str] = loads(
        db.value("SELECT settings_json FROM leader_settings WHERE model = ? AND application = ?", model, application)
    )
    return found or {}


def _leader_settings_version(db: Database, model: Model, application: str) -> int:
    if model.personality != "3.6":
        return 0
    version = db.value("SELECT version FROM leader_settings WHERE model = ? AND application = ?", model.id, application)
    return int(version or 0)


@dataclasses.dataclass(frozen=True)
class _Scope:
    """What a unit's relations are judged by, read once for all of them."""

    db: Database
    unit: Unit
    subordinate: bool
    members: dict[int, list[str]]
    versions: dict[int, dict[str, int]]

    @classmethod
    def of(cls, db: Database, unit: Unit, application: Application) -> _Scope:
        """Read it."""
        members = relations.members_by_relation(db, unit.model, unit.application)
        versions = databags.versions_by_relation(db, unit.model, unit.application)
        return cls(db, unit, application.subordinate, members, versions)

    def concerns(self, relation: Relation) -> bool:
        """A unit sees the relations it is in, and living ones that it may enter."""
        if self.unit.name in self.members.get(relation.id, ()):
            return True
        if relation.life != "alive" or self.unit.life != "alive":
            return False
        if relation.scope == "container" and self.subordinate and not relation.peer:
            return self.unit.principal.split("/")[0] == relation.other_than(self.unit.application).application
        return True

    def view(self, relation: Relation) -> RelationView:
        """The relation as the unit should see it."""
        end = relation.end_of(self.unit.application)
        assert end is not None
        other = relation.other_than(self.unit.application).application
        versions = self.versions.get(relation.id, {})
        prefix = f"{other}/"
        members = {
            member: versions.get(member, 0)
            for member in self.members.get(relation.id, ())
            if member.startswith(prefix) and member != self.unit.name and self._beside(relation, member)
        }
        return RelationView(
            id=relation.id,
            endpoint=end.endpoint,
            role=cast(Any, end.role),
            interface=relation.interface,
            remote_application=other,
            life=cast(Any, relation.life),
            members=members,
            application_members={other: versions.get(other, 0)},
        )

    def _beside(self, relation: Relation, member: str) -> bool:
        """Whether two members see one another: of container scope only a principal and its subordinate do."""
        if relation.scope != "container":
            return True
        if self.subordinate:
            return self.unit.principal == member or relation.peer
        return units.find(self.db, self.unit.model, member).principal == self.unit.name


def _storage(item: storages.Storage) -> StorageView:
    location = "" if item.state == "pending" else item.location
    return StorageView(item.id, cast(Any, item.kind), cast(Any, item.attachment), location)


def _with_digest(view: UnitView | MachineView) -> dict[str, Any]:
    wire: dict[str, Any] = to_wire(view)
    wire["digest"] = settings.digest(wire)
    return wire
