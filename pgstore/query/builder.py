"""A fluent way to the dict form.

    query = QueryBuilder().where(eq("ra:name", "$(name)") & overlaps_geom("ra:geom", "POINT (10 59)", "15000m")) \\
        .order_by("ra:ts_created", "desc").limit(10)
    found = await store.find_by_query(query, parameters={"name": "Pioneer"})

Expressions combine with `&`, `|` and `~`. `query.as_dict()` is JSON; nothing is checked before it is read.

Knows: the spelling of each operator. Must not know: whether the arguments fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from pgstore.query.reading import LANGUAGE


class Expression(NamedTuple):
    """`(operator, arguments)`, with Python's operators."""

    op: str
    args: tuple[Any, ...]

    def __and__(self, other: Expression) -> Expression:
        return and_(self, other)

    def __or__(self, other: Expression) -> Expression:
        return or_(self, other)

    def __invert__(self) -> Expression:
        return not_(self)

    def as_list(self) -> list[Any]:
        """The dict form's expression."""
        return [self.op, [_plain(arg) for arg in self.args]]


def _plain(arg: Any) -> Any:
    if isinstance(arg, Expression):
        return arg.as_list()
    return [_plain(part) for part in arg] if isinstance(arg, (list, tuple)) else arg


def and_(*parts: Expression) -> Expression:
    return Expression("exp:and", parts)


def or_(*parts: Expression) -> Expression:
    return Expression("exp:or", parts)


def not_(part: Expression) -> Expression:
    return Expression("exp:not", (part,))


def eq(name: str, value: Any) -> Expression:
    return Expression("op:eq", (name, value))


def neq(name: str, value: Any) -> Expression:
    return Expression("op:neq", (name, value))


def lt(name: str, value: Any) -> Expression:
    return Expression("op:lt", (name, value))


def lte(name: str, value: Any) -> Expression:
    return Expression("op:lte", (name, value))


def gt(name: str, value: Any) -> Expression:
    return Expression("op:gt", (name, value))


def gte(name: str, value: Any) -> Expression:
    return Expression("op:gte", (name, value))


def like(name: str, pattern: str, case_sensitive: bool = True) -> Expression:
    return Expression("op:like" if case_sensitive else "op:ilike", (name, pattern))


def regex(name: str, pattern: str, case_sensitive: bool = True) -> Expression:
    return Expression("op:regex" if case_sensitive else "op:iregex", (name, pattern))


def fuzzy(name: str, text: str) -> Expression:
    return Expression("op:fuzzy", (name, text))


def in_(name: str, *values: Any) -> Expression:
    return Expression("xop:in", (name, list(values)))


def between(name: str, low: Any, high: Any) -> Expression:
    return Expression("xop:between", (name, low, high))


def attr_like(name: str, pattern: str, case_sensitive: bool = True) -> Expression:
    return Expression("xop:attlike" if case_sensitive else "xop:attilike", (name, pattern))


def all_match(text: str, cmpop: str = "icontains") -> Expression:
    return Expression("xop:allmatch", (text, cmpop))


def keyword(word: str) -> Expression:
    return Expression("xop:keyword", (word,))


def alt_id(id_: str | None, namespace: str | None = None) -> Expression:
    return Expression("xop:altid", (id_, namespace))


def nested(type_: str) -> Expression:
    return Expression("xop:nested", (type_,))


def overlaps_bbox(name: str, x1: float, y1: float, x2: float, y2: float) -> Expression:
    return Expression("gop:overlaps", (name, x1, y1, x2, y2))


def contains_bbox(name: str, x1: float, y1: float, x2: float, y2: float) -> Expression:
    return Expression("gop:contains", (name, x1, y1, x2, y2))


def within_bbox(name: str, x1: float, y1: float, x2: float, y2: float) -> Expression:
    return Expression("gop:within", (name, x1, y1, x2, y2))


def overlaps_geom(name: str, wkt: Any, buf: float | str = 0.0) -> Expression:
    return Expression("gop:overlaps_geom", (name, wkt, buf))


def contains_geom(name: str, wkt: Any, buf: float | str = 0.0) -> Expression:
    return Expression("gop:contains_geom", (name, wkt, buf))


