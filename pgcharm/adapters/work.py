"""A program of ours at work outside of hooks, in a service that systemd makes for it and forgets.

Knows: systemd-run, and the notes that the program keeps. Must not know: what it works on.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pgcharm.adapters import host


def begin(service: str, argv: tuple[str, ...], environment: Mapping[str, str], removes: tuple[str, ...] = ()) -> None:
    """Start it. However it ends, and be it killed, the directories in `removes` are removed then."""
    told = [f"--setenv={name}={value}" for name, value in environment.items()]
    after = [f"--property=ExecStopPost=/bin/rm -rf {' '.join(removes)}"] if removes else []
    nice = ["--property=Nice=10", "--property=IOSchedulingClass=best-effort", "--property=IOSchedulingPriority=7"]
    host.run("systemd-run", f"--unit={service}", "--collect", "--quiet", *told, *after, *nice, *argv)


def follow(service: str, notes: str, seconds: float, tell: Callable[[str], None]) -> None:
    """Stay until it has ended or the time is over, and tell what it notes down."""
    end = time.monotonic() + seconds
    said = ""
    while True:
        runs = host.services([service])[service].active
        now = str(read(notes).get("said") or "")
        if now and now != said:
            said = now
            tell(said)
        if not runs or time.monotonic() >= end:
            return
        time.sleep(0.5)


def read(notes: str) -> dict[str, Any]:
    """What it has noted down last."""
    try:
        return dict(json.loads(Path(notes).read_text()))
    except (OSError, ValueError):
        return {}
