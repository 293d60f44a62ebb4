"""Expressions as conditions of SQLAlchemy, with a parameter for each slot.

Knows: which condition an index serves. Must not know: values, which are filled in later.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from geoalchemy2 import Geography, Geometry
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Double,
    FromClause,
    Integer,
    Text,
    and_,
    bindparam,
    cast,
    false,
    func,
    or_,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, NUMRANGE, TIMESTAMP, TSTZRANGE

from pgstore.query import nodes
from pgstore.schema.tables import SHAPE, Tables

Condition = ColumnElement[bool]
_OPERATORS = {"eq": "=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_PATTERNS = {"like": "LIKE", "ilike": "ILIKE", "regex": "~", "iregex": "~*", "fuzzy": "%"}
_BOXES = {"overlaps": "&&", "contains": "~", "within": "@"}
_RANGES = {"overlaps": "&&", "contains": "@>", "within": "<@"}


@dataclass(frozen=True)
class Ground:
    """The store's tables, and the row that the condition is about."""

    tables: Tables
    row: FromClause

    @property
    def srid(self) -> int:
        return self.tables.shape.srid


def condition(node: nodes.Node, ground: Ground) -> Condition:
    """What has to hold of the row."""
    return _MAKERS[type(node)](node, ground)


def param(var: Any) -> ColumnElement[Any]:
    """The parameter of a slot, as the type that its kind travels as."""
    name = f"v{var.index}"
    if var.kind == "json":
        return cast(bindparam(name, type_=Text()), JSONB())
    if var.kind == "jsons":
        return cast(bindparam(name, type_=ARRAY(Text())), ARRAY(JSONB()))
    if var.kind in ("numbers", "times"):
        return cast(bindparam(name, type_=Text()), NUMRANGE() if var.kind == "numbers" else TSTZRANGE())
    if var.kind == "geometry":
        return cast(bindparam(name, type_=Text()), SHAPE)
    return bindparam(name, type_=_TYPES[var.kind])


_TYPES: dict[str, Any] = {
    "text": Text(),
    "texts": ARRAY(Text()),
    "integer": Integer(),
    "number": Double(),
    "time": TIMESTAMP(timezone=True),
}


def _and(node: nodes.And, ground: Ground) -> Condition:
    return and_(*(condition(part, ground) for part in node.parts))


def _or(node: nodes.Or, ground: Ground) -> Condition:
    return or_(*(condition(part, ground) for part in node.parts))


def _not(node: nodes.Not, ground: Ground) -> Condition:
    return condition(node.part, ground).is_not(true())


def _always(node: nodes.Always, _: Ground) -> Condition:
    return true() if node.holds else false()


def _compare(node: nodes.Compare, ground: Ground) -> Condition:
    return ground.row.c[node.column].op(_OPERATORS[node.op], return_type=Boolean())(param(node.value))


def _one_of(node: nodes.OneOf, ground: Ground) -> Condition:
    return ground.row.c[node.column] == func.any(param(node.values))


def _is_null(node: nodes.IsNull, ground: Ground) -> Condition:
    return ground.row.c[node.column].is_(None) if node.column else _string_at(node.path, ground).is_(None)


def _contains(node: nodes.Contains, ground: Ground) -> Condition:
    return ground.row.c.doc.op("@>", return_type=Boolean())(param(node.json))


def _contains_one_of(node: nodes.ContainsOneOf, ground: Ground) -> Condition:
    return ground.row.c.doc.op("@>", return_type=Boolean())(func.any(param(node.jsons)))


def _json_is(node: nodes.JsonIs, ground: Ground) -> Condition:
    return _at(node.path, ground).op("=", return_type=Boolean())(param(node.json))


def _json_compare(node: nodes.JsonCompare, ground: Ground) -> Condition:
    """jsonb compares numbers as numbers; strings as the database collates, so they are compared as text instead."""
    left = _at(node.path, ground) if node.type == "number" else _string_at(node.path, ground).collate("C")
    compared = left.op(_OPERATORS[node.op], return_type=Boolean())(param(node.value))
    return and_(func.jsonb_typeof(_at(node.path, ground)) == node.type, compared)


def _match(node: nodes.Match, ground: Ground) -> Condition:
    operator = _PATTERNS[node.op]
    if node.column:
        return ground.row.c[node.column].op(operator, return_type=Boolean())(param(node.pattern))
    matches = _string_at(node.path, ground).op(operator, return_type=Boolean())(param(node.pattern))
    return and_(func.jsonb_typeof(_at(node.path, ground)) == "string", matches)


