"""What a name in a query stands for: a column, or a path into the document.

Knows: the columns of each profile and the names that the original gave them. Must not know: SQL.

>>> known = columns("RESOURCES")
>>> field("ra:ts_created", known), field("contact.email", known)
(('ts_created', ()), ('', ('contact', 'email')))
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pgstore.errors import BadRequest

TEXT, TIME, INTEGER, GEOMETRY, NUMBERS, TIMES = "text", "time", "integer", "geometry", "numbers", "times"
_ALL = {"id": TEXT, "type_": TEXT, "ts_created": TIME, "ts_updated": TIME}
_RESOURCES = {
    "name": TEXT, "lcstate": TEXT, "availability": TEXT, "visibility": INTEGER, "geom": GEOMETRY, "geom_loc": GEOMETRY,
    "geom_mpoly": GEOMETRY, "vertical_range": NUMBERS, "temporal_range": TIMES,
}  # fmt: skip
_PLAIN = {"name": TEXT}
_EVENTS = {"origin": TEXT, "origin_type": TEXT, "sub_type": TEXT, "actor_id": TEXT}
_ASSOCIATIONS = {"s": TEXT, "st": TEXT, "p": TEXT, "o": TEXT, "ot": TEXT}
_ENTRIES = {"org": TEXT, "parent": TEXT, "key": TEXT}
_PREFIXES = ("att:", "ra:", "ea:", "aa:")


@lru_cache(maxsize=64)
def columns(profile: str, table: str = "") -> Mapping[str, str]:
    """Names and kinds of the columns that a query can name."""
    if table == "assoc":
        return {"id": TEXT, "ts_created": TIME, "ts_updated": TIME, **_ASSOCIATIONS}
    if table == "dir":
        return {"id": TEXT, "ts_created": TIME, "ts_updated": TIME, **_ENTRIES}
    if profile in ("RESOURCES", "DIRECTORY"):
        return {**_ALL, **_RESOURCES}
    if profile == "EVENTS":
        return {**_ALL, **_EVENTS}
    return {"id": TEXT, "ts_created": TIME, "ts_updated": TIME} if profile == "STATE" else {**_ALL, **_PLAIN}


def field(name: Any, known: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """A column and no path, or no column and a path."""
    if not isinstance(name, str) or not name or len(name) > 1000 or "\0" in name:
        raise BadRequest(f"cannot use the name {name!r:.60} in a query (expected a column or a dotted path)")
    for prefix in _PREFIXES:
        if name.startswith(prefix):
            name = name[len(prefix) :]
            if name not in known:
                raise BadRequest(f"cannot use column {prefix}{name:.60} (expected one of {', '.join(known)})")
    if name in known:
        return name, ()
    return "", tuple(name.split("."))


def column(name: Any, known: Mapping[str, str], *kinds: str) -> str:
    """A column of one of these kinds; raises `BadRequest` for anything else."""
    found, _ = field(name, known)
    if not found or known[found] not in kinds:
        wanted = ", ".join(each for each, kind in known.items() if kind in kinds) or "none in this store"
        raise BadRequest(f"cannot use {name!r:.60} here (expected one of {wanted})")
    return found
