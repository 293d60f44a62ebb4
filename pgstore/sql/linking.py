"""Statements that follow one association from given documents to the ones at its other end, as a join.

Knows: the tables of associations. Must not know: what is done with the pairs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import func, select

from pgstore.query.nodes import ALL, Node, Order, Var
from pgstore.schema.profiles import StoreShape
from pgstore.schema.tables import tables
from pgstore.sql.associations import FAR, in_force
from pgstore.sql.conditions import Ground, condition, param
from pgstore.sql.finding import ordered
from pgstore.sql.sentences import Sentence, sentence


@dataclass(frozen=True)
class Link:
    """From which documents, by which predicate, to which type; what the far end has to be."""

    side: str
    """`S`: the given ones are subjects; `O`: they are objects."""
    near: Var | None
    predicate: Var | None = None
    far_type: Var | None = None
    far: Node = ALL
    order: tuple[Order, ...] = ()
    """Of the documents at the far end."""
    limit: Var | None = None
    skip: Var | None = None
    with_retired: bool = False
    id_only: bool = False


@lru_cache(maxsize=512)
def follow(shape: StoreShape, link: Link) -> Sentence:
    """Id, revision and document of the far end (its id alone with `id_only`), then those of the association."""
    made = tables(shape)
    association, other = made.associations, made.main
    near, far, far_type = FAR[link.side]
    whole = (other.c.id,) if link.id_only else (other.c.id, other.c.rev, other.c.doc)
    found = select(*whole, association.c.id, association.c.rev, association.c.doc)
    found = found.join_from(association, other, association.c[far] == other.c.id).where(other.c.deleted_at.is_(None))
    if link.near is not None:
        found = found.where(association.c[near] == func.any(param(link.near)))
    if link.predicate is not None:
        found = found.where(association.c.p == param(link.predicate))
    if link.far_type is not None:
        found = found.where(association.c[far_type] == param(link.far_type))
    found = found.where(association.c.deleted_at.is_(None) if link.with_retired else in_force(association))
    found = found.where(condition(link.far, Ground(made, other)))
    if link.order or link.limit is not None or link.skip is not None:
        found = found.order_by(*ordered(link.order, other), association.c.id)
    if link.limit is not None:
        found = found.limit(param(link.limit))
    return sentence(found if link.skip is None else found.offset(param(link.skip)))
