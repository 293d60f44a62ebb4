"""Models and the controller itself. Knows what `juju models`, `show-model` and `controllers` print."""

from __future__ import annotations

from typing import Any

from jujubox.controller.core import Core
from jujubox.controller.times import iso, trimmed
from jujubox.model import applications, machines, models, removal, units
from jujubox.model.models import Model

CONTROLLER, CLOUD, REGION = "jujubox", "jujubox", "localhost"


def add_model(core: Core, name: str, config: dict[str, Any] | None = None, base: str | None = None) -> dict[str, Any]:
    """A new model."""
    settings = {**(config or {}), **({"default-base": base} if base else {})}
    created = models.create(core.db, name, settings)
    return {"name": created.name, "uuid": created.uuid}


def destroy_model(core: Core, name: str, destroy_storage: bool = False, force: bool = False) -> None:  # noqa: ARG001
    """Begin to remove a model."""
    removal.destroy_model(core.db, models.find(core.db, name), force)


def list_models(core: Core) -> list[dict[str, Any]]:
    """Every model."""
    return [_summary(core, model) for model in models.every(core.db)]


def show_model(core: Core, model: Model) -> dict[str, Any]:
    """One model with its users and machines."""
    summary = _summary(core, model)
    for key in ("machine-count", "unit-count", "access", "last-connection"):
        summary.pop(key, None)
    rows = {machine.id: {"cores": 0} for machine in machines.of_model(core.db, model.id)}
    return {
        **summary,
        "users": {"admin": {"display-name": "admin", "access": "admin", "last-connection": "just now"}},
        **({"machines": rows} if rows else {}),
    }


def controller(core: Core) -> dict[str, Any]:
    """The controller."""
    every = models.every(core.db)
    personality: models.Personality = next((m.personality for m in every if m.name == "default"), "4.0")
    return {
        "name": CONTROLLER,
        "uuid": models.controller_uuid(core.db),
        "cloud": CLOUD,
        "region": REGION,
        "api-endpoints": [f"{core.box.gateway}:{core.box.agent_port}"],
        "agent-version": models.AGENT_VERSIONS[personality],
        "ca-cert": "",
        "models": len(every),
        "machines": len(machines.every(core.db)),
        "personality": personality,
    }


def model_config(core: Core, model: Model) -> dict[str, Any]:  # noqa: ARG001
    """Every setting with its source."""
    return models.config_document(model)


def set_model_config(
    core: Core, model: Model, set: dict[str, Any] | None = None, reset: list[str] | None = None
) -> None:
    """Change settings."""
    models.set_config(core.db, model, set or {}, reset or [])


def model_constraints(core: Core, model: Model) -> dict[str, Any]:  # noqa: ARG001
    """The model's constraints."""
    return model.constraints


def set_model_constraints(core: Core, model: Model, constraints: dict[str, Any]) -> None:
    """Replace the model's constraints."""
    models.set_constraints(core.db, model, constraints)


def agent_version(core: Core, model: Model) -> str:  # noqa: ARG001
    """The version that agents show."""
    return model.agent_version


def _summary(core: Core, model: Model) -> dict[str, Any]:
    status = {"current": "available" if model.life == "alive" else "destroying", "since": iso(model.created)}
    return trimmed(
        {
            "name": f"admin/{model.name}",
            "short-name": model.name,
            "model-uuid": model.uuid,
            "model-type": "iaas",
            "controller-uuid": models.controller_uuid(core.db),
            "controller-name": CONTROLLER,
            "is-controller": False,
            "cloud": CLOUD,
            "region": REGION,
            "type": "jujubox",
            "life": model.life,
            "status": status,
            "access": "admin",
            "last-connection": "just now",
            "agent-version": model.agent_version,
            "machine-count": len(machines.of_model(core.db, model.id)),
            "unit-count": sum(
                len(units.of_application(core.db, model.id, application.name))
                for application in applications.of_model(core.db, model.id)
            ),
            "personality": model.personality,
        }
    )


METHODS = {
    "add_model": add_model,
    "destroy_model": destroy_model,
    "models": list_models,
    "show_model": show_model,
    "controller": controller,
    "model_config": model_config,
    "set_model_config": set_model_config,
    "model_constraints": model_constraints,
    "set_model_constraints": set_model_constraints,
    "agent_version": agent_version,
}
