"""Statements that read a store from end to end, and put states back.

Knows: the tables. Must not know: files.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Integer, Text, bindparam, cast, func, null, select
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB, insert

from pgstore.documents import Kind, encode
from pgstore.rows import array
from pgstore.schema.profiles import Profile, StoreShape
from pgstore.schema.tables import MOMENT, tables
from pgstore.sql.sentences import Sentence, sentence


@lru_cache(maxsize=128)
def page(shape: StoreShape, kind: Kind) -> Sentence:
    """Rows after an id, the deleted ones too."""
    table = tables(shape).of(kind)
    more = (table.c.codec, table.c.state) if shape.profile is Profile.STATE else (null(), null())
    whole = (table.c.id, table.c.rev, table.c.doc, table.c.ts_created, table.c.ts_updated, table.c.deleted_at, *more)
    return sentence(
        select(*whole)
        .where(table.c.id > bindparam("after", type_=Text()))
        .order_by(table.c.id)
        .limit(bindparam("page", type_=BigInteger()))
    )


@lru_cache(maxsize=128)
def holders(shape: StoreShape) -> Sentence:
    """Ids of documents that have attachments and are not deleted."""
    about, main = tables(shape).attachments, tables(shape).main
    return sentence(
        select(about.c.docid).distinct().join(main, main.c.id == about.c.docid).where(main.c.deleted_at.is_(None))
    )


@lru_cache(maxsize=128)
def keep_states(shape: StoreShape) -> Sentence:
    """States as they were; ids that exist are passed over."""
    table, names = tables(shape).main, ("id", "rev", "doc", "ts_created", "ts_updated", "codec", "state")
    types: dict[str, Any] = {"rev": Integer(), "doc": JSONB(), "ts_created": MOMENT, "ts_updated": MOMENT}
    arrays = [bindparam(f"{name}_", type_=ARRAY(Text())) for name in names]
    given = func.unnest(*arrays).table_valued(*names, name="given").render_derived()
    values = [cast(given.c[name], types[name]) if name in types else given.c[name] for name in names[:-1]]
    state = cast(func.decode(given.c.state, "base64"), BYTEA())
    return sentence(insert(table).from_select(names, select(*values, state)).on_conflict_do_nothing())


def state_arrays(lines: Sequence[dict[str, Any]]) -> dict[str, str]:
    """One array a column."""
    return {
        "id_": array(line["id"] for line in lines),
        "rev_": array(str(line["rev"]) for line in lines),
        "doc_": array(encode(line["doc"]) for line in lines),
        "ts_created_": array(line["created"] for line in lines),
        "ts_updated_": array(line["updated"] for line in lines),
        "codec_": array(line.get("codec") for line in lines),
        "state_": array(line.get("state") for line in lines),
    }
