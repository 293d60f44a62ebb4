"""Machines, and how `juju ssh` finds its way into one."""

from __future__ import annotations

from typing import Any

from jujubox.controller.core import Core
from jujubox.model import machines, removal, units
from jujubox.model.database import NotFound, Refused
from jujubox.model.models import Model
from jujubox.model.removal import Force
from jujubox.names import is_machine


def add_machine(
    core: Core, model: Model, count: int = 1, base: str | None = None, constraints: dict[str, Any] | None = None
) -> list[str]:
    """Machines that no unit asked for."""
    chosen = base or str(model.setting("default-base"))
    return [machines.add(core.db, model, chosen, True, constraints).id for _ in range(count)]


def remove_machine(
    core: Core,
    model: Model,
    machines: list[str],
    force: bool = False,
    keep: bool = False,  # noqa: ARG001 - part of the contract
    dry_run: bool = False,
) -> list[dict[str, Any]]:
    """Begin to remove machines."""
    return [_remove(core, model, number, force, dry_run) for number in machines]


def ssh_target(core: Core, model: Model, target: str) -> dict[str, Any]:
    """The machine that a unit's name, `app/leader` or a machine's id means."""
    unit = None if is_machine(target) else units.resolve(core.db, model.id, target)
    machine = machines.find(core.db, model.id, unit.machine if unit is not None else target)
    pid = core.machines.leader(machine.instance)
    if pid is None:
        raise Refused(f"machine {machine.id} is not running")
    return {
        "machine": machine.id,
        **({"unit": unit.name} if unit is not None else {}),
        "address": machine.address,
        "hostname": machine.hostname,
        "instance_id": machine.instance,
        "pid": pid,
    }


def _remove(core: Core, model: Model, number: str, force: bool, dry_run: bool) -> dict[str, Any]:
    try:
        machines.find(core.db, model.id, number)
        placed = machines.units_on(core.db, model.id, number)
        if not dry_run:
            removal.destroy_machine(core.db, model.id, number, Force(force, core.unit_present))
    except NotFound as error:
        return {"machine": number, "error": error.message}
    except Refused as error:
        return {"machine": number, "error": error.message}
    return {"machine": number, "destroyed-units": placed, "destroyed-storage": [], "detached-storage": []}


METHODS = {"add_machine": add_machine, "remove_machine": remove_machine, "ssh_target": ssh_target}
