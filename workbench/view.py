"""What becomes of the demo, while a person watches: machines, units, what they say, and for how long.

Knows: `juju status` as JSON, and how to draw on a terminal or write plain lines.
Must not know: what is waited for (`demo` decides) and how it is asked.
"""

from __future__ import annotations

import re
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TextIO

from workbench.says import seconds

COLOURS = {"active": 32, "error": 31, "blocked": 31, "lost": 31, "maintenance": 33, "waiting": 36}
SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


@dataclass(frozen=True)
class Row:
    """One line: a unit or, while it has none, a machine."""

    name: str
    machine: str
    status: str
    message: str
    settled: bool

    @property
    def words(self) -> str:
        """What it says of itself."""
        return f"{self.status}  {self.message}" if self.message else self.status


def rows(status: Mapping[str, Any]) -> list[Row]:
    """The rows of a status, in the order of applications and unit numbers."""
    units = {
        name: unit
        for application in (status.get("applications") or {}).values()
        for name, unit in (application.get("units") or {}).items()
    }
    machines = status.get("machines") or {}
    return [_unit_row(name, units[name], machines) for name in sorted(units, key=unit_order)]


def unit_order(unit: str) -> tuple[str, int]:
    """A sort key: by application, then by number."""
    application, _, number = unit.partition("/")
    return application, int(number)


def _unit_row(name: str, unit: Mapping[str, Any], machines: Mapping[str, Any]) -> Row:
    number = unit.get("machine", "")
    workload, agent = unit.get("workload-status", {}), unit.get("juju-status", {})
    status, message = workload.get("current", "unknown"), workload.get("message", "")
    if agent.get("current") in ("allocating", "lost") and not message:
        machine = machines.get(number, {})
        message = machine.get("machine-status", {}).get("message") or machine.get("juju-status", {}).get("current", "")
    if agent.get("current") == "executing" and status != "error" and status != "active" and not message:
        message = agent.get("message", "")
    return Row(name, number, status, message, settled(unit))


def settled(unit: Mapping[str, Any]) -> bool:
    """Whether a unit is active, and nothing of it is still under way."""
    workload, agent = (unit.get(key, {}).get("current") for key in ("workload-status", "juju-status"))
    return bool(workload == "active" and agent == "idle")


@dataclass
class View:
    """A live table on a terminal; elsewhere a line for each thing that changed, figures of active units aside."""

    out: TextIO = field(default_factory=lambda: sys.stdout)
    begun: float = field(default_factory=time.monotonic)
    _drawn: int = 0
    _turn: int = 0
    _known: dict[str, str] = field(default_factory=dict)

    @property
    def live(self) -> bool:
        """Whether the table can be drawn over itself."""
        return self.out.isatty()

    def show(self, found: list[Row]) -> None:
        """Show the rows as they are now."""
        if self.live:
            self._draw(found)
        else:
            self._tell(found)

    def _draw(self, found: list[Row]) -> None:
        width = shutil.get_terminal_size().columns - 1
        self._turn += 1
        done = sum(row.settled for row in found)
        head = f"{SPINNER[self._turn % len(SPINNER)]} {done} of {len(found)} units are ready"
        lines = [f"{head}  {seconds(time.monotonic() - self.begun)}", *(_drawn_row(row, width) for row in found)]
        up = f"\033[{self._drawn}A" if self._drawn else ""
        self.out.write(up + "".join(f"\r\033[K{line}\n" for line in lines) + "\033[J")
        self.out.flush()
        self._drawn = len(lines)

    def _tell(self, found: list[Row]) -> None:
        for row in found:
            told = re.sub(r"\d+", "", row.words) if row.status == "active" else row.words
            if self._known.get(row.name) != told:
                self._known[row.name] = told
                elapsed = time.monotonic() - self.begun
                self.out.write(f"{elapsed:6.1f} s  {row.name:<14} {row.words}\n")
        self.out.flush()


def _drawn_row(row: Row, width: int) -> str:
    mark = "✓" if row.settled else "·"
    text = f"  {mark} {row.name:<14} machine {row.machine:<3} {row.status:<12} {row.message}"[:width]
    return text.replace(row.status, f"\033[{COLOURS.get(row.status, 0)}m{row.status}\033[0m", 1)
