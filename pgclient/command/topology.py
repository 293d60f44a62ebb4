"""Show the hosts and their roles, live.

Knows: how a topology is printed. Must not know: how it is found out.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from typing import Any

from pgclient.cluster import Cluster
from pgclient.command.printing import Printer
from pgclient.hosts import HostView, Role
from pgclient.lsn import format_lsn
from pgclient.routing import lag_bytes
from pgclient.topology import Topology, is_fenced, is_foreign


def arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("--once", action="store_true", help="look once at every host and end; 1 without a primary")


async def run(options: argparse.Namespace, printer: Printer) -> int:
    """Until it is interrupted, or once."""
    async with Cluster(options.dsn) as cluster:
        if options.once:
            await _look_once(cluster)
            _print(cluster.topology, printer)
            return 0 if cluster.topology.primary else 1
        said = None
        async with contextlib.aclosing(cluster.changes()) as changes:
            async for topology in changes:
                facts = _facts(topology)
                seen = [{**host, "lsn": "", "latency_ms": 0} for host in facts["hosts"]]
                if seen != said or not printer.as_json:
                    _print(topology, printer)
                said = seen
    return 0


async def _look_once(cluster: Cluster) -> None:
    async with contextlib.aclosing(cluster.changes()) as changes:
        async for topology in changes:
            if all(view.seen_at for view in topology.hosts):
                await asyncio.sleep(0)
                return


def _print(topology: Topology, printer: Printer) -> None:
    rows: list[tuple[str, ...]] = [("HOST", "ROLE", "TIMELINE", "LSN", "BEHIND", "ANSWERS IN", "")]
    rows += [_row(view, topology) for view in topology.hosts]
    widths = [max(len(row[i]) for row in rows) for i in range(6)]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row[:6], widths, strict=True)]
        cells[1] = printer.paint(cells[1], _colour(row[1]))
        lines.append("  ".join([*cells, row[6]]).rstrip())
    printer.show(lines, **_facts(topology))


def _row(view: HostView, topology: Topology) -> tuple[str, ...]:
    if not view.reachable:
        return str(view.address), _state(view, topology), "", "", "", "", view.why
    behind = lag_bytes(view, topology) if view.role is Role.STANDBY else None
    return (
        str(view.address),
        _state(view, topology),
        str(view.timeline),
        format_lsn(view.lsn),
        "" if behind is None else f"{behind} B",
        f"{view.latency * 1000:.1f} ms",
        "",
    )


def _state(view: HostView, topology: Topology) -> str:
    if is_foreign(view, topology.fence):
        return "foreign"
    return "fenced" if is_fenced(view, topology.fence) else view.role.value


def _colour(state: str) -> str:
    return {"primary": "good", "standby": "strong", "ROLE": "faint", "unknown": "bad"}.get(state, "odd")


def _facts(topology: Topology) -> dict[str, Any]:
    hosts = [
        {
            "host": str(view.address),
            "role": _state(view, topology),
            "timeline": view.timeline,
            "lsn": format_lsn(view.lsn),
            "lag_bytes": lag_bytes(view, topology) if view.role is Role.STANDBY else None,
            "latency_ms": round(view.latency * 1000, 3),
            "why": view.why,
        }
        for view in topology.hosts
    ]
    return {"primary": str(topology.primary) if topology.primary else None, "why": topology.why, "hosts": hosts}
