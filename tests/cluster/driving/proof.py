"""A cluster under writers: break something, and see that writes go on, that nothing is lost, that all come back.

Knows: units with their machines and addresses, Patroni's word on who is what, how to kill and freeze on a machine.
Must not know: how the charm or Patroni brings anything about.

    with proof.under_writers(within=6) as event:
        proof.kill(event.primary, "KILL", "postmaster")
"""

from __future__ import annotations

import json
import secrets
import ssl
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from driving.box import Box
from driving.history import Gap, longest_gap, missing, out_of_order, two_primaries
from driving.postgresql import SERVER, Cluster
from driving.waiting import until
from driving.writers import Target, Writers

SERVING = ("running", "streaming")
_ANYBODY = ssl.create_default_context()
_ANYBODY.check_hostname = False
_ANYBODY.verify_mode = ssl.CERT_NONE


@dataclass(frozen=True)
class Unit:
    """A unit with its machine."""

    name: str
    machine: str
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

    def goes_on(self, timeout: float) -> None:
        """Wait until every stream has had a row acknowledged that it sent from now on."""
        until(self.writers.acknowledged_since(time.monotonic()), bool, timeout=timeout, delay=0.05)


class Proof:
    """A deployed cluster, a database of the writers' own in it, and its machines at hand."""

    def __init__(self, cluster: Cluster, box: Box, host: str) -> None:
        self.cluster, self.box, self.host = cluster, box, host
        self._password = secrets.token_hex(8)
        self.gaps: list[tuple[str, Gap]] = []

    def prepare(self) -> None:
        """A user and a database for the writers, and the way in for this host."""
        self.cluster.juju.config(SERVER, {"admin_addresses": self.host})
        primary = self.cluster.primary
        self.cluster.sql(primary, f"CREATE ROLE proof LOGIN PASSWORD '{self._password}'")
        self.cluster.sql(primary, "CREATE DATABASE proof OWNER proof")
        until(self._lets_us_in, bool, timeout=60, delay=0.5)

    def _lets_us_in(self) -> bool:
        try:
            return all(Writers(self.target).reaches(unit.address) for unit in self.units.values())
        except OSError:
            return False

    @cached_property
    def units(self) -> dict[str, Unit]:
        """The units, as they were when first asked for; `refresh` asks again."""
        status = self.cluster.juju.status()
        return {
            name: Unit(name, unit.machine, status.machines[unit.machine].instance_id, unit.public_address)
            for name, unit in status.apps[SERVER].units.items()
        }

    def refresh(self) -> None:
        """Units have come or gone."""
        self.__dict__.pop("units", None)

    @property
    def target(self) -> Target:
        """All units, for the writers."""
        return Target(tuple(unit.address for unit in self.units.values()), self._password)

    def members(self) -> dict[str, dict[str, Any]]:
        """The members as the first Patroni that answers tells; empty where none does."""
        for unit in self.units.values():
            try:
                with urllib.request.urlopen(
                    f"https://{unit.address}:8008/cluster", timeout=2, context=_ANYBODY
                ) as answer:
                    return {member["name"]: member for member in json.load(answer)["members"]}
            except (OSError, ValueError):
                continue
        return {}

    def primary(self) -> Unit | None:
        """Who holds the leader's key and runs."""
        found = [name for name, m in self.members().items() if m["role"] == "leader" and m["state"] == "running"]
        return next((unit for unit in self.units.values() if unit.member in found), None)

    def whole(self) -> bool:
        """Whether every unit serves, on one timeline, one of them as the primary."""
        members = self.members()
        return (
            set(members) == {unit.member for unit in self.units.values()}
            and all(member["state"] in SERVING for member in members.values())
            and len({member.get("timeline") for member in members.values()}) == 1
            and sum(member["role"] == "leader" for member in members.values()) == 1
        )

    def await_whole(self, timeout: float = 90) -> None:
        """Wait until the cluster is whole."""
        until(self._shown, lambda shown: shown == "whole", timeout=timeout, delay=0.25)

    def _shown(self) -> str:
        return "whole" if self.whole() else str(self.members())

    def run(self, unit: Unit, *argv: str) -> str:
        """Run a command on a unit's machine as root, past Juju."""
        return self.box.in_machine(unit.instance, *argv)

    def shell(self, unit: Unit, script: str) -> str:
        """Run a shell script on a unit's machine as root."""
        return self.run(unit, "sh", "-c", script)

    def kill(self, unit: Unit, signal: str, *programs: str) -> None:
        """Send a signal to programs of a unit: `postmaster`, `postgres` (all of its processes), `patroni`, `etcd`."""
        for program in programs:
            self.shell(unit, f"kill -{signal} {_PIDS[program]}")

    def fault(self, kind: str, unit: Unit, *options: str) -> None:
        """Bring about a fault of a unit's machine."""
        self.box.jujubox("fault", kind, unit.instance, *options)

    @contextmanager
    def under_writers(self, name: str, within: float, back: float = 90) -> Iterator[Event]:
        """Write; let the caller break something; see that writes go on in time; heal; see that nothing is lost."""
        self.await_whole()
        primary = self.primary()
        assert primary is not None
        writers = Writers(self.target)
        writers.start()
        standbys = tuple(unit for unit in self.units.values() if unit != primary)
        try:
            until(writers.acknowledged_since(time.monotonic()), bool, timeout=20)
            event = Event(time.monotonic(), primary, standbys, writers)
            try:
                yield event
                event.goes_on(within + 30)
            finally:
                self.box.heal()
            self.await_whole(back)
            event.goes_on(20)
        finally:
            writers.stop()
        self._judge(name, event, within)

    def _judge(self, name: str, event: Event, within: float) -> None:
        acks = event.writers.acks
        gap = longest_gap(acks, event.begun, time.monotonic())
        self.gaps.append((name, gap))
        said = "\n".join(f"{at - event.begun:.2f} {who}: {text}" for at, who, text in event.writers.errors(event.begun))
        print(f"{name}: {gap.seconds:.2f} s without a write, from {gap.begun - event.begun:.2f} s after the event")
        assert two_primaries(acks) == (), said
        for unit in self.units.values():
            found = until(self._rows(event, unit), lambda rows: not missing(acks, rows), timeout=10)
            assert out_of_order(found, ["strict"]) == [], unit
        assert gap.seconds <= within, f"{gap} after the event, in seconds of it\n{said}"

    def _rows(self, event: Event, unit: Unit) -> Callable[[], set[tuple[str, int]]]:
        return lambda: event.writers.found(unit.address)

    def nothing_left_to_do(self, units: Sequence[str] = ()) -> None:
        """Every unit's next plan is empty."""
        for name in units or tuple(self.units):
            results = self.cluster.juju.run(name, "explain").results
            assert "nothing" in str(results).lower(), (name, results)


_PIDS = {
    "postmaster": "$(head -1 /var/lib/postgresql/*/*/postmaster.pid)",
    "postgres": "$(pgrep -u postgres -x postgres)",
    "patroni": "$(pgrep -u postgres -f -- '-m [p]atroni ')",
    "etcd": "$(pgrep -u etcd -x etcd)",
}
