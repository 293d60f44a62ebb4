"""Statements about stores: which there are, what they are made of.

Knows: the catalogue. Must not know: when a store is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Boolean, Integer, Text, bindparam, column, delete, func, select, table
from sqlalchemy.dialects.postgresql import insert

from pgstore.names import table_name, version_table
from pgstore.schema.profiles import Profile, StoreShape
from pgstore.schema.tables import catalogue, queries, tables
from pgstore.sql.sentences import Sentence, sentence

READ = ("SELECT",)
WRITE = ("SELECT", "INSERT", "UPDATE", "DELETE")
DATABASE_VERSIONS = "pgstore_version"
LIST = sentence(
    select(catalogue.c.name, catalogue.c.profile, catalogue.c.srid, catalogue.c.search).order_by(catalogue.c.name)
)
ADD = sentence(
    insert(catalogue)
    .values(
        name=bindparam("name", type_=Text()),
        profile=bindparam("profile", type_=Text()),
        srid=bindparam("srid", type_=Integer()),
        search=bindparam("search", type_=Boolean()),
        ts_created=func.now(),
    )
    .on_conflict_do_nothing()
    .returning(catalogue.c.name)
)
REMOVE = sentence(delete(catalogue).where(catalogue.c.name == bindparam("name", type_=Text())))


def version(table_name: str) -> Sentence:
    """The version that a version table holds."""
    return sentence(select(column("version_num")).select_from(table(table_name)))


def add(shape: StoreShape) -> dict[str, Any]:
    """The parameters of `ADD`."""
    return ADD.with_(name=shape.name, profile=shape.profile.value, srid=shape.srid, search=shape.search)


def shape(row: tuple[Any, ...]) -> StoreShape:
    """A row of `LIST`."""
    return StoreShape(row[0], Profile(row[1]), row[2], row[3])


def all_tables(shape: StoreShape) -> list[str]:
    """Every table of exactly this store, the one with its version last."""
    made, profile = tables(shape), shape.profile
    found = [made.main]
    if profile.has_resources:
        found += [made.associations, made.entries]
    if profile.has_history:
        found.append(made.history)
    if profile.has_attachments:
        found += [made.attachments, made.chunks]
    return [table.name for table in found] + [version_table(table_name(shape.name))]


def rights(shapes: Sequence[StoreShape]) -> list[tuple[str, tuple[str, ...]]]:
    """What the migrations grant the regular user: tables, and the rights on each."""
    found = [(catalogue.name, READ), (queries.name, WRITE), (DATABASE_VERSIONS, READ)]
    for shape in shapes:
        *kept, versions = all_tables(shape)
        found += [*((name, WRITE) for name in kept), (versions, READ)]
    return found
