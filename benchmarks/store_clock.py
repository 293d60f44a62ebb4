"""What calls take: wall time, and processor time of this process and of the server's sessions together.

Two ways of doing the same are asked in turns, so that both meet the same noise; on a busy machine a wall clock mostly
shows who waited, and the processor's time who worked.

Knows: /proc. Must not know: what is asked.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from benchmarks.figures import Value

Call = Callable[[], Awaitable[Any]]


@dataclass
class Taken:
    """Seconds of each call."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    @property
    def milliseconds(self) -> Value:
        return Value.of(each * 1000 for each in self.wall)

    @property
    def cpu_milliseconds(self) -> float:
        """Of one call, on average: a session's account is too coarse for less."""
        return sum(self.cpu) / len(self.cpu) * 1000


@dataclass(frozen=True)
class Clock:
    """This process, and the sessions of a server on this machine. One that ends keeps its account."""

    postmaster: int
    accounts: dict[int, float] = field(default_factory=dict)

    async def time(self, call: Call, into: Taken) -> Any:
        """The result of a call."""
        cpu, wall = self._cpu(), time.perf_counter()
        result = await call()
        into.wall.append(time.perf_counter() - wall)
        into.cpu.append(self._cpu() - cpu)
        return result

    async def turns(self, ours: Sequence[Call], theirs: Sequence[Call], warm: int = 0) -> tuple[Taken, Taken]:
        """Each way in turns, whoever was second being the first next; the first `warm` of each do not count."""
        mine, other = Taken(), Taken()
        for number, (one, two) in enumerate(zip(ours, theirs, strict=True)):
            pair = [(one, mine), (two, other)]
            for call, taken in pair if number % 2 else pair[::-1]:
                await self.time(call, taken if number >= warm else Taken())
        return mine, other

    def _cpu(self) -> float:
        self.accounts.update({process: found for process in self._sessions() if (found := _on_cpu(process))})
        return time.process_time() + sum(self.accounts.values())

    def _sessions(self) -> list[int]:
        path = Path(f"/proc/{self.postmaster}/task/{self.postmaster}/children")
        return [process for process in map(int, path.read_text().split()) if _is_session(process)]


@lru_cache(maxsize=1000)
def _is_session(process: int) -> bool:
    """By the title that a server gives its processes: `postgres: USER DATABASE HOST(PORT) ...`."""
    with suppress(OSError):
        return b"(" in Path(f"/proc/{process}/cmdline").read_bytes()
    return False


def _on_cpu(process: int) -> float:
    """Seconds. https://docs.kernel.org/scheduler/sched-stats.html#proc-pid-schedstat"""
    with suppress(OSError):
        return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e9
    return 0.0
