"""Faults at random, one after the other, while rows are written and registers are read and changed.

Knows: which faults there are and how long each is left. Must not know: what survives them.
The same seed picks the same faults, on the members that have the same parts then.
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from threading import Event as Flag
from threading import Thread

import psycopg2

from driving.history import Op, register_faults
from driving.members import Event, Members, Unit
from driving.writers import PATIENCE, Client, Session, Target, session

REGISTERS = 4
TABLE = "CREATE TABLE IF NOT EXISTS registers (run text, key int, value text NOT NULL, PRIMARY KEY (run, key))"
SET_UP = "INSERT INTO registers SELECT %s, generate_series(1, %s), '0'"
READ = "SELECT value FROM registers WHERE run = %s AND key = %s"
CHANGE = "UPDATE registers SET value = %s WHERE run = %s AND key = %s AND value = %s RETURNING value"


@dataclass
class Registers(Client):
    """One connection that reads registers and changes them to values that are never used twice."""

    run: str = ""
    name: str = ""
    seed: int = 0
    ops: dict[int, list[Op]] = field(default_factory=lambda: {key: [] for key in range(1, REGISTERS + 1)})
    _count: int = 0

    def turn(self, session: Session, begun: float) -> None:
        """Read one register; then, every other time, change it if nobody else has meanwhile."""
        key = 1 + self._count % REGISTERS
        self._count += 1
        ((seen,),) = session.rows(READ, (self.run, key))
        self.ops[key].append(Op(begun, time.monotonic(), seen))
        if self._count % 2:
            self._change(session, key, seen)

    def _change(self, session: Session, key: int, seen: str) -> None:
        begun, new = time.monotonic(), f"{self.name}-{self._count}"
        try:
            changed = session.rows(CHANGE, (new, self.run, key, seen))
        except psycopg2.Error:
            self.ops[key].append(Op(begun, None, seen, new))
            raise
        if changed:
            self.ops[key].append(Op(begun, time.monotonic(), seen, new))


class Keeping:
    """Several clients of the same registers, and what their history shows."""

    def __init__(self, target: Target, clients: int = 3) -> None:
        self.run, self.target, self._stop = secrets.token_hex(4), target, Flag()
        self.clients = [Registers(target, self._stop, 0.05, run=self.run, name=f"c{n}") for n in range(clients)]
        self._threads = [Thread(target=client.work, daemon=True) for client in self.clients]

    def start(self) -> None:
        with closing(session(self.target)) as one:
            one.rows(TABLE)
            one.rows(SET_UP, (self.run, REGISTERS))
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(3 * PATIENCE)

    @property
    def count(self) -> int:
        """How many operations there were."""
        return sum(len(ops) for client in self.clients for ops in client.ops.values())

    def faults(self) -> list[str]:
        """What is wrong with the registers' histories, once all has healed."""
        found = []
        with closing(session(self.target)) as one:
            for key in range(1, REGISTERS + 1):
                ((last,),) = one.rows(READ, (self.run, key))
                ops = [op for client in self.clients for op in client.ops[key]]
                found += [f"register {key}: {fault}" for fault in register_faults(ops, "0", last)]
        return found


@dataclass(frozen=True)
class Round:
    """One fault that was chosen."""

    name: str
    on_primary: bool
    seconds: float
    """How long it is left before it is healed."""

    def __str__(self) -> str:
        return f"{self.name} on {'the primary' if self.on_primary else 'a standby'} for {self.seconds:.1f} s"


Breaking = Callable[[Members, Unit], None]


def killing(signal: str, *programs: str) -> Breaking:
    return lambda members, unit: members.kill(unit, signal, *programs)


def machine(kind: str, *options: str) -> Breaking:
    return lambda members, unit: members.fault(kind, unit, *options)


FAULTS: dict[str, tuple[Breaking, float]] = {
    "kill postmaster": (killing("KILL", "postmaster"), 0),
    "kill Patroni": (killing("KILL", "patroni"), 0),
    "kill etcd": (killing("KILL", "etcd"), 0),
    "kill Patroni and postmaster": (killing("KILL", "patroni", "postmaster"), 0),
    "stop Patroni": (killing("TERM", "patroni"), 0),
    "stop postmaster": (killing("INT", "postmaster"), 0),
    "stop etcd": (killing("TERM", "etcd"), 0),
    "freeze postmaster": (killing("STOP", "postmaster"), 20),
    "freeze Patroni": (killing("STOP", "patroni"), 30),
    "freeze etcd": (killing("STOP", "etcd"), 15),
    "crash": (machine("crash"), 40),
    "freeze machine": (machine("freeze"), 40),
    "cut": (machine("cut"), 40),
    "cut what it sends": (machine("cut", "--only", "out"), 40),
    "cut what it hears": (machine("cut", "--only", "in"), 40),
    "slow": (machine("slow", "--delay", "50ms"), 15),
    "fill disk": (machine("fill-disk"), 20),
}
"""How each is brought about, and the longest that it is left."""
THAW = "pkill -CONT -x etcd; pkill -CONT -x postgres; pkill -CONT -u postgres -f -- '-m [p]atroni '; true"


def chosen(dice: random.Random, names: list[str] | None = None) -> Round:
    """The next fault."""
    name = dice.choice(names or sorted(FAULTS))
    return Round(name, dice.random() < 0.7, dice.random() * FAULTS[name][1])


def play(members: Members, seed: int, seconds: float, say: Callable[[str], None], most: float = 60) -> int:
    """Break and heal until the seconds are over; how many faults there were. Raises AssertionError.

    `most` is how long writes may stop for a fault, beyond the time for which it is left.
    """
    dice, count = random.Random(seed), 0
    keeping = Keeping(members.target)
    members.await_whole()
    keeping.start()
    end = time.monotonic() + seconds
    try:
        while count == 0 or time.monotonic() < end:
            one = chosen(dice)
            say(str(one))
            with members.under_writers(f"{one}", within=one.seconds + most, back=300) as event:
                unit = event.primary if one.on_primary else dice.choice(event.standbys)
                FAULTS[one.name][0](members, unit)
                _leave(event, one.seconds)
                members.heal()
                members.run(unit, "sh", "-c", THAW)
            count += 1
    finally:
        keeping.stop()
    assert keeping.faults() == []
    say(f"{count} faults, {keeping.count} operations on registers, nothing lost (seed {seed})")
    return count


def _leave(event: Event, seconds: float) -> None:
    """Leave a fault for some time: this wait is the fault's own length, it hides nothing."""
    time.sleep(max(0.0, event.begun + seconds - time.monotonic()))
