"""What the `jujubox` command may ask: machines as they are, faults, the end.

Knows: `box.*` methods of `protocol`.
Must not know: what a fault does to a machine.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

from jujubox.controller.core import Core
from jujubox.machines import Faults, Machines
from jujubox.model import machines, models, topics
from jujubox.model.database import Refused


async def call(core: Core, method: str, params: dict[str, Any]) -> Any:
    """Answer one call. Raises Refused."""
    function = _METHODS.get(method)
    if function is None:
        raise Refused(f'unknown method "{method}"', "not implemented")
    return await function(core, **params)


async def _machines(core: Core) -> list[dict[str, Any]]:
    names = {model.id: model.name for model in models.every(core.db)}
    return [
        {
            "model": names.get(machine.model, ""),
            "machine": machine.id,
            "instance_id": machine.instance,
            "address": machine.address,
            "status": core.machines.state(machine.instance),
        }
        for machine in machines.every(core.db)
    ]


async def _fault(core: Core, kind: str, machines: list[str], options: dict[str, Any] | None = None) -> None:
    await _faults(core).apply(kind, machines, options or {})
    core.bell.ring([topics.MACHINES])


async def _heal(core: Core, machines: list[str] | None = None) -> Any:
    healed = await _faults(core).heal(machines or None)
    core.bell.ring([topics.MACHINES])
    return list(healed)


async def _list(core: Core) -> Any:
    return list(_faults(core).list())


async def _shutdown(core: Core) -> None:
    core.stopping.set()


def _faults(core: Core) -> Faults:
    return Faults(cast(Machines, core.machines))


_METHODS: dict[str, Callable[..., Awaitable[Any]]] = {
    "box.machines": _machines,
    "box.fault": _fault,
    "box.heal": _heal,
    "box.faults": _list,
    "box.shutdown": _shutdown,
}
