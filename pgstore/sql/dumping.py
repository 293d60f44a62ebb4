"""Statements that read a store from end to end, and put states and histories back.

Knows: the tables. Must not know: files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Integer,
    LargeBinary,
    Table,
    Text,
    and_,
    bindparam,
    cast,
    func,
    literal,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.sql.selectable import TableValuedAlias

from pgstore.documents import Kind, encode
from pgstore.rows import array
from pgstore.schema.profiles import Profile, StoreShape
from pgstore.schema.tables import MOMENT, tables
from pgstore.sql.sentences import Sentence, sentence

HISTORY_KEY = ("kind", "id", "rev")
ATTACHMENT_KEY = ("docid", "name")
_KEPT = ("rev", "doc", "ts_created", "ts_updated", "deleted_at")
_REPLACED = ("kind", "id", "rev", "doc", "deleted_at", "ts_updated", "replaced_at")


@lru_cache(maxsize=128)
def page(shape: StoreShape, kind: Kind) -> Sentence:
    """Id and line of the documents after an id, the deleted ones too."""
    table = tables(shape).of(kind)
    columns: dict[str, Any] = {name: table.c[name] for name in ("id", *_KEPT)}
    if shape.profile is Profile.STATE:
        columns |= {"codec": table.c.codec, "state": func.encode(table.c.state, "base64")}
    return _page(table, columns, ("id",))


@lru_cache(maxsize=128)
def history_page(shape: StoreShape) -> Sentence:
    """Key and line of what updates replaced, after a key."""
    table = tables(shape).history
    return _page(table, {name: table.c[name] for name in _REPLACED}, HISTORY_KEY)


def _page(table: Table, columns: Mapping[str, Any], key: Sequence[str]) -> Sentence:
    """Lines are JSON objects as texts: they go to disk as they come, whatever is in them."""
    line = func.jsonb_build_object(*(part for name, value in columns.items() for part in (literal(name), value)))
    keys = [table.c[name] for name in key]
    after = [bindparam(f"after_{name}", type_=table.c[name].type) for name in key]
    return sentence(
        select(*keys, cast(line, Text()))
        .where(tuple_(*keys) > tuple_(*after))
        .order_by(*keys)
        .limit(bindparam("page", type_=BigInteger()))
    )


@lru_cache(maxsize=128)
def attachments_page(shape: StoreShape) -> Sentence:
    """Document and name of the attachments after a key, those of deleted documents too."""
    about = tables(shape).attachments
    keys = [about.c[name] for name in ATTACHMENT_KEY]
    after = [bindparam(f"after_{name}", type_=Text()) for name in ATTACHMENT_KEY]
    page = bindparam("page", type_=BigInteger())
    return sentence(select(*keys).where(tuple_(*keys) > tuple_(*after)).order_by(*keys).limit(page))


@lru_cache(maxsize=128)
def attachment(shape: StoreShape) -> Sentence:
    """Content type, revision, time of one attachment."""
    about = tables(shape).attachments
    docid, name = (about.c[key] == bindparam(key, type_=Text()) for key in ATTACHMENT_KEY)
    return sentence(select(about.c.content_type, about.c.rev, cast(about.c.ts_updated, Text())).where(docid, name))


@lru_cache(maxsize=128)
def keep_attachment(shape: StoreShape) -> Sentence:
    """An attachment as it was, still without contents, where the document is there and has none of this name."""
    about, main = tables(shape).attachments, tables(shape).main
    values = {
        "docid": main.c.id,
        "name": bindparam("name", type_=Text()),
        "rev": bindparam("rev", type_=Integer()),
        "content_type": bindparam("content_type", type_=Text()),
        "size": literal(0, BigInteger()),
        "digest": literal(b"", LargeBinary()),
        "ts_updated": func.coalesce(bindparam("ts_updated", type_=MOMENT), func.now()),
    }
    holder = main.c.id == bindparam("docid", type_=Text())
    kept = insert(about).from_select(list(values), select(*values.values()).where(holder))
    return sentence(kept.on_conflict_do_nothing().returning(about.c.docid))


@lru_cache(maxsize=128)
def keep_states(shape: StoreShape) -> Sentence:
    """States as they were; ids that exist are passed over."""
    table, names = tables(shape).main, ("id", *_KEPT, "codec", "state")
    given = _given(names)
    values = [_typed(given, table, name) for name in names[:-1]]
    state = func.decode(given.c.state, "base64")
    return sentence(insert(table).from_select(names, select(*values, state)).on_conflict_do_nothing())


@lru_cache(maxsize=128)
def keep_history(shape: StoreShape, kind: Kind) -> Sentence:
    """What updates replaced, where the document is there and newer; what is there already is passed over."""
    table, now = tables(shape).history, tables(shape).of(kind)
    given = _given(_REPLACED)
    values = [_typed(given, table, name) for name in _REPLACED]
    newer = (now.c.id == given.c.id, now.c.rev > cast(given.c.rev, Integer))
    kept = select(*values).join_from(given, now, and_(*newer))
    return sentence(insert(table).from_select(_REPLACED, kept).on_conflict_do_nothing())


def state_arrays(lines: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """One array a column."""
    return _arrays(lines, ("id", *_KEPT, "codec", "state"))


def history_arrays(lines: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """One array a column."""
    return _arrays(lines, _REPLACED)


def _given(names: Sequence[str]) -> TableValuedAlias:
    arrays = [bindparam(f"{name}_", type_=ARRAY(Text())) for name in names]
    return func.unnest(*arrays).table_valued(*names, name="given").render_derived()


def _typed(given: TableValuedAlias, table: Table, name: str) -> Any:
    kind = table.c[name].type
    return given.c[name] if isinstance(kind, Text) else cast(given.c[name], kind)


def _arrays(lines: Sequence[Mapping[str, Any]], names: Sequence[str]) -> dict[str, str]:
    return {f"{name}_": array(_text(line.get(name)) for line in lines) for name in names}


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return encode(value) if isinstance(value, dict) else str(value)
