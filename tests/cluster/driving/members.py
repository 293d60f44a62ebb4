"""Members of a Patroni cluster under writers: break something; writes go on, nothing is lost, all come back.

Knows: members with their machines and addresses, Patroni's word on who is what, how to kill and freeze on a machine.
Must not know: Juju, and how anything is brought about.

    with members.under_writers("postmaster killed", within=6) as event:
        members.kill(event.primary, "KILL", "postmaster")
"""

from __future__ import annotations

import json
import re
import ssl
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from driving.box import Box
from driving.history import Gap, longest_gap, missing, out_of_order, two_primaries
from driving.waiting import until
from driving.writers import Target, Writers

SERVING = ("running", "streaming")
_ANYBODY = ssl.create_default_context()
_ANYBODY.check_hostname = False
_ANYBODY.verify_mode = ssl.CERT_NONE
_MAY_TAKE_OVER = {"quorum_standby", "sync_standby"}
"""Roles of standbys that Patroni has put down in etcd as those that have every commit, or enough of them together."""
_PIDS = {
    "postmaster": "$(head -1 /var/lib/postgresql/*/*/postmaster.pid)",
    "postgres": "$(pgrep -u postgres -x postgres)",
    "patroni": "$(pgrep -u postgres -f -- '-m [p]atroni ')",
    "etcd": "$(pgrep -u etcd -x etcd)",
}


@dataclass(frozen=True)
class Unit:
    """A member with its machine."""

    name: str
    instance: str
    address: str

    @property
    def member(self) -> str:
        """Its name in Patroni and etcd."""
        return self.name.replace("/", "-")


@dataclass(frozen=True)
class Event:
    """The moment in which something is broken, and who was what just before."""

    begun: float
    primary: Unit
    standbys: tuple[Unit, ...]
    writers: Writers
    patience: float
    """How long it is waited for writes: longer than they may stop, so that a gap too long is told by its length."""

    def goes_on(self, timeout: float | None = None) -> None:
        """Wait until every stream has had a row acknowledged that it sent from now on."""
        until(self.writers.acknowledged_since(time.monotonic()), bool, timeout=timeout or self.patience, delay=0.05)

    def writes_for(self, seconds: float) -> None:
        """See rows acknowledged for so many seconds more: the time is the fault's own length, it hides nothing."""
        end = time.monotonic() + seconds
        until(self.writers.acknowledged_since(end), bool, timeout=seconds + 60)

    def fails(self, timeout: float) -> None:
        """Wait until a stream has met an error."""
        until(lambda: self.writers.errors(self.begun), bool, timeout=timeout)

    @property
    def gap(self) -> Gap:
        """The longest time without a row from the event until now."""
        return longest_gap(self.writers.acks, self.begun, time.monotonic())


