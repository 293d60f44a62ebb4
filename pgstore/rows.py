"""Documents as the texts that a statement's arrays are made of.

Knows: which column takes what. Must not know: SQL.

>>> row = as_row({"name": "a", "ts_created": "0"}, "x", Rules())
>>> row.id, row.doc, row.ts_created
('x', '{"name":"a","ts_created":"0"}', '1970-01-01T00:00:00+00:00')
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pgstore.documents import encode
from pgstore.places.geometry import Geometry
from pgstore.places.rules import NOWHERE, Place, Rules
from pgstore.times import instant


@dataclass(frozen=True)
class Row:
    """One document, ready to go."""

    id: str
    doc: str
    ts_created: str | None = None
    ts_updated: str | None = None
    geom: str | None = None
    geom_loc: str | None = None
    geom_mpoly: str | None = None
    vertical_range: str | None = None
    temporal_range: str | None = None
    rev: str | None = None
    deleted_at: str | None = None


def as_row(
    document: Mapping[str, Any],
    id_: str,
    rules: Rules | None,
    *,
    srid: int = 4326,
    rev: int | None = None,
    deleted_at: str | None = None,
) -> Row:
    """Raises `BadRequest` if the document cannot be kept. Without rules it is nowhere."""
    place = rules.place(document) if rules else NOWHERE
    area, many = _areas(place)
    return Row(
        id_,
        encode(document),
        _moment(document, "ts_created"),
        _moment(document, "ts_updated"),
        place.point.ewkb(srid) if place.point else None,
        area.ewkb(srid) if area else None,
        many.ewkb(srid) if many else None,
        _numbers(place.vertical),
        _times(place.temporal),
        None if rev is None else str(rev),
        deleted_at,
    )


def as_arrays(rows: Sequence[Row], names: Sequence[str]) -> dict[str, str]:
    """One array a column, named as the statements name them."""
    return {f"{name}_": array(getattr(row, name) for row in rows) for name in names}


def array(texts: Iterable[str | None]) -> str:
    r"""An array of texts as PostgreSQL reads it. Several times as fast as the driver, which looks at every element.

    https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO

    >>> print(array(['a "b"', None, "", "c\\d"]))
    {"a \"b\"",NULL,"","c\\d"}
    """
    return "{" + ",".join("NULL" if text is None else f'"{_escaped(text)}"' for text in texts) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _areas(place: Place) -> tuple[Geometry | None, Geometry | None]:
    """The polygon, if it is one, and the same as a multipolygon."""
    area = place.area
    if area is None or area.kind == "MultiPolygon":
        return None, area
    return area, Geometry("MultiPolygon", (area.coordinates,))


def _moment(document: Mapping[str, Any], field: str) -> str | None:
    given = document.get(field)
    return None if given is None or given == "" else instant(given).isoformat()


def _numbers(span: tuple[float | None, float | None] | None) -> str | None:
    return None if span is None else "[{},{}]".format(*("" if end is None else repr(end) for end in span))


def _times(span: tuple[datetime | None, datetime | None] | None) -> str | None:
    return None if span is None else "[{},{}]".format(*("" if end is None else f'"{end.isoformat()}"' for end in span))
