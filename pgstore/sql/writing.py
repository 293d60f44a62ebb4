"""Statements that create, change and delete documents, any number of them in one.

All values of a call travel as arrays of text, one array a column, and are unnested into rows by the server.

Knows: the tables. Must not know: documents, or what a caller may do.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Text,
    and_,
    bindparam,
    cast,
    delete,
    desc,
    func,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, NUMRANGE, TIMESTAMP, TSTZRANGE, insert
from sqlalchemy.sql.selectable import TableValuedAlias

from pgstore.documents import Kind
from pgstore.schema.profiles import StoreShape
from pgstore.schema.tables import SHAPE, tables
from pgstore.sql.sentences import Sentence, sentence

PLAIN = ("id", "doc", "ts_created", "ts_updated")
PLACED = (*PLAIN, "geom", "geom_loc", "geom_mpoly", "vertical_range", "temporal_range")
_MOMENT = TIMESTAMP(timezone=True)


def columns(shape: StoreShape, kind: Kind) -> tuple[str, ...]:
    """The columns that a caller's document decides."""
    return PLACED if kind is Kind.RESOURCE and shape.profile.has_resources else PLAIN


@lru_cache(maxsize=512)
def create(shape: StoreShape, kind: Kind, *, keep: bool = False) -> Sentence:
    """Insert the given rows; with `keep`, at the revision given, and passing over ids that exist."""
    table, names = tables(shape).of(kind), columns(shape, kind)
    given = _given(*names, "rev", "deleted_at") if keep else _given(*names)
    values = [_value(given, name) for name in names]
    if keep:
        names += ("rev", "deleted_at")
        values += [cast(given.c.rev, Integer), cast(given.c.deleted_at, _MOMENT)]
    statement = insert(table).from_select(names, select(*values))
    return sentence(statement.on_conflict_do_nothing().returning(table.c.id) if keep else statement)


@lru_cache(maxsize=512)
def change(shape: StoreShape, kind: Kind) -> Sentence:
    """Update the given rows whose revision is still the given one; returns the ids of those."""
    table, names = tables(shape).of(kind), columns(shape, kind)
    given = _given("rev", *names)
    values: dict[str, Any] = {name: _value(given, name) for name in names if name not in ("id", "ts_created")}
    values["ts_created"] = func.coalesce(cast(given.c.ts_created, _MOMENT), table.c.ts_created)
    statement = (
        update(table)
        .values(rev=table.c.rev + 1, **values)
        .where(table.c.id == given.c.id, table.c.rev == cast(given.c.rev, Integer), table.c.deleted_at.is_(None))
    )
    return sentence(statement.returning(table.c.id))


@lru_cache(maxsize=512)
def remove(shape: StoreShape, kind: Kind) -> Sentence:
    """Mark the given rows as deleted, where the revision is the given one or none is given; returns their ids."""
    table, given = tables(shape).of(kind), _given("id", "rev")
    statement = (
        update(table)
        .values(rev=table.c.rev + 1, deleted_at=func.now(), ts_updated=func.now())
        .where(
            table.c.id == given.c.id,
            or_(given.c.rev.is_(None), table.c.rev == cast(given.c.rev, Integer)),
            table.c.deleted_at.is_(None),
        )
    )
    return sentence(statement.returning(table.c.id))


@lru_cache(maxsize=512)
def restore(shape: StoreShape, kind: Kind) -> Sentence:
    """Take the mark of deletion away; returns ids and revisions."""
    table = tables(shape).of(kind)
    statement = (
        update(table)
        .values(rev=table.c.rev + 1, deleted_at=None, ts_updated=func.now())
        .where(_among(table.c.id), table.c.deleted_at.is_not(None))
    )
    return sentence(statement.returning(table.c.id, table.c.rev))


@lru_cache(maxsize=512)
def purge(shape: StoreShape, kind: Kind) -> Sentence:
    """Delete rows for good, and the history of them; returns their ids."""
    table, history = tables(shape).of(kind), tables(shape).history
    gone = delete(table).where(_among(table.c.id)).returning(table.c.id)
    if not shape.profile.has_history:
        return sentence(gone)
    found = gone.cte("gone")
    forgotten = delete(history).where(history.c.kind == kind.value, _among(history.c.id)).returning(history.c.id)
    return sentence(select(found.c.id).add_cte(forgotten.cte("forgotten")))


