"""Deploying, scaling, configuring, refreshing and removing applications. Knows the calls, not the rules."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jujubox.controller.core import Core
from jujubox.controller.times import iso
from jujubox.model import applications, charms, machines, removal, resources, settings, storage, units
from jujubox.model.applications import Plan
from jujubox.model.charms import StoredCharm
from jujubox.model.database import NotFound, Refused
from jujubox.model.models import Model
from jujubox.model.removal import Force, Toll
from jujubox.names import is_unit


async def deploy(
    core: Core,
    model: Model,
    charm: str,
    application: str | None = None,
    num_units: int = 1,
    config: dict[str, Any] | None = None,
    trust: bool = False,
    base: str | None = None,
    storage: dict[str, str] | None = None,
    resources: dict[str, str] | None = None,
    to: list[str] | None = None,
    constraints: dict[str, Any] | None = None,
    bind: dict[str, str] | None = None,
    force: bool = False,
) -> dict[str, Any]:
    """A new application from a local charm."""
    sha256, documents = await asyncio.to_thread(core.files.add_charm, Path(charm))
    provided = await _provide(core, resources)
    with core.db.transaction():
        stored = charms.add(core.db, model.id, documents, sha256)
        given = dict(config or {})
        own_trust = given.pop("trust", None) if "trust" not in stored.charm.options else None
        plan = Plan(
            name=application or stored.name,
            base=_base(stored, base or str(model.setting("default-base")), base is not None, force),
            units=num_units,
            config=given,
            trust=trust or str(own_trust).lower() == "true",
            storage=storage or {},
            placement=tuple(to or ()),
            constraints=constraints or {},
            bindings=bind or {},
        )
        added = applications.deploy(core.db, model, stored, plan)
        _put_resources(core, model, plan.name, stored, provided)
    return {
        "application": plan.name,
        "charm": stored.name,
        "revision": stored.revision,
        "url": stored.url,
        "base": plan.base,
        "units": added,
    }


async def add_charm(core: Core, model: Model, path: str, force: bool = False) -> dict[str, Any]:
    """Only keep a charm."""
    sha256, documents = await asyncio.to_thread(core.files.add_charm, Path(path))
    with core.db.transaction():
        stored = charms.add(core.db, model.id, documents, sha256)
    base = _base(stored, str(model.setting("default-base")), False, force)
    return {"name": stored.name, "revision": stored.revision, "url": stored.url, "base": base}


def add_unit(
    core: Core,
    model: Model,
    application: str,
    num_units: int = 1,
    to: list[str] | None = None,
    attach_storage: list[str] | None = None,
) -> list[str]:
    """More units."""
    found = applications.find(core.db, model.id, application)
    added = applications.add_units(core.db, model, found, num_units, tuple(to or ()))
    for id_ in attach_storage or ():
        unit = units.find(core.db, model.id, added[0])
        storage.attach(core.db, storage.find(core.db, model.id, id_), unit.name, unit.machine)
    return added


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
        unit = _unit(core, model, name)
        if unit.principal:
            raise Refused(
                f'unit "{name}" is a subordinate, to remove use remove-relation. Note: this will remove all units'
            )
        toll = removal.toll_of(core.db, unit, destroy_storage)
        if not dry_run:
            removal.destroy_unit(core.db, unit, destroy_storage, Force(force, core.unit_present, no_wait))
        return _toll(toll)

    return [_outcome("unit", name, one) for name in units]


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
        application = _application(core, model, name)
        members = units.of_application(core.db, model.id, name)
        tolls = [removal.toll_of(core.db, unit, destroy_storage) for unit in members]
        toll = Toll(
            tuple(unit.name for unit in members),
            tuple(id_ for part in tolls for id_ in part.destroyed_storage),
            tuple(id_ for part in tolls for id_ in part.detached_storage),
        )
        if not dry_run:
            removal.destroy_application(core.db, application, destroy_storage, Force(force, core.unit_present, no_wait))
        return _toll(toll)

    return [_outcome("application", name, one) for name in applications]


async def refresh(
    core: Core,
    model: Model,
    application: str,
    path: str | None = None,
    force_units: bool = False,
    force_base: bool = False,  # noqa: ARG001 - part of the contract
    resources: dict[str, str] | None = None,
    storage: dict[str, str] | None = None,
    config: dict[str, Any] | None = None,
    trust: bool | None = None,
) -> dict[str, Any]:
    """Another charm for an application, or other resources."""
    current = charms.of_application(core.db, model.id, application)
    if path is None and not resources:
        raise Refused(
            f'cannot refresh application "{application}": it is from a local charm (expected --path)', "bad request"
        )
    new = await asyncio.to_thread(core.files.add_charm, Path(path)) if path is not None else None
    provided = await _provide(core, resources)
    with core.db.transaction():
        found = _application(core, model, application)
        stored = _upgrade(core, model, found, current, new, force_units)
        if storage:
            applications.set_storage(core.db, _application(core, model, application), storage)
        if config:
            applications.set_config(core.db, _application(core, model, application), config, [])
        if trust:
            applications.set_trust(core.db, _application(core, model, application), True)
        _put_resources(core, model, application, stored, provided)
    return {"charm": stored.name, "revision": stored.revision, "url": stored.url, "changed": stored.url != current.url}


def expose(
    core: Core,
    model: Model,
    application: str,
    endpoints: list[str] | None = None,
    to_cidrs: list[str] | None = None,
    to_spaces: list[str] | None = None,
) -> None:
    """Let the application be reached from outside."""
    found = _application(core, model, application)
    entry = {"expose-to-spaces": to_spaces or [], "expose-to-cidrs": to_cidrs or ["0.0.0.0/0", "::/0"]}
    entry = {key: value for key, value in entry.items() if value}
    applications.set_exposed(core.db, found, {**(found.exposed or {}), **dict.fromkeys(endpoints or [""], entry)})


def unexpose(core: Core, model: Model, application: str, endpoints: list[str] | None = None) -> None:
    """The contrary."""
    found = _application(core, model, application)
    left = {name: entry for name, entry in (found.exposed or {}).items() if endpoints and name not in endpoints}
    applications.set_exposed(core.db, found, left or None)


def trust(core: Core, model: Model, application: str, remove: bool = False) -> None:
    """Let the units read the cloud's credential."""
    applications.set_trust(core.db, _application(core, model, application), not remove)


