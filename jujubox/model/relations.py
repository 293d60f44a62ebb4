"""Relations between applications, and which units take part.

Knows: endpoints, members in scope, life of a relation.
Must not know: what the settings mean.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from jujubox.charm import Endpoint
from jujubox.model import crossing, topics
from jujubox.model.database import Database, NotFound, Refused
from jujubox.names import application_of, unit_order


@dataclass(frozen=True)
class End:
    """One application's end of a relation."""

    application: str
    endpoint: str
    role: str


@dataclass(frozen=True)
class Relation:
    """A relation; a peer relation has one end."""

    id: int
    life: str
    interface: str
    scope: str
    status: str
    since: float
    ends: tuple[End, ...]

    @property
    def peer(self) -> bool:
        """Whether it is among the units of one application."""
        return self.ends[0].role == "peer"

    def end_of(self, application: str) -> End | None:
        """The application's own end."""
        return next((end for end in self.ends if end.application == application), None)

    def other_than(self, application: str) -> End:
        """The far end as the application sees it; its own for a peer relation."""
        return next((end for end in self.ends if end.application != application), self.ends[0])

    @property
    def key(self) -> str:
        """As Juju names it: `requirer:ep provider:ep`, or `app:ep`."""
        order = {"requirer": 0, "provider": 1, "peer": 0}
        ends = sorted(self.ends, key=lambda end: order[end.role])
        return " ".join(f"{end.application}:{end.endpoint}" for end in ends)


def create(db: Database, model: int, scope: str, ends: list[tuple[str, Endpoint]]) -> Relation:
    """A new relation between these endpoints (one for a peer relation)."""
    number = db.next_number(model, "relation")
    interface = ends[0][1].interface
    status = "joined" if len(ends) == 1 else "joining"
    db.insert("relations", model=model, id=number, interface=interface, scope=scope, status=status, since=db.now())
    for application, endpoint in ends:
        db.insert(
            "relation_endpoints",
            model=model,
            relation=number,
            application=application,
            endpoint=endpoint.name,
            role=endpoint.role,
        )
    _touch(db, model, find(db, model, number))
    return find(db, model, number)


def find(db: Database, model: int, number: int) -> Relation:
    """The relation with this id. Raises NotFound."""
    row = db.one("SELECT * FROM relations WHERE model = ? AND id = ?", model, number)
    if row is None:
        raise NotFound(f"relation {number} not found")
    return _relation(row, _ends(db, model, number))


def of_application(db: Database, model: int, application: str) -> list[Relation]:
    """All relations of an application by id."""
    rows = db.all(
        "SELECT DISTINCT r.* FROM relations r JOIN relation_endpoints e ON e.model = r.model AND e.relation = r.id"
        " WHERE r.model = ? AND e.application = ? ORDER BY r.id",
        *(model, application),
    )
    ends = _ends_by_relation(
        db.all(
            "SELECT * FROM relation_endpoints WHERE model = ? AND relation IN"
            " (SELECT relation FROM relation_endpoints WHERE model = ? AND application = ?)",
            *(model, model, application),
        )
    )
    return [_relation(row, tuple(ends.get(row["id"], ()))) for row in rows]


def every(db: Database, model: int) -> list[Relation]:
    """All relations of a model by id."""
    ends = _ends_by_relation(db.all("SELECT * FROM relation_endpoints WHERE model = ?", model))
    rows = db.all("SELECT * FROM relations WHERE model = ? ORDER BY id", model)
    return [_relation(row, tuple(ends.get(row["id"], ()))) for row in rows]


def between(db: Database, model: int, first: tuple[str, str], second: tuple[str, str]) -> list[Relation]:
    """Relations between two applications, endpoints empty for any."""
    return [
        relation
        for relation in of_application(db, model, first[0])
        if len(relation.ends) == 2 and _matches(relation, first) and _matches(relation, second)
    ]


def members(db: Database, model: int, number: int) -> list[str]:
    """Units in scope, in order."""
    units = db.column(
        "SELECT unit FROM relation_members WHERE model = ? AND relation = ? AND present = 1", model, number
    )
    return sorted(units, key=unit_order)


def members_by_relation(db: Database, model: int, application: str) -> dict[int, list[str]]:
    """Units in scope of every relation of an application."""
    rows = db.all(
        "SELECT relation, unit FROM relation_members WHERE model = ? AND present = 1 AND relation IN"
        " (SELECT relation FROM relation_endpoints WHERE model = ? AND application = ?)",
        *(model, model, application),
    )
    found: dict[int, list[str]] = {}
    for row in rows:
        found.setdefault(row["relation"], []).append(row["unit"])
    return found


def every_member(db: Database, model: int, number: int) -> dict[str, bool]:
    """Units that take or took part, and whether they do now."""
    rows = db.all("SELECT unit, present FROM relation_members WHERE model = ? AND relation = ?", model, number)
    return {row["unit"]: bool(row["present"]) for row in rows}


def was_member(db: Database, model: int, number: int, unit: str) -> bool:
    """Whether the unit is in scope or was."""
    return (
        db.one("SELECT 1 FROM relation_members WHERE model = ? AND relation = ? AND unit = ?", model, number, unit)
        is not None
    )


