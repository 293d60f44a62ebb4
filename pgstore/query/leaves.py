"""Single operators: their arguments checked and made into nodes.

Knows: each operator's arguments, how JSON values compare. Must not know: the whole query, SQL.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pgstore.documents import encode
from pgstore.errors import BadRequest
from pgstore.places.geometry import box, parse
from pgstore.query.columns import GEOMETRY, INTEGER, NUMBERS, TEXT, TIME, TIMES, column, field
from pgstore.query.nodes import (
    AllMatch,
    Always,
    And,
    Associated,
    Boxes,
    Compare,
    Contains,
    ContainsOneOf,
    Descends,
    Distance,
    Hop,
    IsNull,
    JsonCompare,
    JsonIs,
    Match,
    Node,
    Not,
    OneOf,
    Or,
    Ranges,
    Spatial,
    Term,
    Value,
)
from pgstore.times import instant

Columns = Mapping[str, str]
_COMPARISONS = ("lt", "lte", "gt", "gte")
_PATTERNS = ("like", "ilike", "regex", "iregex", "fuzzy")
_SPATIAL = {
    "overlaps_geom": "intersects", "intersects_geom": "intersects", "contains_geom": "contains",
    "within_geom": "within", "crosses_geom": "crosses", "touches_geom": "touches", "equals_geom": "equals",
}  # fmt: skip
_TEXTS = {"contains": "like", "icontains": "ilike", "match": "regex", "imatch": "iregex"}
_METRES = re.compile(r"(\d+(?:\.\d+)?)\s*m")
_DEEPEST_DESCENT = 1000


def read(op: str, args: Sequence[Any], known: Columns) -> Node:
    """One operator; raises `BadRequest` for an unknown one, or for arguments that do not fit."""
    kind, _, name = op.partition(":")
    reader = _READERS.get(kind)
    if reader is None:
        raise BadRequest(f"cannot read the operator {op!r:.40} (expected exp:, op:, xop:, gop:, rop: or assop:)")
    try:
        return reader(name, args, known)
    except BadRequest:
        raise
    except (TypeError, ValueError, IndexError, KeyError):
        raise BadRequest(f"cannot read {op:.40} with {list(args)!r:.100}: wrong operator or arguments") from None


def _op(name: str, args: Sequence[Any], known: Columns) -> Node:
    given, value = args
    if name == "eq":
        return equal(given, value, known)
    if name == "neq":
        return Not(equal(given, value, known))
    if name in _COMPARISONS:
        return compare(name, given, value, known)
    if name in _PATTERNS:
        return match(name, given, value, known)
    raise KeyError(name)


def _xop(name: str, args: Sequence[Any], known: Columns) -> Node:
    if name == "in":
        return one_of(args[0], args[1] if len(args) == 2 and isinstance(args[1], list) else args[1:], known)
    if name == "between":
        given, low, high = args
        return And((compare("gte", given, low, known), compare("lte", given, high, known)))
    if name in ("attlike", "attilike"):
        given, value = args
        return match(name[3:], given, value, known)
    if name == "allmatch":
        return all_match(*args)
    if name == "istype":
        return Or((equal("type_", args[-1], known), nested_type(args[-1])))
    if name == "keyword":
        return Contains(Value("json", encode({"keywords": [text(args[-1])]})))
    if name == "altid":
        return alternative_id(*args)
    if name == "nested":
        return nested_type(args[-1])
    raise KeyError(name)


def _gop(name: str, args: Sequence[Any], known: Columns) -> Node:
    where = column(args[0], known, GEOMETRY)
    if name in ("overlaps", "contains", "within", "overlaps_bbox", "contains_bbox", "within_bbox"):
        x1, y1, x2, y2 = (number(arg) for arg in args[1:])
        return Boxes(name.removesuffix("_bbox"), where, Value("geometry", box(x1, y1, x2, y2)))
    if name == "distance":
        geometry, metres, *op = args[1:]
        chosen = op[0] if op else "lte"
        if chosen not in _COMPARISONS or len(op) > 1:
            raise KeyError(chosen)
        return Distance(chosen, where, Value("geometry", parse(geometry)), Value("number", positive(metres)))
    geometry, *rest = args[1:]
    buffer, in_metres = _buffer(*rest)
    return Spatial(_SPATIAL[name], where, Value("geometry", parse(geometry)), buffer, in_metres)


def _rop(name: str, args: Sequence[Any], known: Columns) -> Node:
    given, low, high = args
    if name not in ("overlaps", "contains", "within"):
        raise KeyError(name)
    where = column(given, known, NUMBERS, TIMES)
    if known[where] == TIMES:
        ends = [None if end is None else instant(end) for end in (low, high)]
        if ends[0] and ends[1] and ends[0] > ends[1]:
            raise BadRequest(f"cannot use the range {low!r:.40} to {high!r:.40}: it ends before it begins")
        spelled = ",".join("" if end is None else f'"{end.isoformat()}"' for end in ends)
    else:
        limits = [None if end is None else number(end) for end in (low, high)]
        if limits[0] is not None and limits[1] is not None and limits[0] > limits[1]:
            raise BadRequest(f"cannot use the range {low!r:.40} to {high!r:.40}: it ends before it begins")
        spelled = ",".join("" if end is None else repr(end) for end in limits)
    return Ranges(name, where, Value(known[where], f"[{spelled}]"))


def _assop(name: str, args: Sequence[Any], known: Columns) -> Node:
    """`descend_o`, `descend_s`: root, predicate, type, max_depth."""
    if "lcstate" not in known:
        raise BadRequest("cannot follow associations: this store has none")
    root, predicate, type_, depth = [*args, None, None, None][:4]
    if depth is not None and (type(depth) is not int or not 0 < depth <= _DEEPEST_DESCENT):
        raise BadRequest(f"cannot descend {depth!r:.40} levels (expected 1 to {_DEEPEST_DESCENT})")
    side = {"descend_o": "O", "descend_s": "S"}[name]
    return Descends(
        side, _text(root), _optional(predicate), _optional(type_), Value("integer", depth) if depth else None
    )


_READERS: dict[str, Callable[[str, Sequence[Any], Columns], Node]] = {
    "op": _op, "xop": _xop, "gop": _gop, "rop": _rop, "assop": _assop,
}  # fmt: skip


def equal(given: Any, value: Any, known: Columns) -> Node:
    """A column or an attribute equals a value of the same JSON type; None: nothing stands there."""
    name, path = field(given, known)
    if value is None:
        return IsNull(name, None if name else Value("texts", list(path)))
    if name:
        return Compare("eq", name, _of_column(name, value, known))
    if isinstance(value, (dict, list)) or any(part.isdecimal() for part in path):
        return JsonIs(Value("texts", list(path)), Value("json", as_json(value)))
    return Contains(Value("json", as_json(_nest(path, value))))


def compare(op: str, given: Any, value: Any, known: Columns) -> Node:
    """Less or greater: numbers with numbers, strings with strings by code point."""
    name, path = field(given, known)
    if name:
        return Compare(op, name, _of_column(name, value, known))
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise BadRequest(f"cannot compare {given:.60} with {value!r:.60} (expected a number or a string)")
    if isinstance(value, str):
        return JsonCompare(op, "string", Value("texts", list(path)), Value("text", text(value)))
    return JsonCompare(op, "number", Value("texts", list(path)), Value("json", as_json(value)))


def one_of(given: Any, values: Sequence[Any], known: Columns) -> Node:
    """A column or an attribute equals one of some values; of none it is never one."""
    name, path = field(given, known)
    if not values:
        return Always(False)
    if name and known[name] == TEXT:
        return OneOf(name, Value("texts", [text(value) for value in values]))
    if name or any(part.isdecimal() for part in path) or any(isinstance(value, (dict, list)) for value in values):
        return Or(tuple(equal(given, value, known) for value in values))
    return ContainsOneOf(Value("jsons", [as_json(_nest(path, value)) for value in values]))


def match(op: str, given: Any, pattern: Any, known: Columns) -> Node:
    """A string against a pattern."""
    name, path = field(given, known)
    if name and known[name] != TEXT:
        raise BadRequest(f"cannot match {name} with a pattern (expected a text)")
    return Match(op, name, None if name else Value("texts", list(path)), _pattern(op, pattern))


def txt_cmp(given: Any, value: Any, op: str, known: Columns) -> Node:
    """The comparisons of the discovery layer: equals, contains, match, regex, and with i- without case."""
    if op == "equals":
        return equal(given, value, known)
    if op == "iequals":
        return match("ilike", given, escape_like(text(value)), known)
    if op in ("contains", "icontains"):
        return match(_TEXTS[op], given, f"%{escape_like(text(value))}%", known)
    return match(_TEXTS.get(op, op), given, value, known)


def all_match(value: Any, op: str = "icontains") -> Node:
    """Any text on the first level."""
    if op in ("contains", "icontains"):
        return AllMatch(_TEXTS[op], Value("text", f"%{escape_like(text(value))}%"))
    chosen = _TEXTS.get(op, op)
    if chosen not in ("like", "ilike", "regex", "iregex"):
        raise BadRequest(f"cannot match with {op!r:.40} (expected contains, icontains, like, ilike, regex or iregex)")
    return AllMatch(chosen, _pattern(chosen, value))


def nested_type(value: Any) -> Node:
    """The document holds an object of this type on its first level."""
    return Term(Value("texts", [f"n:{text(value)}"]))


def alternative_id(id_: Any = None, namespace: Any = None) -> Node:
    """`alt_ids` has NS:ID; without an id any of the namespace; `_` is the namespace of ids without one."""
    if id_ is None and namespace is None:
        raise BadRequest("cannot find by an alternative id without an id or a namespace")
    if namespace is None:
        return Term(Value("texts", [f"i:{text(id_)}"]))
    if id_ is None:
        return Term(Value("texts", [f"w:{text(namespace)}"]))
    return Term(Value("texts", [f"a:{text(namespace)}:{text(id_)}"]))


def associated(args: Sequence[Any], target_filter: Node | None) -> Node:
    """Target, target type, predicate (one, or one a hop), direction (a letter a hop)."""
    target, target_type, predicate, direction = args
    sides = direction or "S"
    if not isinstance(sides, str) or not 0 < len(sides) <= 10 or set(sides) - {"S", "O"}:
        raise BadRequest(f"cannot follow direction {direction!r:.40} (expected S and O, one letter a hop)")
    if target is None and target_type is None and target_filter is None and predicate is None:
        raise BadRequest("cannot find what is associated with anything (expected a target, a type or a predicate)")
    predicates = predicate if isinstance(predicate, list) else [predicate] * len(sides)
    if len(predicates) != len(sides):
        raise BadRequest(f"cannot follow {len(sides)} hops by {len(predicates)} predicates")
    hops = tuple(Hop(side, _optional(each)) for side, each in zip(sides, predicates, strict=True))
    return Associated(hops, _optional(target), _optional(target_type), target_filter)


def text(value: Any) -> str:
    """A string that PostgreSQL can hold."""
    if not isinstance(value, str) or "\0" in value:
        raise BadRequest(f"cannot use {value!r:.60} here (expected a string without NUL)")
    return value


def number(value: Any) -> float:
    """A finite number, also spelled as a string."""
    try:
        found = float(value) if not isinstance(value, bool) else math.nan
    except (TypeError, ValueError, OverflowError):
        found = math.nan
    if not math.isfinite(found):
        raise BadRequest(f"cannot use {value!r:.60} here (expected a number)")
    return found


def positive(value: Any) -> float:
    """A number that is not negative."""
    found = number(value)
    if found < 0:
        raise BadRequest(f"cannot use {value!r:.60} here (expected a number that is not negative)")
    return found


def escape_like(given: str) -> str:
    """A text that stands for itself in LIKE."""
    return re.sub(r"([\\%_])", r"\\\1", given)


def _text(value: Any) -> Value:
    return Value("text", text(value))


def _pattern(op: str, value: Any) -> Value:
    """PostgreSQL finds fault with a lonely backslash only when a row comes that far."""
    if op.endswith("like") and len(text(value)) - len(value.rstrip("\\")) & 1:
        raise BadRequest(f"cannot match {value!r:.60}: it ends in a backslash (expected something after it)")
    return _text(value)


def _optional(value: Any) -> Value | None:
    return None if value is None or value == "" or value == "*" else _text(value)


def _of_column(name: str, value: Any, known: Columns) -> Value:
    kind = known[name]
    if kind == TEXT:
        return _text(value)
    if kind == TIME:
        return Value("time", instant(value))
    if kind == INTEGER and type(value) is int and abs(value) < 2**31:
        return Value("integer", value)
    raise BadRequest(f"cannot compare {name} with {value!r:.60} (it has type {kind})")


def _buffer(given: Any = None) -> tuple[Value | None, bool]:
    """A number in the unit of the reference system, or metres as in `15000m`."""
    if given is None or given == 0 or given == "":
        return None, False
    if isinstance(given, str) and (found := _METRES.fullmatch(given)):
        return Value("number", float(found[1])), True
    return Value("number", positive(given)), False


def _nest(path: Sequence[str], value: Any) -> Any:
    for name in reversed(path):
        value = {name: value}
    return value


def as_json(value: Any) -> str:
    """Any JSON value as text."""
    return encode({"v": value})[5:-1]
