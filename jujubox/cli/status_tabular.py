"""`juju status` as tables: Model, SAAS, App, Unit, Machine, relations, storage.

Knows: the sections, their columns and their order.
Must not know: how the status was got.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from jujubox.cli.ports import port_list
from jujubox.cli.tabs import CYAN, MAGENTA, YELLOW, Colored, columns, status_cell
from jujubox.output import natural

VERSION_WIDTH = 15
"""Longer workload versions are cut."""
MESSAGE_LENGTH = 120
"""Longer messages are cut."""
_HOOKS = (
    "install|start|config-changed|upgrade-charm|stop|remove|action|leader-elected|leader-settings-changed|"
    "update-status|relation-created|relation-joined|relation-changed|relation-departed|relation-broken"
)
_RUNNING_HOOK = re.compile(rf"running ({_HOOKS}) hook")
_RUNNING_ACTION = re.compile(r"running action (.*)")

Status = Mapping[str, Any]
Rows = list[list[str]]


def tabular(status: Status, relations: list[dict[str, str]] | None, storage: bool, color: bool) -> str:
    """Every section that has something in it, with blank lines between. `relations` None leaves them out."""
    applications: Mapping[str, Any] = status.get("applications") or {}
    sections = [
        columns(_model(status), color=color),
        columns(_remote(status.get("application-endpoints") or {}), color=color),
        columns(_applications(applications), right=(3, 6), color=color),
        columns(_units(applications), color=color),
        machine_table(status.get("machines") or {}, color),
        columns(_offers(status.get("offers") or {}), color=color),
        columns(_relations(relations or []), color=color),
        storage_table((status.get("storage") or {}), color) if storage else "",
    ]
    return "\n".join(section for section in sections if section)


def _model(status: Status) -> Rows:
    model = status["model"]
    cloud = "/".join(part for part in (model["cloud"], model.get("region")) if part)
    head = ["Model", "Controller", "Cloud/Region", "Version"]
    row = [model["name"], model["controller"], cloud, model["version"]]
    optional = {"Timestamp": (status.get("controller") or {}).get("timestamp"), "Notes": _model_note(model)}
    for title, value in optional.items():
        if value:
            head.append(title)
            row.append(value)
    return [head, row]


def _model_note(model: Mapping[str, Any]) -> str:
    message = (model.get("model-status") or {}).get("message", "")
    available = model.get("upgrade-available")
    return message or (f"upgrade available: {available}" if available else "")


def _remote(applications: Mapping[str, Any]) -> Rows:
    rows = [["SAAS", "Status", "Store", "URL"]]
    for name, remote in by_name(applications):
        store, _, url = remote["url"].rpartition(":")
        rows.append([name, status_cell(_current(remote, "application-status")), store or "local", url])
    return rows if len(rows) > 1 else []


def _applications(applications: Mapping[str, Any]) -> Rows:
    rows = [["App", "Version", "Status", "Scale", "Charm", "Channel", "Rev", "Exposed", "Message"]]
    for name, app in by_name(applications):
        info = app.get("application-status") or {}
        cells = [name, _version(app), status_cell(info.get("current", "")), _scale(name, app, applications)]
        cells += [app["charm-name"], app.get("charm-channel") or "", str(app["charm-rev"])]
        rows.append([*cells, "yes" if app["exposed"] else "no", cut(info.get("message", ""))])
    return rows if len(rows) > 1 else []


def _offers(offers: Mapping[str, Any]) -> Rows:
    rows = [["Offer", "Application", "Charm", "Rev", "Connected", "Endpoint", "Interface", "Role"]]
    for name, offer in by_name(offers):
        charm, _, revision = offer["charm"].rpartition(":")[2].rpartition("-")
        connected = f"{offer['active-connected-count']}/{offer['total-connected-count']}"
        head = [name, offer["application"], charm, revision, connected]
        for endpoint, end in sorted(offer["endpoints"].items()):
            rows.append([*head, endpoint, end["interface"], end["role"]])
            head = [""] * len(head)
    return rows if len(rows) > 1 else []


def _version(app: Mapping[str, Any]) -> str:
    return cut((app.get("version") or "").split("\n")[0], VERSION_WIDTH)


def cut(text: str, length: int = MESSAGE_LENGTH) -> str:
    """Text that is not longer than a table bears."""
    return text if len(text) <= length else text[: length - 3] + "..."


def _scale(name: str, app: Mapping[str, Any], applications: Mapping[str, Any]) -> str:
    """How many units there are; `2/3` where not every agent is up. For a subordinate its units below principals."""
    units = list((app.get("units") or {}).values())
    if app.get("subordinate-to"):
        units = [info for unit, info in _subordinates(applications) if unit.split("/")[0] == name]
    up = sum(_current(unit, "juju-status") in ("executing", "idle", "running") for unit in units)
    return str(up) if up == len(units) else Colored(f"{up}/{len(units)}", YELLOW)


def _subordinates(applications: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for app in applications.values():
        for unit in (app.get("units") or {}).values():
            yield from (unit.get("subordinates") or {}).items()


def _units(applications: Mapping[str, Any]) -> Rows:
    rows = [["Unit", "Workload", "Agent", "Machine", "Public address", "Ports", "Message"]]
    units = {name: unit for app in applications.values() for name, unit in (app.get("units") or {}).items()}
    for name, unit, level in walk(units):
        label = "  " * level + name + ("*" if unit.get("leader") else "")
        statuses = [status_cell(_current(unit, "workload-status")), status_cell(_current(unit, "juju-status"))]
        address = Colored(unit.get("public-address") or "", CYAN)
        ports = Colored(port_list(unit.get("open-ports") or []), MAGENTA)
        rows.append([label, *statuses, unit.get("machine") or "", address, ports, cut(_message(unit))])
    return rows if len(rows) > 1 else []


def walk(units: Mapping[str, Any], level: int = 0) -> Iterator[tuple[str, Any, int]]:
    """Units by name, each followed by its subordinates one level deeper."""
    for name, unit in by_name(units):
        yield name, unit, level
        yield from walk(unit.get("subordinates") or {}, level + 1)


def _message(unit: Mapping[str, Any]) -> str:
    agent = unit.get("juju-status") or {}
    message: str = (unit.get("workload-status") or {}).get("message", "")
    if agent.get("current") == "allocating" and not message:
        message = agent.get("message", "")
    doing = agent_doing(agent)
    return f"({doing}) {message}" if doing else message


def agent_doing(agent: Mapping[str, Any]) -> str:
    """The hook or action that an agent runs, as far as Juju's tables name it."""
    if agent.get("current") != "executing":
        return ""
    found = _RUNNING_HOOK.search(agent.get("message", "")) or _RUNNING_ACTION.search(agent.get("message", ""))
    return found.group(1) if found else ""


