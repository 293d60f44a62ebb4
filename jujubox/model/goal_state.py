"""What goal-state prints: the units and relations that are planned, and how far they are.

Knows: the model. Must not know: formats.
"""

from __future__ import annotations

import datetime
from typing import Any

from jujubox.model import applications, crossing, relations, status, units
from jujubox.model.database import Database
from jujubox.model.units import Unit


def of_unit(db: Database, unit: Unit) -> dict[str, Any]:
    """Planned units of the own application and of related ones, by endpoint."""
    return {"units": _units(db, unit.model, unit.application, unit.principal), "relations": _relations(db, unit)}


def _units(db: Database, model: int, application: str, principal: str = "") -> dict[str, Any]:
    planned = {}
    for unit in units.of_application(db, model, application):
        if unit.life == "dead" or (principal and unit.principal != principal):
            continue
        workload = status.get(db, model, unit.entity, "workload") or status.Status("unknown")
        word = "dying" if unit.life == "dying" else workload.status
        planned[unit.name] = {"status": word, "since": _time(workload.since)}
    return planned


def _relations(db: Database, unit: Unit) -> dict[str, Any]:
    planned: dict[str, Any] = {}
    for relation in relations.of_application(db, unit.model, unit.application):
        end = relation.end_of(unit.application)
        if relation.peer or end is None:
            continue
        other = relation.other_than(unit.application).application
        entry = planned.setdefault(end.endpoint, {})
        entry[other] = {"status": relation.status, "since": _time(relation.since)}
        if crossing.far_end(db, unit.model, relation.id) is not None:
            continue  # what the other model plans is not known here
        if not applications.find(db, unit.model, other).subordinate or unit.principal:
            entry.update(_units(db, unit.model, other))
    return planned


def _time(since: float) -> str:
    return datetime.datetime.fromtimestamp(since, datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%SZ")
