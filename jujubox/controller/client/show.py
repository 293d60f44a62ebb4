"""`juju show-unit` and `juju show-application`."""

from __future__ import annotations

from typing import Any

from jujubox.controller.core import Core
from jujubox.controller.times import trimmed
from jujubox.model import applications, charms, crossing, databags, leases, machines, ports, relations, units
from jujubox.model.applications import Application
from jujubox.model.charms import StoredCharm
from jujubox.model.database import Refused
from jujubox.model.models import Model
from jujubox.model.relations import Relation
from jujubox.model.units import Unit
from jujubox.names import is_unit, unit_order


def show_unit(
    core: Core, model: Model, units: list[str], endpoint: str = "", related_unit: str = "", app: bool = False
) -> dict[str, Any]:
    """Units in detail, with what they and their counterparts wrote into relations."""
    return {name: _unit(core, model, name, endpoint or "", related_unit or "", app) for name in units}


def show_application(core: Core, model: Model, applications: list[str]) -> dict[str, Any]:
    """Applications in detail."""
    return {name: _application(core, model, name) for name in applications}


def bindings(application: Application, charm: StoredCharm) -> dict[str, str]:
    """Endpoints and the space that each is bound to."""
    names = ["", *charm.charm.endpoints, *charm.charm.extra_bindings, "juju-info"]
    return {name: application.bindings.get(name, "alpha") for name in sorted(set(names))}


def _unit(core: Core, model: Model, name: str, endpoint: str, related: str, only_application: bool) -> dict[str, Any]:
    if not is_unit(name):
        raise Refused(f'unit name "{name}" not valid', "not valid")
    unit = units.find(core.db, model.id, name)
    machine = machines.find(core.db, model.id, unit.machine)
    infos = [
        info
        for relation in relations.of_application(core.db, model.id, unit.application)
        if (info := _relation(core, model, unit, relation, endpoint, related, only_application)) is not None
    ]
    return trimmed(
        {
            "workload-version": unit.workload_version or None,
            "machine": unit.machine,
            "opened-ports": ports.opened(core.db, model.id, name),
            "public-address": machine.address,
            "charm": unit.charm_url or applications.find(core.db, model.id, unit.application).charm_url,
            "leader": leases.holder(core.db, model.id, unit.application) == name,
            "life": unit.life,
            "relation-info": infos or None,
            "address": machine.address,
        }
    )


def _relation(
    core: Core, model: Model, unit: Unit, relation: Relation, endpoint: str, related: str, only_application: bool
) -> dict[str, Any] | None:
    own, other = relation.end_of(unit.application), relation.other_than(unit.application)
    if own is None or endpoint not in ("", own.endpoint):
        return None
    shared = databags.read(core.db, model.id, relation.id, other.application) or {}
    info: dict[str, Any] = {
        "relation-id": relation.id,
        "endpoint": own.endpoint,
        **({"cross-model": True} if crossing.far_end(core.db, model.id, relation.id) is not None else {}),
        "related-endpoint": other.endpoint,
        "application-data": shared,
    }
    if only_application:
        return info if shared or endpoint else None
    local = databags.read(core.db, model.id, relation.id, unit.name)
    info["local-unit"] = {"in-scope": relations.in_scope(core.db, model.id, relation.id, unit.name), "data": local}
    known = relations.every_member(core.db, model.id, relation.id)
    remote = sorted(
        (
            name
            for name in known
            if name != unit.name and name.split("/")[0] == other.application and related in ("", name)
        ),
        key=unit_order,
    )
    if remote:
        info["related-units"] = {
            name: {"in-scope": known[name], "data": databags.read(core.db, model.id, relation.id, name) or {}}
            for name in remote
        }
    return info if shared or local or remote or endpoint else None


def _application(core: Core, model: Model, name: str) -> dict[str, Any]:
    application = applications.find(core.db, model.id, name)
    charm = charms.find(core.db, model.id, application.charm_url)
    return trimmed(
        {
            "charm": charm.name,
            "base": application.base,
            "constraints": application.constraints,
            "principal": not application.subordinate,
            "exposed": application.exposed is not None,
            "exposed-endpoints": application.exposed,
            "remote": False,
            "life": application.life,
            "endpoint-bindings": bindings(application, charm),
        }
    )


METHODS = {"show_unit": show_unit, "show_application": show_application}
