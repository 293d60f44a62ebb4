"""Expressions as values. What differs from call to call can be taken out, so that one statement serves many calls.

    split(Query(where=Contains(Value("json", '{"a":1}'))))  ->  the same with a Slot in place of the Value, ['{"a":1}']

Three-valued logic stays inside of SQL: `Not` turns whatever is unknown into false first, so that `not x` holds of every
document of which `x` does not.

Knows: what can be asked. Must not know: SQL, the dict form.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from functools import lru_cache
from typing import Any, TypeAlias


@dataclass(frozen=True)
class Value:
    """Something that changes from call to call. `kind` decides how it travels."""

    kind: str
    value: Any


@dataclass(frozen=True)
class Slot:
    """Where a value was."""

    index: int
    kind: str


Var: TypeAlias = "Value | Slot"


class Node:
    """An expression that holds of a document, or does not."""


@dataclass(frozen=True)
class And(Node):
    """All parts hold."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Or(Node):
    """One part holds, or more."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Not(Node):
    """The part does not hold, or cannot be told."""

    part: Node


@dataclass(frozen=True)
class Always(Node):
    """Holds of all, or of none."""

    holds: bool


ALL = Always(True)


@dataclass(frozen=True)
class Compare(Node):
    """A column against a value: eq, lt, lte, gt, gte."""

    op: str
    column: str
    value: Var


@dataclass(frozen=True)
class OneOf(Node):
    """A column is one of some texts."""

    column: str
    values: Var


@dataclass(frozen=True)
class IsNull(Node):
    """Nothing stands there: in a column, or (empty name) at a path."""

    column: str
    path: Var | None = None


@dataclass(frozen=True)
class Contains(Node):
    """The document contains this JSON (`@>`): what an equality of an attribute becomes."""

    json: Var


@dataclass(frozen=True)
class ContainsOneOf(Node):
    """It contains one of these."""

    jsons: Var


@dataclass(frozen=True)
class JsonIs(Node):
    """What stands at a path equals this JSON."""

    path: Var
    json: Var


@dataclass(frozen=True)
class JsonCompare(Node):
    """What stands at a path is of this type (number, string) and lt, lte, gt, gte."""

    op: str
    type: str
    path: Var
    value: Var


@dataclass(frozen=True)
class Match(Node):
    """A text against a pattern: like, ilike, regex, iregex, fuzzy. Of a column, or (empty name) at a path."""

    op: str
    column: str
    path: Var | None
    pattern: Var


@dataclass(frozen=True)
class AllMatch(Node):
    """One of the texts on the first level against a pattern."""

    op: str
    pattern: Var


@dataclass(frozen=True)
class Term(Node):
    """A nested type or an alternative id, by the terms that the database extracts."""

    terms: Var


@dataclass(frozen=True)
class Boxes(Node):
    """Bounding boxes: overlaps, contains, within."""

    op: str
    column: str
    box: Var


@dataclass(frozen=True)
class Spatial(Node):
    """A geometry column against a geometry: intersects, contains, within, crosses, touches, equals.

    `buffer` is in the unit of the reference system, or in metres.
    """

    op: str
    column: str
    geometry: Var
    buffer: Var | None = None
    in_metres: bool = False


@dataclass(frozen=True)
class Distance(Node):
    """The distance in metres from a geometry: lte, lt, gt, gte."""

    op: str
    column: str
    geometry: Var
    metres: Var


@dataclass(frozen=True)
class Ranges(Node):
    """A range column: overlaps, contains, within."""

    op: str
    column: str
    range: Var


@dataclass(frozen=True)
class Hop:
    """One association. `S`: the nearer end is its subject; `O`: its object."""

    side: str
    predicate: Var | None


@dataclass(frozen=True)
class Associated(Node):
    """Some hops away there is this target, one of this type, or one that passes the filter."""

    hops: tuple[Hop, ...]
    target: Var | None
    target_type: Var | None
    target_filter: Node | None


@dataclass(frozen=True)
class Descends(Node):
    """Can be reached from the root by associations: along `O` from subjects to objects, along `S` the other way."""

    side: str
    root: Var
    predicate: Var | None
    type: Var | None
    depth: Var | None


@dataclass(frozen=True)
class Visible(Node):
    """What somebody may see. Without an actor: what everybody may."""

    actor: Var | None


@dataclass(frozen=True)
class Order:
    """One key of an order: a column, or (empty name) what stands at a path."""

    column: str
    path: tuple[str, ...] = ()
    descending: bool = False
    nulls_first: bool = False


@dataclass(frozen=True)
class After:
    """Where the last page ended: the values of the order's keys, the id being the last one."""

    keys: tuple[Var | None, ...]


@dataclass(frozen=True)
class Query:
    """What to find, in which order, how much of it."""

    where: Node = ALL
    order: tuple[Order, ...] = ()
    limit: Var | None = None
    skip: Var | None = None
    after: After | None = None
    table: str = ""
    """Empty for the documents themselves, `assoc` for associations, `dir` for directory entries."""
    id_only: bool = False
    with_deleted: bool = False
    with_retired: bool = False
    """Of associations: also those that are kept without being in force."""


def split(node: Any) -> tuple[Any, list[Any]]:
    """The shape, which can be a key, and the values in the order of their slots."""
    values: list[Any] = []
    return _split(node, values), values


def _split(node: Any, values: list[Any]) -> Any:
    kind: Any = type(node)
    if kind is Value:
        values.append(node.value)
        return _slot(len(values) - 1, node.kind)
    if kind is tuple:
        return tuple([part if type(part) in _PLAIN else _split(part, values) for part in node])
    names = _parts(kind)
    if not names:
        return node
    parts = [getattr(node, name) for name in names]
    return kind(*[part if type(part) in _PLAIN else _split(part, values) for part in parts])


_PLAIN = frozenset({str, bool, int, float, type(None)})
"""No value is in these, so that most fields need no look."""
_slot = lru_cache(maxsize=1000)(Slot)


@lru_cache(maxsize=256)
def _parts(kind: Any) -> tuple[str, ...]:
    """The fields that values may be in; none for what never has any."""
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) and kind not in (Order, Always) else ()
