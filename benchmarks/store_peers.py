"""What the datastore is measured against: documents, COPY, and finds written by hand."""

from __future__ import annotations

import json
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
CREATE_TABLES = "CREATE TABLE {t}_twin (LIKE {t} INCLUDING ALL)"
_COLUMNS = "id, doc, geom, geom_loc, geom_mpoly, vertical_range, temporal_range"


def document(n: int) -> dict[str, Any]:
    """The n-th resource: a place, a box, heights, times, some attributes."""
    lon, lat = (n * 37 % 3600) / 10 - 180, (n * 53 % 1700) / 10 - 85
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


def edges(size: int) -> list[dict[str, Any]]:
    """Chains: 10 resources belong to one, and 10 of those to one."""
    made = []
    for n in range(min(size, 100_000)):
        up = n // 10
        if up != n:
            ends = {"s": f"r{up:07}", "st": TYPES[up % 20], "o": f"r{n:07}", "ot": TYPES[n % 20]}
            made.append({"type_": "Association", "p": "hasPart", **ends})
    return made


async def copy_rows(connection: Any, table: str, batch: list[tuple[dict[str, Any], str]]) -> None:
    """The same rows by COPY: what a loader would write that has its rows ready but for JSON and geometry."""
    rules = Rules()
    async with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({_COLUMNS}) FROM STDIN".encode()) as copy:
        for each, id_ in batch:
            row = as_row(each, id_, rules)
            places = (row.geom, row.geom_loc, row.geom_mpoly, row.vertical_range, row.temporal_range)
            await copy.write_row((id_, row.doc, *places))


def _by_attribute(n: int, size: int) -> tuple[Any, Any]:
    serial = n * 7919 % size
    wanted = TYPES[serial % 20]
    return (
        QueryBuilder().where(eq("att:type_", wanted), eq("serial", serial)),
        (wanted, json.dumps({"serial": serial})),
    )


def _by_box(n: int, size: int) -> tuple[Any, Any]:
    at = document(n * 7919 % size)["geospatial_point_center"]
    box = (at["lon"] - 0.3, at["lat"] - 0.3, at["lon"] + 0.3, at["lat"] + 0.3)
    return QueryBuilder().where(overlaps_bbox("ra:geom", *box)), box


def _by_polygon(n: int, size: int) -> tuple[Any, Any]:
    at = document(n * 7919 % size)["geospatial_point_center"]
    x, y = at["lon"], at["lat"]
    wkt = f"POLYGON (({x} {y}, {x + 0.2} {y}, {x + 0.2} {y + 0.2}, {x} {y}))"
    return QueryBuilder().where(overlaps_geom("ra:geom", wkt, 0.2)), (f"SRID=4326;{wkt}",)


def _by_time(n: int, size: int) -> tuple[Any, Any]:
    start = 1_300_000_000 + n * 7919 % size * 60
    return (
        QueryBuilder().where(overlaps_range("ra:temporal_range", start * 1000, (start + 300) * 1000)),
        (start, start + 300),
    )


def _by_hops(n: int, size: int) -> tuple[Any, Any]:
    root = f"r{n % (min(size, 100_000) // 100):07}"
    return QueryBuilder().where(associated_with(root, predicate="hasPart", direction="OO")), (root,)


_SELECT = "SELECT id, rev, doc FROM {t} WHERE deleted_at IS NULL AND "
_HOPS = """\
SELECT m.id, m.rev, m.doc FROM {t}_assoc a JOIN {t}_assoc b ON b.o = a.s JOIN {t} m ON m.id = a.o
WHERE b.s = %s AND a.p = 'hasPart' AND b.p = 'hasPart' AND NOT a.retired AND NOT b.retired
AND a.deleted_at IS NULL AND b.deleted_at IS NULL AND m.deleted_at IS NULL"""
FINDS: dict[str, tuple[Any, str]] = {
    "type and attribute": (_by_attribute, _SELECT + "type_ = %s AND doc @> %s::jsonb"),
    "bounding box": (_by_box, _SELECT + "geom && ST_MakeEnvelope(%s, %s, %s, %s, 4326)"),
    "polygon with buffer": (_by_polygon, _SELECT + "ST_DWithin(geom, %s::geometry, 0.2)"),
    "time range": (
        _by_time,
        _SELECT + "temporal_range && tstzrange(to_timestamp(%s), to_timestamp(%s), '[]')",
    ),
    "two hops": (_by_hops, _HOPS),
}
