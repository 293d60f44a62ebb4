"""What the agent of a unit may ask about the unit itself: `unit.*`.

Knows: rules of who may see and change what.
Must not know: sockets; waiting (see `agent_api`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from jujubox.controller.core import Core
from jujubox.controller.times import iso
from jujubox.model import (
    applications,
    charms,
    commit,
    goal_state,
    leases,
    machines,
    models,
    network,
    ports,
    relations,
    removal,
    status,
    units,
    views,
)
from jujubox.model.database import NotFound, Refused, loads
from jujubox.model.units import Unit
from jujubox.protocol import HookChanges, UnitFacts, from_wire, to_wire


def load_state(core: Core, unit: Unit) -> Any:
    """The agent's own memory."""
    return loads(units.load(core.db, unit, "state_json"))


def save_state(core: Core, unit: Unit, state: dict[str, Any]) -> None:
    """Replace the agent's own memory."""
    units.save(core.db, unit, "state_json", json.dumps(state))


def facts(core: Core, unit: Unit) -> dict[str, Any]:
    """What the environment of a hook needs."""
    model = models.by_id(core.db, unit.model)
    application = applications.find(core.db, unit.model, unit.application)
    found = UnitFacts(
        model_name=model.name,
        model_uuid=model.uuid,
        agent_version=model.agent_version,
        personality=model.personality,
        machine=unit.machine,
        principal=unit.principal,
        availability_zone="jujubox",
        api_addresses=(f"{core.box.gateway}:{core.box.agent_port}",),
        cloud_api_version="",
        trusted=application.trust,
    )
    wire: dict[str, Any] = to_wire(found)
    return wire


def set_charm(core: Core, unit: Unit, url: str) -> None:
    """The charm that the unit now runs."""
    units.set_charm(core.db, unit, charms.find(core.db, unit.model, url).url)


def set_agent_status(core: Core, unit: Unit, status: str, message: str = "", data: Any = None) -> None:
    """What the agent does."""
    _put(core, unit.model, unit.entity, "agent", status, message, data)


def set_status(core: Core, unit: Unit, status: str, message: str = "") -> None:
    """What the workload does, in the charm's words."""
    _put(core, unit.model, unit.entity, "workload", status, message)


def get_status(core: Core, unit: Unit) -> dict[str, Any]:
    """The workload's status."""
    return _status(status.get(core.db, unit.model, unit.entity, "workload") or status.Status("unknown"))


def set_application_status(core: Core, unit: Unit, status: str, message: str = "") -> None:
    """The application's status, by its leader."""
    _check_leader(core, unit, "this unit is not the leader")
    _put(core, unit.model, f"application:{unit.application}", "application", status, message)


def application_status(core: Core, unit: Unit) -> dict[str, Any]:
    """The application's status and its units', for the leader."""
    _check_leader(core, unit, "finding application status: this unit is not the leader")
    found = {
        other.name: status.get(core.db, unit.model, other.entity, "workload") or status.Status("unknown")
        for other in units.of_application(core.db, unit.model, unit.application)
    }
    own = status.get(core.db, unit.model, f"application:{unit.application}", "application")
    return {
        "application": _status(own or status.derived(found.values())),
        "units": {name: _status(item) for name, item in found.items()},
    }


def set_workload_version(core: Core, unit: Unit, version: str) -> None:
    """What application-version-set said."""
    units.set_workload_version(core.db, unit, version)


def config(core: Core, unit: Unit) -> dict[str, Any]:
    """Every option with its value in force."""
    return applications.effective_config(core.db, applications.find(core.db, unit.model, unit.application))


def network_info(core: Core, unit: Unit, binding: str, relation: int | None = None) -> dict[str, Any]:
    """Addresses of a binding."""
    charm = charms.of_application(core.db, unit.model, unit.application).charm
    known = {*charm.endpoints, *charm.extra_bindings, "juju-info"}
    if binding not in known:
        if models.by_id(core.db, unit.model).personality == "3.6":
            raise Refused(f'undefined for unit charm: endpoint "{binding}" not valid', "not valid")
        raise NotFound(f'no network config found for binding "{binding}"')
    if relation is not None:
        relations.find(core.db, unit.model, relation)
    machine = machines.find(core.db, unit.model, unit.machine)
    egress = network.egress(core.db, models.by_id(core.db, unit.model), machine.address, relation)
    return network.info(machine.address, core.box.subnet, egress)


def goal(core: Core, unit: Unit) -> dict[str, Any]:
    """What goal-state prints."""
    return goal_state.of_unit(core.db, unit)


