"""Geometries as values: read from WKT or GeoJSON, written as WKT, GeoJSON or EWKB.

A geometry is a kind and nested tuples of coordinates, as in GeoJSON (RFC 7946). x comes first: longitude, latitude.

Knows: the three forms. Must not know: reference systems beyond their number, or what lies inside of what.

>>> parse_wkt("POINT (10 59.9)")
Geometry(kind='Point', coordinates=(10.0, 59.9))
>>> box(0, 0, 2, 1).wkt
'POLYGON ((0 0, 2 0, 2 1, 0 1, 0 0))'
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from pgstore.errors import BadRequest

_KINDS = ("Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon")
_CODES = {kind: code for code, kind in enumerate(_KINDS, start=1)}
_DEPTH = {"Point": 0, "LineString": 1, "MultiPoint": 1, "Polygon": 2, "MultiLineString": 2, "MultiPolygon": 3}
_PARTS = {"MultiPoint": "Point", "MultiLineString": "LineString", "MultiPolygon": "Polygon"}
_FEWEST = {"LineString": 2, "Polygon": 4}
_WITH_SRID = 0x20000000
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_TOKEN = re.compile(rf"{_NUMBER}|[(),]|[A-Za-z]+")
_LARGEST = 2**20


@dataclass(frozen=True)
class Geometry:
    """One of the six kinds of GeoJSON that are no collections of kinds."""

    kind: str
    coordinates: Any

    @property
    def wkt(self) -> str:
        """Well-known text."""
        depth = _DEPTH[self.kind]
        inner = _write(self.coordinates, depth)
        return f"{self.kind.upper()} ({inner})" if depth == 0 else f"{self.kind.upper()} {inner}"

    @property
    def geojson(self) -> dict[str, Any]:
        """A geometry object of RFC 7946."""
        return {"type": self.kind, "coordinates": _lists(self.coordinates)}

    def ewkb(self, srid: int = 4326) -> str:
        """Extended well-known binary in hexadecimal: what PostGIS reads without a function call."""
        return (struct.pack("<BII", 1, _CODES[self.kind] | _WITH_SRID, srid) + _body(self)).hex()

    def positions(self) -> Iterator[tuple[float, float]]:
        """All positions, ring after ring."""
        yield from _flat(self.coordinates, _DEPTH[self.kind])


def point(x: float, y: float) -> Geometry:
    return _checked("Point", (float(x), float(y)))


def box(x1: float, y1: float, x2: float, y2: float) -> Geometry:
    """The rectangle between two opposite corners."""
    west, east = sorted((float(x1), float(x2)))
    south, north = sorted((float(y1), float(y2)))
    return _checked("Polygon", (((west, south), (east, south), (east, north), (west, north), (west, south)),))


def parse(given: Any) -> Geometry:
    """A `Geometry`, WKT, or a GeoJSON geometry; raises `BadRequest` for anything else."""
    if isinstance(given, Geometry):
        return given
    if isinstance(given, str):
        return parse_wkt(given)
    if isinstance(given, Mapping):
        return parse_geojson(given)
    raise BadRequest(f"cannot read a geometry: {given!r:.80} (expected WKT or a GeoJSON geometry)")


def parse_geojson(given: Mapping[str, Any]) -> Geometry:
    """A geometry object of RFC 7946, without height; a Feature stands for its geometry."""
    if given.get("type") == "Feature" and isinstance(given.get("geometry"), Mapping):
        given = given["geometry"]
    kind = given.get("type")
    if kind not in _DEPTH:
        raise BadRequest(f"cannot read GeoJSON: type is {kind!r:.40} (expected one of {', '.join(_KINDS)})")
    try:
        return _checked(str(kind), _tuples(given.get("coordinates"), _DEPTH[str(kind)]))
    except (TypeError, ValueError, OverflowError, RecursionError):
        raise BadRequest(f"cannot read GeoJSON: the coordinates are no {kind} of finite numbers") from None


def parse_wkt(text: str) -> Geometry:
    """Well-known text in two dimensions; raises `BadRequest` for anything else."""
    try:
        return _Reader(text).read()
    except (ValueError, IndexError, OverflowError):
        raise BadRequest(f"cannot read WKT: {text!r:.80} (expected e.g. POINT (10.5 59.9))") from None


class _Reader:
    """WKT by recursive descent over its tokens."""

    def __init__(self, text: str) -> None:
        if len(text) > _LARGEST:
            raise BadRequest(f"cannot read WKT: it has {len(text)} characters (expected {_LARGEST} at most)")
        self._tokens = _tokens(text)
        self._at = 0

    def read(self) -> Geometry:
        word = self._next().upper()
        kind = next((kind for kind in _KINDS if kind.upper() == word), "")
        if not kind:
            raise ValueError(word)
        depth = _DEPTH[kind]
        coordinates = self._nested(depth, kind) if depth else self._parenthesised_position()
        if self._at != len(self._tokens):
            raise ValueError(self._tokens[self._at])
        return _checked(kind, coordinates)

    def _nested(self, depth: int, kind: str) -> tuple[Any, ...]:
        self._expect("(")
        parts = [self._part(depth, kind)]
        while self._peek() == ",":
            self._next()
            parts.append(self._part(depth, kind))
        self._expect(")")
        return tuple(parts)

    def _part(self, depth: int, kind: str) -> tuple[Any, ...]:
        if depth > 1:
            return self._nested(depth - 1, kind)
        if kind == "MultiPoint" and self._peek() == "(":
            return self._parenthesised_position()
        return self._position()

    def _position(self) -> tuple[float, float]:
        return float(self._next()), float(self._next())

    def _parenthesised_position(self) -> tuple[float, float]:
        self._expect("(")
        found = self._position()
        self._expect(")")
        return found

    def _next(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1]

    def _peek(self) -> str:
        return self._tokens[self._at]

    def _expect(self, token: str) -> None:
        if self._next() != token:
            raise ValueError(token)


def _tokens(text: str) -> list[str]:
    if left := _TOKEN.sub("", text).strip():
        raise ValueError(left)
    return _TOKEN.findall(text)


def _checked(kind: str, coordinates: Any) -> Geometry:
    geometry = Geometry(kind, coordinates)
    if not all(math.isfinite(x) and math.isfinite(y) for x, y in geometry.positions()):
        raise ValueError("a coordinate is not finite")
    for part in _simple_parts(geometry):
        lines = part.coordinates if part.kind == "Polygon" else (part.coordinates,)
        for line in lines if part.kind in _FEWEST else ():
            if len(line) < _FEWEST[part.kind] or (part.kind == "Polygon" and line[0] != line[-1]):
                raise ValueError("a ring is not closed, or a line is too short")
    return geometry


def _simple_parts(geometry: Geometry) -> Iterator[Geometry]:
    if geometry.kind not in _PARTS:
        yield geometry
        return
    for coordinates in geometry.coordinates:
        yield Geometry(_PARTS[geometry.kind], coordinates)


def _tuples(value: Any, depth: int) -> Any:
    if not isinstance(value, (list, tuple)) or not value:
        raise ValueError(value)
    if depth:
        return tuple(_tuples(part, depth - 1) for part in value)
    x, y = value[:2]
    if isinstance(x, (bool, str)) or isinstance(y, (bool, str)):
        raise TypeError(value)
    return float(x), float(y)


def _lists(value: Any) -> Any:
    return [_lists(part) for part in value] if isinstance(value, tuple) else value


def _flat(value: Any, depth: int) -> Iterator[tuple[float, float]]:
    if depth == 0:
        yield value
        return
    for part in value:
        yield from _flat(part, depth - 1)


def _write(value: Any, depth: int) -> str:
    if depth == 0:
        return f"{_digits(value[0])} {_digits(value[1])}"
    return "(" + ", ".join(_write(part, depth - 1) for part in value) + ")"


def _digits(number: float) -> str:
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def _body(geometry: Geometry) -> bytes:
    """What follows the header in well-known binary."""
    if geometry.kind == "Point":
        return struct.pack("<dd", *geometry.coordinates)
    if geometry.kind == "LineString":
        return _line(geometry.coordinates)
    if geometry.kind == "Polygon":
        return struct.pack("<I", len(geometry.coordinates)) + b"".join(_line(ring) for ring in geometry.coordinates)
    parts = list(_simple_parts(geometry))
    inner = b"".join(struct.pack("<BI", 1, _CODES[part.kind]) + _body(part) for part in parts)
    return struct.pack("<I", len(parts)) + inner


def _line(positions: Any) -> bytes:
    return struct.pack(f"<I{2 * len(positions)}d", len(positions), *chain.from_iterable(positions))
