"""What agents may ask: the agent methods of `protocol`.

Knows: which function answers which method, and that a unit must live on the machine that asks.
Must not know: sockets; how the model is stored.
"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from jujubox.controller import relation_api, secret_api, unit_api, work_api
from jujubox.controller.core import Core, log_topic
from jujubox.model import charms, machines, models, status, units, views
from jujubox.model.database import Refused
from jujubox.names import is_unit

POLL = 25.0
"""Seconds that a long poll lasts at most: how often an agent shows that it is there."""


@dataclass(frozen=True)
class Session:
    """A machine agent that logged in."""

    model: int
    machine: str

    @property
    def key(self) -> tuple[int, str]:
        """Its name among the present."""
        return self.model, self.machine


def login(core: Core, model: str, machine: str, token: str) -> tuple[Session, dict[str, Any]]:
    """Check who connects. Raises Refused."""
    found = models.find(core.db, model)
    row = machines.find(core.db, found.id, machine)
    if row.token != token:
        raise Refused("invalid entity name or password", "unauthorized access")
    return Session(found.id, machine), {"agent_version": found.agent_version}


async def call(core: Core, session: Session, method: str, params: dict[str, Any]) -> Any:
    """Answer one call. Raises Refused."""
    core.presence.heard(session.key)
    if method in _POLLS:
        return await _POLLS[method](core, session, **params)
    if method in _SESSION_METHODS:
        with core.db.transaction():
            return _SESSION_METHODS[method](core, session, **params)
    function = _UNIT_METHODS.get(method)
    if function is None:
        raise Refused(f'unknown method "{method}"', "not implemented")
    with core.db.transaction():
        unit = unit_of(core, session, str(params.pop("unit", "")))
        return function(core, unit, **params)


def unit_of(core: Core, session: Session, name: str) -> units.Unit:
    """A unit of the machine that asks. Raises Refused."""
    if not is_unit(name):
        raise Refused(f'"{name}" is not a valid unit name', "bad request")
    unit = units.find(core.db, session.model, name)
    if unit.machine != session.machine:
        raise Refused("permission denied", "unauthorized access")
    if not unit.agent_known:
        units.agent_spoke(core.db, unit)
    return unit


async def _machine_watch(core: Core, session: Session, seen: str, timeout: float) -> Any:
    key = ("machine-view", *session.key)
    return await core.snapshots.next(
        key, seen, min(timeout, POLL), lambda: views.machine_view(core.db, session.model, session.machine)
    )


async def _unit_watch(core: Core, session: Session, unit: str, seen: str, timeout: float) -> Any:
    with core.db.transaction():
        unit_of(core, session, unit)
    key = ("unit-view", session.model, unit)
    return await core.snapshots.next(
        key, seen, min(timeout, POLL), lambda: views.unit_view(core.db, session.model, unit)
    )


def _machine_started(core: Core, session: Session, boot_id: str, hostname: str, address: str) -> None:
    machine = machines.find(core.db, session.model, session.machine)
    moved = machines.set_started(core.db, machine, boot_id, hostname, address)
    for unit in units.on_machine(core.db, session.model, session.machine):
        workload = status.get(core.db, session.model, unit.entity, "workload")
        if workload is not None and workload.message == "waiting for machine":
            status.put(core.db, session.model, unit.entity, "workload", "waiting", "installing agent")
        if moved:
            relation_api.refresh_network(core, unit)


def _charm_read(
    core: Core,
    session: Session,
    url: str,
    offset: int,
    length: int,
    unit: str = "",  # noqa: ARG001 - said by all calls
) -> dict[str, Any]:
    charm = charms.find(core.db, session.model, url)
    data = core.files.read(charm.sha256, offset, length)
    return {"data": base64.b64encode(data).decode(), "size": core.files.size(charm.sha256), "sha256": charm.sha256}


def _log_write(core: Core, session: Session, entries: list[dict[str, Any]]) -> None:
    core.log.write(session.model, entries)
    core.bell.ring([log_topic(session.model)])


_POLLS: dict[str, Callable[..., Awaitable[Any]]] = {"machine.watch": _machine_watch, "unit.watch": _unit_watch}
_SESSION_METHODS: dict[str, Callable[..., Any]] = {
    "machine.started": _machine_started,
    "charm.read": _charm_read,
    "log.write": _log_write,
}
_UNIT_METHODS: dict[str, Callable[..., Any]] = {
    name: function for part in (unit_api, relation_api, secret_api, work_api) for name, function in part.METHODS.items()
}
