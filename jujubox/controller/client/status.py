"""The document that `juju status` shows.

Knows: its keys and which of them are left out when empty (reference: juju-cli.md §3).
Must not know: how it is drawn.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from jujubox.controller.client import storage as storage_documents
from jujubox.controller.client.models import CLOUD, CONTROLLER, REGION
from jujubox.controller.client.selection import Selected, expanded, select
from jujubox.controller.client.show import bindings
from jujubox.controller.core import Core
from jujubox.controller.times import iso, trimmed
from jujubox.model import applications, charms, leases, machines, network, ports, relations, status, units
from jujubox.model.applications import Application
from jujubox.model.machines import Machine
from jujubox.model.models import Model
from jujubox.model.relations import Relation
from jujubox.model.status import Status
from jujubox.model.units import Unit

LOST = Status("lost", "agent is not communicating with the server")


@dataclasses.dataclass(frozen=True)
class Facts:
    """Everything that the document is made of, read once."""

    core: Core
    model: Model
    machines: Mapping[str, Machine]
    applications: Mapping[str, Application]
    units: Mapping[str, Unit]
    relations: list[Relation]
    statuses: Mapping[tuple[str, str], Status]
    leaders: Mapping[str, str]
    selected: Selected

    def status(self, entity: str, kind: str) -> Status:
        """A status, unknown if never set."""
        return self.statuses.get((entity, kind)) or Status("unknown")


def full_status(core: Core, model: Model, selectors: list[str] | None = None) -> dict[str, Any]:
    """The whole document, or the part that selectors name."""
    facts = gather(core, model, selectors or [])
    shown = [relation for relation in facts.relations if _selected(facts, relation)]
    return {
        "model": _model(facts),
        "machines": {
            number: machine_document(facts, machine)
            for number, machine in facts.machines.items()
            if number in facts.selected.machines
        },
        "applications": {
            name: _application(facts, application)
            for name, application in facts.applications.items()
            if name in facts.selected.applications
        },
        "storage": storage_documents.document(core, model),
        "controller": {"timestamp": iso(core.db.now())},
        "relations": [_relation(relation) for relation in shown],
        "matched": facts.selected.matched,
    }


def machine_documents(core: Core, model: Model) -> dict[str, Any]:
    """The machines of a model as status shows them."""
    facts = gather(core, model, [])
    return {number: machine_document(facts, machine) for number, machine in facts.machines.items()}


def gather(core: Core, model: Model, selectors: list[str]) -> Facts:
    """Read everything once."""
    found_units = {unit.name: unit for unit in units.of_model(core.db, model.id)}
    found_applications = {application.name: application for application in applications.of_model(core.db, model.id)}
    found_machines = {machine.id: machine for machine in machines.of_model(core.db, model.id)}
    leaders = leases.holders(core.db, model.id)
    statuses = status.every(core.db, model.id)
    if model.personality == "3.6":
        shown = {
            unit.name: [
                statuses[key].status for kind in ("workload", "agent") if (key := (unit.entity, kind)) in statuses
            ]
            for unit in found_units.values()
        }
        selectors = expanded(selectors, [*found_machines, *found_applications, *found_units], shown)
    return Facts(
        core=core,
        model=model,
        machines=found_machines,
        applications=found_applications,
        units=found_units,
        relations=relations.every(core.db, model.id),
        statuses=statuses,
        leaders=leaders,
        selected=select(selectors, found_machines, found_applications, found_units, leaders),
    )


def machine_document(facts: Facts, machine: Machine) -> dict[str, Any]:
    """One machine."""
    agent = facts.status(machine.entity, "agent")
    if machine.agent_started and not facts.core.machine_present(machine.model, machine.id):
        agent = Status("down", LOST.message, since=agent.since)
    address = machine.address if machine.provisioned else ""
    interface = {
        "ip-addresses": [address],
        "mac-address": network.mac(machine.address),
        "space": "alpha",
        "is-up": True,
    }
    return trimmed(
        {
            "juju-status": info(
                agent, version=facts.model.agent_version if machine.agent_started else None, life=machine.life
            ),
            "hostname": machine.hostname if machine.provisioned else None,
            "dns-name": address or None,
            "ip-addresses": [address] if address else None,
            "instance-id": machine.instance if machine.provisioned else "pending",
            "machine-status": info(facts.status(machine.entity, "instance")),
            "modification-status": {"current": "idle", "since": iso(facts.status(machine.entity, "instance").since)},
            "base": _base(machine.base),
            "network-interfaces": {network.INTERFACE: interface} if address else None,
            "constraints": _constraints(machine.constraints) or None,
            "hardware": "arch=amd64" if machine.provisioned else None,
        }
    )


def _model(facts: Facts) -> dict[str, Any]:
    model = facts.model
    return {
        "name": model.name,
        "type": "iaas",
        "controller": CONTROLLER,
        "cloud": CLOUD,
        "region": REGION,
        "version": model.agent_version,
        "model-status": {
            "current": "available" if model.life == "alive" else "destroying",
            "since": iso(model.created),
        },
    }


def _application(facts: Facts, application: Application) -> dict[str, Any]:
    charm = charms.find(facts.core.db, application.model, application.charm_url)
    members = [unit for unit in facts.units.values() if unit.application == application.name]
    own = [relation for relation in facts.relations if relation.end_of(application.name) is not None]
    shown = {
        unit.name: _unit(facts, unit) for unit in members if unit.name in facts.selected.units and not unit.principal
    }
    return trimmed(
        {
            "charm": charm.url,
            "base": _base(application.base),
            "charm-origin": "local",
            "charm-name": charm.name,
            "charm-rev": charm.revision,
            "exposed": application.exposed is not None,
            "life": _life(application.life),
            "application-status": info(application_status(facts, application, members)),
            "relations": related(application.name, own) or None,
            "subordinate-to": _principals(application, own) if application.subordinate else None,
            "units": shown or None,
            "version": next((unit.workload_version for unit in members if unit.workload_version), None),
            "endpoint-bindings": bindings(application, charm),
        }
    )


def application_status(facts: Facts, application: Application, members: list[Unit]) -> Status:
    """The status of an application: as its leader set it, else its units'."""
    explicit = facts.statuses.get((application.entity, "application"))
    if explicit is not None:
        return explicit
    if not members:
        return Status("unknown" if not application.subordinate else "waiting", since=application.created)
    return status.derived(unit_statuses(facts, unit)[1] for unit in members)


