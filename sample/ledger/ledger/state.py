"""What the service says about itself, for the hooks and the action: one small file, replaced every second.

Knows: the file's form. Must not know: who reads it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from pathlib import Path

STALE_AFTER = 10.0


@dataclass(frozen=True)
class State:
    """One moment. `phase` is `writing`, `stalled`, `connecting` or `no database`."""

    phase: str = "no database"
    rate: float = 0.0
    silence: float = 0.0
    longest_gap: float = 0.0
    longest_gap_began: float = 0.0
    lost: int = 0
    lost_rows: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """The first hundred of each stream."""
    run: str = ""
    reconnections: int = 0
    primary: str = ""
    reader: str = ""
    reads: int = 0
    standby_reads: int = 0
    rows_behind: int = 0
    last_error: str = ""
    written_at: float = 0.0

    def write(self, directory: Path) -> None:
        """Replace the file."""
        fresh = directory / "state.new"
        fresh.write_text(json.dumps(asdict(self)))
        fresh.replace(directory / "state.json")


def read_state(directory: Path) -> State:
    """The last state; the beginning if there was none."""
    try:
        data = json.loads((directory / "state.json").read_text())
    except (FileNotFoundError, ValueError):
        return State()
    return State(**{key: value for key, value in data.items() if key in State.__dataclass_fields__})


def status_line(state: State, now: float) -> tuple[str, str]:
    """(Juju status, message)."""
    if now - state.written_at > STALE_AFTER:
        return "maintenance", "the writer is not running"
    if state.lost:
        return "blocked", f"{state.phase}, {state.lost} acknowledged rows are lost"
    if state.phase == "writing":
        return "active", f"writing, {state.rate:.0f} rows/s, 0 lost"
    if state.phase == "stalled":
        since = datetime.fromtimestamp(state.written_at - state.silence, timezone.utc)
        return "waiting", f"no write acknowledged since {since:%H:%M:%S} UTC, 0 lost"
    return "waiting", state.phase
