"""The durable note of what was acknowledged.

Knows: files. Must not know: where an acknowledgement came from.

A checkpoint (JSON: run, streams as runs of numbers, name of the tail) and a tail to which every acknowledgement is
appended: `strict 17`. Every 20,000 lines a new tail is begun, then the checkpoint is replaced, then the old tail
removed, so that a reader in another process always finds a checkpoint and its tail. Appended lines survive the process
at once, and a crash of the machine after `sync`, which the service calls five times a second.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Mapping
from pathlib import Path
from threading import Lock

from ledger.ranges import Ranges

CHECKPOINT_AFTER = 20_000


class Journal:
    """The writer's side. One process writes; any number may `read_journal`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = Lock()
        self.run, self._streams = read_journal(directory)
        self.run = self.run or uuid.uuid4().hex[:12]
        self._tail = -1
        self._tail_name = ""
        self._lines = 0
        self._dirty = False
        self._checkpoint()

    def acknowledge(self, stream: str, number: int) -> None:
        """Note that the row is committed."""
        with self._lock:
            os.write(self._tail, f"{stream} {number}\n".encode())
            self._streams.setdefault(stream, Ranges()).add(number)
            self._lines += 1
            self._dirty = True
            if self._lines >= CHECKPOINT_AFTER:
                self._checkpoint()

    def sync(self) -> None:
        """Bring everything noted so far to the disk."""
        with self._lock:
            tail = os.dup(self._tail) if self._dirty else -1
            self._dirty = False
        if tail >= 0:
            os.fdatasync(tail)
            os.close(tail)

    def highest(self, stream: str) -> int:
        """The highest acknowledged number, 0 for none."""
        with self._lock:
            return self._streams.get(stream, Ranges()).highest

    def acknowledged(self) -> dict[str, Ranges]:
        """Everything acknowledged until now."""
        with self._lock:
            return {stream: ranges.copy() for stream, ranges in self._streams.items()}

    def close(self) -> None:
        """Write a last checkpoint."""
        with self._lock:
            self._checkpoint()
            os.close(self._tail)

    def _checkpoint(self) -> None:
        old_tail = self._tail
        self._tail_name = f"tail-{uuid.uuid4().hex[:12]}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self._tail = os.open(self._directory / self._tail_name, flags, 0o644)
        self._lines = 0
        _write_checkpoint(self._directory, self.run, self._streams, self._tail_name)
        if old_tail >= 0:
            os.close(old_tail)
        for stale in self._directory.glob("tail-*"):
            if stale.name != self._tail_name:
                stale.unlink()


def _write_checkpoint(directory: Path, run: str, streams: Mapping[str, Ranges], tail: str) -> None:
    data = {"run": run, "streams": {name: ranges.runs for name, ranges in streams.items()}, "tail": tail}
    fresh = directory / "checkpoint.new"
    with fresh.open("w") as file:
        json.dump(data, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(directory / "checkpoint")


def read_journal(directory: Path) -> tuple[str, dict[str, Ranges]]:
    """(run, acknowledged numbers per stream), from any process. An empty run: nothing was ever written."""
    for _ in range(10):
        try:
            data = json.loads((directory / "checkpoint").read_text())
        except FileNotFoundError:
            return "", {}
        streams = {name: Ranges((first, last) for first, last in runs) for name, runs in data["streams"].items()}
        try:
            lines = (directory / data["tail"]).read_text().split("\n")
        except FileNotFoundError:
            continue  # replaced between the two reads
        for line in lines[:-1]:  # a line without its end is not written yet
            stream, _, number = line.partition(" ")
            streams.setdefault(stream, Ranges()).add(int(number))
        return data["run"], streams
    raise OSError(f"cannot read the journal: {directory / 'checkpoint'} names a tail that is gone (expected a file)")
