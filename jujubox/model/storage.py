"""Storage instances: directories that a unit asked for, on the root disk of its machine.

Knows: directives `pool,size,count`, locations, attachment to units.
Must not know: how a directory comes to be on a machine.
"""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass

from jujubox.charm import Charm, StorageMeta
from jujubox.model import topics
from jujubox.model.database import Database, NotFound, Refused
from jujubox.model.models import Personality
from jujubox.names import unit_order

POOLS = ("rootfs", "tmpfs", "loop", "jujubox")
_SIZE = re.compile(r"^(\d+(?:\.\d+)?)([MGTP]?)(?:i?B)?$")
_MIB = {"": 1, "M": 1, "G": 1024, "T": 1024**2, "P": 1024**3}


@dataclass(frozen=True)
class Directive:
    """What kind of storage and how much; `size` in MiB, `count` None for the charm's minimum."""

    pool: str = "rootfs"
    size: int = 1024
    count: int | None = None


@dataclass(frozen=True)
class Storage:
    """One storage instance; `unit` is empty while it is detached."""

    model: int
    id: str
    name: str
    kind: str
    pool: str
    size: int
    unit: str
    machine: str
    location: str
    life: str
    attachment: str
    """Life of the attachment to its unit."""
    state: str
    """pending, provisioned (the directory is there), attached (the hook ran) or detached."""
    destroy: bool
    since: float


def parse_directive(text: str) -> Directive:
    """`pool,size,count` in any order, any part left out. Raises Refused."""
    pool, size, count = "rootfs", 1024, None
    for part in filter(None, (piece.strip() for piece in str(text).split(","))):
        if part.isdigit():
            count = int(part)
        elif match := _SIZE.match(part):
            size = int(float(match[1]) * _MIB[match[2]])
        elif part in POOLS:
            pool = part
        else:
            raise Refused(f'pool "{part}" not found', "not found")
    return Directive(pool, size, count)


def directives(charm: Charm, given: dict[str, str]) -> dict[str, str]:
    """The directives of an application by storage name, checked. Raises Refused."""
    for name, text in given.items():
        if name not in charm.storage:
            raise Refused(f'charm "{charm.name}" has no store called "{name}"', "not found")
        _check_count(charm, name, parse_directive(text).count)
    for name, meta in charm.storage.items():
        if meta.type == "block" and (meta.minimum or name in given):
            raise Refused(f'storage "{name}" is of type block, which is not available here (expected filesystem)')
    return given


def add_for_unit(
    db: Database, model: int, unit: str, machine: str, charm: Charm, given: dict[str, str], rules: Personality
) -> None:
    """Every storage that a new unit begins with. A directive without a count asks for one, as in Juju."""
    for name, meta in charm.storage.items():
        directive = parse_directive(given.get(name, ""))
        usual = max(meta.minimum, 1) if name in given else meta.minimum
        for _ in range(usual if directive.count is None else directive.count):
            add(db, model, unit, machine, name, meta, directive, rules)


def add(
    db: Database,
    model: int,
    unit: str,
    machine: str,
    name: str,
    meta: StorageMeta,
    directive: Directive,
    rules: Personality,
) -> str:
    """One more storage instance for a unit; its id."""
    number = db.next_number(model, "storage")
    id_ = f"{name}/{number}"
    db.insert(
        "storage",
        model=model,
        id=id_,
        name=name,
        kind=meta.type,
        pool=directive.pool,
        size=directive.size,
        unit=unit,
        machine=machine,
        location=location(name, number, meta, rules),
        since=db.now(),
    )
    _touch(db, model, unit)
    return id_


def add_more(
    db: Database,
    model: int,
    unit: str,
    machine: str,
    charm: Charm,
    name: str,
    count: int,
    rules: Personality,
    size: str = "",
) -> list[str]:
    """Storage that was asked for later, by the operator or by storage-add. Raises Refused."""
    if name not in charm.storage:
        raise Refused(f'charm storage "{name}" not found', "not found")
    have = sum(1 for item in of_unit(db, model, unit) if item.name == name)
    _check_count(charm, name, have + count)
    directive = parse_directive(size)
    return [add(db, model, unit, machine, name, charm.storage[name], directive, rules) for _ in range(count)]


def location(name: str, number: int, meta: StorageMeta, rules: Personality) -> str:
    """Where a filesystem is mounted (reference: juju-hooks.md §14)."""
    if meta.location and not meta.multiple:
        return meta.location
    if meta.location:
        return f"{meta.location.rstrip('/')}/{name}/{number}"
    return f"/var/lib/juju/storage/{name}/{number}" if rules == "3.6" else f"/var/lib/juju/storage/{name}-{number}"