def charm_state(core: Core, unit: Unit) -> Any:
    """What state-set kept."""
    return loads(units.load(core.db, unit, "charm_state_json"))


def opened_ports(core: Core, unit: Unit) -> dict[str, Any]:
    """Open ports of all units on the machine."""
    return ports.on_machine(core.db, unit.model, unit.machine)


def claim_leadership(core: Core, unit: Unit) -> dict[str, Any]:
    """Claim or renew the lease."""
    if unit.life != "alive":
        return {"leader": False, "seconds": 60.0}
    seconds = models.by_id(core.db, unit.model).lease_seconds
    leads = leases.claim(core.db, unit.model, unit.application, unit.name, seconds)
    return {"leader": leads, "seconds": leases.seconds_left(core.db, unit.model, unit.application)}


def resign(core: Core, unit: Unit) -> None:
    """Give the lease up."""
    seconds = models.by_id(core.db, unit.model).lease_seconds
    leases.resign(core.db, unit.model, unit.application, unit.name, seconds, core.unit_present)


def is_leader(core: Core, unit: Unit) -> bool:
    """Whether the unit holds the lease."""
    return leases.holder(core.db, unit.model, unit.application) == unit.name


def commit_changes(core: Core, unit: Unit, changes: dict[str, Any]) -> None:
    """Apply what a hook asked for."""
    commit.apply(core.db, models.by_id(core.db, unit.model), unit, from_wire(HookChanges, changes))


def clear_resolved(core: Core, unit: Unit) -> None:
    """The agent took notice of `juju resolved`."""
    units.clear_resolved(core.db, unit)


def credential(core: Core, unit: Unit) -> dict[str, Any]:
    """The cloud's credential; there is none, but trust is checked."""
    if not applications.find(core.db, unit.model, unit.application).trust:
        raise Refused("cannot access cloud credentials: permission denied", "unauthorized access")
    return {"type": "jujubox", "name": "jujubox", "region": "localhost", "credential": {"auth-type": "empty"}}


def leader_settings(core: Core, unit: Unit) -> dict[str, str]:
    """What leader-set wrote (3.6)."""
    return views.leader_settings(core.db, unit.model, unit.application)


def set_leader_settings(core: Core, unit: Unit, settings: dict[str, str]) -> None:
    """leader-set (3.6): merged, an empty value deletes."""
    _check_leader(core, unit, "cannot write leadership settings: not the leader")
    old = views.leader_settings(core.db, unit.model, unit.application)
    new = {key: value for key, value in {**old, **settings}.items() if value != ""}
    if new != old:
        leases.write_settings(core.db, unit.model, unit.application, new)


def dead(core: Core, unit: Unit) -> None:
    """Teardown is finished."""
    removal.remove_unit(core.db, unit)


def trigger_reboot(core: Core, unit: Unit) -> None:
    """Restart the unit's machine."""
    machine = machines.find(core.db, unit.model, unit.machine)
    machines.ask_reboot(core.db, machine)


def _check_leader(core: Core, unit: Unit, message: str) -> None:
    if not is_leader(core, unit):
        raise Refused(message, "not leader")


def _put(core: Core, model: int, entity: str, kind: str, word: str, message: str, data: Any = None) -> None:
    status.put(core.db, model, entity, kind, word, message, data)


def _status(item: status.Status) -> dict[str, Any]:
    return {"status": item.status, "message": item.message, "data": item.data, "since": iso(item.since)}


METHODS: dict[str, Callable[..., Any]] = {
    "unit.load_state": load_state,
    "unit.save_state": save_state,
    "unit.facts": facts,
    "unit.set_charm": set_charm,
    "unit.set_agent_status": set_agent_status,
    "unit.set_status": set_status,
    "unit.status": get_status,
    "unit.set_application_status": set_application_status,
    "unit.application_status": application_status,
    "unit.set_workload_version": set_workload_version,
    "unit.config": config,
    "unit.network": network_info,
    "unit.goal_state": goal,
    "unit.charm_state": charm_state,
    "unit.opened_ports": opened_ports,
    "unit.claim_leadership": claim_leadership,
    "unit.resign": resign,
    "unit.is_leader": is_leader,
    "unit.commit": commit_changes,
    "unit.clear_resolved": clear_resolved,
    "unit.credential": credential,
    "unit.leader_settings": leader_settings,
    "unit.set_leader_settings": set_leader_settings,
    "unit.dead": dead,
    "unit.trigger_reboot": trigger_reboot,
}
