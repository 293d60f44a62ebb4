"""Machines as a person names them: by Juju machine id, or by instance name.

Knows: how to ask the controller which instance a Juju machine is.
Must not know: what is done to the machine.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

from jujubox.blocking import CallError, Connection, Disconnected
from jujubox.box import Box
from jujubox.command import controller_process
from jujubox.machines import Machines, MachinesError


def call(box: Box, method: str, **params: Any) -> Any:
    """Ask the controller. Raises MachinesError with what it says."""
    try:
        with Connection.unix(str(box.socket)) as controller:
            return controller.call(method, **params)
    except (CallError, Disconnected, OSError) as error:
        raise MachinesError(f"cannot ask the controller for {method}: {error}") from error


def juju_machines(box: Box) -> list[dict[str, Any]]:
    """The controller's machines; none while it does not run."""
    found: list[dict[str, Any]] = call(box, "box.machines") if controller_process.answers(box) else []
    return found


def choose(name: str, model: str, known: Sequence[dict[str, Any]], instances: Iterable[str]) -> str:
    """The instance that `name` stands for. `model` is empty or says which model's machines count."""
    if name in instances:
        return name
    found = [m for m in known if m["machine"] == name and m["instance_id"] and model in ("", m["model"])]
    if len(found) == 1:
        return str(found[0]["instance_id"])
    if found:
        models = ", ".join(sorted(m["model"] for m in found))
        raise MachinesError(f"cannot tell which machine {name}: there is one in {models}", "add -m MODEL")
    there = ", ".join([*(f"{m['model']}:{m['machine']}" for m in known), *sorted(instances)]) or "none"
    raise MachinesError(f"cannot find machine {name}: there is {there}")


def resolve(box: Box, names: Iterable[str], model: str) -> list[str]:
    """The instances that `names` stand for. The model is the flag's, else JUJU_MODEL's, else any."""
    wanted = (model or os.environ.get("JUJU_MODEL", "")).rpartition(":")[2].rpartition("/")[2]
    known, instances = juju_machines(box), Machines(box).all()
    return [choose(name, wanted, known, instances) for name in names]
