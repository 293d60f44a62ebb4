"""Removing units and applications."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jujubox.controller.client.named import find_application, find_unit, outcome
from jujubox.controller.core import Core
from jujubox.model import offers, removal, units
from jujubox.model.database import Refused
from jujubox.model.models import Model
from jujubox.model.removal import Force, Toll


def remove_unit(
    core: Core,
    model: Model,
    units: list[str],
    force: bool = False,
    destroy_storage: bool = False,
    dry_run: bool = False,
    no_wait: bool = False,
) -> list[dict[str, Any]]:
    """Begin to remove units."""

    def one(name: str) -> dict[str, Any]:
        unit = find_unit(core, model, name)
        if unit.principal:
            raise Refused(
                f'unit "{name}" is a subordinate, to remove use remove-relation. Note: this will remove all units'
            )
        toll = removal.toll_of(core.db, unit, destroy_storage)
        if not dry_run:
            removal.destroy_unit(core.db, unit, destroy_storage, Force(force, core.unit_present, no_wait))
        return _toll(toll)

    return [outcome("unit", name, one) for name in units]


def remove_application(
    core: Core,
    model: Model,
    applications: list[str],
    force: bool = False,
    destroy_storage: bool = False,
    dry_run: bool = False,
    no_wait: bool = False,
) -> list[dict[str, Any]]:
    """Begin to remove applications."""

    def one(name: str) -> dict[str, Any]:
        application = find_application(core, model, name)
        members = units.of_application(core.db, model.id, name)
        tolls = [removal.toll_of(core.db, unit, destroy_storage) for unit in members]
        toll = Toll(
            tuple(unit.name for unit in members),
            tuple(id_ for part in tolls for id_ in part.destroyed_storage),
            tuple(id_ for part in tolls for id_ in part.detached_storage),
        )
        if not force:
            offers.check_unoffered(core.db, model.id, name)
        if not dry_run:
            removal.destroy_application(core.db, application, destroy_storage, Force(force, core.unit_present, no_wait))
        return _toll(toll)

    return [outcome("application", name, one) for name in applications]


def _toll(toll: Toll) -> dict[str, Any]:
    return {
        "destroyed-units": list(toll.units),
        "destroyed-storage": list(toll.destroyed_storage),
        "detached-storage": list(toll.detached_storage),
    }


METHODS: dict[str, Callable[..., Any]] = {
    "remove_unit": remove_unit,
    "remove_application": remove_application,
}
