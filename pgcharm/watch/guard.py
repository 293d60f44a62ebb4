"""When a server has to be ended because Patroni cannot do it. Pure.

Knows: what a primary may do without a Patroni that renews its key, and for how long. Must not know: how to look or end.

The clock of the day may be set at any moment, and Patroni tells by it when it was last in contact. So what it says is
only believed to be new when it differs from what it said before, and is then placed between that look and this one.
Patroni also sleeps by that clock: set back by an hour, it would sleep for an hour, and its key run out (4.1,
__main__.py, schedule_next_run). So it is woken when that has happened; and for no lost contact, because waking counts
as one: it reads what Patroni has in its cache.

There is seldom a watchdog device in a container or a virtual machine. Without one, a primary whose Patroni is frozen
would go on while its key runs out and another one is promoted; and a postmaster that admits nobody (told to stop while
clients are connected, or frozen) would stay the primary for ever, because Patroni has its connection from before.

>>> m = Memory(contact=100, heard=100, admitted=100)
>>> verdict(m, Sight(116, primary=True, contact=None, running=False, admits=True), ttl=20)
Verdict(server=True, patroni=True, reason='Patroni was last in contact with etcd 16 s ago, and is silent')
>>> verdict(m, Sight(116, primary=False, contact=None, running=False, admits=True), ttl=20) is None
True
"""

from __future__ import annotations

from dataclasses import dataclass, replace

MARGIN = 6.0
"""Seconds before the key may run out at which a primary without Patroni is ended. Patroni leaves a watchdog 5; a look
may take two, and ending the server another two."""
ADMITS_NOBODY = 10.0
"""Seconds after which a server that Patroni calls running, and that lets nobody in, is ended."""
SILENT = 45.0
"""Seconds after which a silent Patroni on a standby is ended, for systemd to start it anew."""
SET_BACK = 1.0
"""Seconds by which the clock of the day has to have gone back to count as set; less is drift, and costs nothing."""


@dataclass(frozen=True)
class Sight:
    """One look. Times are seconds of a clock that goes on while the machine sleeps."""

    at: float
    primary: bool
    """Whether a server runs here that is not a standby."""
    contact: float | None
    """When Patroni says it was last in contact with etcd, if the clock of the day is right; None where it is silent."""
    running: bool
    """Whether Patroni says that PostgreSQL runs."""
    admits: bool
    """Whether PostgreSQL lets a new connection in."""
    paused: bool = False
    failsafe: bool = False
    """Whether all members have told the primary that it may go on without etcd."""
    word: float = 0.0
    """The time of the last contact as Patroni says it, by the clock of the day."""
    day: float = 0.0
    """What the clock of the day is ahead of this one."""


@dataclass(frozen=True)
class Memory:
    """What the looks so far have shown."""

    contact: float
    heard: float
    admitted: float
    paused: bool = False
    word: float | None = None
    """What Patroni last said of its contact; None before it said anything."""
    looked: float = 0.0
    day: float | None = None

    @classmethod
    def beginning(cls, at: float) -> Memory:
        """Nothing is known yet: all may have been well until now."""
        return cls(at, at, at, looked=at)


@dataclass(frozen=True)
class Verdict:
    """What to end, and why."""

    server: bool
    patroni: bool
    reason: str


def remember(before: Memory, sight: Sight) -> Memory:
    """The memory after one more look."""
    after = replace(before, looked=sight.at, day=sight.day)
    if sight.contact is not None:
        going_on = sight.paused or sight.failsafe
        contact = sight.at if going_on else contacted(before, sight.contact, sight.word)
        after = replace(after, contact=contact, heard=sight.at, paused=sight.paused, word=sight.word)
    if sight.admits or not sight.running:
        after = replace(after, admitted=sight.at)
    return after


def contacted(before: Memory, contact: float, word: float) -> float:
    """When Patroni was last in contact with etcd: a new word of it was said after the look before."""
    if before.word is None:
        return contact
    return max(contact, before.looked) if word != before.word else before.contact


def is_set_back(before: Memory, sight: Sight) -> bool:
    """Whether the clock of the day has been set back since the last look."""
    return before.day is not None and sight.day < before.day - SET_BACK


def verdict(memory: Memory, sight: Sight, ttl: float) -> Verdict | None:
    """What to end now; None while all is well enough. `memory` includes the sight."""
    if memory.paused:
        return None
    silent = sight.contact is None
    if sight.primary and sight.at - memory.contact >= ttl - MARGIN:
        seconds = sight.at - memory.contact
        seen = f"Patroni was last in contact with etcd {seconds:.0f} s ago"
        return Verdict(True, silent, seen + (", and is silent" if silent else ""))
    if sight.running and sight.at - memory.admitted >= ADMITS_NOBODY:
        seconds = sight.at - memory.admitted
        return Verdict(True, False, f"PostgreSQL has let nobody in for {seconds:.0f} s, and Patroni calls it running")
    if silent and sight.at - memory.heard >= SILENT:
        return Verdict(False, True, f"Patroni has been silent for {sight.at - memory.heard:.0f} s")
    return None
