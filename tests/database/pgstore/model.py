"""What an expression means, written down a second time: in plain Python, over plain dicts."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Any

COLUMNS = {"id", "type_", "name", "lcstate"}
NOTHING = object()


def holds(expression: Any, document: dict[str, Any]) -> bool:
    op, args = expression
    if op == "exp:and":
        return all(holds(part, document) for part in args)
    if op == "exp:or":
        return any(holds(part, document) for part in args)
    if op == "exp:not":
        return not holds(args[0], document)
    kind, _, name = op.partition(":")
    value = look_up(document, args[0])
    if kind == "op" and name in ("eq", "neq"):
        return same(value, args[1]) is (name == "eq")
    if kind == "op" and name in ("lt", "lte", "gt", "gte"):
        return compares(name, value, args[1])
    if kind == "op":
        return matches(name, value, args[1])
    if name == "in":
        return any(same(value, each) for each in args[1])
    if name == "between":
        return compares("gte", value, args[1]) and compares("lte", value, args[2])
    if kind == "gop":
        return in_box(document, *args[1:])
    if kind == "rop":
        return in_range(name, document, args[0], *args[1:])
    raise AssertionError(op)


def look_up(document: dict[str, Any], name: str) -> Any:
    value: Any = document
    for part in ("_id" if name == "id" else name).split("."):
        if not isinstance(value, dict) or part not in value:
            return None
        value = value[part]
    return value


def same(value: Any, other: Any) -> bool:
    """Equal as JSON: true is not 1."""
    if isinstance(value, bool) or isinstance(other, bool):
        return value is other
    return bool(value == other)


def compares(op: str, value: Any, other: Any) -> bool:
    numbers = all(isinstance(each, (int, float)) and not isinstance(each, bool) for each in (value, other))
    if not numbers and not (isinstance(value, str) and isinstance(other, str)):
        return False
    return {"lt": value < other, "lte": value <= other, "gt": value > other, "gte": value >= other}[op]


def matches(op: str, value: Any, pattern: str) -> bool:
    if not isinstance(value, str):
        return False
    flags = re.DOTALL | (re.IGNORECASE if op.startswith("i") else 0)
    if op.endswith("like"):
        pattern = "".join({"%": ".*", "_": "."}.get(letter, re.escape(letter)) for letter in pattern)
        return re.fullmatch(pattern, value, flags) is not None
    return re.search(pattern, value, flags) is not None


def in_box(document: dict[str, Any], x1: float, y1: float, x2: float, y2: float) -> bool:
    at = document.get("geospatial_point_center")
    if not at:
        return False
    return min(x1, x2) <= at["lon"] <= max(x1, x2) and min(y1, y2) <= at["lat"] <= max(y1, y2)


def in_range(op: str, document: dict[str, Any], column: str, low: float, high: float) -> bool:
    bounds = document.get("geospatial_bounds") if column == "vertical_range" else document.get("nominal_datetime")
    if not bounds:
        return False
    if column == "vertical_range":
        mine = bounds["geospatial_vertical_min"], bounds["geospatial_vertical_max"]
        mine = min(mine), max(mine)
    else:
        mine = bounds["start_datetime"] * 1000, bounds["end_datetime"] * 1000
    if op == "overlaps":
        return mine[0] <= high and low <= mine[1]
    if op == "contains":
        return mine[0] <= low and high <= mine[1]
    return low <= mine[0] and mine[1] <= high


def utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)
