"""A map of what was found, as SVG, from nothing but text: places, names, and the grid of degrees around them.

No coast is drawn: for that, hand the GeoJSON to a program for maps.

Knows: GeoJSON (RFC 7946), SVG. Must not know: documents, or how anything was found.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from pgstore.places.geometry import Geometry, parse, parse_geojson

_STEPS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 15, 30, 45)
_LINES = 8
_MARGIN = 0.08
_TALLEST = 1.2
_STYLE = (
    "text{font:11px sans-serif;fill:#334}.grid{stroke:#dde3ea}.asked{fill:#fdf1d8;stroke:#c98a1b}"
    ".found{fill:#1f5fa8;stroke:#fff}.found.area{fill-opacity:.25;stroke:#1f5fa8}"
    ".other{fill:#b9c2cc;stroke:#fff}.other.area{fill-opacity:.25;stroke:#b9c2cc}"
)
Collection = Mapping[str, Any]


@dataclass(frozen=True)
class _Frame:
    """Degrees to pixels: a degree of longitude is as much narrower as it is in the middle of the map."""

    west: float
    north: float
    east: float
    south: float
    width: int

    @property
    def _scale(self) -> tuple[float, float]:
        narrowed = max(0.1, math.cos(math.radians((self.north + self.south) / 2)))
        x = self.width / (self.east - self.west)
        return x, min(x / narrowed, self.width * _TALLEST / (self.north - self.south))

    @property
    def height(self) -> int:
        return round((self.north - self.south) * self._scale[1])

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        x, y = self._scale
        return (lon - self.west) * x, (self.north - lat) * y


def to_svg(
    found: Collection, *, others: Collection | None = None, asked: Geometry | str | None = None, width: int = 640
) -> str:
    """A FeatureCollection as a map; `others` paler beneath it, and the area that was asked about.

    Points have the `name` of their feature beside them. What lies nowhere is not there; of nothing at all there is a
    map of the earth.
    """
    area = None if asked is None else parse(asked)
    shapes = {"other": [*_shapes(others or {})], "found": [*_shapes(found)]}
    frame = _around([shape for kind in shapes.values() for shape, _ in kind] + ([area] if area else []), width)
    drawn = [*_grid(frame)]
    if area:
        drawn.append(_shape(area, "", "asked", frame))
    for kind, each in shapes.items():
        drawn += [_shape(shape, name, kind, frame) for shape, name in each]
    size = f'viewBox="0 0 {width} {frame.height}" width="{width}" height="{frame.height}"'
    back = f'<rect width="{width}" height="{frame.height}" fill="#f7fafc"/>'
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" {size}>', f"<style>{_STYLE}</style>", back, *drawn, "</svg>"]
    return "\n".join(lines) + "\n"


def _shapes(collection: Collection) -> Iterable[tuple[Geometry, str]]:
    for feature in collection.get("features", ()):
        yield parse_geojson(feature["geometry"]), str((feature.get("properties") or {}).get("name") or "")


def _around(shapes: list[Geometry], width: int) -> _Frame:
    """What shows all of them, and a little more."""
    positions = [position for shape in shapes for position in shape.positions()]
    if not positions:
        return _Frame(-180, 90, 180, -90, width)
    lons, lats = zip(*positions, strict=True)
    wide = max(max(lons) - min(lons), max(lats) - min(lats), 0.02) * _MARGIN
    return _Frame(min(lons) - 2 * wide, max(lats) + wide, max(lons) + 2 * wide, min(lats) - wide, width)


def _grid(frame: _Frame) -> Iterable[str]:
    for lon in _ticks(frame.west, frame.east):
        x = frame.at(lon, 0)[0]
        yield f'<path class="grid" d="M{x:.1f} 0V{frame.height}"/>'
        yield f'<text x="{x + 3:.1f}" y="{frame.height - 4}">{_degrees(lon, "E", "W")}</text>'
    for lat in _ticks(frame.south, frame.north):
        y = frame.at(0, lat)[1]
        yield f'<path class="grid" d="M0 {y:.1f}H{frame.width}"/>'
        yield f'<text x="3" y="{y - 3:.1f}">{_degrees(lat, "N", "S")}</text>'


def _ticks(low: float, high: float) -> list[float]:
    step = next((step for step in _STEPS if (high - low) / step <= _LINES), 60)
    return [step * place for place in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _degrees(number: float, positive: str, negative: str) -> str:
    return f"{abs(number):g}°" + ("" if number == 0 else f" {positive if number > 0 else negative}")


def _shape(shape: Geometry, name: str, kind: str, frame: _Frame) -> str:
    if shape.kind == "Point":
        x, y = frame.at(*shape.coordinates)
        label = f'<text x="{x + 7:.1f}" y="{y + 4:.1f}">{escape(name)}</text>' if name else ""
        return f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>{label}'
    lines = "".join(_line(line, shape.kind, frame) for line in _lines(shape))
    return f'<path class="{kind} area" d="{lines}"><title>{escape(name)}</title></path>'


def _lines(shape: Geometry) -> Iterable[Any]:
    """All lines and rings, whatever they are nested in."""
    nested = [shape.coordinates]
    while nested:
        part = nested.pop()
        if isinstance(part[0][0], (int, float)):
            yield part
        else:
            nested.extend(part)


def _line(line: Any, kind: str, frame: _Frame) -> str:
    path = "L".join("{:.1f} {:.1f}".format(*frame.at(*position)) for position in line)
    return f"M{path}" + ("Z" if kind.endswith("Polygon") else "")
