"""Removing units, applications, machines and models.

Knows: what is begun (dying), what waits for an agent's teardown, what is cleaned up after it.
Must not know: how a machine is destroyed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from jujubox.model import (
    applications,
    crossing,
    leases,
    machines,
    models,
    offers,
    relations,
    secrets,
    status,
    storage,
    tasks,
    topics,
    units,
)
from jujubox.model.applications import Application
from jujubox.model.database import Database, Refused
from jujubox.model.leases import Present
from jujubox.model.models import Model
from jujubox.model.units import Unit

PATIENCE = 60.0
"""Seconds that a forced removal leaves an agent that can still answer."""


@dataclass(frozen=True)
class Force:
    """How impatient a removal is."""

    wanted: bool = False
    present: Present = field(default=lambda _model, _unit: False)
    no_wait: bool = False


@dataclass(frozen=True)
class Toll:
    """What goes with a unit or an application."""

    units: tuple[str, ...] = ()
    destroyed_storage: tuple[str, ...] = ()
    detached_storage: tuple[str, ...] = ()


def toll_of(db: Database, unit: Unit, destroy_storage: bool) -> Toll:
    """What removing a unit takes along."""
    ids = tuple(item.id for item in storage.of_unit(db, unit.model, unit.name))
    beside = tuple(other.name for other in units.subordinates(db, unit.model, unit.name))
    return Toll(beside, ids if destroy_storage else (), () if destroy_storage else ids)


def destroy_unit(db: Database, unit: Unit, destroy_storage: bool = False, force: Force | None = None) -> None:
    """Begin to remove a unit. One whose agent never spoke is gone at once."""
    db.run(
        "UPDATE units SET life = 'dying', destroy_storage = max(destroy_storage, ?) WHERE model = ? AND name = ?",
        *(int(destroy_storage), unit.model, unit.name),
    )
    db.touch(
        topics.unit(unit.model, unit.name),
        topics.application(unit.model, unit.application),
        topics.machine(unit.model, unit.machine),
        topics.whole(unit.model),
    )
    for item in storage.of_unit(db, unit.model, unit.name):
        storage.detach(db, item, destroy=destroy_storage)
    for subordinate in units.subordinates(db, unit.model, unit.name):
        destroy_unit(db, subordinate, destroy_storage, force)
    if not unit.agent_known:
        remove_unit(db, units.find(db, unit.model, unit.name))
    elif force is not None and force.wanted:
        _force_unit(db, unit, force)


def remove_unit(db: Database, unit: Unit) -> None:
    """The unit is gone, with all that hung on it."""
    model = models.by_id(db, unit.model)
    for number in db.column(
        "SELECT relation FROM relation_members WHERE model = ? AND unit = ? AND present = 1", unit.model, unit.name
    ):
        relations.leave(db, unit.model, number, unit.name)
    leases.resign(db, unit.model, unit.application, unit.name, model.lease_seconds, lambda *_: True)
    for item in storage.of_unit(db, unit.model, unit.name):
        storage.detach(db, item, destroy=unit.destroy_storage, force=True)
    secrets.forget_unit(db, unit.model, unit.name)
    tasks.abandon(db, unit.model, unit.name)
    db.run("DELETE FROM ports WHERE model = ? AND unit = ?", unit.model, unit.name)
    db.run("DELETE FROM units WHERE model = ? AND name = ?", unit.model, unit.name)
    status.forget(db, unit.model, unit.entity)
    db.touch(
        topics.unit(unit.model, unit.name),
        topics.application(unit.model, unit.application),
        topics.machine(unit.model, unit.machine),
        topics.whole(unit.model),
    )
    machines.destroy_if_empty(db, unit.model, unit.machine)
    after_relation(db)


def destroy_application(
    db: Database, application: Application, destroy_storage: bool = False, force: Force | None = None
) -> None:
    """Begin to remove an application with its units and relations."""
    db.run("UPDATE applications SET life = 'dying' WHERE model = ? AND name = ?", application.model, application.name)
    db.touch(topics.application(application.model, application.name), topics.whole(application.model))
    offers.withdraw(db, application.model, application.name)
    for relation in relations.of_application(db, application.model, application.name):
        if not relation.peer:
            relations.destroy(db, application.model, relation.id)
    for unit in units.of_application(db, application.model, application.name):
        destroy_unit(db, unit, destroy_storage, force)
    after_relation(db)


def destroy_machine(db: Database, model: int, number: str, force: Force) -> None:
    """Begin to remove a machine. Raises Refused if units are on it and it is not forced."""
    machine = machines.find(db, model, number)
    placed = units.on_machine(db, model, number)
    if placed and not force.wanted:
        names = ", ".join(unit.name for unit in placed)
        raise Refused(f'machine {machine.id} has unit "{names}" assigned')
    machines.destroy(db, model, number, force=force.wanted)
    for unit in placed:
        destroy_unit(db, unit)
        if db.one("SELECT 1 FROM units WHERE model = ? AND name = ?", model, unit.name):
            remove_unit(db, unit)


def destroy_model(db: Database, model: Model, force: bool = False) -> None:
    """Begin to remove a model and everything in it."""
    db.run("UPDATE models SET life = 'dying', force = max(force, ?) WHERE id = ?", int(force), model.id)
    for remote in offers.remotes(db, model.id):
        offers.remove_saas(db, remote)
    for application in applications.of_model(db, model.id):
        destroy_application(db, application, destroy_storage=True, force=Force(force, no_wait=True))
    for machine in machines.of_model(db, model.id):
        db.run("UPDATE machines SET manual = 0 WHERE model = ? AND id = ?", model.id, machine.id)
        machines.destroy_if_empty(db, model.id, machine.id)
    db.touch(topics.whole(model.id), topics.MACHINES)


def finish_models(db: Database) -> list[int]:
    """Models that were to be removed and are empty are gone now."""
    finished = db.column(
        "SELECT id FROM models m WHERE life = 'dying' AND NOT EXISTS (SELECT 1 FROM applications WHERE model = m.id)"
        " AND NOT EXISTS (SELECT 1 FROM machines WHERE model = m.id)"
    )
    tables = db.column(
        "SELECT m.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = 'model'"
    )
    for model in finished:
        for table in tables:
            db.run(f"DELETE FROM {table} WHERE model = ?", model)  # noqa: S608 - names come from the schema
        db.run("DELETE FROM models WHERE id = ?", model)
        db.touch(topics.whole(model))
    return finished


def force_due(db: Database) -> None:
    """Remove units whose agents have had their time."""
    for model, name in db.all("SELECT model, name FROM units WHERE force_at <= ?", db.now()):
        if db.one("SELECT 1 FROM units WHERE model = ? AND name = ?", model, name):
            remove_unit(db, units.find(db, model, name))


def next_force(db: Database) -> float | None:
    """When the next forced removal is due."""
    when: float | None = db.value("SELECT min(force_at) FROM units")
    return when


def _force_unit(db: Database, unit: Unit, force: Force) -> None:
    if force.no_wait or not force.present(unit.model, unit.name):
        remove_unit(db, unit)
        return
    db.run("UPDATE units SET force_at = ? WHERE model = ? AND name = ?", db.now() + PATIENCE, unit.model, unit.name)
    db.touch(topics.TIMERS)


def _finish_application(db: Database, model: int, name: str) -> None:
    row = db.one("SELECT life FROM applications WHERE model = ? AND name = ?", model, name)
    if row is None or row["life"] == "alive" or units.of_application(db, model, name):
        return
    for relation in relations.of_application(db, model, name):
        if relation.peer or not relations.held(db, model, relation.id):
            relations.remove(db, model, relation.id)
        else:
            relations.destroy(db, model, relation.id)
    if any(not relation.peer for relation in relations.of_application(db, model, name)):
        return
    leases.forget(db, model, name)
    secrets.forget_application(db, model, name)
    crossing.forget_application(db, model, name)
    db.run("DELETE FROM resources WHERE model = ? AND application = ?", model, name)
    db.run("DELETE FROM applications WHERE model = ? AND name = ?", model, name)
    status.forget(db, model, f"application:{name}")
    db.touch(topics.application(model, name), topics.whole(model))


def after_relation(db: Database) -> None:
    """A unit or a relation ended: applications that waited for it may be gone now, the other side's too."""
    for model, name in db.all("SELECT model, name FROM applications WHERE life != 'alive'"):
        _finish_application(db, model, name)
    offers.finish(db)
