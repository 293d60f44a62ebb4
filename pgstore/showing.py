"""What was found, for people: in a notebook a table and a map, GeoJSON and SVG for elsewhere.

Knows: HTML, RFC 7946. Must not know: how anything was found.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pgstore.drawing import to_svg
from pgstore.places.rules import Rules

_ROWS = 50
_CELL = 60


class Found(list[Any]):
    """A list of documents, or of ids, that knows how to show itself."""

    rules: Rules = Rules()

    def to_geojson(self) -> dict[str, Any]:
        """A FeatureCollection of the documents that are somewhere."""
        return to_geojson([each for each in self if isinstance(each, Mapping)], self.rules)

    def to_svg(self, **more: Any) -> str:
        """A map of them; see `pgstore.to_svg`."""
        return to_svg(self.to_geojson(), **more)

    def _repr_html_(self) -> str:
        if not all(isinstance(each, Mapping) for each in self):
            return f"<pre>{html.escape(repr(self))}</pre>"
        places = to_geojson(self[:_ROWS], self.rules)
        return (to_svg(places) if places["features"] else "") + _table(self)


def to_geojson(documents: Iterable[Mapping[str, Any]], rules: Rules | None = None) -> dict[str, Any]:
    """A FeatureCollection: each document's point, or its area, with its plain fields as properties."""
    return {"type": "FeatureCollection", "features": [*_features(documents, rules or Rules())]}


def _features(documents: Iterable[Mapping[str, Any]], rules: Rules) -> Iterable[dict[str, Any]]:
    for document in documents:
        place = rules.place(document)
        shape = place.point or place.area
        if shape is not None:
            plain = {name: value for name, value in document.items() if not isinstance(value, (dict, list))}
            yield {"type": "Feature", "id": document.get("_id"), "geometry": shape.geojson, "properties": plain}


def _table(documents: Sequence[Mapping[str, Any]]) -> str:
    names = list(dict.fromkeys(name for document in documents[:_ROWS] for name in document))
    names = [*(name for name in _FIRST if name in names), *(n for n in names if n not in _FIRST)]
    head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
    rows = "".join(f"<tr>{_cells(document, names)}</tr>" for document in documents[:_ROWS])
    more = f"<p>and {len(documents) - _ROWS} more</p>" if len(documents) > _ROWS else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{more}"


_FIRST = ("_id", "type_", "name")


def _cells(document: Mapping[str, Any], names: Sequence[str]) -> str:
    texts = ("" if document.get(name) is None else str(document[name]) for name in names)
    return "".join(f"<td>{html.escape(text[:_CELL])}{'…' if len(text) > _CELL else ''}</td>" for text in texts)