@lru_cache(maxsize=512)
def revisions(shape: StoreShape, kind: Kind) -> Sentence:
    """Ids, revisions and whether deleted, of whichever of the given ids exist."""
    table = tables(shape).of(kind)
    return sentence(select(table.c.id, table.c.rev, table.c.deleted_at.is_not(None)).where(_among(table.c.id)))


@lru_cache(maxsize=512)
def read(shape: StoreShape, kind: Kind, *, with_deleted: bool = False) -> Sentence:
    """Id, revision, document and whether deleted, of the given ids."""
    table = tables(shape).of(kind)
    statement = select(table.c.id, table.c.rev, table.c.doc, table.c.deleted_at.is_not(None)).where(_among(table.c.id))
    return sentence(statement if with_deleted else statement.where(table.c.deleted_at.is_(None)))


@lru_cache(maxsize=512)
def read_one(shape: StoreShape, kind: Kind) -> Sentence:
    """Revision and document of one id."""
    table = tables(shape).of(kind)
    wanted = table.c.id == bindparam("id", type_=Text())
    return sentence(select(table.c.rev, table.c.doc).where(wanted, table.c.deleted_at.is_(None)))


@lru_cache(maxsize=512)
def read_revision(shape: StoreShape, kind: Kind) -> Sentence:
    """One revision of one document, from the history or as it is now; deleted or not."""
    table, history = tables(shape).of(kind), tables(shape).history
    id_, rev = bindparam("id", type_=Text()), bindparam("rev", type_=Integer())
    now = select(table.c.rev, table.c.doc).where(table.c.id == id_, table.c.rev == rev)
    if not shape.profile.has_history:
        return sentence(now)
    then = select(history.c.rev, history.c.doc).where(
        history.c.kind == kind.value, history.c.id == id_, history.c.rev == rev
    )
    return sentence(union_all(now, then))


@lru_cache(maxsize=512)
def list_revisions(shape: StoreShape, kind: Kind) -> Sentence:
    """Revision, when it was made, whether it is a deletion; the newest first."""
    table, history = tables(shape).of(kind), tables(shape).history
    id_ = bindparam("id", type_=Text())
    now = select(table.c.rev, table.c.ts_updated, table.c.deleted_at.is_not(None)).where(table.c.id == id_)
    if not shape.profile.has_history:
        return sentence(now)
    then = select(history.c.rev, history.c.ts_updated, history.c.deleted_at.is_not(None)).where(
        history.c.kind == kind.value, history.c.id == id_
    )
    return sentence(union_all(now, then).order_by(desc("rev")))


@lru_cache(maxsize=512)
def list_ids(shape: StoreShape, kind: Kind) -> Sentence:
    """Ids in their order, a page of them, after a given one."""
    table = tables(shape).of(kind)
    return sentence(
        select(table.c.id)
        .where(table.c.deleted_at.is_(None), table.c.id > bindparam("after", type_=Text()))
        .order_by(table.c.id)
        .limit(bindparam("page", type_=BigInteger()))
    )


def _given(*names: str) -> TableValuedAlias:
    arrays = [bindparam(f"{name}_", type_=ARRAY(Text())) for name in names]
    return func.unnest(*arrays).table_valued(*names, name="given").render_derived()


def _among(column: Any) -> ColumnElement[bool]:
    return and_(column == func.any(bindparam("ids", type_=ARRAY(Text()))))


def _value(given: TableValuedAlias, name: str) -> ColumnElement[Any]:
    """A text as the type of its column."""
    column = given.c[name]
    if name == "doc":
        return cast(column, JSONB())
    if name.startswith("ts_"):
        return func.coalesce(cast(column, _MOMENT), func.now())
    if name.startswith("geom"):
        return cast(column, SHAPE)
    if name == "vertical_range":
        return cast(column, NUMRANGE())
    return cast(column, TSTZRANGE()) if name == "temporal_range" else column
