"""Conditions about associations: hops as joins, descents as recursive queries, what somebody may see.

Knows: the tables of associations. Must not know: documents.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, func, literal, not_, or_, select
from sqlalchemy.sql.selectable import FromClause, NamedFromClause

from pgstore.query import nodes
from pgstore.schema.tables import Tables
from pgstore.sql.conditions import Condition, Ground, also, condition, param

FAR = {"S": ("s", "o", "ot"), "O": ("o", "s", "st")}
"""For each side of the nearer end: its column, the far column, the far type."""


def in_force(association: FromClause) -> Condition:
    """Neither retired nor deleted."""
    return and_(association.c.deleted_at.is_(None), association.c.retired.is_(False))


def associated(node: nodes.Associated, ground: Ground) -> Condition:
    """`id IN (SELECT near end FROM associations joined hop by hop WHERE far end ...)`."""
    links = [ground.tables.associations.alias(f"a{number}") for number, _ in enumerate(node.hops, start=1)]
    conditions = [in_force(link) for link in links]
    for link, hop in zip(links, node.hops, strict=True):
        if hop.predicate is not None:
            conditions.append(link.c.p == param(hop.predicate))
    for at in range(1, len(links)):
        reached, leaving = FAR[node.hops[at - 1].side][1], FAR[node.hops[at].side][0]
        conditions.append(links[at - 1].c[reached] == links[at].c[leaving])
    _, far, far_type = FAR[node.hops[-1].side]
    if node.target is not None:
        conditions.append(links[-1].c[far] == param(node.target))
    if node.target_type is not None:
        conditions.append(links[-1].c[far_type] == param(node.target_type))
    if node.target_filter is not None:
        target = ground.tables.main.alias("target")
        conditions += [target.c.id == links[-1].c[far], target.c.deleted_at.is_(None)]
        conditions.append(condition(node.target_filter, Ground(ground.tables, target)))
    near = links[0].c[FAR[node.hops[0].side][0]]
    return ground.row.c.id.in_(select(near).where(*conditions))


def descends(node: nodes.Descends, ground: Ground) -> Condition:
    """A recursive query. UNION drops what was reached before, so that a cycle ends it."""
    tree = _tree(node, ground.tables)
    reached = ground.row.c.id.in_(select(tree.c.id))
    if node.type is None:
        return reached
    return and_(ground.row.c.type_ == param(node.type), reached)


def _tree(node: nodes.Descends, tables: Tables) -> NamedFromClause:
    link = tables.associations.alias("link")
    near, far = ("s", "o") if node.side == "O" else ("o", "s")
    conditions = [in_force(link)]
    if node.predicate is not None:
        conditions.append(link.c.p == param(node.predicate))
    level: list[ColumnElement[Any]] = [] if node.depth is None else [literal(1, Integer()).label("level")]
    first = select(link.c[far].label("id"), *level).where(link.c[near] == param(node.root), *conditions)
    tree = first.cte("tree", recursive=True)
    if node.depth is None:
        following = select(link.c[far]).where(link.c[near] == tree.c.id, *conditions)
    else:
        deeper = tree.c.level < param(node.depth)
        following = select(link.c[far], tree.c.level + 1).where(link.c[near] == tree.c.id, deeper, *conditions)
    return tree.union(following)


_REGISTERED, _FACILITY, _OWNER = 2, 3, 4
"""visibility: 1 public, 2 registered, 3 facility, 4 owner; none means public."""


def visible(node: nodes.Visible, ground: Ground) -> Condition:
    """Anonymous: what is public. An actor: what is open to actors, owned, or of a facility that it belongs to."""
    level = func.coalesce(ground.row.c.visibility, 1)
    if node.actor is None:
        return not_(level.between(_REGISTERED, _OWNER))
    owned = ground.tables.associations.alias("owned")
    owns = ground.row.c.id.in_(
        select(owned.c.s).where(owned.c.p == "hasOwner", owned.c.o == param(node.actor), in_force(owned))
    )
    return or_(
        not_(level.between(_FACILITY, _OWNER)),
        owns,
        and_(level == _FACILITY, ground.row.c.id.in_(_of_facilities(node, ground))),
    )


def _of_facilities(node: nodes.Visible, ground: Ground) -> Any:
    """Resources of the organisations that the actor is a member of."""
    has, member = ground.tables.associations.alias("has"), ground.tables.associations.alias("member")
    return select(has.c.o).where(
        has.c.p == "hasResource",
        has.c.s == member.c.s,
        or_(member.c.p == "hasMembership", member.c.p == "hasMember"),
        member.c.o == param(node.actor),
        in_force(has),
        in_force(member),
    )


also(nodes.Associated, associated)
also(nodes.Descends, descends)
also(nodes.Visible, visible)
