"""The deployed application under writers.

Knows: how Juju's units are found, told to let this host in, and asked what is left to do.
Must not know: how anything is broken (see `members`).
"""

from __future__ import annotations

import ipaddress
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import jubilant

from driving.box import Box
from driving.members import Members, Unit
from driving.postgresql import ROOT, SERVER, Cluster, packed
from driving.waiting import until

SLACK = 3
"""For tests, beside whatever else this machine does: they tell a mechanism that works from none, benchmarks hold it."""


class Proof(Members):
    """A deployed cluster, and its machines at hand."""

    def __init__(self, cluster: Cluster, box: Box) -> None:
        self.cluster = cluster
        super().__init__(box, {}, secrets.token_hex(8))

    def prepare(self) -> None:
        """Let this host in; a user and a database for the writers."""
        subnet = ipaddress.ip_network(json.loads((self.box.home / "box.json").read_text())["subnet"])
        self.cluster.juju.config(SERVER, {"admin_addresses": str(subnet[1])})
        self.refresh()
        super().prepare()

    def refresh(self) -> None:
        """Units have come or gone. One that has just been added is waited for until it has a machine."""

        def placed(status: jubilant.Status) -> bool:
            units = status.apps[SERVER].units.values()
            return all(unit.public_address and status.machines[unit.machine].instance_id != "pending" for unit in units)

        status = until(self.cluster.juju.status, placed, timeout=120, delay=0.5)
        self.units = {
            name: Unit(name, status.machines[unit.machine].instance_id, unit.public_address)
            for name, unit in status.apps[SERVER].units.items()
        }

    def gone(self, unit: Unit) -> None:
        """Wait until a unit is gone from the model."""
        until(lambda: unit.name in self.cluster.juju.status().apps[SERVER].units, lambda there: not there, timeout=120)
        self.refresh()

    def switch_over(self, event_primary: Unit) -> None:
        """Hand the primary's role to another unit, as an operator does."""
        self.cluster.juju.run(event_primary.name, "switchover")

    def settled(self, count: int) -> None:
        """Wait until every unit says that it is well. A hook that was cut short by its machine is run again by Juju."""
        wanted = ["primary", *["standby"] * (count - 1)]

        def shown() -> list[str]:
            units = self.cluster.juju.status().apps[SERVER].units.values()
            well = (unit for unit in units if unit.workload_status.current == "active")
            return sorted(unit.workload_status.message.partition(",")[0] for unit in well)

        until(shown, lambda said: said == wanted, timeout=300, delay=1)

    def comes_back_elsewhere(self, unit: Unit) -> None:
        """A machine that is down has another address when it boots again, as a lease may have run out meanwhile."""
        subnet = ipaddress.ip_network(json.loads((self.box.home / "box.json").read_text())["subnet"])
        record = self.box.home / "machines" / unit.instance / "machine.json"
        there = json.loads(record.read_text())
        taken = {each.address for each in self.units.values()}
        address = next(str(subnet[last]) for last in range(250, 240, -1) if str(subnet[last]) not in taken)
        record.write_text(json.dumps({**there, "address": address}) + "\n")
        self.units[unit.name] = replace(unit, address=address)

    def remove_by_force(self, unit: Unit) -> None:
        """The operator's word that a unit is gone for good."""
        self.cluster.juju.cli("remove-unit", "--no-prompt", "--force", "--no-wait", unit.name)

    def comes_to_rest(self) -> None:
        """Wait until no unit has anything left to do or to wait for."""

        def busy() -> str:
            """What the first unit that is not at rest would do next: to ask is work for the unit as well."""
            plans = (str(self.cluster.juju.run(name, "explain").results.get("plan")) for name in self.units)
            return next((plan for plan in plans if plan != "nothing to do"), "")

        until(busy, lambda plan: not plan, timeout=180, delay=2)


@contextmanager
def under_proof(juju: jubilant.Juju, box: Box, scratch: Path, units: int) -> Iterator[Proof]:
    """The charm of this tree on so many units, deployed or grown to that, and the writers' way in; at last the gaps."""
    there = juju.status().apps.get(SERVER)
    if there is None:
        juju.deploy(packed(ROOT, SERVER, scratch / SERVER), SERVER, num_units=units, base="debian@12")
    elif missing := units - len(there.units):
        juju.add_unit(SERVER, num_units=missing)
    proof = Proof(Cluster(juju), box)
    proof.slack = SLACK
    proof.cluster.settled(units, timeout=900)
    proof.prepare()
    yield proof
    print("\n".join(f"{name}: {gap.seconds:.2f} s" for name, _, gap in proof.events))
