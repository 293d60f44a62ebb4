"""What the program writes down while it works, for the hooks to see.

Knows: the file. Must not know: what follows from it.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pgcharm.adapters.wake import ask_for_wake

WORKING, DONE, FAILED = "working", "done", "failed"


@dataclass
class Notes:
    """One run's notes; every change is on disk at once, and whole."""

    path: str
    again: str
    """The note that wakes the charm."""
    number: int = 0
    stage: str = ""
    """How far it is: `fetched`, `recovered`. Another run of the same restore goes on from there."""

    @classmethod
    def of(cls, task: Task) -> Notes:
        """Those of the runs of the same restore before."""
        try:
            found = dict(json.loads(Path(task.notes).read_text()))
        except (OSError, ValueError):
            found = {}
        same = found.get("number") == task.number
        return cls(task.notes, task.again, task.number, str(found.get("stage", "")) if same else "")

    def say(self, state: str, said: str, wakes: bool = False, **more: Any) -> None:
        """Write down how it is, and wake the charm when it is over, or when somebody has to be told."""
        found = {"number": self.number, "stage": self.stage, "state": state, "said": said, "at": time.time(), **more}
        partial = Path(f"{self.path}.partial")
        partial.write_text(json.dumps(found) + "\n")
        partial.replace(self.path)
        print(said, flush=True)
        if (wakes or state != WORKING) and self.again:
            ask_for_wake(self.again, 0)


@dataclass(frozen=True)
class Task:
    """What restore.json says: what to bring back, from where, into which directory."""

    number: int
    pgbackrest: str
    """pgBackRest's configuration."""
    stanza: str
    backup: str
    kind: str
    """`latest`, `time` or `immediate`."""
    data: str
    binaries: str
    notes: str
    time: str = ""
    timeline: str = ""
    archive: bool = False
    """Whether the new line of history is archived in the same stanza; never in another cluster's."""
    again: str = ""
    size: int = 0
    settings: tuple[tuple[str, str], ...] = ()
    """Settings of the server that replays, for the machine's memory."""

    @classmethod
    def read(cls, path: str) -> Task:
        found = json.loads(Path(path).read_text())
        return cls(**{**found, "settings": tuple((name, value) for name, value in found.get("settings", ()))})

    def text(self) -> str:
        return json.dumps({**asdict(self), "settings": [list(pair) for pair in self.settings]}, indent=1) + "\n"
