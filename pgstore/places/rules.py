"""Which fields of a document say where and when it is: declared for each type, not wired in.

    rules = Rules({"Buoy": Where(point=Point("position.lon", "position.lat"), vertical=Span("top", "bottom"))})
    store = await system.get_datastore("resources", rules=rules)

Paths are dotted. A document that lacks a field has no place of that sort; one whose field cannot be read is refused.

Knows: documents and geometry. Must not know: tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pgstore.errors import BadRequest
from pgstore.places.geometry import Geometry, box, parse, point
from pgstore.times import instant


@dataclass(frozen=True)
class Point:
    """A position in two fields."""

    x: str
    y: str

    def find(self, document: Mapping[str, Any]) -> Geometry | None:
        x, y = _number(document, self.x), _number(document, self.y)
        return None if x is None or y is None else point(x, y)


@dataclass(frozen=True)
class Box:
    """A rectangle by its four limits."""

    west: str
    south: str
    east: str
    north: str

    def find(self, document: Mapping[str, Any]) -> Geometry | None:
        limits = [_number(document, path) for path in (self.west, self.south, self.east, self.north)]
        west, south, east, north = limits
        if west is None or south is None or east is None or north is None:
            return None
        return box(west, south, east, north)


@dataclass(frozen=True)
class Shape:
    """WKT or GeoJSON in one field."""

    path: str

    def find(self, document: Mapping[str, Any]) -> Geometry | None:
        given = look_up(document, self.path)
        return None if given in (None, "", {}) else parse(given)


@dataclass(frozen=True)
class Span:
    """Numbers from and to; one of them may be missing: then it has no end on that side."""

    low: str
    high: str

    def find(self, document: Mapping[str, Any]) -> tuple[float | None, float | None] | None:
        low, high = _number(document, self.low), _number(document, self.high)
        if low is not None and high is not None and low > high:
            low, high = high, low
        return None if low is None and high is None else (low, high)


@dataclass(frozen=True)
class TimeSpan:
    """Times from and to: milliseconds (seconds with `unit="s"`), ISO 8601."""

    start: str
    end: str
    unit: str = "ms"

    def find(self, document: Mapping[str, Any]) -> tuple[datetime | None, datetime | None] | None:
        start, end = (self._time(look_up(document, path)) for path in (self.start, self.end))
        if start is not None and end is not None and start > end:
            raise BadRequest(f"cannot keep the document: {self.start} is later than {self.end}")
        return None if start is None and end is None else (start, end)

    def _time(self, given: Any) -> datetime | None:
        return None if given in (None, "") else instant(given, unit=self.unit)


@dataclass(frozen=True)
class Where:
    """The rules of one type. Several of a sort are tried in their order."""

    point: Point | Shape | Sequence[Point | Shape] = ()
    area: Box | Shape | Sequence[Box | Shape] = ()
    vertical: Span | Sequence[Span] = ()
    temporal: TimeSpan | Sequence[TimeSpan] = ()


@dataclass(frozen=True)
class Place:
    """Where and when one document is."""

    point: Geometry | None = None
    area: Geometry | None = None
    """A polygon or a multipolygon."""
    vertical: tuple[float | None, float | None] | None = None
    temporal: tuple[datetime | None, datetime | None] | None = None


NOWHERE = Place()

ORIGINAL = Where(
    point=(
        Point("geospatial_point_center.lon", "geospatial_point_center.lat"),
        Point("location.longitude", "location.latitude"),
        Point("details.location.longitude", "details.location.latitude"),
    ),
    area=(
        Shape("boundary"),
        Box(
            "geospatial_bounds.geospatial_longitude_limit_west",
            "geospatial_bounds.geospatial_latitude_limit_south",
            "geospatial_bounds.geospatial_longitude_limit_east",
            "geospatial_bounds.geospatial_latitude_limit_north",
        ),
        Box(
            "constraint_list.GeospatialBounds.geospatial_longitude_limit_west",
            "constraint_list.GeospatialBounds.geospatial_latitude_limit_south",
            "constraint_list.GeospatialBounds.geospatial_longitude_limit_east",
            "constraint_list.GeospatialBounds.geospatial_latitude_limit_north",
        ),
    ),
    vertical=(
        Span("geospatial_bounds.geospatial_vertical_min", "geospatial_bounds.geospatial_vertical_max"),
        Span(
            "constraint_list.GeospatialBounds.geospatial_vertical_min",
            "constraint_list.GeospatialBounds.geospatial_vertical_max",
        ),
    ),
    temporal=(
        TimeSpan("nominal_datetime.start_datetime", "nominal_datetime.end_datetime", unit="s"),
        TimeSpan(
            "constraint_list.TemporalBounds.start_datetime", "constraint_list.TemporalBounds.end_datetime", unit="s"
        ),
    ),
)
"""The fields that the Pyon container and its successor wired in, for every type without rules of its own."""


@dataclass(frozen=True)
class Rules:
    """The rules of each type, and of those that have none of their own."""

    types: Mapping[str, Where] = field(default_factory=dict)
    otherwise: Where = ORIGINAL

    def place(self, document: Mapping[str, Any]) -> Place:
        """Where the document is; raises `BadRequest` if a field is there and cannot be read."""
        where = self.types.get(str(document.get("type_")), self.otherwise)
        found = Place(
            _first(where.point, document),
            _first(where.area, document),
            _first(where.vertical, document),
            _first(where.temporal, document),
        )
        _check_kind(found.point, ("Point",), document)
        _check_kind(found.area, ("Polygon", "MultiPolygon"), document)
        return found


def look_up(document: Any, path: str) -> Any:
    """What stands at a dotted path, or None. In a list, a name stands for the first element of that `type_`."""
    for name in path.split("."):
        if isinstance(document, dict):
            document = document.get(name)
        elif isinstance(document, list):
            document = next((part for part in document if isinstance(part, dict) and part.get("type_") == name), None)
        else:
            return None
        if document is None:
            return None
    return document


def _first(rules: Any, document: Mapping[str, Any]) -> Any:
    for rule in (rules,) if hasattr(rules, "find") else rules:
        try:
            found = rule.find(document)
        except ValueError as error:  # BadRequest, or a coordinate that is not finite
            name = str(document.get("_id") or document.get("name"))[:60]
            raise BadRequest(f"cannot place document {name!r}: {error}") from None
        if found is not None:
            return found
    return None


def _number(document: Mapping[str, Any], path: str) -> float | None:
    given = look_up(document, path)
    if given is None or given == "":
        return None
    if isinstance(given, (int, float)) and not isinstance(given, bool):
        return float(given)
    try:
        return float(str(given))
    except ValueError:
        raise BadRequest(f"{path} is {given!r:.40} (expected a number)") from None


def _check_kind(found: Geometry | None, kinds: tuple[str, ...], document: Mapping[str, Any]) -> None:
    if found is not None and found.kind not in kinds:
        name = str(document.get("_id") or document.get("name"))[:60]
        raise BadRequest(f"cannot place document {name!r}: it has a {found.kind} (expected a {' or '.join(kinds)})")