def within_geom(name: str, wkt: Any, buf: float | str = 0.0) -> Expression:
    return Expression("gop:within_geom", (name, wkt, buf))


def crosses_geom(name: str, wkt: Any, buf: float | str = 0.0) -> Expression:
    return Expression("gop:crosses_geom", (name, wkt, buf))


def touches_geom(name: str, wkt: Any, buf: float | str = 0.0) -> Expression:
    return Expression("gop:touches_geom", (name, wkt, buf))


def equals_geom(name: str, wkt: Any, buf: float | str = 0.0) -> Expression:
    return Expression("gop:equals_geom", (name, wkt, buf))


def distance(name: str, wkt: Any, metres: float, op: str = "lte") -> Expression:
    return Expression("gop:distance", (name, wkt, metres, op))


def overlaps_range(name: str, low: Any, high: Any) -> Expression:
    return Expression("rop:overlaps", (name, low, high))


def contains_range(name: str, low: Any, high: Any) -> Expression:
    return Expression("rop:contains", (name, low, high))


def within_range(name: str, low: Any, high: Any) -> Expression:
    return Expression("rop:within", (name, low, high))


def associated_with(
    target: str | None = None,
    target_type: str | None = None,
    predicate: str | Sequence[str] | None = None,
    direction: str = "S",
    target_filter: Expression | None = None,
) -> Expression:
    """A letter of `direction` a hop: `S` if what is nearer to the found one is the association's subject."""
    return Expression("assop:associated", (target, target_type, predicate, direction, target_filter))


def object_descendants(
    root: str, predicate: str | None = None, type_: str | None = None, max_depth: int | None = None
) -> Expression:
    """What can be reached from the root, from subjects to objects."""
    return Expression("assop:descend_o", (root, predicate, type_, max_depth))


def subject_descendants(
    root: str, predicate: str | None = None, type_: str | None = None, max_depth: int | None = None
) -> Expression:
    """From objects to subjects."""
    return Expression("assop:descend_s", (root, predicate, type_, max_depth))


@dataclass(frozen=True)
class QueryBuilder:
    """A query that is not finished: each call gives a new one."""

    expression: Expression | None = None
    args: dict[str, Any] = field(default_factory=dict)
    order: tuple[tuple[str, ...], ...] = ()
    parameters: dict[str, Any] = field(default_factory=dict)

    def where(self, *expressions: Expression) -> QueryBuilder:
        """All of these, besides what was said before."""
        parts = (*([self.expression] if self.expression else []), *expressions)
        return replace(self, expression=parts[0] if len(parts) == 1 else and_(*parts))

    def order_by(self, name: str, way: str = "asc", nulls: str = "nulls last") -> QueryBuilder:
        """One key more."""
        return replace(self, order=(*self.order, (name, way, nulls)))

    def limit(self, number: int) -> QueryBuilder:
        return replace(self, args={**self.args, "limit": number})

    def skip(self, number: int) -> QueryBuilder:
        return replace(self, args={**self.args, "skip": number})

    def id_only(self, wanted: bool = True) -> QueryBuilder:
        return replace(self, args={**self.args, "id_only": wanted})

    def with_deleted(self, wanted: bool = True) -> QueryBuilder:
        return replace(self, args={**self.args, "with_deleted": wanted})

    def of_associations(self) -> QueryBuilder:
        """Find associations, not documents."""
        return replace(self, args={**self.args, "ds_sub": "assoc"})

    def with_parameters(self, **values: Any) -> QueryBuilder:
        """Values for `$(name)`."""
        return replace(self, parameters={**self.parameters, **values})

    def as_dict(self) -> dict[str, Any]:
        """The dict form, as JSON has it."""
        where = self.expression.as_list() if self.expression else None
        order = [list(key) for key in self.order]
        return {**self.as_it_is(), "where": where, "order_by": order}

    def as_it_is(self) -> dict[str, Any]:
        """The dict form, to be read at once: tuples instead of lists, nothing copied."""
        return {
            "QUERYEXP": LANGUAGE,
            "query_args": self.args,
            "where": self.expression,
            "order_by": self.order,
            "query_params": self.parameters,
        }
