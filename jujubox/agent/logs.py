"""Log lines of the agents: into a file on the machine and, in batches, to the controller.

Knows: levels, batching, a bound while the controller is away.
Must not know: who reads them.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
from collections import deque
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol

from jujubox.wire import CallError

KEPT = 10_000
"""Lines kept while the controller is away; the oldest go first."""
BATCH = 500
FILE_LIMIT = 20 * 1024 * 1024


class Logger(Protocol):
    """Writes one line: `log("INFO", "text")`; `module` is the part after the entity's own logger name."""

    def __call__(self, level: str, message: str, module: str = "") -> None: ...


class Forwarder:
    """Collects the lines of all agents of the machine."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lines: deque[dict[str, str]] = deque(maxlen=KEPT)
        self._dropped = 0
        self._ready = asyncio.Event()

    def logger(self, entity: str, module: str) -> Logger:
        """A logger for `entity` (a tag such as `unit-a-0`), with the default logger name `module`."""

        own = module

        def log(level: str, message: str, module: str = "") -> None:
            self.add(entity, level, module or own, message)

        return log

    def add(self, entity: str, level: str, module: str, message: str) -> None:
        """Take one line."""
        now = datetime.datetime.now(datetime.timezone.utc)
        if len(self._lines) == KEPT:
            self._dropped += 1
        time = now.isoformat(timespec="microseconds").replace("+00:00", "Z")
        self._lines.append({"time": time, "entity": entity, "level": level, "module": module, "message": message})
        self._append(entity, f"{now:%Y-%m-%d %H:%M:%S} {level} {module} {message}\n")
        self._ready.set()

    def _append(self, entity: str, line: str) -> None:
        path = self._directory / f"{entity}.log"
        try:
            if path.exists() and path.stat().st_size > FILE_LIMIT:
                path.replace(path.with_suffix(".log.1"))
            with path.open("a") as file:
                file.write(line)
        except OSError:
            pass  # a full disk must not stop the agent; the controller still gets the line

    async def forward(self, call: Callable[..., Awaitable[Any]]) -> None:
        """Send what was collected, for ever."""
        while True:
            await self._ready.wait()
            await asyncio.sleep(0.3)
            self._ready.clear()
            while self._lines:
                with contextlib.suppress(CallError):  # a batch that is refused is lost, not the agent
                    await call("log.write", entries=self._batch())

    def _batch(self) -> list[dict[str, str]]:
        entries = [self._lines.popleft() for _ in range(min(BATCH, len(self._lines)))]
        if self._dropped:
            message = f"{self._dropped} log lines dropped while the controller was away"
            entries.insert(0, {**entries[0], "level": "WARNING", "message": message})
            self._dropped = 0
        return entries
