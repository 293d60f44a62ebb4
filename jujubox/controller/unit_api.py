"""What the agent of a unit may ask: `unit.*`, `relation.*`, `secret.*`, `storage.*`, `resource.*`, `action.*`.

Knows: rules of who may see and change what.
Must not know: sockets; waiting (see `agent_api`).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from jujubox.controller.core import Core
from jujubox.controller.times import iso, trimmed
from jujubox.model import (
    applications,
    charms,
    commit,
    databags,
    goal_state,
    leases,
    machines,
    models,
    network,
    ports,
    relations,
    removal,
    resources,
    secret_access,
    secret_events,
    secrets,
    status,
    storage,
    tasks,
    units,
    views,
)
from jujubox.model.database import NotFound, Refused, loads
from jujubox.model.units import Unit
from jujubox.names import is_unit
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
    return network.info(machine.address, core.box.subnet)


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


def refresh_network(core: Core, unit: Unit) -> None:
    """Bring the network keys of the unit's databags up to date."""
    for relation in relations.of_application(core.db, unit.model, unit.application):
        if relations.in_scope(core.db, unit.model, relation.id, unit.name):
            _write_network_keys(core, unit, relation.id)


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
    removal.after_relation(core.db, unit.model)


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
    if not found.peer and not is_leader(core, unit):
        raise Refused("permission denied", "unauthorized access")
    return databags.read(core.db, unit.model, relation, unit.application) or {}


def relation_model(core: Core, unit: Unit, relation: int) -> str:
    """The uuid of the far end's model: always the own."""
    relations.find(core.db, unit.model, relation)
    return models.by_id(core.db, unit.model).uuid


def secret_create_id(core: Core, unit: Unit) -> str:
    """A URI for a secret that a commit will create."""
    return secrets.uri_of(models.by_id(core.db, unit.model).uuid, secrets.new_id())


def secret_get(
    core: Core,
    unit: Unit,
    uri: str | None = None,
    label: str | None = None,
    refresh: bool = False,
    peek: bool = False,
    new_label: str | None = None,
) -> dict[str, Any]:
    """What secret-get prints."""
    secret, revision, content = secret_access.read(core.db, unit.model, unit.name, uri, label, refresh, peek, new_label)
    model = models.by_id(core.db, unit.model)
    return {"uri": secrets.uri_of(model.uuid, secret.id), "revision": revision, "content": content}


def secret_info(core: Core, unit: Unit, uri: str | None = None, label: str | None = None) -> dict[str, Any]:
    """Metadata of secrets that the unit manages."""
    owned = secrets.owned(core.db, unit.model, unit.name)
    if uri:
        owned = [secret for secret in owned if secret.id == secrets.bare_id(uri)]
    elif label:
        owned = [secret for secret in owned if secret.label == label]
    if (uri or label) and not owned:
        raise NotFound(f'secret "{secrets.bare_id(uri) if uri else label}" not found')
    return {secret.id: _secret_info(core, secret) for secret in owned}


def secret_ids(core: Core, unit: Unit) -> list[str]:
    """Ids of secrets that the unit manages."""
    return [secret.id for secret in secrets.owned(core.db, unit.model, unit.name)]


def secret_hook_done(core: Core, unit: Unit, hook: str, uri: str, revision: int | None = None) -> None:
    """A rotate or expired hook ran."""
    secret_events.hook_done(core.db, secrets.find(core.db, unit.model, uri), hook, revision)


def storage_attached(core: Core, unit: Unit, storage: str) -> None:
    """The attached hook ran."""
    _set_storage(core, unit, storage, "attached")


def storage_detached(core: Core, unit: Unit, storage: str) -> None:
    """The detaching hook ran."""
    _set_storage(core, unit, storage, "detached")


def resource_path(core: Core, unit: Unit, name: str) -> dict[str, Any]:
    """What a resource is."""
    row = resources.find(core.db, unit.model, unit.application, name)
    return {"filename": row["filename"], "sha256": row["sha256"], "size": row["size"]}


