"""Deploying, scaling and refreshing applications: charms come from the disk of this host."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jujubox.controller.client.named import find_application
from jujubox.controller.client.resources import provide, put_resources
from jujubox.controller.core import Core
from jujubox.model import applications, charms, machines, storage, units
from jujubox.model.applications import Plan
from jujubox.model.charms import StoredCharm
from jujubox.model.database import Refused
from jujubox.model.models import Model


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
    provided = await provide(core, resources)
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
        put_resources(core, model, plan.name, stored, provided)
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
    provided = await provide(core, resources)
    with core.db.transaction():
        found = find_application(core, model, application)
        stored = _upgrade(core, model, found, current, new, force_units)
        if storage:
            applications.set_storage(core.db, find_application(core, model, application), storage)
        if config:
            applications.set_config(core.db, find_application(core, model, application), config, [])
        if trust:
            applications.set_trust(core.db, find_application(core, model, application), True)
        put_resources(core, model, application, stored, provided)
    return {"charm": stored.name, "revision": stored.revision, "url": stored.url, "changed": stored.url != current.url}


def _base(stored: StoredCharm, base: str, chosen: bool, force: bool) -> str:
    """The base to deploy on. Charms for Ubuntu run on our Debian machines unless another base was asked for."""
    plain = base.split("/")[0]
    supported = [machines.checked_base(name) for name in stored.charm.bases if name in machines.BASES]
    if chosen or force or not supported or plain in supported:
        return machines.checked_base(plain)
    return supported[-1]


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


METHODS: dict[str, Callable[..., Any]] = {
    "deploy": deploy,
    "add_charm": add_charm,
    "add_unit": add_unit,
    "refresh": refresh,
}
