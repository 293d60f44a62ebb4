"""What the agent of a unit may ask about relations: `relation.*`.

Knows: who may enter, read and write; network keys; subordinates that come with a relation.
Must not know: sockets.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jujubox.controller.core import Core
from jujubox.model import applications, crossing, databags, leases, machines, models, network, relations, removal, units
from jujubox.model.database import NotFound, Refused
from jujubox.model.units import Unit
from jujubox.names import is_unit


def refresh_network(core: Core, unit: Unit) -> None:
    """Bring the network keys of the unit's databags up to date."""
    for relation in relations.of_application(core.db, unit.model, unit.application):
        if relations.in_scope(core.db, unit.model, relation.id, unit.name):
            _write_network_keys(core, unit, relation.id)


def enter(core: Core, unit: Unit, relation: int) -> None:
    """The unit takes part in a relation; a principal gets its subordinate."""
    found = relations.find(core.db, unit.model, relation)
    if found.end_of(unit.application) is None:
        raise NotFound(f"relation {relation} not found")
    if not relations.in_scope(core.db, unit.model, relation, unit.name):
        if unit.life != "alive" or found.life != "alive":
            raise Refused(f"cannot enter scope: unit or relation {relation} not alive", "not alive")
        relations.enter(core.db, unit.model, relation, unit.name, unit.application)
    _write_network_keys(core, unit, relation)
    _ensure_subordinate(core, unit, found)


def leave(core: Core, unit: Unit, relation: int) -> None:
    """The unit takes part no longer; a subordinate goes with what bound it to its principal."""
    found = relations.find(core.db, unit.model, relation)
    relations.leave(core.db, unit.model, relation, unit.name)
    if found.life != "alive" and found.scope == "container" and not found.peer and unit.principal:
        removal.destroy_unit(core.db, unit)
    removal.after_relation(core.db)


def settings(core: Core, unit: Unit, relation: int, of: str) -> dict[str, str]:
    """A unit's or an application's bag, as far as the unit may read it."""
    found = relations.find(core.db, unit.model, relation)
    if found.end_of(unit.application) is None:
        raise Refused("permission denied", "unauthorized access")
    if not is_unit(of):
        if of == unit.application:
            return local_application_settings(core, unit, relation)
        if all(end.application != of for end in found.ends):
            raise Refused("permission denied", "unauthorized access")
        return databags.read(core.db, unit.model, relation, of) or {}
    if of != unit.name and not relations.was_member(core.db, unit.model, relation, of):
        raise NotFound("relation unit not found")
    return databags.read(core.db, unit.model, relation, of) or {}


def local_application_settings(core: Core, unit: Unit, relation: int) -> dict[str, str]:
    """The own application's bag: for its leader, and for every unit in a peer relation."""
    found = relations.find(core.db, unit.model, relation)
    if not found.peer and leases.holder(core.db, unit.model, unit.application) != unit.name:
        raise Refused("permission denied", "unauthorized access")
    return databags.read(core.db, unit.model, relation, unit.application) or {}


def relation_model(core: Core, unit: Unit, relation: int) -> str:
    """The uuid of the far end's model: the own, unless the relation is between models."""
    relations.find(core.db, unit.model, relation)
    far = crossing.far_end(core.db, unit.model, relation)
    return models.by_id(core.db, far.model if far is not None else unit.model).uuid


def _write_network_keys(core: Core, unit: Unit, relation: int) -> None:
    model = models.by_id(core.db, unit.model)
    address = machines.find(core.db, unit.model, unit.machine).address
    bag = databags.read(core.db, unit.model, relation, unit.name) or {}
    egress = network.egress(core.db, model, address, relation)
    new = {**bag, **network.bag_keys(address, egress, model.personality)}
    databags.write(core.db, unit.model, relation, unit.name, new, model.personality)


def _ensure_subordinate(core: Core, unit: Unit, relation: relations.Relation) -> None:
    if relation.scope != "container" or relation.peer or unit.principal:
        return
    application = applications.find(core.db, unit.model, relation.other_than(unit.application).application)
    beside = [other.application for other in units.subordinates(core.db, unit.model, unit.name)]
    if application.subordinate and application.life == "alive" and application.name not in beside:
        model = models.by_id(core.db, unit.model)
        applications.add_unit(core.db, model, application, unit.machine, principal=unit.name)


METHODS: dict[str, Callable[..., Any]] = {
    "unit.refresh_network": refresh_network,
    "relation.enter": enter,
    "relation.leave": leave,
    "relation.settings": settings,
    "relation.local_application_settings": local_application_settings,
    "relation.model": relation_model,
}