def resource_read(core: Core, unit: Unit, name: str, offset: int, length: int) -> dict[str, Any]:
    """A part of a resource."""
    row = resources.find(core.db, unit.model, unit.application, name)
    data = core.files.read(row["sha256"], offset, length)
    return {"data": base64.b64encode(data).decode(), "size": row["size"], "sha256": row["sha256"]}


def action_begin(core: Core, unit: Unit, task: str) -> dict[str, Any]:
    """A task starts to run."""
    found = _task(core, unit, task)
    if found.status not in ("pending", "running"):
        raise Refused(f'task "{task}" is {found.status}')
    tasks.begin(core.db, found)
    wire: dict[str, Any] = to_wire(tasks.view(found))
    return wire


def action_log(core: Core, unit: Unit, task: str, message: str) -> None:
    """A line of progress."""
    tasks.log(core.db, _task(core, unit, task), message)


def action_finish(core: Core, unit: Unit, task: str, status: str, results: dict[str, Any], message: str = "") -> None:
    """A task is over."""
    tasks.finish(core.db, _task(core, unit, task), status, results, message)


def _task(core: Core, unit: Unit, task: str) -> tasks.Task:
    found = tasks.find(core.db, unit.model, task)
    if found.receiver != unit.name:
        raise Refused("permission denied", "unauthorized access")
    return found


def _set_storage(core: Core, unit: Unit, id_: str, state: str) -> None:
    item = storage.find(core.db, unit.model, id_)
    if item.unit != unit.name:
        raise NotFound(f'storage "{id_}" not found')
    if state == "attached":
        storage.set_state(core.db, item, "attached")
    else:
        storage.detached(core.db, item)


def _secret_info(core: Core, secret: secrets.Secret) -> dict[str, Any]:
    rows = secrets.revisions(core.db, secret)
    access = [
        {
            "target": ("unit-" + target.replace("/", "-")) if is_unit(target) else f"application-{target}",
            "scope": secret_access.relation_of_grant(core.db, secret, relation),
            "role": "view",
        }
        for target, relation in secret_access.grants(core.db, secret)
    ]
    info = {
        "revision": secret.latest,
        "label": secret.label,
        "owner": secret.owner_kind,
        "description": secret.description or None,
        "rotation": secret.rotate if secret.rotate != "never" else "never",
        "expiry": iso(rows[-1]["expires"]) if rows and rows[-1]["expires"] is not None else None,
        "rotates": iso(secret.rotates) if secret.rotates is not None else None,
        "access": access or None,
    }
    return trimmed(info)


def _write_network_keys(core: Core, unit: Unit, relation: int) -> None:
    model = models.by_id(core.db, unit.model)
    address = machines.find(core.db, unit.model, unit.machine).address
    bag = databags.read(core.db, unit.model, relation, unit.name) or {}
    new = {**bag, **network.bag_keys(address, model.personality)}
    databags.write(core.db, unit.model, relation, unit.name, new, model.personality)


def _ensure_subordinate(core: Core, unit: Unit, relation: relations.Relation) -> None:
    if relation.scope != "container" or relation.peer or unit.principal:
        return
    application = applications.find(core.db, unit.model, relation.other_than(unit.application).application)
    beside = [other.application for other in units.subordinates(core.db, unit.model, unit.name)]
    if application.subordinate and application.life == "alive" and application.name not in beside:
        model = models.by_id(core.db, unit.model)
        applications.add_unit(core.db, model, application, unit.machine, principal=unit.name)


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
    "unit.refresh_network": refresh_network,
    "unit.credential": credential,
    "unit.leader_settings": leader_settings,
    "unit.set_leader_settings": set_leader_settings,
    "unit.dead": dead,
    "unit.trigger_reboot": trigger_reboot,
    "relation.enter": enter,
    "relation.leave": leave,
    "relation.settings": settings,
    "relation.local_application_settings": local_application_settings,
    "relation.model": relation_model,
    "secret.create_id": secret_create_id,
    "secret.get": secret_get,
    "secret.info": secret_info,
    "secret.ids": secret_ids,
    "secret.hook_done": secret_hook_done,
    "storage.attached": storage_attached,
    "storage.detached": storage_detached,
    "resource.path": resource_path,
    "resource.read": resource_read,
    "action.begin": action_begin,
    "action.log": action_log,
    "action.finish": action_finish,
}
