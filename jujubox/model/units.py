"""Units: where they are, what they run, what their agents remember.

Knows: rows of units.
Must not know: how a unit is torn down (see `removal`).
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from jujubox.model import leases, machines, status, topics
from jujubox.model.database import Database, NotFound, Refused
from jujubox.names import unit_order


@dataclass(frozen=True)
class Unit:
    """A unit as the model knows it."""

    model: int
    name: str
    application: str
    machine: str
    life: str
    principal: str
    charm_url: str
    """The charm that it runs, empty before it runs one."""
    resolved: str
    workload_version: str
    agent_known: bool
    """Whether its agent ever spoke."""
    destroy_storage: bool

    @property
    def entity(self) -> str:
        """Its name among statuses."""
        return f"unit:{self.name}"


def add(db: Database, model: int, application: str, machine: str, principal: str = "") -> Unit:
    """A new unit on a machine."""
    number = db.next_number(model, f"unit:{application}")
    name = f"{application}/{number}"
    db.insert(
        "units",
        model=model,
        name=name,
        application=application,
        number=number,
        machine=machine,
        principal=principal,
        created=db.now(),
    )
    started = machines.find(db, model, machine).agent_started
    status.put(db, model, f"unit:{name}", "agent", "allocating")
    message = "agent initialising" if started else "waiting for machine"
    status.put(db, model, f"unit:{name}", "workload", "waiting", message)
    db.touch(topics.application(model, application), topics.machine(model, machine), topics.whole(model))
    return find(db, model, name)


def find(db: Database, model: int, name: str) -> Unit:
    """The unit of this name. Raises NotFound."""
    row = db.one("SELECT * FROM units WHERE model = ? AND name = ?", model, name)
    if row is None:
        raise NotFound(f'unit "{name}" not found')
    return _unit(row)


def resolve(db: Database, model: int, reference: str) -> Unit:
    """The unit that `a/0` or `a/leader` means. Raises NotFound."""
    application, slash, rest = reference.partition("/")
    if not slash or rest != "leader":
        return find(db, model, reference)
    leader = leases.holder(db, model, application)
    if not leader:
        raise NotFound(f'could not determine leader for "{application}"')
    return find(db, model, leader)


def of_application(db: Database, model: int, application: str) -> list[Unit]:
    """The units of an application in order."""
    rows = db.all("SELECT * FROM units WHERE model = ? AND application = ? ORDER BY number", model, application)
    return [_unit(row) for row in rows]


def of_model(db: Database, model: int) -> list[Unit]:
    """All units in order."""
    return sorted((_unit(row) for row in db.all("SELECT * FROM units WHERE model = ?", model)), key=_order)


def on_machine(db: Database, model: int, machine: str) -> list[Unit]:
    """The units of a machine in order."""
    rows = db.all("SELECT * FROM units WHERE model = ? AND machine = ?", model, machine)
    return sorted((_unit(row) for row in rows), key=_order)


def subordinates(db: Database, model: int, principal: str) -> list[Unit]:
    """The subordinate units beside a principal unit."""
    rows = db.all("SELECT * FROM units WHERE model = ? AND principal = ?", model, principal)
    return sorted((_unit(row) for row in rows), key=_order)


def load(db: Database, unit: Unit, column: str) -> str:
    """A column that the unit's agent owns, as JSON text."""
    assert column in ("state_json", "charm_state_json", "last_commit")
    text: str = db.value(f"SELECT {column} FROM units WHERE model = ? AND name = ?", unit.model, unit.name)  # noqa: S608
    return text


def save(db: Database, unit: Unit, column: str, text: str) -> None:
    """Replace such a column."""
    assert column in ("state_json", "charm_state_json", "last_commit")
    db.run(f"UPDATE units SET {column} = ? WHERE model = ? AND name = ?", text, unit.model, unit.name)  # noqa: S608


def agent_spoke(db: Database, unit: Unit) -> None:
    """The unit's agent came up for the first time."""
    db.run("UPDATE units SET agent_known = 1 WHERE model = ? AND name = ?", unit.model, unit.name)
    current = status.get(db, unit.model, unit.entity, "workload")
    if current is not None and current.message in ("waiting for machine", "installing agent"):
        status.put(db, unit.model, unit.entity, "workload", "waiting", "agent initialising")


def set_charm(db: Database, unit: Unit, url: str) -> None:
    """The charm that the unit runs now."""
    db.run("UPDATE units SET charm_url = ? WHERE model = ? AND name = ?", url, unit.model, unit.name)
    db.touch(topics.whole(unit.model))


def set_workload_version(db: Database, unit: Unit, version: str) -> None:
    """What application-version-set said."""
    db.run("UPDATE units SET workload_version = ? WHERE model = ? AND name = ?", version, unit.model, unit.name)
    db.touch(topics.whole(unit.model))


def set_resolved(db: Database, unit: Unit, resolved: str) -> None:
    """The operator says what should become of a failed hook. Raises Refused if none failed."""
    agent = status.get(db, unit.model, unit.entity, "agent")
    if agent is None or agent.status != "error":
        raise Refused(f'unit "{unit.name}" is not in error state')
    if unit.resolved:
        raise Refused(f'cannot set resolved mode for unit "{unit.name}": already resolved')
    db.run("UPDATE units SET resolved = ? WHERE model = ? AND name = ?", resolved, unit.model, unit.name)
    db.touch(topics.unit(unit.model, unit.name), topics.whole(unit.model))


def clear_resolved(db: Database, unit: Unit) -> None:
    """The agent took notice."""
    db.run("UPDATE units SET resolved = '' WHERE model = ? AND name = ?", unit.model, unit.name)
    db.touch(topics.unit(unit.model, unit.name))


def _order(unit: Unit) -> tuple[str, int]:
    return unit_order(unit.name)


def _unit(row: sqlite3.Row) -> Unit:
    return Unit(
        model=row["model"],
        name=row["name"],
        application=row["application"],
        machine=row["machine"] or "",
        life=row["life"],
        principal=row["principal"],
        charm_url=row["charm_url"],
        resolved=row["resolved"],
        workload_version=row["workload_version"],
        agent_known=bool(row["agent_known"]),
        destroy_storage=bool(row["destroy_storage"]),
    )
