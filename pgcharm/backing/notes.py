"""The backup program's notes on disk: hooks and actions read them.

Knows: that a reader may come at any moment. Must not know: what is done with them.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pgcharm.adapters import host
from pgcharm.backup.facts import Run, RunNotes
from pgcharm.backup.notes import read_runs, runs_text

TELL_SECONDS = 1.0


@dataclass
class Notes:
    """One file of notes."""

    path: str
    told: float = field(default=0.0)

    def read(self) -> RunNotes:
        return read_runs(host.read_text(self.path) or "")

    def begin(self, run: Run) -> Run:
        """It has begun, as it says."""
        self._keep(run)
        return run

    def tell(self, run: Run) -> None:
        """It has come further. Not every step is worth a write."""
        if time.monotonic() - self.told >= TELL_SECONDS:
            self.told = time.monotonic()
            self._keep(run)

    def end(self, run: Run) -> None:
        self._keep(run)

    def verified(self, found: Mapping[str, str]) -> None:
        """Of each backup when it was verified, or what is wrong with it. Those that are gone are forgotten."""
        self._write(replace(self.read(), verified=dict(found)))

    def _keep(self, run: Run) -> None:
        before = self.read()
        self._write(replace(before, runs={**before.runs, run.kind: run}))

    def _write(self, notes: RunNotes) -> None:
        host.ensure_file(self.path, runs_text(notes), "root", "root", 0o644)
