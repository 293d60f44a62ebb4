"""PostgreSQL's and Patroni's processes on this machine, when nobody else can end them.

Knows: postmaster.pid, pg_isready, signals. Must not know: when a process ought to end.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

REJECTS, SILENT = 1, 2
"""Exit codes of pg_isready."""


@dataclass(frozen=True)
class Server:
    """The server of one data directory."""

    data: str
    binaries: str

    def process(self) -> int | None:
        """The postmaster's process id; None where none runs."""
        with suppress(OSError, ValueError, IndexError):
            process = int((Path(self.data) / "postmaster.pid").read_text().split()[0])
            if Path(f"/proc/{process}/comm").read_text().strip() in ("postgres", "postmaster"):
                return process
        return None

    @staticmethod
    def ends(process: int, seconds: float) -> bool:
        """Wait for a process to end, at most so long; whether it has."""
        try:
            handle = os.pidfd_open(process)
        except ProcessLookupError:
            return True
        try:
            return bool(select.select([handle], [], [], seconds)[0])
        finally:
            os.close(handle)

    def is_standby(self) -> bool:
        return (Path(self.data) / "standby.signal").exists()

    def admits(self) -> bool:
        """Whether a new connection gets as far as being asked who it is; yes where there is no server to ask."""
        with suppress(OSError, ValueError):
            _, _, _, port, sockets, *_ = (Path(self.data) / "postmaster.pid").read_text().splitlines()
            argv = [f"{self.binaries}/pg_isready", "-q", "-h", sockets, "-p", port, "-t", "3"]
            return _code(argv) not in (REJECTS, SILENT)
        return True

    def end(self, seconds: float = 2.0) -> None:
        """At once, without a checkpoint; what does not go within the seconds is killed. Its log is replayed later."""
        process = self.process()
        if process is None:
            return
        _send(process, signal.SIGQUIT)
        deadline = time.monotonic() + seconds
        while self.process() == process and time.monotonic() < deadline:
            time.sleep(0.05)
        if self.process() == process:
            for each in (*_children(process), process):
                _send(each, signal.SIGKILL)


def end_service(name: str) -> None:
    """Kill a service's main process; systemd starts it again where it is told to."""
    if _code(["systemctl", "kill", "--kill-whom=main", "--signal=KILL", name]):
        _code(["systemctl", "kill", "--kill-who=main", "--signal=KILL", name])  # systemd before 252


def _code(argv: list[str]) -> int:
    """A program's exit code; 2 where it does not end."""
    try:
        return subprocess.run(argv, timeout=10, check=False, capture_output=True).returncode
    except (OSError, subprocess.TimeoutExpired):
        return 2


def _send(process: int, what: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, what)


def _children(parent: int) -> list[int]:
    found = []
    for place in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError, IndexError):
            if int(place.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(place.parent.name))
    return found
