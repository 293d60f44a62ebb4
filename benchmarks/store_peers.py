"""What the datastore is measured against: documents, COPY, and finds written by hand."""

from __future__ import annotations

import json
import math
from typing import Any

from pgstore.places.rules import Rules
from pgstore.query.builder import (
    QueryBuilder,
    associated_with,
    eq,
    overlaps_bbox,
    overlaps_geom,
    overlaps_range,
)
from pgstore.rows import as_row

TYPES = [f"Type{n}" for n in range(20)]
_COLUMNS = "id, doc, geom, geom_loc, geom_mpoly, vertical_range, temporal_range"


def place(n: int) -> tuple[float, float]:
    """Spread evenly over the earth, however many there are.

    The sequence R2 of https://extremelearning.com.au/unreasonable-effectiveness-of-quasirandom-sequences/
    """
    return n * 0.7548776662466927 % 1 * 360 - 180, n * 0.5698402909980532 % 1 * 170 - 85


def document(n: int) -> dict[str, Any]:
    """The n-th resource: a place, a box, heights, times, some attributes."""
    lon, lat = place(n)
    return {
        "type_": TYPES[n % 20],
        "name": f"resource {n}",
        "lcstate": "DEPLOYED",
        "serial": n,
        "contact": {"type_": "Contact", "email": f"user{n % 1000}@example.com"},
        "description": "measures what there is to be measured, " * 4,
        "keywords": [f"k{n % 50}", f"k{n % 70}"],
        "geospatial_point_center": {"lat": lat, "lon": lon},
        "geospatial_bounds": {
            "geospatial_longitude_limit_west": lon, "geospatial_longitude_limit_east": lon + 0.1,
            "geospatial_latitude_limit_south": lat, "geospatial_latitude_limit_north": lat + 0.1,
            "geospatial_vertical_min": n % 500, "geospatial_vertical_max": n % 500 + 5,
        },
        "nominal_datetime": {"start_datetime": 1_300_000_000 + n * 60, "end_datetime": 1_300_000_000 + n * 60 + 600},
    }  # fmt: skip


def edges(first: int, end: int) -> list[dict[str, Any]]:
    """Chains: 10 resources belong to one, and 10 of those to one. The associations to some of the resources."""
    made = []
    for n in range(max(first, 1), end):
        up = n // 10
        ends = {"s": f"r{up:07}", "st": TYPES[up % 20], "o": f"r{n:07}", "ot": TYPES[n % 20]}
        made.append({"type_": "Association", "p": "hasPart", **ends})
    return made


def ready(document: dict[str, Any], id_: str) -> tuple[str | None, ...]:
    """The columns of a row, as COPY takes them."""
    row = as_row(document, id_, Rules())
    return id_, row.doc, row.geom, row.geom_loc, row.geom_mpoly, row.vertical_range, row.temporal_range


async def copy_rows(connection: Any, table: str, rows: list[tuple[str | None, ...]]) -> None:
    """Rows that are ready, by COPY."""
    async with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({_COLUMNS}) FROM STDIN".encode()) as copy:
        for row in rows:
            await copy.write_row(row)


def _side(size: int, count: int) -> float:
    """The side in degrees of a square that holds about so many of `size` places."""
    return math.sqrt(360 * 170 * count / size)


def _by_attribute(n: int, size: int) -> tuple[Any, Any]:
    serial = n * 7919 % size
    wanted = TYPES[serial % 20]
    return (
        QueryBuilder().where(eq("att:type_", wanted), eq("serial", serial)),
        (wanted, json.dumps({"serial": serial})),
    )


def _by_box(n: int, size: int) -> tuple[Any, Any]:
    (x, y), half = place(n * 7919 % size), _side(size, 10) / 2
    box = (x - half, y - half, x + half, y + half)
    return QueryBuilder().where(overlaps_bbox("ra:geom", *box)), box


def _by_polygon(n: int, size: int) -> tuple[Any, Any]:
    (x, y), side = place(n * 7919 % size), _side(size, 5)
    wkt = f"POLYGON (({x} {y}, {x + side} {y}, {x + side} {y + side}, {x} {y}))"
    return QueryBuilder().where(overlaps_geom("ra:geom", wkt, side / 2)), (f"SRID=4326;{wkt}", side / 2)


def _by_time(n: int, size: int) -> tuple[Any, Any]:
    start = 1_300_000_000 + n * 7919 % size * 60
    return (
        QueryBuilder().where(overlaps_range("ra:temporal_range", start * 1000, (start + 300) * 1000)),
        (start, start + 300),
    )


def _by_hops(n: int, size: int) -> tuple[Any, Any]:
    root = f"r{1 + n * 7919 % (size // 100 - 1):07}"
    return QueryBuilder().where(associated_with(root, predicate="hasPart", direction="OO")), (root,)


_SELECT = "SELECT id, rev, doc FROM {t} WHERE deleted_at IS NULL AND "
_HOPS = """\
SELECT m.id, m.rev, m.doc FROM {t}_assoc a JOIN {t}_assoc b ON b.o = a.s JOIN {t} m ON m.id = a.o
WHERE b.s = %s AND a.p = 'hasPart' AND b.p = 'hasPart' AND NOT a.retired AND NOT b.retired
AND a.deleted_at IS NULL AND b.deleted_at IS NULL AND m.deleted_at IS NULL"""
FINDS: dict[str, tuple[Any, str]] = {
    "type and attribute": (_by_attribute, _SELECT + "type_ = %s AND doc @> %s::jsonb"),
    "bounding box": (_by_box, _SELECT + "geom && ST_MakeEnvelope(%s, %s, %s, %s, 4326)"),
    "polygon with buffer": (_by_polygon, _SELECT + "ST_DWithin(geom, %s::geometry, %s)"),
    "time range": (
        _by_time,
        _SELECT + "temporal_range && tstzrange(to_timestamp(%s), to_timestamp(%s), '[]')",
    ),
    "two hops": (_by_hops, _HOPS),
}
