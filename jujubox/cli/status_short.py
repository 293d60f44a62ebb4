"""`juju status` in few words: a line a unit (`short`, `oneline`, `line`), and counts (`summary`).

Knows: the shapes of these formats.
Must not know: how the status was got.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from jujubox.cli.ports import port_list
from jujubox.cli.status_tabular import by_name, walk


def one_line_a_unit(status: Mapping[str, Any]) -> str:
    """`- app/0: 10.0.0.1 (agent:idle, workload:active) 80/tcp`, subordinates indented."""
    lines = []
    for name, unit, level in _units(status):
        agent, workload = unit["juju-status"].get("current", ""), unit["workload-status"].get("current", "")
        ports = port_list(unit.get("open-ports") or [])
        line = f"- {name}: {unit.get('public-address') or ''} (agent:{agent}, workload:{workload})"
        lines.append("  " * level + line + (f" {ports}" if ports else ""))
    return "".join(f"{line}\n" for line in lines)


def summary(status: Mapping[str, Any]) -> str:
    """Subnets and ports in use, then how many machines, units and applications are in which state."""
    units = [unit for _, unit, _ in _units(status)]
    machines = list((status.get("machines") or {}).values())
    applications = status.get("applications") or {}
    remote = status.get("application-endpoints") or {}
    rows = [("# Machines:", f"({len(machines)})"), *_counted(machines, "juju-status", "pending"), ("", "")]
    rows += [("# Units:", f"({len(units)})"), *_counted(units, "workload-status", ""), ("", "")]
    rows += [("# Applications:", f"({len(applications)})")]
    rows += [(name, f"{int(app['exposed'])}/1", "exposed") for name, app in by_name(applications)]
    rows += [("", ""), ("# Remote:", f"({len(remote)})"), *((name, app["url"]) for name, app in by_name(remote))]
    return "".join([*_head(machines, units), "\n", *_right_aligned(rows)])


def _units(status: Mapping[str, Any]) -> Iterator[tuple[str, Any, int]]:
    for _, application in by_name(status.get("applications") or {}):
        yield from walk(application.get("units") or {})


def _head(machines: Iterable[Any], units: Iterable[Any]) -> Iterator[str]:
    addresses = [machine.get("dns-name") or "" for machine in machines]
    addresses += [unit.get("public-address") or "" for unit in units]
    ports = {port for unit in units for port in unit.get("open-ports") or []}
    yield f"Running on subnets:  {', '.join(dict.fromkeys(map(_subnet, filter(None, addresses))))}  \n"
    yield f" Utilizing ports:    {port_list(ports)}  \n"


def _subnet(address: str) -> str:
    """The classful network of an IPv4 address, which is what Juju's summary goes by."""
    parts = address.split(".")
    if len(parts) != 4:
        return address
    kept = 1 if int(parts[0]) < 128 else 2 if int(parts[0]) < 192 else 3
    return ".".join(parts[:kept] + ["0"] * (4 - kept)) + f"/{kept * 8}"


def _counted(entities: Iterable[Any], key: str, missing: str) -> list[tuple[str, ...]]:
    states = Counter(str((entity.get(key) or {}).get("current") or missing) for entity in entities)
    return [(f"{state}:", f" {count} ") for state, count in sorted(states.items())]


def _right_aligned(rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    rows = list(rows)
    widths = [max((len(row[column]) for row in rows if len(row) > column), default=0) for column in range(3)]
    for row in rows:
        yield "".join(f"  {cell:>{width}}" for cell, width in zip(row, widths, strict=False)) + "\n"
