"""Associations: made, retired, followed.

Knows: subjects, predicates, objects. Must not know: how joins are written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pgstore.access import Access
from pgstore.documents import Document, check_id, complete
from pgstore.errors import BadRequest, NotFound
from pgstore.faces.documents import Documents
from pgstore.faces.finding import Finding, check_flag
from pgstore.query import searches
from pgstore.query.leaves import text
from pgstore.query.nodes import Always, Value, split
from pgstore.query.reading import Scope, count, read_order
from pgstore.sql import linking

Linked = tuple[list[Any], list[Document]]
_NEWEST_FIRST = [["ts_created", "desc"], ["id", "desc"]]


@dataclass(frozen=True)
class _Some:
    """How much of what is associated, in which order."""

    limit: int | None = None
    skip: int | None = None
    order_by: Any = None
    descending: bool = False
    with_retired: bool = False

    @property
    def order(self) -> Any:
        return self.order_by or ([["name", "desc"], ["id", "desc"]] if self.descending else None)


class Associations(Documents, Finding):
    """What binds resources: an association is a document of type `Association` with s, st, p, o and ot."""

    async def create_association(self, subject: str, predicate: str, obj: str) -> tuple[str, str]:
        """Bind two resources; the association's id and revision. Raises `BadRequest` if they are bound so already."""
        ends = await self.read_mult([check_id(subject), check_id(obj)], strict=False)
        missing = [id_ for id_, end in zip((subject, obj), ends, strict=True) if end is None]
        if missing:
            raise NotFound(f"cannot associate {subject} with {obj}: there is no {', '.join(missing)}", missing)
        types = [None if end is None else end.get("type_") for end in ends]
        made = {"s": subject, "st": types[0], "p": text(predicate), "o": obj, "ot": types[1]}
        return await self.create({"type_": "Association", **made})

    async def retire_association(self, association_id: str) -> tuple[str, str]:
        """Keep the association, and leave it out of whatever does not ask for retired ones."""
        found = await self.read(association_id, object_type="Association")
        return await self.update({**found, "retired": True})

    async def delete_association(self, association_id: str) -> None:
        await self.delete(association_id, object_type="Association")

    async def find_objects(
        self,
        subject: str | Mapping[str, Any],
        predicate: str | None = None,
        object_type: str | None = None,
        *,
        id_only: bool = False,
        limit: int | None = None,
        skip: int | None = None,
        order_by: Any = None,
        descending: bool = False,
        with_retired: bool = False,
        access: Access | None = None,
    ) -> Linked:
        """What the subject is associated with: ids or documents, and the associations.

        `order_by` is as in a query, about the objects; `descending` without it orders by their names.
        """
        some = _Some(limit, skip, order_by, descending, with_retired)
        return await self._follow("S", [_near(subject)], predicate, object_type, id_only, some, access)

    async def find_subjects(
        self,
        subject_type: str | None = None,
        predicate: str | None = None,
        obj: str | Mapping[str, Any] | None = None,
        *,
        id_only: bool = False,
        limit: int | None = None,
        skip: int | None = None,
        order_by: Any = None,
        descending: bool = False,
        with_retired: bool = False,
        access: Access | None = None,
    ) -> Linked:
        """What is associated with the object."""
        some = _Some(limit, skip, order_by, descending, with_retired)
        return await self._follow("O", [_near(obj)], predicate, subject_type, id_only, some, access)

    async def find_objects_mult(
        self,
        subjects: Sequence[str],
        *,
        id_only: bool = False,
        predicate: str | None = None,
        order_by: Any = None,
        descending: bool = False,
        access: Access | None = None,
    ) -> Linked:
        """What any of the subjects is associated with, in one statement."""
        near = [_near(subject) for subject in subjects]
        some = _Some(order_by=order_by, descending=descending)
        return await self._follow("S", near, predicate, None, id_only, some, access)

    async def find_subjects_mult(
        self,
        objects: Sequence[str],
        *,
        id_only: bool = False,
        predicate: str | None = None,
        order_by: Any = None,
        descending: bool = False,
        access: Access | None = None,
    ) -> Linked:
        """What is associated with any of the objects, in one statement."""
        near = [_near(obj) for obj in objects]
        some = _Some(order_by=order_by, descending=descending)
        return await self._follow("O", near, predicate, None, id_only, some, access)

    async def find_associations(
        self,
        subject: str | None = None,
        predicate: str | None = None,
        obj: str | None = None,
        *,
        anyside: Any = None,
        id_only: bool = True,
        limit: int | None = None,
        skip: int | None = None,
        order_by: Any = None,
        descending: bool = False,
        with_retired: bool = False,
    ) -> list[Any]:
        """Associations by their parts, or by what is on either side: an id, ids, or pairs of id and predicate.

        `order_by` is as in a query; `descending` without it gives the newest first.
        """
        if anyside is not None and (subject is not None or obj is not None):
            raise BadRequest("cannot find associations by anyside and by subject or object (expected one of them)")
        if anyside is None and subject is None and obj is None and predicate is None:
            raise BadRequest("cannot find associations of nothing (expected a subject, a predicate or an object)")
        where = searches.triple(subject, predicate, obj) if anyside is None else searches.anyside(anyside, predicate)
        return await self._find_where(
            where,
            id_only=id_only,
            limit=limit,
            skip=skip,
            order_by=order_by or (_NEWEST_FIRST if descending else [["id", "asc"]] if skip else None),
            table="assoc",
            with_retired=with_retired,
        )

    async def _follow(
        self,
        side: str,
        near: list[str],
        predicate: str | None,
        far_type: str | None,
        id_only: bool,
        some: _Some,
        access: Access | None,
    ) -> Linked:
        if far_type and not predicate:
            raise BadRequest(f"cannot follow associations to type {far_type!r:.60} without a predicate")
        link = linking.Link(
            side,
            Value("texts", near),
            Value("text", text(predicate)) if predicate and predicate != "*" else None,
            Value("text", text(far_type)) if far_type else None,
            access.limit(Always(True)) if access else Always(True),
            read_order(some.order, Scope(self._backing.shape.profile.value)),
            count(some.limit, "limit"),
            count(some.skip, "skip"),
            some.with_retired,
            check_flag(id_only),
        )
        shape, values = split(link)
        rows = await self._backing.door.fetch(linking.follow(self._backing.shape, shape), **self._named(values))
        far = [row[0] if id_only else complete(row[2], row[0], row[1]) for row in rows]
        return far, [complete(row[-1], row[-3], row[-2]) for row in rows]


def _near(given: Any) -> str:
    if given is None:
        raise BadRequest("cannot follow associations of nothing (expected an id or a document)")
    return check_id(given.get("_id") if isinstance(given, Mapping) else given)
