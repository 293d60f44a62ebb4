"""Storage as commands see and change it."""

from __future__ import annotations

from typing import Any

from jujubox.controller.core import Core
from jujubox.controller.times import iso, trimmed
from jujubox.model import charms, storage, units
from jujubox.model.models import Model
from jujubox.model.storage import Storage


def list_storage(core: Core, model: Model) -> dict[str, Any]:
    """The storage object of `juju status`."""
    return document(core, model)


def show_storage(core: Core, model: Model, ids: list[str]) -> dict[str, Any]:
    """Some storage instances."""
    return {id_: _entry(storage.find(core.db, model.id, id_)) for id_ in ids}


def add_storage(core: Core, model: Model, unit: str, storage: dict[str, str]) -> list[str]:
    """More storage for a unit."""
    found = units.find(core.db, model.id, unit)
    charm = charms.of_application(core.db, model.id, found.application).charm
    return [id_ for name, text in storage.items() for id_ in _add(core, model, found, charm, name, text)]


def attach_storage(core: Core, model: Model, unit: str, ids: list[str]) -> None:
    """Attach detached storage."""
    found = units.find(core.db, model.id, unit)
    for id_ in ids:
        storage.attach(core.db, storage.find(core.db, model.id, id_), found.name, found.machine)


def detach_storage(core: Core, model: Model, ids: list[str], force: bool = False) -> None:
    """Detach storage, keeping it."""
    for id_ in ids:
        storage.detach(core.db, storage.find(core.db, model.id, id_), force=force)


def remove_storage(core: Core, model: Model, ids: list[str], force: bool = False, no_destroy: bool = False) -> None:
    """Remove storage."""
    for id_ in ids:
        item = storage.find(core.db, model.id, id_)
        storage.detach(core.db, item, destroy=not no_destroy, force=force)
        if no_destroy and not item.unit:
            storage.remove(core.db, item)


def document(core: Core, model: Model) -> dict[str, Any]:
    """Storage instances and the filesystems behind them; empty if there are none."""
    items = storage.of_model(core.db, model.id)
    if not items:
        return {}
    return {
        "storage": {item.id: _entry(item) for item in items},
        "filesystems": {str(number): _filesystem(item) for number, item in enumerate(items)},
    }


def _add(core: Core, model: Model, unit: units.Unit, charm: Any, name: str, text: str) -> list[str]:
    count = storage.parse_directive(text).count or 1
    return storage.add_more(core.db, model.id, unit.name, unit.machine, charm, name, count, model.personality, text)


def _status(item: Storage) -> dict[str, Any]:
    attached = {"provisioned": "attached"}.get(item.state, item.state)
    return {"current": attached, "since": iso(item.since)}


def _life(life: str) -> str | None:
    return None if life == "alive" else life


def _entry(item: Storage) -> dict[str, Any]:
    shown = {"machine": item.machine, "location": item.location, "life": _life(item.attachment)}
    attachment = trimmed(shown)
    entry = {
        "kind": item.kind,
        "life": _life(item.life),
        "status": _status(item),
        "persistent": False,
        "attachments": {"units": {item.unit: attachment}} if item.unit else None,
    }
    return trimmed(entry)


def _filesystem(item: Storage) -> dict[str, Any]:
    place = trimmed({"mount-point": item.location, "read-only": False, "life": _life(item.attachment)})
    attachments = {
        "machines": {item.machine: place},
        **({"units": {item.unit: {"machine": item.machine, "location": item.location}}} if item.unit else {}),
    }
    return trimmed(
        {
            "provider-id": item.id.replace("/", "-"),
            "storage": item.id,
            "attachments": attachments,
            "pool": item.pool,
            "size": item.size,
            "life": _life(item.life),
            "status": _status(item),
        }
    )


METHODS = {
    "storage": list_storage,
    "show_storage": show_storage,
    "add_storage": add_storage,
    "attach_storage": attach_storage,
    "detach_storage": detach_storage,
    "remove_storage": remove_storage,
}
