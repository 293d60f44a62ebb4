"""Files that the operator provides beside a charm."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jujubox.controller.client.named import find_application
from jujubox.controller.core import Core
from jujubox.controller.times import iso
from jujubox.model import applications, charms, resources
from jujubox.model.charms import StoredCharm
from jujubox.model.database import NotFound
from jujubox.model.models import Model


def list_resources(core: Core, model: Model, application: str) -> list[dict[str, Any]]:
    """Resources of a charm and what was provided."""
    found = find_application(core, model, application)
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
    provided = await provide(core, {name: path})
    with core.db.transaction():
        found = find_application(core, model, application)
        put_resources(core, model, application, charms.find(core.db, model.id, found.charm_url), provided)


async def provide(core: Core, paths: dict[str, str] | None) -> dict[str, tuple[str, str, int]]:
    """Copies of files by name: path, sha256 and size."""
    provided = {}
    for name, path in (paths or {}).items():
        if not Path(path).is_file():
            raise NotFound(f'resource "{name}": open {path}: no such file or directory')
        provided[name] = (path, *await asyncio.to_thread(core.files.add, Path(path)))
    return provided


def put_resources(
    core: Core, model: Model, application: str, charm: StoredCharm, provided: dict[str, tuple[str, str, int]]
) -> None:
    """Hand copied files to an application whose charm knows them. Raises NotFound."""
    for name, (_, sha256, size) in provided.items():
        resources.check(charm, name)
        found = applications.find(core.db, model.id, application)
        resources.put(core.db, found, name, charm.charm.resources[name].filename, sha256, size)


METHODS: dict[str, Callable[..., Any]] = {
    "resources": list_resources,
    "attach_resource": attach_resource,
}
