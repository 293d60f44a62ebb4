"""Waking the charm from outside a hook, and being asked to do so later.

Knows: juju-exec, and the note with the time of the next wake, by the clock that nobody sets. Must not know: why.
"""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

from pgcharm.adapters.host import uptime


def wake(unit: str, why: str) -> bool:
    """Run the charm's update-status in the unit's context, and wait for its end; whether that went well."""
    command = ["juju-exec", unit, f"hooks/update-status {shlex.quote(why)}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=3600, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"cannot wake {unit}: {error}", flush=True)
        return False
    print(f"woke {unit}: {why}" if not done.returncode else f"cannot wake {unit}: {done.stderr.strip()}", flush=True)
    return done.returncode == 0


def ask_for_wake(note: str, seconds: float | None) -> None:
    """Ask to be woken after some seconds; None: not at all."""
    place = Path(note)
    if seconds is None:
        place.unlink(missing_ok=True)
    else:
        place.write_text(str(uptime() + seconds))


def due(note: str) -> bool:
    """Whether the time of the note has come."""
    try:
        return float(Path(note).read_text()) <= uptime()
    except (OSError, ValueError):
        return False
