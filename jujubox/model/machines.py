"""Machines of a model: which there should be, and how far each has come.

Knows: rows, addresses, names of instances.
Must not know: how a machine is made.
"""

from __future__ import annotations

import ipaddress
import secrets
import sqlite3
from dataclasses import dataclass
from typing import Any

from jujubox.model import status, topics
from jujubox.model.database import Database, NotFound, Refused, dumps, loads
from jujubox.model.models import Model

BASES = ("debian@12", "debian@13")
_FIRST_HOST = 10


@dataclass(frozen=True)
class Machine:
    """A machine as the model wants and knows it."""

    model: int
    id: str
    life: str
    instance: str
    base: str
    hostname: str
    address: str
    token: str
    boot_id: str
    provisioned: bool
    manual: bool
    """Asked for by name: it stays when its last unit leaves."""
    force: bool
    agent_started: bool
    reboot: bool
    """Its agent asked to be restarted."""
    constraints: dict[str, Any]

    @property
    def entity(self) -> str:
        """Its name among statuses."""
        return f"machine:{self.id}"


def checked_base(base: str) -> str:
    """`debian@12` of `debian@12/stable`. Raises Refused for what there is no image of."""
    plain = base.split("/")[0]
    if plain not in BASES:
        raise Refused(f'base "{base}" is not supported (expected {" or ".join(BASES)})', "not supported")
    return plain


def add(db: Database, model: Model, base: str, manual: bool, constraints: dict[str, Any] | None = None) -> Machine:
    """A new machine, not yet provisioned."""
    number = str(db.next_number(model.id, "machine"))
    name = f"juju-{model.uuid[-6:]}-{number}"
    db.insert(
        "machines",
        model=model.id,
        id=number,
        instance=name,
        base=checked_base(base),
        hostname=name,
        address=_free_address(db),
        token=secrets.token_hex(16),
        manual=int(manual),
        constraints_json=dumps(constraints or {}),
        created=db.now(),
    )
    entity = f"machine:{number}"
    status.put(db, model.id, entity, "agent", "pending")
    status.put(db, model.id, entity, "instance", "pending")
    db.touch(topics.MACHINES, topics.whole(model.id))
    return find(db, model.id, number)


def find(db: Database, model: int, number: str) -> Machine:
    """The machine with this id. Raises NotFound."""
    row = db.one("SELECT * FROM machines WHERE model = ? AND id = ?", model, number)
    if row is None:
        raise NotFound(f"machine {number} not found")
    return _machine(row)


def of_model(db: Database, model: int) -> list[Machine]:
    """The machines of a model in order."""
    return sorted(
        (_machine(row) for row in db.all("SELECT * FROM machines WHERE model = ?", model)), key=lambda m: int(m.id)
    )


def every(db: Database) -> list[Machine]:
    """The machines of all models."""
    return [_machine(row) for row in db.all("SELECT * FROM machines ORDER BY created")]


def units_on(db: Database, model: int, number: str) -> list[str]:
    """Names of units placed on a machine."""
    return db.column("SELECT name FROM units WHERE model = ? AND machine = ? ORDER BY name", model, number)


def set_provisioned(db: Database, machine: Machine) -> None:
    """The machine was made and booted."""
    db.run("UPDATE machines SET provisioned = 1 WHERE model = ? AND id = ?", machine.model, machine.id)
    db.touch(topics.MACHINES, topics.whole(machine.model))


def set_started(db: Database, machine: Machine, boot_id: str, hostname: str, address: str) -> bool:
    """Its agent spoke; whether the address is another than before."""
    db.run(
        "UPDATE machines SET agent_started = 1, boot_id = ?, hostname = ?, address = ? WHERE model = ? AND id = ?",
        *(boot_id, hostname or machine.hostname, address or machine.address, machine.model, machine.id),
    )
    status.put(db, machine.model, machine.entity, "agent", "started")
    db.touch(topics.MACHINES, topics.whole(machine.model), topics.machine(machine.model, machine.id))
    for unit in units_on(db, machine.model, machine.id):
        db.touch(topics.unit(machine.model, unit))
    return bool(address) and address != machine.address


def ask_reboot(db: Database, machine: Machine, wanted: bool = True) -> None:
    """Have the provisioner restart the machine, or note that it did."""
    db.run("UPDATE machines SET reboot = ? WHERE model = ? AND id = ?", int(wanted), machine.model, machine.id)
    db.touch(topics.MACHINES)


def destroy(db: Database, model: int, number: str, force: bool = False) -> None:
    """Begin to remove a machine; the provisioner does it when no unit is left."""
    db.run(
        "UPDATE machines SET life = 'dying', force = max(force, ?) WHERE model = ? AND id = ?",
        int(force),
        model,
        number,
    )
    db.touch(topics.MACHINES, topics.whole(model), topics.machine(model, number))


def remove(db: Database, machine: Machine) -> None:
    """The machine is gone, and what was kept on its disk."""
    db.run("DELETE FROM storage WHERE model = ? AND machine = ?", machine.model, machine.id)
    db.run("DELETE FROM machines WHERE model = ? AND id = ?", machine.model, machine.id)
    status.forget(db, machine.model, machine.entity)
    db.touch(topics.MACHINES, topics.whole(machine.model), topics.machine(machine.model, machine.id))


def destroy_if_empty(db: Database, model: int, number: str) -> None:
    """Remove a machine that was made for units and has none left."""
    row = db.one("SELECT * FROM machines WHERE model = ? AND id = ?", model, number)
    if row is not None and not row["manual"] and not units_on(db, model, number):
        destroy(db, model, number)


def set_subnet(db: Database, subnet: str) -> None:
    """Keep the network that machines get their addresses from."""
    db.run("INSERT OR REPLACE INTO facts (key, value) VALUES ('subnet', ?)", subnet)


def subnet(db: Database) -> str:
    """The network of all machines."""
    return str(db.value("SELECT value FROM facts WHERE key = 'subnet'") or "10.64.0.0/24")


def _free_address(db: Database) -> str:
    """The next address that nobody has; a freed one is not given again before the others were."""
    network = ipaddress.ip_network(subnet(db))
    room = network.num_addresses - _FIRST_HOST - 1
    taken = set(db.column("SELECT address FROM machines"))
    for _ in range(room):
        address = str(network[_FIRST_HOST + db.next_number(0, "address") % room])
        if address not in taken:
            return address
    raise Refused(f"cannot add a machine: all {room} addresses of {network} are taken")


def _machine(row: sqlite3.Row) -> Machine:
    return Machine(
        model=row["model"],
        id=row["id"],
        life=row["life"],
        instance=row["instance"],
        base=row["base"],
        hostname=row["hostname"],
        address=row["address"],
        token=row["token"],
        boot_id=row["boot_id"],
        provisioned=bool(row["provisioned"]),
        manual=bool(row["manual"]),
        force=bool(row["force"]),
        agent_started=bool(row["agent_started"]),
        reboot=bool(row["reboot"]),
        constraints=loads(row["constraints_json"]),
    )
