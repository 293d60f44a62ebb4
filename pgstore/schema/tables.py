"""The tables of a store, as SQLAlchemy knows them. The migrations make them; a test compares the two.

Every text column collates as "C": by code point, the same on every machine, so that no upgrade of an operating system
makes an index wrong.

Knows: columns. Must not know: who reads or writes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import BigInteger, Boolean, Column, Computed, Integer, LargeBinary, MetaData, Table, Text, func
from sqlalchemy.dialects.postgresql import JSONB, NUMRANGE, TIMESTAMP, TSTZRANGE
from sqlalchemy.types import TypeEngine, UserDefinedType

from pgstore.documents import Kind
from pgstore.names import table_name
from pgstore.schema.profiles import StoreShape


class _Shape(UserDefinedType[Any]):
    """Any geometry, of any reference system: the column that it goes to checks it."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "geometry"


SHAPE = _Shape()
TEXT = Text(collation="C")
MOMENT = TIMESTAMP(timezone=True)
RESOURCE_FIELDS = ("type_", "lcstate", "availability", "name")
EVENT_FIELDS = ("type_", "origin", "origin_type", "sub_type", "actor_id")
ASSOCIATION_FIELDS = ("s", "st", "p", "o", "ot")
ENTRY_FIELDS = ("org", "parent", "key")


@dataclass(frozen=True)
class Tables:
    """What a store of some profile has; tables that it lacks are there as well, and never asked."""

    shape: StoreShape
    main: Table
    associations: Table
    entries: Table
    history: Table
    attachments: Table
    chunks: Table

    def of(self, kind: Kind) -> Table:
        """Where documents of this kind are."""
        return {Kind.RESOURCE: self.main, Kind.ASSOCIATION: self.associations, Kind.ENTRY: self.entries}[kind]


@lru_cache(maxsize=256)
def tables(shape: StoreShape) -> Tables:
    """The tables of one store."""
    metadata, name = MetaData(), table_name(shape.name)
    return Tables(
        shape,
        _main(metadata, name, shape),
        Table(f"{name}_assoc", metadata, *_common(), *_computed(ASSOCIATION_FIELDS), _retired()),
        Table(f"{name}_dir", metadata, *_common(), *_computed(ENTRY_FIELDS)),
        Table(
            f"{name}_hist",
            metadata,
            Column("kind", TEXT, primary_key=True),
            Column("id", TEXT, primary_key=True),
            Column("rev", Integer, primary_key=True, autoincrement=False),
            Column("doc", JSONB(), nullable=False),
            Column("deleted_at", MOMENT),
            Column("ts_updated", MOMENT, nullable=False),
            Column("replaced_at", MOMENT, nullable=False),
        ),
        Table(
            f"{name}_att",
            metadata,
            Column("docid", TEXT, primary_key=True),
            Column("name", TEXT, primary_key=True),
            Column("rev", Integer, nullable=False),
            Column("content_type", TEXT),
            Column("size", BigInteger, nullable=False),
            Column("digest", LargeBinary, nullable=False),
            Column("ts_updated", MOMENT, nullable=False),
        ),
        Table(
            f"{name}_att_data",
            metadata,
            Column("docid", TEXT, primary_key=True),
            Column("name", TEXT, primary_key=True),
            Column("n", Integer, primary_key=True, autoincrement=False),
            Column("data", LargeBinary, nullable=False),
        ),
    )


catalogue = Table(
    "pgstore_stores",
    MetaData(),
    Column("name", TEXT, primary_key=True),
    Column("profile", TEXT, nullable=False),
    Column("srid", Integer, nullable=False),
    Column("search", Boolean, nullable=False),
    Column("ts_created", MOMENT, nullable=False),
)
queries = Table(
    "pgstore_queries",
    MetaData(),
    Column("store", TEXT, primary_key=True),
    Column("name", TEXT, primary_key=True),
    Column("query", JSONB(), nullable=False),
    Column("parameters", JSONB(), nullable=False),
    Column("description", TEXT, nullable=False),
)


def _main(metadata: MetaData, name: str, shape: StoreShape) -> Table:
    columns = _common()
    if shape.profile.has_resources:
        columns += [*_computed(RESOURCE_FIELDS), _number("visibility"), *_places(shape.srid)]
    elif shape.profile.value == "EVENTS":
        columns += _computed(EVENT_FIELDS)
    elif shape.profile.value == "STATE":
        columns += [Column("codec", TEXT), Column("state", LargeBinary)]
    else:
        columns += _computed(("type_", "name"))
    return Table(name, metadata, *columns)


def _common() -> list[Column[object]]:
    return [
        Column("id", TEXT, primary_key=True),
        Column("rev", Integer, nullable=False),
        Column("doc", JSONB(), nullable=False),
        Column("ts_created", MOMENT, nullable=False, server_default=func.now()),
        Column("ts_updated", MOMENT, nullable=False, server_default=func.now()),
        Column("deleted_at", MOMENT),
    ]


def _computed(fields: tuple[str, ...]) -> list[Column[object]]:
    return [Column(field, TEXT, Computed(f"doc ->> '{field}'", persisted=True)) for field in fields]


def _number(field: str) -> Column[object]:
    return Column(field, Integer, Computed(f"(doc ->> '{field}')::integer", persisted=True))


def _retired() -> Column[object]:
    return Column("retired", Boolean, Computed("doc @> '{\"retired\": true}'", persisted=True), nullable=False)


def _places(srid: int) -> list[Column[object]]:
    def shape(name: str, kind: str) -> Column[object]:
        return Column(name, Geometry(kind, srid=srid, spatial_index=False))

    def span(name: str, kind: TypeEngine[Any]) -> Column[object]:
        return Column(name, kind)

    return [
        shape("geom", "POINT"),
        shape("geom_loc", "POLYGON"),
        shape("geom_mpoly", "MULTIPOLYGON"),
        span("vertical_range", NUMRANGE()),
        span("temporal_range", TSTZRANGE()),
    ]
