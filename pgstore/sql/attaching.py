"""Statements about attachments: a row each, and their contents in pieces.

Knows: the tables. Must not know: where contents come from.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import BigInteger, LargeBinary, Text, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from pgstore.schema.profiles import StoreShape
from pgstore.schema.tables import tables
from pgstore.sql.sentences import Sentence, quoted, sentence

PIECE_TYPES = ("text", "text", "int4", "bytea")


@dataclass(frozen=True)
class Attaching:
    """The statements of one store. `docid` and `name` are parameters of most."""

    holder: Sentence
    """Revision of the document, which stays while the transaction lasts."""
    add: Sentence
    replace: Sentence
    clear: Sentence
    fill: str
    """A COPY of docid, name, number and piece."""
    finish: Sentence
    remove: Sentence
    all: Sentence
    pieces: Sentence


@lru_cache(maxsize=128)
def attaching(shape: StoreShape) -> Attaching:
    """The statements of a store."""
    made = tables(shape)
    main, about, pieces = made.main, made.attachments, made.chunks
    docid, name = bindparam("docid", type_=Text()), bindparam("name", type_=Text())
    one = (about.c.docid == docid, about.c.name == name)
    those = (pieces.c.docid == docid, pieces.c.name == name)
    content_type = bindparam("content_type", type_=Text())
    new = {"docid": docid, "name": name, "rev": 1, "content_type": content_type, "size": 0, "digest": b""}
    renewed = {"rev": about.c.rev + 1, "content_type": content_type, "ts_updated": func.now()}
    finished = {"size": bindparam("size", type_=BigInteger()), "digest": bindparam("digest", type_=LargeBinary())}
    return Attaching(
        sentence(select(main.c.rev).where(main.c.id == docid, main.c.deleted_at.is_(None)).with_for_update(read=True)),
        sentence(insert(about).values(**new, ts_updated=func.now())),
        sentence(update(about).where(*one).values(**renewed).returning(about.c.rev)),
        sentence(delete(pieces).where(*those)),
        f"COPY {quoted(pieces.name)} (docid, name, n, data) FROM STDIN (FORMAT BINARY)",
        sentence(update(about).where(*one).values(**finished).returning(about.c.rev)),
        sentence(delete(about).where(*one).returning(about.c.name)),
        sentence(
            select(about.c.name, about.c.content_type, about.c.size, about.c.rev, about.c.digest)
            .join(main, main.c.id == about.c.docid)
            .where(about.c.docid == docid, main.c.deleted_at.is_(None))
            .order_by(about.c.name)
        ),
        sentence(select(pieces.c.data).where(*those).order_by(pieces.c.n)),
    )