def find(db: Database, model: int, id_: str) -> Storage:
    """The storage instance. Raises NotFound."""
    row = db.one("SELECT * FROM storage WHERE model = ? AND id = ?", model, id_)
    if row is None:
        raise NotFound(f'storage "{id_}" not found')
    return _storage(row)


def of_unit(db: Database, model: int, unit: str) -> list[Storage]:
    """A unit's storage in order."""
    return _sorted(db.all("SELECT * FROM storage WHERE model = ? AND unit = ?", model, unit))


def of_model(db: Database, model: int) -> list[Storage]:
    """All storage in order."""
    return _sorted(db.all("SELECT * FROM storage WHERE model = ?", model))


def to_provision(db: Database) -> list[Storage]:
    """Storage whose directory should be made now: the machine is up."""
    return _sorted(
        db.all(
            "SELECT s.* FROM storage s JOIN machines m ON m.model = s.model AND m.id = s.machine"
            " WHERE s.state = 'pending' AND s.unit IS NOT NULL AND m.agent_started = 1 AND m.life = 'alive'"
        )
    )


def to_erase(db: Database) -> list[Storage]:
    """Storage that should be gone and is attached nowhere."""
    return _sorted(db.all("SELECT * FROM storage WHERE life = 'dying' AND unit IS NULL"))


def set_state(db: Database, item: Storage, state: str) -> None:
    """How far the attachment has come."""
    db.run("UPDATE storage SET state = ?, since = ? WHERE model = ? AND id = ?", state, db.now(), item.model, item.id)
    _touch(db, item.model, item.unit)


def attach(db: Database, item: Storage, unit: str, machine: str) -> None:
    """Attach detached storage to a unit of the machine that it is on. Raises Refused."""
    if item.unit:
        raise Refused(f"cannot attach storage {item.id} to unit {unit}: already attached to {item.unit}")
    if item.machine != machine:
        raise Refused(f"cannot attach storage {item.id} to unit {unit}: it is on machine {item.machine}, not {machine}")
    db.run(
        "UPDATE storage SET unit = ?, attachment = 'alive', state = 'pending' WHERE model = ? AND id = ?",
        *(unit, item.model, item.id),
    )
    _touch(db, item.model, unit)


def detach(db: Database, item: Storage, destroy: bool = False, force: bool = False) -> None:
    """Begin to detach; the unit runs its hook first unless it never ran the attached hook."""
    db.run(
        "UPDATE storage SET attachment = 'dying', destroy = max(destroy, ?),"
        " life = CASE WHEN ? THEN 'dying' ELSE life END WHERE model = ? AND id = ?",
        *(int(destroy), int(destroy), item.model, item.id),
    )
    _touch(db, item.model, item.unit)
    if force or not item.unit or item.state != "attached":
        detached(db, item)


def detached(db: Database, item: Storage) -> None:
    """The attachment is over."""
    db.run("UPDATE storage SET unit = NULL, state = 'detached' WHERE model = ? AND id = ?", item.model, item.id)
    _touch(db, item.model, item.unit)


def remove(db: Database, item: Storage) -> None:
    """The storage is gone."""
    db.run("DELETE FROM storage WHERE model = ? AND id = ?", item.model, item.id)
    _touch(db, item.model, item.unit)


def _check_count(charm: Charm, name: str, count: int | None) -> None:
    meta = charm.storage[name]
    if count is None:
        return
    if count < meta.minimum:
        raise Refused(f'charm "{charm.name}" store "{name}": {meta.minimum} instances required, {count} specified')
    if meta.maximum is not None and count > meta.maximum:
        raise Refused(
            f'charm "{charm.name}" store "{name}": at most {meta.maximum} instances supported, {count} specified'
        )


def _touch(db: Database, model: int, unit: str) -> None:
    db.touch(topics.MACHINES, topics.whole(model))
    if unit:
        db.touch(topics.unit(model, unit))


def _sorted(rows: list[sqlite3.Row]) -> list[Storage]:
    return sorted((_storage(row) for row in rows), key=lambda item: unit_order(item.id))


def _storage(row: sqlite3.Row) -> Storage:
    return Storage(
        model=row["model"],
        id=row["id"],
        name=row["name"],
        kind=row["kind"],
        pool=row["pool"],
        size=row["size"],
        unit=row["unit"] or "",
        machine=row["machine"] or "",
        location=row["location"],
        life=row["life"],
        attachment=row["attachment"],
        state=row["state"],
        destroy=bool(row["destroy"]),
        since=row["since"],
    )
