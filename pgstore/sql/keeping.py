"""Statements about states.

Knows: the table. Must not know: codecs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import Integer, LargeBinary, Text, bindparam, cast, delete, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB, insert

from pgstore.schema.profiles import StoreShape
from pgstore.schema.tables import tables
from pgstore.sql.sentences import Sentence, sentence


@dataclass(frozen=True)
class Keeping:
    """The statements of one store."""

    put: Sentence
    """Returns the revision; nothing if the state has another one than expected."""
    get: Sentence
    forget: Sentence


@lru_cache(maxsize=128)
def keeping(shape: StoreShape) -> Keeping:
    """The statements of a store."""
    table = tables(shape).main
    key, expected = bindparam("key", type_=Text()), bindparam("expected", type_=Integer())
    values = {
        "doc": cast(bindparam("doc", type_=Text()), JSONB()),
        "codec": bindparam("codec", type_=Text()),
        "state": bindparam("state", type_=LargeBinary()),
    }
    added = insert(table).values(id=key, rev=1, **values)
    put = added.on_conflict_do_update(
        index_elements=[table.c.id],
        set_={
            **{name: added.excluded[name] for name in values},
            "rev": table.c.rev + 1,
            "ts_updated": func.now(),
            "deleted_at": None,
        },
        where=or_(expected.is_(None), table.c.rev == expected),
    )
    found = select(table.c.rev, table.c.doc, table.c.codec, table.c.state, table.c.ts_updated).where(table.c.id == key)
    return Keeping(
        sentence(put.returning(table.c.rev)),
        sentence(found),
        sentence(delete(table).where(table.c.id == key).returning(table.c.id)),
    )