def machine_table(machines: Mapping[str, Any], color: bool) -> str:
    """The Machine section, also what `juju machines` prints."""
    rows = [["Machine", "State", "Address", "Inst id", "Base", "AZ", "Message"]]
    for name, machine in by_name(machines):
        state, message = _machine_state(machine)
        base = machine.get("base") or {}
        spelled = f"{base['name']}@{base['channel']}" if base else ""
        instance = machine.get("display-name") or machine.get("instance-id") or ""
        zone = re.search(r"availability-zone=(\S+)", machine.get("hardware") or "")
        address = Colored(machine.get("dns-name") or "", CYAN)
        rows.append([name, status_cell(state), address, instance, spelled, zone.group(1) if zone else "", cut(message)])
    return columns(rows, color=color) if len(rows) > 1 else ""


def _machine_state(machine: Mapping[str, Any]) -> tuple[str, str]:
    changed = machine.get("modification-status") or {}
    if changed.get("current") == "error":
        return "error", changed.get("message", "")
    return _current(machine, "juju-status"), (machine.get("machine-status") or {}).get("message", "")


def _relations(relations: list[dict[str, str]]) -> Rows:
    rows = [["Integration provider", "Requirer", "Interface", "Type", "Message"]]
    for relation in sorted(relations, key=lambda one: (one["provider"], one["requirer"])):
        cells = [relation["provider"], relation["requirer"], relation["interface"], relation["type"]]
        state, message = relation.get("status") or "joined", relation.get("message") or ""
        rows.append([*cells, *([""] if state == "joined" else [status_cell(state), cut(message)])])
    return rows if len(rows) > 1 else []


def storage_table(storage: Mapping[str, Any], color: bool, mountpoints: bool = True) -> str:
    """The storage section; `juju storage` prints it without mount points."""
    from jujubox.cli.storage_table import storage_rows

    return columns(storage_rows(storage, mountpoints), color=color)


def _current(entity: Mapping[str, Any], key: str) -> str:
    info = entity.get(key) or {}
    return str(info.get("current") or ("error" if "status-error" in info else ""))


def by_name(entities: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Entities in Juju's order of names, where `a/2` comes before `a/10`."""
    return sorted(entities.items(), key=lambda item: natural(item[0]))
