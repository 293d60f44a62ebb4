"""Configuring and showing applications. Knows the calls, not the rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jujubox.controller.client.named import find_application, find_unit, outcome
from jujubox.controller.core import Core
from jujubox.model import applications, charms, settings, units
from jujubox.model.database import Refused
from jujubox.model.models import Model


def expose(
    core: Core,
    model: Model,
    application: str,
    endpoints: list[str] | None = None,
    to_cidrs: list[str] | None = None,
    to_spaces: list[str] | None = None,
) -> None:
    """Let the application be reached from outside."""
    found = find_application(core, model, application)
    entry = {"expose-to-spaces": to_spaces or [], "expose-to-cidrs": to_cidrs or ["0.0.0.0/0", "::/0"]}
    entry = {key: value for key, value in entry.items() if value}
    applications.set_exposed(core.db, found, {**(found.exposed or {}), **dict.fromkeys(endpoints or [""], entry)})


def unexpose(core: Core, model: Model, application: str, endpoints: list[str] | None = None) -> None:
    """The contrary."""
    found = find_application(core, model, application)
    left = {name: entry for name, entry in (found.exposed or {}).items() if endpoints and name not in endpoints}
    applications.set_exposed(core.db, found, left or None)


def trust(core: Core, model: Model, application: str, remove: bool = False) -> None:
    """Let the units read the cloud's credential."""
    applications.set_trust(core.db, find_application(core, model, application), not remove)


def constraints(core: Core, model: Model, application: str) -> dict[str, Any]:
    """Constraints of an application's units."""
    return find_application(core, model, application).constraints


def set_constraints(core: Core, model: Model, application: str, constraints: dict[str, Any]) -> None:
    """Replace them."""
    applications.set_constraints(core.db, find_application(core, model, application), constraints)


def config(core: Core, model: Model, application: str) -> dict[str, Any]:
    """What `juju config APP` prints."""
    found = find_application(core, model, application)
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
    found = find_application(core, model, application)
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
    applications.set_config(core.db, find_application(core, model, application), set or {}, reset or [])


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
    outcomes = [outcome("unit", name, one) for name in names]
    return [outcome for outcome in outcomes if not (all and "error" in outcome)]


def _resolve(core: Core, model: Model, name: str, mode: str) -> None:
    units.set_resolved(core.db, find_unit(core, model, name), mode)


def _all_units(core: Core, model: Model) -> list[str]:
    return [unit.name for unit in units.of_model(core.db, model.id)]


METHODS: dict[str, Callable[..., Any]] = {
    "expose": expose,
    "unexpose": unexpose,
    "trust": trust,
    "constraints": constraints,
    "set_constraints": set_constraints,
    "config": config,
    "config_value": config_value,
    "set_config": set_config,
    "resolved": resolved,
}