def _all_match(node: nodes.AllMatch, ground: Ground) -> Condition:
    return func.pgstore_texts(ground.row.c.doc).op(_PATTERNS[node.op], return_type=Boolean())(param(node.pattern))


def _term(node: nodes.Term, ground: Ground) -> Condition:
    return func.pgstore_terms(ground.row.c.doc).op("@>", return_type=Boolean())(param(node.terms))


def _at(path: Any, ground: Ground) -> ColumnElement[Any]:
    return ground.row.c.doc.op("#>", return_type=JSONB())(param(path))


def _string_at(path: Any, ground: Ground) -> ColumnElement[Any]:
    return ground.row.c.doc.op("#>>", return_type=Text())(param(path))


def _boxes(node: nodes.Boxes, ground: Ground) -> Condition:
    return ground.row.c[node.column].op(_BOXES[node.op], return_type=Boolean())(param(node.box))


def _spatial(node: nodes.Spatial, ground: Ground) -> Condition:
    """An intersection with something buffered is a distance; the rest has the buffer drawn around it."""
    column, geometry = ground.row.c[node.column], param(node.geometry)
    if node.buffer is None:
        return _relation(node.op, column, geometry)
    if node.op == "intersects" and not node.in_metres:
        return func.ST_DWithin(column, geometry, param(node.buffer), type_=Boolean())
    if node.op == "intersects":
        return _within_metres("lte", column, geometry, param(node.buffer), ground.srid)
    if node.in_metres:
        return _relation(node.op, column, _drawn(geometry, param(node.buffer), ground.srid))
    return _relation(node.op, column, func.ST_Buffer(geometry, param(node.buffer)))


def _relation(op: str, column: Any, geometry: Any) -> Condition:
    return getattr(func, f"ST_{op.capitalize()}")(column, geometry, type_=Boolean())  # type: ignore[no-any-return]


def _distance(node: nodes.Distance, ground: Ground) -> Condition:
    column, geometry = ground.row.c[node.column], param(node.geometry)
    return _within_metres(node.op, column, geometry, param(node.metres), ground.srid)


def _within_metres(op: str, column: Any, geometry: Any, metres: Any, srid: int) -> Condition:
    """On the spheroid. The index of the column finds what lies in the box around it; the distance decides."""
    far = func.ST_Distance(_on_earth(column, srid), _on_earth(geometry, srid))
    compared: Condition = far.op(_OPERATORS[op], return_type=Boolean())(metres)
    if op in ("gt", "gte"):
        return compared
    around = func.ST_Envelope(_drawn(geometry, metres * 1.01 + 1, srid))
    return and_(column.op("&&", return_type=Boolean())(around), compared)


def _on_earth(shape: Any, srid: int) -> Any:
    return cast(shape if srid == 4326 else func.ST_Transform(shape, 4326), Geography(srid=4326))


def _drawn(geometry: Any, metres: Any, srid: int) -> Any:
    """What lies within so many metres, in the store's reference system."""
    drawn = cast(func.ST_Buffer(_on_earth(geometry, srid), metres), Geometry(srid=4326))
    return drawn if srid == 4326 else func.ST_Transform(drawn, srid)


def _ranges(node: nodes.Ranges, ground: Ground) -> Condition:
    return ground.row.c[node.column].op(_RANGES[node.op], return_type=Boolean())(param(node.range))


_MAKERS: dict[type[nodes.Node], Callable[[Any, Ground], Condition]] = {
    nodes.And: _and,
    nodes.Or: _or,
    nodes.Not: _not,
    nodes.Always: _always,
    nodes.Compare: _compare,
    nodes.OneOf: _one_of,
    nodes.IsNull: _is_null,
    nodes.Contains: _contains,
    nodes.ContainsOneOf: _contains_one_of,
    nodes.JsonIs: _json_is,
    nodes.JsonCompare: _json_compare,
    nodes.Match: _match,
    nodes.AllMatch: _all_match,
    nodes.Term: _term,
    nodes.Boxes: _boxes,
    nodes.Spatial: _spatial,
    nodes.Distance: _distance,
    nodes.Ranges: _ranges,
}


def also(kind: type[nodes.Node], maker: Callable[[Any, Ground], Condition]) -> None:
    """Let another module say how a kind of expression is made."""
    _MAKERS[kind] = maker