def unit_statuses(facts: Facts, unit: Unit) -> tuple[Status, Status]:
    """Agent and workload status of a unit as clients see them."""
    agent, workload = facts.status(unit.entity, "agent"), facts.status(unit.entity, "workload")
    if unit.agent_known and not facts.core.machine_present(unit.model, unit.machine):
        lost = f"agent lost, see 'juju show-status-log {unit.name}'"
        return dataclasses.replace(LOST, since=agent.since), Status("unknown", lost, since=workload.since)
    return status.shown(agent, workload)


def _naming_other_end(facts: Facts, unit: Unit, workload: Status) -> Status:
    """The status; the message of a failed relation hook says with whom, e.g. `... for app:endpoint`."""
    number = workload.data.get("relation-id") if workload.status == "error" else None
    relation = next((each for each in facts.relations if each.id == number and not each.peer), None)
    if relation is None:
        return workload
    end = relation.other_than(unit.application)
    return dataclasses.replace(workload, message=f"{workload.message} for {end.application}:{end.endpoint}")


def _unit(facts: Facts, unit: Unit) -> dict[str, Any]:
    agent, workload = unit_statuses(facts, unit)
    machine = facts.machines.get(unit.machine)
    application = facts.applications[unit.application]
    address = machine.address if machine is not None and machine.provisioned else None
    outdated = unit.charm_url and unit.charm_url != application.charm_url
    beside = {
        other.name: _unit(facts, other)
        for other in facts.units.values()
        if other.principal == unit.name and other.name in facts.selected.units
    }
    return trimmed(
        {
            "workload-status": info(_naming_other_end(facts, unit, workload)),
            "juju-status": info(agent, version=facts.model.agent_version if unit.agent_known else None, life=unit.life),
            "leader": True if facts.leaders.get(unit.application) == unit.name else None,
            "upgrading-from": unit.charm_url if outdated else None,
            "machine": unit.machine if not unit.principal else None,
            "open-ports": ports.opened(facts.core.db, unit.model, unit.name) or None,
            "public-address": address,
            "subordinates": beside or None,
        }
    )


def related(application: str, own: list[Relation]) -> dict[str, list[dict[str, str]]]:
    """The relations of an application by its endpoints."""
    found: dict[str, list[dict[str, str]]] = {}
    for relation in own:
        end, other = relation.end_of(application), relation.other_than(application)
        assert end is not None
        entry = {"related-application": other.application, "interface": relation.interface, "scope": relation.scope}
        found.setdefault(end.endpoint, []).append(entry)
    return dict(sorted(found.items()))


def _principals(application: Application, own: list[Relation]) -> list[str]:
    beside = [relation for relation in own if relation.scope == "container" and not relation.peer]
    return sorted({relation.other_than(application.name).application for relation in beside})


def _selected(facts: Facts, relation: Relation) -> bool:
    return any(end.application in facts.selected.applications for end in relation.ends)


def _relation(relation: Relation) -> dict[str, Any]:
    by_role = {end.role: f"{end.application}:{end.endpoint}" for end in relation.ends}
    provider = by_role.get("provider") or by_role.get("peer", "")
    kind = "peer" if relation.peer else "subordinate" if relation.scope == "container" else "regular"
    return {
        "id": relation.id,
        "provider": provider,
        "requirer": by_role.get("requirer") or provider,
        "interface": relation.interface,
        "type": kind,
        "status": relation.status if relation.life == "alive" else "removing",
        "message": "",
    }


def info(value: Status, version: str | None = None, life: str = "alive") -> dict[str, Any]:
    """A status as every entity shows it."""
    return trimmed(
        {
            "current": value.status,
            "message": value.message or None,
            "since": iso(value.since) if value.since else None,
            "version": version,
            "life": _life(life),
        }
    )


def _life(life: str) -> str | None:
    return None if life == "alive" else life


def _base(base: str) -> dict[str, str]:
    name, _, channel = base.partition("@")
    return {"name": name, "channel": channel}


def _constraints(constraints: dict[str, Any]) -> str:
    return " ".join(f"{key}={value}" for key, value in sorted(constraints.items()))


METHODS = {"machines": machine_documents}
