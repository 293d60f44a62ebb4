"""Failovers as an application sees them: four tasks write all the time, through each library in the same minute.

`--plots DIRECTORY` also draws each of them, as docs/explanation/what-happens-when.md shows them.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from time import perf_counter

from benchmarks import plot
from benchmarks.client_bed import running_pair
from benchmarks.client_writers import Write, writers
from benchmarks.figures import Row, Value
from tests.database.pgclient.servers import Node, Pair

WORKERS = 4
EVERY = 0.05
BEFORE, AFTER = 2.0, 12.0
BAR = 0.2
"""Seconds of one bar in a plot."""


@dataclass(frozen=True)
class Event:
    """What happens to the primary `a`, for how long, and how it ends."""

    what: str
    lose: Callable[[Pair], None]
    seconds: float
    mend: Callable[[Pair], None]
    thaws: bool = False


def _stop(pair: Pair) -> None:
    pair.a.stop("fast")


def _crash(pair: Pair) -> None:
    pair.a.stop("immediate")


def _freeze(pair: Pair) -> None:
    pair.a.freeze()


def _promote(pair: Pair) -> None:
    pair.b.promote()


def _start(pair: Pair) -> None:
    pair.a.start()


EVENTS = {
    "stopped": Event("primary stopped 20 s, then standby promoted", _stop, 20, _promote),
    "frozen": Event("primary frozen 5 s, then standby promoted", _freeze, 5, _promote, thaws=True),
    "crashed": Event("primary crashed, standby promoted 2 s later", _crash, 2, _promote),
    "restarted": Event("primary stopped and started 3 s later", _stop, 3, _start),
}


class Application:
    """Workers that write numbers through one library, and what they saw."""

    def __init__(self, write: Write, first: int) -> None:
        self.errors = 0
        self.longest = 0.0
        self.acknowledged: dict[int, float] = {}
        self._write = write
        self._next = first
        self._tasks = [asyncio.create_task(self._work()) for _ in range(WORKERS)]

    def wait_since(self, moment: float) -> float:
        """Seconds from a moment to the first write acknowledged after it; the rest of the run if there was none."""
        return min((at for at in self.acknowledged.values() if at > moment), default=moment + AFTER) - moment

    def gap(self, begun: float, ended: float) -> tuple[float, float]:
        """The longest time without a write in this span."""
        times = [begun, *sorted(at for at in self.acknowledged.values() if begun < at < ended), ended]
        return max(pairwise(times), key=lambda pair: pair[1] - pair[0])

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks, timeout=5)

    async def _work(self) -> None:
        while True:
            self._next += 1
            number, began = self._next, perf_counter()
            try:
                await self._write(number)
                self.acknowledged[number] = perf_counter()
            except Exception:
                self.errors += 1
            self.longest = max(self.longest, perf_counter() - began)
            await asyncio.sleep(EVERY)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("--events", default=",".join(EVENTS), help="separated by commas: " + ", ".join(EVENTS))
    parser.add_argument("--trials", type=int, default=1, help="how often each event, on new servers each time")
    parser.add_argument("--plots", type=Path, help="a directory for an SVG of each event and library (last trial)")


def run(options: argparse.Namespace) -> list[Row]:
    """All rows."""
    logging.disable(logging.CRITICAL)  # the libraries report every failed attempt
    rows = []
    for name in options.events.split(","):
        trials = []
        for _ in range(options.trials):
            with running_pair() as pair:
                trials.append(asyncio.run(_failover(pair, name, options.plots)))
        rows += _summed_up(EVENTS[name], trials)
    return rows


@dataclass(frozen=True)
class Saw:
    """What an application saw of one failover."""

    wait: float
    errors: int
    longest: float
    lost: int


async def _failover(pair: Pair, name: str, plots: Path | None) -> dict[str, Saw]:
    """What each library's application saw."""
    event = EVENTS[name]
    seen: dict[str, Application] = {}
    async with AsyncExitStack() as stack:
        for number, (library, writer) in enumerate(writers().items()):
            write = await stack.enter_async_context(writer(pair))
            seen[library] = Application(write, number * 1_000_000)
        await asyncio.sleep(BEFORE)
        lost = perf_counter()
        await asyncio.to_thread(event.lose, pair)
        await asyncio.sleep(event.seconds)
        await asyncio.to_thread(event.mend, pair)
        mended = perf_counter()
        await asyncio.sleep(AFTER / 2)
        if event.thaws:
            pair.a.thaw()
        await asyncio.sleep(AFTER / 2)
        await asyncio.gather(*(application.stop() for application in seen.values()))
        with contextlib.suppress(Exception):  # how a peer ends is not measured
            await stack.aclose()
    if plots:
        plots.mkdir(parents=True, exist_ok=True)
        for library, application in seen.items():
            drawn = _drawn(application, library, event, lost, mended + AFTER)
            (plots / f"client-{name}-{library.replace('_', '-')}.svg").write_text(drawn)
    only_old = _numbers(pair.a) - _numbers(pair.b) if event.thaws else set()
    return {
        library: Saw(
            application.wait_since(mended),
            application.errors,
            application.longest,
            len(only_old & set(application.acknowledged)),
        )
        for library, application in seen.items()
    }


def _drawn(application: Application, library: str, event: Event, lost: float, ended: float) -> str:
    begun = lost - BEFORE
    counts = [0] * (int((ended - begun) / BAR) + 1)
    for at in application.acknowledged.values():
        if begun <= at < ended:
            counts[int((at - begun) / BAR)] += 1
    gap = application.gap(begun, ended)
    title = f"{library}, {event.what}: writes per {BAR * 1000:.0f} ms; "
    title += f"{gap[1] - gap[0]:.1f} s without one, {application.errors} errors"
    return plot.bars(counts, -BEFORE, BAR, title, (gap[0] - lost, gap[1] - lost))


def _summed_up(event: Event, trials: list[dict[str, Saw]]) -> list[Row]:
    def row(of: str, unit: str, value: Callable[[Saw], float], held_to: float | None) -> Row:
        values = {name: Value.of([value(trial[name]) for trial in trials]) for name in trials[0]}
        return Row(f"{event.what}: {of}", unit, values.pop("pgclient"), held_to, values)

    rows = [
        row("first write after that", "s", lambda saw: saw.wait, 1),
        row("errors the application saw", "", lambda saw: saw.errors, 0),
        row("longest call", "s", lambda saw: saw.longest, None),
    ]
    if event.thaws:
        rows.append(row("acknowledged writes that only the old primary has", "", lambda saw: saw.lost, 0))
    return rows


def _numbers(node: Node) -> set[int]:
    return {int(str(number)) for (number,) in node.sql("SELECT n FROM numbers")}
