"""Figures: samples, rows, tables, JSON, and the machine they were taken on.

Knows: how a measurement is summed up and written down.
Must not know: what is measured.

    >>> Value.of([3.0, 1.0, 2.0])
    Value(median=2.0, low=1.0, high=3.0)
"""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Value:
    """A median with the least and the greatest sample."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, samples: Iterable[float]) -> Value:
        """Sum up samples."""
        taken = list(samples)
        return cls(statistics.median(taken), min(taken), max(taken))

    def as_json(self) -> dict[str, float]:
        """The value as it stands in the JSON object."""
        return {"median": round(self.median, 4), "min": round(self.low, 4), "max": round(self.high, 4)}

    def __str__(self) -> str:
        return f"{self.median:.4g} ({self.low:.4g} to {self.high:.4g})"


@dataclass(frozen=True)
class Row:
    """One thing measured. `held_to` is the most that is allowed; None where there is no limit."""

    what: str
    unit: str
    ours: Value
    held_to: float | None = None
    peers: Mapping[str, Value] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether the median is within the limit."""
        return self.held_to is None or self.ours.median <= self.held_to

    def as_json(self) -> dict[str, Any]:
        """The row as it stands in the JSON object."""
        return {
            "what": self.what,
            "unit": self.unit,
            "ours": self.ours.as_json(),
            "peers": {name: value.as_json() for name, value in self.peers.items()},
            "held_to": self.held_to,
            "holds": self.holds,
        }


def timed(work: Callable[[], object]) -> float:
    """Seconds that some work takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def describe_machine() -> str:
    """The machine in one line."""
    cpu = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.machine(),
    )
    memory = next(int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal"))
    system = next(
        (line.partition("=")[2].strip('"') for line in _lines("/etc/os-release") if line.startswith("PRETTY_NAME")),
        platform.system(),
    )
    versions = f"Linux {platform.release()}, Python {platform.python_version()}"
    return f"{os.cpu_count()} x {cpu}, {memory / 1024**2:.0f} GiB, {system}, {versions}"


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines()


def table(rows: Iterable[Row]) -> str:
    """Rows as a Markdown table."""
    lines = [
        "| what | unit | ours: median (min to max) | peers in the same run | held to | holds |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        peers = "; ".join(f"{name}: {value}" for name, value in row.peers.items())
        limit = "" if row.held_to is None else f"{row.held_to:g}"
        holds = "" if row.held_to is None else ("yes" if row.holds else "NO")
        lines.append(f"| {row.what} | {row.unit} | {row.ours} | {peers} | {limit} | {holds} |")
    return "\n".join(lines)
