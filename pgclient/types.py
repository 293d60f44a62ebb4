"""Types that a server numbers by itself: hstore, PostGIS, enums, composites, and ranges of one's own.

    options = Options(on_connect=types.known("hstore", "geometry", "mood"))
    async with Cluster("postgresql://...", options=options) as cluster: ...

What PostgreSQL always has (json, arrays, ranges, uuid, numeric, dates ...) psycopg knows without this. A geometry
becomes a shapely object, and needs shapely to be installed.

Knows: psycopg's registries. Must not know: pools; a session is handed in.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
from psycopg.types import TypeInfo
from psycopg.types.composite import CompositeInfo, register_composite
from psycopg.types.enum import EnumInfo, register_enum
from psycopg.types.hstore import register_hstore
from psycopg.types.multirange import MultirangeInfo, register_multirange
from psycopg.types.range import RangeInfo, register_range

from pgclient.errors import Misconfigured

Connection = psycopg.AsyncConnection[Any]

_KIND = "SELECT typtype::text FROM pg_type WHERE oid = to_regtype(%s)"
_BY_KIND: dict[str, tuple[type[TypeInfo], Callable[..., Any]]] = {
    "c": (CompositeInfo, register_composite),
    "e": (EnumInfo, register_enum),
    "m": (MultirangeInfo, register_multirange),
    "r": (RangeInfo, register_range),
}


def known(*names: str) -> Callable[[Connection], Awaitable[None]]:
    """For `Options.on_connect`: makes these types known to each new session. They are looked up once a session."""

    async def register(session: Connection) -> None:
        for name in names:
            await _register(session, name)

    return register


async def _register(session: Connection, name: str) -> None:
    row = await (await session.execute(_KIND, (name,))).fetchone()
    if row is None:
        raise Misconfigured(
            f"cannot use the type {name}: the database does not have it\n"
            "hint: create it (for hstore or geometry: CREATE EXTENSION), or look at the search_path"
        )
    if name.rpartition(".")[2] in ("geometry", "geography"):
        _register_shapely(await TypeInfo.fetch(session, name), session)
    elif name.rpartition(".")[2] == "hstore":
        info = await TypeInfo.fetch(session, name)
        assert info is not None
        register_hstore(info, session)
    else:
        kind, register = _BY_KIND.get(row[0], (TypeInfo, _register_plain))
        register(await kind.fetch(session, name), session)


def _register_plain(info: TypeInfo, session: Connection) -> None:
    info.register(session)


def _register_shapely(info: TypeInfo | None, session: Connection) -> None:
    try:
        from psycopg.types.shapely import register_shapely
    except ImportError:
        raise Misconfigured("cannot read geometries: shapely is not installed\nhint: pip install shapely") from None
    assert info is not None
    register_shapely(info, session)
