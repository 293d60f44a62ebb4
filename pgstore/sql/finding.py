"""Statements that find: one for each shape of a query, compiled once.

Knows: how order, limit and pages are said. Must not know: values.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, func, literal, or_, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import Text

from pgstore.query.nodes import After, Order, Query
from pgstore.schema.profiles import StoreShape
from pgstore.schema.tables import Tables, tables
from pgstore.sql import associations  # noqa: F401  (says how its expressions are made)
from pgstore.sql.conditions import Ground, condition, param
from pgstore.sql.sentences import Sentence, sentence


@lru_cache(maxsize=2048)
def find(shape: StoreShape, query: Query) -> Sentence:
    """Id, revision and document (the id alone with `id_only`), then the keys of the order if pages are wanted."""
    return sentence(statement(shape, query))


@lru_cache(maxsize=512)
def count(shape: StoreShape, query: Query) -> Sentence:
    """How many there are, whatever the limit."""
    made, row = tables(shape), table_of(tables(shape), query.table)
    return sentence(_filtered(select(func.count()).select_from(row), query, Ground(made, row)))


def statement(shape: StoreShape, query: Query) -> Select[Any]:
    """The query as SQLAlchemy has it."""
    made = tables(shape)
    row = table_of(made, query.table)
    found = select(row.c.id) if query.id_only else select(row.c.id, row.c.rev, row.c.doc, row.c.deleted_at.is_not(None))
    found = _filtered(found, query, Ground(made, row))
    keys = [_key(key, row) for key in query.order]
    if query.after is not None:
        found = found.add_columns(*(key for key in keys if key is not row.c.id))
        if query.after.keys:
            found = found.where(_after(query.order, keys, query.after))
    found = found.order_by(*ordered(query.order, row))
    if query.limit is not None:
        found = found.limit(param(query.limit))
    return found if query.skip is None else found.offset(param(query.skip))


def table_of(made: Tables, table: str) -> FromClause:
    return {"": made.main, "assoc": made.associations, "dir": made.entries}[table]


def _filtered(found: Select[Any], query: Query, ground: Ground) -> Select[Any]:
    found = found.where(condition(query.where, ground))
    if not query.with_deleted:
        found = found.where(ground.row.c.deleted_at.is_(None))
        if query.table == "assoc" and not query.with_retired:
            found = found.where(ground.row.c.retired.is_(False))
    return found


def _key(key: Order, row: FromClause) -> ColumnElement[Any]:
    if key.column:
        return row.c[key.column]
    return row.c.doc.op("#>", return_type=JSONB())(literal(list(key.path), ARRAY(Text())))


def ordered(order: tuple[Order, ...], row: FromClause) -> list[ColumnElement[Any]]:
    """What comes after ORDER BY."""
    return [_ordered(_key(way, row), way) for way in order]


def _ordered(key: ColumnElement[Any], way: Order) -> ColumnElement[Any]:
    """PostgreSQL's own default is nulls last upwards, and first downwards: only the rest has to be said."""
    turned = key.desc() if way.descending else key.asc()
    if way.nulls_first == way.descending:
        return turned
    return turned.nulls_first() if way.nulls_first else turned.nulls_last()


def _after(order: tuple[Order, ...], keys: list[ColumnElement[Any]], after: After) -> ColumnElement[bool]:
    """What comes after the given keys.

    Rows compare as wholes where no key can be null and all run the same way: an index begins there. Otherwise: greater
    in the first, or equal there and greater in the next, and so on.
    """
    last = [None if var is None else param(var) for var in after.keys]
    if len({way.descending for way in order}) == 1 and not any(_nullable(key) for key in keys):
        here, there = tuple_(*keys), tuple_(*(value for value in last if value is not None))
        return here < there if order[0].descending else here > there
    ways = []
    for at, (way, key, value) in enumerate(zip(order, keys, last, strict=True)):
        beyond = _beyond(way, key, value)
        if beyond is not None:
            ways.append(and_(*(_same(keys[before], last[before]) for before in range(at)), beyond))
    return or_(*ways)


def _beyond(way: Order, key: ColumnElement[Any], value: Any) -> ColumnElement[bool] | None:
    """Strictly after one key; None if nothing is."""
    if value is None:
        return key.is_not(None) if way.nulls_first else None
    further = key < value if way.descending else key > value
    return further if way.nulls_first or not _nullable(key) else or_(further, key.is_(None))


def _same(key: ColumnElement[Any], value: Any) -> ColumnElement[bool]:
    return key.is_(None) if value is None else key == value


def _nullable(key: ColumnElement[Any]) -> bool:
    return bool(getattr(key, "nullable", True))