def constraints(core: Core, model: Model, application: str) -> dict[str, Any]:
    """Constraints of an application's units."""
    return _application(core, model, application).constraints


def set_constraints(core: Core, model: Model, application: str, constraints: dict[str, Any]) -> None:
    """Replace them."""
    applications.set_constraints(core.db, _application(core, model, application), constraints)


def config(core: Core, model: Model, application: str) -> dict[str, Any]:
    """What `juju config APP` prints."""
    found = _application(core, model, application)
    charm = charms.find(core.db, model.id, found.charm_url)
    trusted = {
        "default": False,
        "description": "Does this application have access to trusted credentials",
        "source": "user" if found.trust else "default",
        "type": "bool",
        "value": found.trust,
    }
    return {
        "application": application,
        "application-config": {"trust": trusted},
        "charm": charm.name,
        "settings": settings.document(charm.charm, found.config),
    }


def config_value(core: Core, model: Model, application: str, key: str) -> Any:
    """One setting in force."""
    found = _application(core, model, application)
    values = applications.effective_config(core.db, found)
    if key == "trust" and key not in values:
        return found.trust
    if key not in values:
        raise Refused(f'key "{key}" not found in "{application}" application config or charm settings.')
    return values[key]


def set_config(
    core: Core,
    model: Model,
    application: str,
    set: dict[str, Any] | None = None,
    reset: list[str] | None = None,
) -> None:
    """Change settings."""
    applications.set_config(core.db, _application(core, model, application), set or {}, reset or [])


def resolved(
    core: Core,
    model: Model,
    units: list[str] | None = None,
    all: bool = False,
    no_retry: bool = False,
) -> list[dict[str, Any]]:
    """Say what should become of failed hooks."""

    def one(name: str) -> dict[str, Any]:
        _resolve(core, model, name, "no-hooks" if no_retry else "retry-hooks")
        return {}

    names = _all_units(core, model) if all else units or []
    outcomes = [_outcome("unit", name, one) for name in names]
    return [outcome for outcome in outcomes if not (all and "error" in outcome)]


