"""What a history of writes and reads shows. Pure.

Knows: what must hold of acknowledgements whatever happened to the servers.
Must not know: how anything was written, or to whom.

Every acknowledged row carries the server that wrote it and that server's timeline, so that one look at the history
tells whether two servers ever wrote at the same time:

>>> a = Ack("s", 1, 0.0, 0.1, "10.0.0.1", 1)
>>> b = Ack("s", 2, 2.1, 2.2, "10.0.0.2", 2)
>>> longest_gap([a, b], 0.0, 3.0)
Gap(begun=0.1, ended=2.2)
>>> two_primaries([a, b])
()
>>> two_primaries([a, b, Ack("t", 1, 2.5, 2.6, "10.0.0.1", 1)])
('t 1 was acknowledged by 10.0.0.1 on timeline 1 after s 2 by 10.0.0.2 on timeline 2',)
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Ack:
    """A row that the server said is committed. Times are seconds of one clock of this host."""

    stream: str
    number: int
    begun: float
    ended: float
    server: str
    timeline: int


@dataclass(frozen=True)
class Gap:
    """A time without an acknowledgement."""

    begun: float
    ended: float

    @property
    def seconds(self) -> float:
        return self.ended - self.begun


def longest_gap(acks: Iterable[Ack], begun: float, ended: float) -> Gap:
    """The longest time between two acknowledgements that ends after `begun` and begins before `ended`."""
    times = sorted(ack.ended for ack in acks)
    before = [time for time in times if time <= begun]
    within = [time for time in times if begun < time]
    marks = [before[-1] if before else begun, *within]
    gaps = [Gap(was, now) for was, now in itertools.pairwise(marks) if was < ended]
    return max(gaps, key=lambda gap: gap.seconds, default=Gap(marks[0], max(ended, marks[0])))


def per_interval(acks: Iterable[Ack], begun: float, ended: float, width: float) -> list[int]:
    """How many acknowledgements fell into each interval of `width` seconds."""
    counts = [0] * max(1, round((ended - begun) / width))
    for ack in acks:
        place = int((ack.ended - begun) / width)
        if begun <= ack.ended and place < len(counts):
            counts[place] += 1
    return counts


def missing(acks: Iterable[Ack], found: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """Acknowledged rows that are not among those found."""
    return sorted({(ack.stream, ack.number) for ack in acks} - set(found))


def out_of_order(found: Iterable[tuple[str, int]], strict: Iterable[str]) -> list[str]:
    """Streams whose row n is there only after all before it, and that have a hole all the same."""
    numbers: dict[str, set[int]] = defaultdict(set)
    for stream, number in found:
        numbers[stream].add(number)
    return [stream for stream in strict if numbers[stream] != set(range(1, len(numbers[stream]) + 1))]


def two_primaries(acks: Iterable[Ack]) -> tuple[str, ...]:
    """Rows that a server acknowledged although a later timeline had acknowledged one before it was even sent.

    Also two servers on one timeline. Only what surely came one after the other counts.
    """
    by_begin = sorted(acks, key=lambda ack: ack.begun)
    by_end = sorted(by_begin, key=lambda ack: ack.ended)
    found, latest, place = list(_shared_timelines(by_begin)), None, 0
    for ack in by_begin:
        while place < len(by_end) and by_end[place].ended <= ack.begun:
            ended = by_end[place]
            latest = ended if latest is None or ended.timeline >= latest.timeline else latest
            place += 1
        if latest is not None and ack.timeline < latest.timeline:
            found.append(
                f"{ack.stream} {ack.number} was acknowledged by {ack.server} on timeline {ack.timeline} "
                f"after {latest.stream} {latest.number} by {latest.server} on timeline {latest.timeline}"
            )
    return tuple(found)


def _shared_timelines(acks: Sequence[Ack]) -> Iterable[str]:
    servers: dict[int, set[str]] = defaultdict(set)
    for ack in acks:
        servers[ack.timeline].add(ack.server)
    return (
        f"timeline {timeline} was written by {' and '.join(sorted(of))}"
        for timeline, of in servers.items()
        if len(of) > 1
    )


@dataclass(frozen=True)
class Op:
    """Something done to a register whose values are never used twice. A read has no `new`."""

    begun: float
    ended: float | None
    """None: no answer came, so that it may or may not have been done."""
    seen: str
    """The value that was read, or that was found and replaced."""
    new: str = ""


def register_faults(ops: Iterable[Op], first: str, last: str) -> tuple[str, ...]:
    """Why a register's history is not that of one register: lost, forked or stale values; empty where it is.

    Every value names the one before it, so the last one tells the order of all; then each operation must come after
    whatever had ended before it began.
    """
    known = list(ops)
    before = {op.new: op.seen for op in known if op.new}
    chain, seen = [last], {last}
    while (value := before.get(chain[-1])) is not None and value not in seen:
        chain.append(value)
        seen.add(value)
    places = {value: place for place, value in enumerate(reversed(chain))}
    if chain[-1] != first:
        return (f"the value {chain[-1]} comes from nowhere",)
    done = [op for op in known if op.ended is not None]
    lost = [f"{op.new or op.seen} was acknowledged and is lost" for op in done if (op.new or op.seen) not in places]
    return tuple(lost) + tuple(_stale([op for op in done if (op.new or op.seen) in places], places))


def _stale(done: Sequence[Op], places: dict[str, int]) -> Iterable[str]:
    by_end = sorted(done, key=lambda op: op.ended or 0.0)
    newest, place = 0, 0
    for op in sorted(done, key=lambda op: op.begun):
        while place < len(by_end) and (by_end[place].ended or 0.0) <= op.begun:
            newest = max(newest, places[by_end[place].new or by_end[place].seen])
            place += 1
        if places.get(op.seen, -1) < newest:
            yield f"{op.seen} was seen at {op.begun:.3f}, when a later value had been acknowledged"
