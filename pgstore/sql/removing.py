"""Statements that delete by age.

Knows: the tables. Must not know: how old is too old.
"""

from __future__ import annotations

from functools import lru_cache

from sqlalchemy import bindparam, delete

from pgstore.documents import Kind
from pgstore.schema.profiles import StoreShape
from pgstore.schema.tables import MOMENT, tables
from pgstore.sql.sentences import Sentence, sentence


@lru_cache(maxsize=128)
def before(shape: StoreShape, kind: Kind) -> Sentence:
    """Whatever was created before a moment."""
    table = tables(shape).of(kind)
    return sentence(delete(table).where(table.c.ts_created < bindparam("before", type_=MOMENT)))
