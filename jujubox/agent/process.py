"""A hook's process: started with an exact environment, its output read line by line, killed when asked.

Knows: pipes, signals, sessions. Must not know: what the process is for.

A process may leave children behind that hold its pipes open; they are given a tenth of a second, as Juju does.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

DRAIN = 0.1
KEPT = 8 * 1024 * 1024
"""Bytes of output kept of one stream."""

LineSink = Callable[[str], None]


@dataclass(frozen=True)
class Ended:
    """How a process ended. `code` is negative for the signal that killed it."""

    code: int
    stdout: bytes
    stderr: bytes

    @property
    def terminated(self) -> bool:
        """Whether somebody killed it, rather than that it failed."""
        return self.code in (-signal.SIGTERM, -signal.SIGKILL)


class _Lines(asyncio.SubprocessProtocol):
    """Splits both streams into lines for the log, and keeps them."""

    def __init__(self, on_stdout: LineSink, on_stderr: LineSink) -> None:
        self._sinks = {1: on_stdout, 2: on_stderr}
        self._rest = {1: b"", 2: b""}
        self.kept = {1: bytearray(), 2: bytearray()}
        self.exited = asyncio.Event()
        self.drained = asyncio.Event()
        self._open = {1, 2}

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self.kept[fd] += data[: max(0, KEPT - len(self.kept[fd]))]
        *lines, self._rest[fd] = (self._rest[fd] + data).split(b"\n")
        for line in lines:
            self._sinks[fd](line.decode(errors="replace"))

    def pipe_connection_lost(self, fd: int, _reason: Exception | None) -> None:
        self._open.discard(fd)
        if not self._open:
            self.drained.set()

    def process_exited(self) -> None:
        self.exited.set()

    def flush(self) -> None:
        """Hand over lines without an end."""
        for fd, rest in self._rest.items():
            if rest:
                self._sinks[fd](rest.decode(errors="replace"))
                self._rest[fd] = b""


class Process:
    """One process in a session of its own."""

    def __init__(self, transport: asyncio.SubprocessTransport, lines: _Lines) -> None:
        self._transport = transport
        self._lines = lines
        self.pid = transport.get_pid()

    @classmethod
    async def start(
        cls, argv: Sequence[str], env: Mapping[str, str], cwd: Path, on_stdout: LineSink, on_stderr: LineSink
    ) -> Process:
        """Start it with nothing on stdin. Raises OSError."""
        loop = asyncio.get_running_loop()
        lines = _Lines(on_stdout, on_stderr)
        transport, _ = await loop.subprocess_exec(
            lambda: lines, *argv, stdin=asyncio.subprocess.DEVNULL, env=dict(env), cwd=cwd, start_new_session=True
        )
        return cls(transport, lines)

    async def wait(self) -> Ended:
        """How it ended, with what it wrote until then."""
        await self._lines.exited.wait()
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._lines.drained.wait(), DRAIN)
        self._lines.flush()
        code = self._transport.get_returncode()
        kept = self._lines.kept
        self._transport.close()
        return Ended(code if code is not None else -signal.SIGKILL, bytes(kept[1]), bytes(kept[2]))

    def abandon(self) -> None:
        """Kill it and read no more of it."""
        self.kill()
        self._transport.close()

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to it and to what it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)