def in_scope(db: Database, model: int, number: int, unit: str) -> bool:
    """Whether the unit takes part now."""
    return bool(
        db.value(
            "SELECT present FROM relation_members WHERE model = ? AND relation = ? AND unit = ?", model, number, unit
        )
    )


def enter(db: Database, model: int, number: int, unit: str, application: str) -> bool:
    """The unit takes part from now on; False if it did already."""
    if in_scope(db, model, number, unit):
        return False
    db.run(
        "INSERT OR REPLACE INTO relation_members (model, relation, unit, application, present) VALUES (?, ?, ?, ?, 1)",
        *(model, number, unit, application),
    )
    db.run("UPDATE relations SET status = 'joined' WHERE model = ? AND id = ?", model, number)
    db.touch(topics.relation(model, number), topics.whole(model))
    far = crossing.far_end(db, model, number)
    if far is not None and (name := far.called(unit)):
        enter(db, far.model, far.relation, name, application_of(name))
    return True


def leave(db: Database, model: int, number: int, unit: str) -> None:
    """The unit takes part no longer; a dying relation ends with its last member."""
    _mark_left(db, model, number, unit)
    far = crossing.far_end(db, model, number)
    if far is not None and (name := far.called(unit)):
        _mark_left(db, far.model, far.relation, name)
    _end_if_left(db, model, number)


def destroy(db: Database, model: int, number: int, force: bool = False) -> None:
    """Begin to end a relation; it is gone when no unit takes part, at once with `force`.

    Between models each half ends when the units of its own model have left it.
    """
    far = crossing.far_end(db, model, number)
    for half in ((model, number), *([(far.model, far.relation)] if far is not None else [])):
        db.run("UPDATE relations SET life = 'dying' WHERE model = ? AND id = ?", *half)
        _touch(db, half[0], find(db, *half))
    if force:
        remove(db, model, number)
        return
    _end_if_left(db, model, number)
    if far is not None:
        _end_if_left(db, far.model, far.relation)


def remove(db: Database, model: int, number: int) -> None:
    """The relation is gone, with its settings and the grants that it carried; a far half goes its own way."""
    _touch(db, model, find(db, model, number))
    far = crossing.far_end(db, model, number)
    if far is not None:
        for unit in members(db, model, number):
            if name := far.called(unit):
                _mark_left(db, far.model, far.relation, name)
        crossing.cut(db, model, number, far)
    for table in ("relation_endpoints", "relation_members", "databags", "secret_grants", "egress"):
        db.run(f"DELETE FROM {table} WHERE model = ? AND relation = ?", model, number)  # noqa: S608
    db.run("DELETE FROM relations WHERE model = ? AND id = ?", model, number)
    if far is not None:
        destroy(db, far.model, far.relation)


def held(db: Database, model: int, number: int) -> list[str]:
    """Units that a dying relation waits for: those in scope, without those of another model."""
    far = crossing.far_end(db, model, number)
    return [unit for unit in members(db, model, number) if far is None or far.called(unit)]


def _mark_left(db: Database, model: int, number: int, unit: str) -> None:
    db.run("UPDATE relation_members SET present = 0 WHERE model = ? AND relation = ? AND unit = ?", model, number, unit)
    db.touch(topics.relation(model, number), topics.whole(model), topics.unit(model, unit))


def _end_if_left(db: Database, model: int, number: int) -> None:
    life = db.value("SELECT life FROM relations WHERE model = ? AND id = ?", model, number)
    if life == "dying" and not held(db, model, number):
        remove(db, model, number)


def check_limit(db: Database, model: int, application: str, endpoint: Endpoint, failure: str) -> None:
    """Raises Refused if the endpoint has as many relations as its charm allows."""
    count = sum(
        1
        for relation in of_application(db, model, application)
        if (end := relation.end_of(application)) is not None and end.endpoint == endpoint.name
    )
    if endpoint.limit and count >= endpoint.limit:
        raise Refused(f"{failure}quota limit exceeded", "quota limit exceeded")


def _matches(relation: Relation, wanted: tuple[str, str]) -> bool:
    end = relation.end_of(wanted[0])
    return end is not None and wanted[1] in ("", end.endpoint)


def _ends_by_relation(rows: Iterable[sqlite3.Row]) -> dict[int, list[End]]:
    ends: dict[int, list[End]] = {}
    for row in rows:
        ends.setdefault(row["relation"], []).append(End(row["application"], row["endpoint"], row["role"]))
    return ends


def _ends(db: Database, model: int, number: int) -> tuple[End, ...]:
    rows = db.all("SELECT * FROM relation_endpoints WHERE model = ? AND relation = ?", model, number)
    return tuple(End(row["application"], row["endpoint"], row["role"]) for row in rows)


def _relation(row: Any, ends: tuple[End, ...]) -> Relation:
    return Relation(row["id"], row["life"], row["interface"], row["scope"], row["status"], row["since"], ends)


def _touch(db: Database, model: int, relation: Relation) -> None:
    db.touch(topics.relation(model, relation.id), topics.whole(model))
    db.touch(*(topics.application(model, end.application) for end in relation.ends))
