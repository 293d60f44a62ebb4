"""What a query of `juju wait-for` can ask about applications, units, machines and models.

Knows: which identifier is which part of a status.
Must not know: the query language, or how long to wait.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Status = Mapping[str, Any]


def application(status: Status, name: str) -> dict[str, Any] | None:
    """An application's scope; None while there is none."""
    app = (status.get("applications") or {}).get(name)
    if app is None:
        return None
    units = {key: unit(status, key) for key in app.get("units") or {}}
    machines = {value["machine-id"]: machine(status, value["machine-id"]) for value in units.values() if value}
    return {
        "name": name,
        "life": _life(app),
        "exposed": app["exposed"],
        "charm-url": app["charm"],
        "min-units": 0,
        "subordinate": bool(app.get("subordinate-to")),
        "status": _current(app, "application-status"),
        "workload-version": app.get("version") or "",
        "units": units,
        "machines": machines,
    }


def unit(status: Status, name: str) -> dict[str, Any] | None:
    """A unit's scope; None while there is none."""
    for owner, app in (status.get("applications") or {}).items():
        for principal, info in (app.get("units") or {}).items():
            if principal == name:
                return _unit(status, name, owner, app, info, "")
            subordinate = (info.get("subordinates") or {}).get(name)
            if subordinate:
                own = name.split("/")[0]
                there = {**subordinate, "machine": subordinate.get("machine") or info.get("machine")}
                return _unit(status, name, own, (status["applications"]).get(own) or {}, there, principal)
    return None


def _unit(
    status: Status, name: str, owner: str, app: Mapping[str, Any], info: Mapping[str, Any], principal: str
) -> dict[str, Any]:
    machine_id = info.get("machine") or ""
    workload = info.get("workload-status") or {}
    return {
        "name": name,
        "application": owner,
        "base": _base(app),
        "charm-url": app.get("charm") or "",
        "life": _life(info.get("juju-status") or {}),
        "public-address": info.get("public-address") or "",
        "private-address": info.get("public-address") or "",
        "machine-id": machine_id,
        "principal": principal,
        "subordinate": bool(principal),
        "workload-status": workload.get("current") or "",
        "workload-message": workload.get("message") or "",
        "agent-status": _current(info, "juju-status"),
        "machines": {machine_id: machine(status, machine_id)},
    }


def machine(status: Status, machine_id: str) -> dict[str, Any] | None:
    """A machine's scope; None while there is none."""
    info = (status.get("machines") or {}).get(machine_id)
    if info is None:
        return None
    agent = _current(info, "juju-status")
    return {
        "id": machine_id,
        "life": _life(info.get("juju-status") or {}),
        "status": agent,
        "agent-status": agent,
        "instance-status": _current(info, "machine-status"),
        "base": _base(info),
        "container-type": "",
    }


def model(status: Status, name: str) -> dict[str, Any]:
    """The model's scope."""
    apps = status.get("applications") or {}
    units = {key for app in apps.values() for key in app.get("units") or {}}
    return {
        "name": name,
        "life": "alive",
        "is-controller": False,
        "status": (status["model"].get("model-status") or {}).get("current") or "",
        "applications": {key: application(status, key) for key in apps},
        "machines": {key: machine(status, key) for key in status.get("machines") or {}},
        "units": {key: unit(status, key) for key in units},
    }


def _life(info: Mapping[str, Any]) -> str:
    return str(info.get("life") or "alive")


def _current(info: Mapping[str, Any], key: str) -> str:
    return str((info.get(key) or {}).get("current") or "")


def _base(info: Mapping[str, Any]) -> str:
    base = info.get("base") or {}
    return f"{base['name']}@{base['channel']}" if base else ""