class Members:
    """A cluster's members, with a database of the writers' own in it."""

    slack = 1
    """How many times as long as promised writes may stop."""

    def __init__(self, box: Box, units: Mapping[str, Unit], password: str, scheme: str = "https") -> None:
        self.box, self.units, self.password, self.scheme = box, dict(units), password, scheme
        self.events: list[tuple[str, Event, Gap]] = []

    @property
    def target(self) -> Target:
        """All members, for the writers."""
        return Target(tuple(unit.address for unit in self.units.values()), self.password)

    def prepare(self) -> None:
        """A user and a database for the writers."""
        primary = until(self.primary, bool, timeout=60)
        assert primary is not None
        known = self.sql(primary, "SELECT 1 FROM pg_roles WHERE rolname = 'proof'")
        self.sql(primary, f"{'ALTER' if known else 'CREATE'} ROLE proof LOGIN PASSWORD '{self.password}'")
        if not known:
            self.sql(primary, "CREATE DATABASE proof OWNER proof")
        until(lambda: all(map(self.admits, self.units.values())), bool, timeout=60, delay=0.5)

    def sql(self, unit: Unit, statement: str) -> str:
        """What a unit's own PostgreSQL answers to its superuser."""
        return self.run(unit, "runuser", "-u", "postgres", "--", "psql", "-XAtqc", statement).rstrip("\n")

    def admits(self, unit: Unit) -> bool:
        """Whether a unit's PostgreSQL lets the writers in."""
        return Writers(self.target).reaches(unit.address)

    def ask(self, unit: Unit, question: str) -> bytes | None:
        """What a unit's Patroni answers; None where it does not."""
        url = f"{self.scheme}://{unit.address}:8008/{question}"
        try:
            with urllib.request.urlopen(url, timeout=2, context=_ANYBODY) as answer:
                return bytes(answer.read())
        except OSError:
            return None

    def members(self) -> dict[str, dict[str, Any]]:
        """The members as the first Patroni that answers tells; empty where none does."""
        for unit in self.units.values():
            if seen := self.ask(unit, "cluster"):
                return {member["name"]: member for member in json.loads(seen)["members"]}
        return {}

    def primary(self) -> Unit | None:
        """Who holds the leader's key and runs."""
        found = [name for name, m in self.members().items() if m["role"] == "leader" and m["state"] == "running"]
        return next((unit for unit in self.units.values() if unit.member in found), None)

    def known_primary(self) -> Unit:
        """The same, once somebody answers who it is."""
        found = until(self.primary, bool, timeout=30)
        assert found is not None
        return found

    def whole(self) -> bool:
        """Whether every unit serves, on one timeline, one of them as the primary, and says so itself."""
        members = self.members()
        return (
            set(members) == {unit.member for unit in self.units.values()}
            and all(member["state"] in SERVING for member in members.values())
            and len({member.get("timeline") for member in members.values()}) == 1
            and sum(member["role"] == "leader" for member in members.values()) == 1
            and all(self.ask(unit, "health") is not None for unit in self.units.values())
        )

    def commits_wait_for_whom_there_is(self, timeout: float = 60) -> None:
        """Wait until a commit may be confirmed by every standby that there is and by no other, and etcd knows of each.

        Until the primary has taken a lost standby off that list, a commit may be on the primary and on that one alone,
        and nobody else may take over: PostgreSQL notices a silent standby after `wal_sender_timeout`, 30 s. Nor may a
        standby take over that is on PostgreSQL's list and not yet on that of etcd.
        """

        def listed() -> set[str]:
            primary = self.primary()
            said = self.sql(primary, "SHOW synchronous_standby_names") if primary else ""
            return set(re.findall(r'"([^"]+)"', said))

        def standbys() -> dict[str, str]:
            return {name: member["role"] for name, member in self.members().items() if member["role"] != "leader"}

        until(
            lambda: (listed(), standbys()),
            lambda seen: bool(seen[0]) and seen[0] == set(seen[1]) and set(seen[1].values()) <= _MAY_TAKE_OVER,
            timeout=timeout,
            delay=0.5,
        )

    def await_whole(self, timeout: float = 90) -> None:
        """Wait until the cluster is whole."""

        def shown() -> str:
            return "whole" if self.whole() else str(self.members())

        until(shown, lambda seen: seen == "whole", timeout=timeout, delay=0.5)

    def somebody_else_is_primary(self, event: Event, timeout: float = 60) -> None:
        """Wait until another unit holds the leader's key and runs."""
        until(self.primary, lambda now: now not in (None, event.primary), timeout=timeout, delay=0.2)

    def patroni_answers(self, unit: Unit) -> None:
        """Wait until a unit's Patroni answers again."""
        until(lambda: self.ask(unit, "liveness") is not None, bool, timeout=60)

    def run(self, unit: Unit, *argv: str) -> str:
        """Run a command on a unit's machine as root, past Juju."""
        return self.box.in_machine(unit.instance, *argv)

    def kill(self, unit: Unit, signal: str, *programs: str) -> None:
        """Send a signal to programs of a unit: `postmaster`, `postgres` (all of its processes), `patroni`, `etcd`."""
        for program in programs:
            self.run(unit, "sh", "-c", f"kill -{signal} {_PIDS[program]}")

    def fault(self, kind: str, unit: Unit, *options: str) -> None:
        """Bring about a fault of a unit's machine."""
        self.box.jujubox("fault", kind, unit.instance, *options)

    def heal(self) -> None:
        """Undo every fault of these machines."""
        self.box.jujubox("fault", "heal", *(unit.instance for unit in self.units.values()))

    @contextmanager
    def under_writers(self, name: str, within: float, back: float = 120) -> Iterator[Event]:
        """Write; let the caller break something; see that writes go on in time; heal; see that nothing is lost."""
        self.await_whole()
        primary = self.primary()
        assert primary is not None
        writers = Writers(self.target)
        writers.start()
        standbys = tuple(unit for unit in self.units.values() if unit != primary)
        try:
            until(writers.acknowledged_since(time.monotonic()), bool, timeout=20)
            event = Event(time.monotonic(), primary, standbys, writers, patience=3 * within + 30)
            try:
                yield event
                event.goes_on()
            finally:
                self.heal()
            self.await_whole(back)
            event.goes_on(20)
        finally:
            writers.stop()
        self._judge(name, event, within)

    def _judge(self, name: str, event: Event, within: float) -> None:
        acks, gap = event.writers.acks, event.gap
        self.events.append((name, event, gap))
        said = "\n".join(f"{at - event.begun:.2f} {who}: {text}" for at, who, text in event.writers.errors(event.begun))
        print(f"{name}: {gap.seconds:.2f} s without a write, from {gap.begun - event.begun:.2f} s after the event")
        assert two_primaries(acks) == (), said
        for unit in self.units.values():
            found = until(
                lambda unit=unit: event.writers.found(unit.address),  # type: ignore[misc]
                lambda rows: not missing(acks, rows),
                timeout=30,
            )
            assert out_of_order(found, ["strict"]) == [], unit
        assert gap.seconds <= within * self.slack, f"{gap} after the event, in seconds of it\n{said}"