def list_resources(core: Core, model: Model, application: str) -> list[dict[str, Any]]:
    """Resources of a charm and what was provided."""
    found = _application(core, model, application)
    charm = charms.find(core.db, model.id, found.charm_url).charm
    provided = resources.of_application(core.db, model.id, application)
    listed = []
    for name, meta in sorted(charm.resources.items()):
        row = provided.get(name)
        entry: dict[str, Any] = {
            "name": name,
            "type": meta.type,
            "description": meta.description,
            "path": meta.filename,
        }
        entry |= {"revision": "0", "origin": "upload", "size": 0}
        if row is not None:
            entry |= {"size": row["size"], "fingerprint": row["sha256"], "uploaded": iso(row["uploaded"])}
            entry["revision"] = iso(row["uploaded"])
        listed.append(entry)
    return listed


async def attach_resource(core: Core, model: Model, application: str, name: str, path: str) -> None:
    """Provide a resource."""
    provided = await _provide(core, {name: path})
    with core.db.transaction():
        found = _application(core, model, application)
        _put_resources(core, model, application, charms.find(core.db, model.id, found.charm_url), provided)


def _application(core: Core, model: Model, name: str) -> applications.Application:
    return applications.find(core.db, model.id, name)


def _unit(core: Core, model: Model, name: str) -> units.Unit:
    if not is_unit(name):
        raise Refused(f'unit name "{name}" not valid', "not valid")
    return units.find(core.db, model.id, name)


def _resolve(core: Core, model: Model, name: str, mode: str) -> None:
    units.set_resolved(core.db, _unit(core, model, name), mode)


def _all_units(core: Core, model: Model) -> list[str]:
    return [unit.name for unit in units.of_model(core.db, model.id)]


def _outcome(key: str, name: str, act: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    try:
        return {key: name, **act(name)}
    except Refused as error:
        return {key: name, "error": error.message}


def _toll(toll: Toll) -> dict[str, Any]:
    return {
        "destroyed-units": list(toll.units),
        "destroyed-storage": list(toll.destroyed_storage),
        "detached-storage": list(toll.detached_storage),
    }


def _base(stored: StoredCharm, base: str, chosen: bool, force: bool) -> str:
    """The base to deploy on. Charms for Ubuntu run on our Debian machines unless another base was asked for."""
    plain = base.split("/")[0]
    supported = [machines.checked_base(name) for name in stored.charm.bases if name in machines.BASES]
    if chosen or force or not supported or plain in supported:
        return machines.checked_base(plain)
    return supported[-1]


async def _provide(core: Core, paths: dict[str, str] | None) -> dict[str, tuple[str, str, int]]:
    """Copies of files by name: path, sha256 and size."""
    provided = {}
    for name, path in (paths or {}).items():
        if not Path(path).is_file():
            raise NotFound(f'resource "{name}": open {path}: no such file or directory')
        provided[name] = (path, *await asyncio.to_thread(core.files.add, Path(path)))
    return provided


def _put_resources(
    core: Core, model: Model, application: str, charm: StoredCharm, provided: dict[str, tuple[str, str, int]]
) -> None:
    for name, (_, sha256, size) in provided.items():
        resources.check(charm, name)
        found = applications.find(core.db, model.id, application)
        resources.put(core.db, found, name, charm.charm.resources[name].filename, sha256, size)


def _upgrade(
    core: Core,
    model: Model,
    application: applications.Application,
    current: StoredCharm,
    new: tuple[str, dict[str, Any]] | None,
    force: bool,
) -> StoredCharm:
    if new is None:
        return current
    stored = charms.add(core.db, model.id, new[1], new[0])
    if stored.name != current.name:
        raise Refused(
            f'cannot refresh "{application.name}" to charm "{stored.name}": it is charm "{current.name}"', "bad request"
        )
    applications.set_charm(core.db, application, stored, force)
    return stored


METHODS = {
    "deploy": deploy,
    "add_charm": add_charm,
    "add_unit": add_unit,
    "remove_unit": remove_unit,
    "remove_application": remove_application,
    "refresh": refresh,
    "expose": expose,
    "unexpose": unexpose,
    "trust": trust,
    "constraints": constraints,
    "set_constraints": set_constraints,
    "config": config,
    "config_value": config_value,
    "set_config": set_config,
    "resolved": resolved,
    "resources": list_resources,
    "attach_resource": attach_resource,
}
