"""Create, read, update and delete documents, one or many, all or none.

Knows: revisions, the order of statements. Must not know: how documents are found by anything but their id.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pgclient import Transaction
from pgstore.documents import (
    Document,
    Kind,
    check_document,
    check_id,
    check_new,
    check_revision,
    complete,
    kind_of,
)
from pgstore.errors import BadRequest, Conflict, NotFound
from pgstore.faces.backing import Face
from pgstore.rows import Row, as_arrays, as_row
from pgstore.sql import writing

ORDER = (Kind.RESOURCE, Kind.ASSOCIATION, Kind.ENTRY)
"""Associations point at resources, so resources come first."""
Change = dict[Kind, list[Row]]


@dataclass(frozen=True)
class Revision:
    """One revision in the history of a document."""

    rev: str
    made: datetime
    is_deletion: bool


class Documents(Face):
    """The verbs. Documents are dicts; a read adds `_id` and `_rev`, and an update needs them."""

    async def create(self, document: Document, object_id: str | None = None) -> tuple[str, str]:
        """Keep a new document; its id and revision. Raises `BadRequest` if there is one of this id."""
        return (await self.create_mult([document], None if object_id is None else [object_id]))[0]

    async def create_mult(
        self, documents: Sequence[Document], object_ids: Sequence[str] | None = None
    ) -> list[tuple[str, str]]:
        """Keep new documents, all or none, in one statement a kind; ids and revisions in the order given."""
        change, ids = self._plan_creation(documents, object_ids)
        if ids:
            await self._backing.door.run(lambda tx: self._insert(tx, change))
        return [(id_, "1") for id_ in ids]

    async def read(self, object_id: str, rev_id: str | None = None, *, object_type: str | None = None) -> Document:
        """The document, or one of its earlier revisions. `object_type`: "Association" or "DirEntry" for those."""
        shape, kind, id_ = self._backing.shape, _kind_named(object_type), check_id(object_id)
        if rev_id:
            rev = check_revision(rev_id, id_)
            rows = await self._backing.door.fetch(writing.read_revision(shape, kind), id=id_, rev=rev)
        else:
            rows = await self._backing.door.fetch(writing.read_one(shape, kind), id=id_)
        if not rows:
            revision = f" with revision {rev_id}" if rev_id else ""
            raise NotFound(f"cannot read {id_}: {self._backing.name} has no such document{revision}", [id_])
        return complete(rows[0][1], id_, rows[0][0])

    async def read_mult(
        self,
        object_ids: Sequence[str],
        *,
        strict: bool = True,
        with_deleted: bool = False,
        object_type: str | None = None,
    ) -> list[Document | None]:
        """Documents in the order of their ids. What is missing raises `NotFound`, or is None with `strict=False`."""
        ids = [check_id(id_) for id_ in _sequence(object_ids, "ids")]
        if not ids:
            return []
        wanted = writing.read(self._backing.shape, _kind_named(object_type), with_deleted=with_deleted)
        rows = await self._backing.door.fetch(wanted, ids=list(dict.fromkeys(ids)))
        found = {row[0]: complete(row[2], row[0], row[1], deleted=row[3]) for row in rows}
        missing = [id_ for id_ in ids if id_ not in found]
        if strict and missing:
            raise NotFound(f"cannot read {_listed(missing)}: {self._backing.name} has no such documents", missing)
        return [found.get(id_) for id_ in ids]

    async def update(self, document: Document) -> tuple[str, str]:
        """Replace a document by this one; its new revision. Raises `Conflict` if it has changed since it was read.

        A document with `_deleted` is deleted.
        """
        return (await self.update_mult([document]))[0]

    async def update_mult(self, documents: Sequence[Document]) -> list[tuple[str, str]]:
        """Replace documents, all or none, in one statement a kind."""
        changed, removed, revisions = self._plan_update(documents)
        if revisions:
            await self._backing.door.run(lambda tx: self._apply_update(tx, changed, removed))
        return [(id_, str(rev + 1)) for id_, rev in revisions.items()]

    async def delete(self, document: Document | str, *, object_type: str | None = None, purge: bool = False) -> None:
        """Delete a document, given by its id, or as it was read: then only if it has not changed since.

        It can be undeleted, unless `purge` says that nothing of it is to be kept.
        """
        await self.delete_mult([document], object_type=object_type, purge=purge)

    async def delete_mult(
        self, documents: Sequence[Document | str], *, object_type: str | None = None, purge: bool = False
    ) -> None:
        """Delete documents, all or none."""
        change: Change = {}
        for given in _sequence(documents, "documents"):
            kind = kind_of(given) if isinstance(given, dict) and not object_type else _kind_named(object_type)
            change.setdefault(kind, []).append(_to_delete(given))
        _check_distinct(row.id for rows in change.values() for row in rows)
        if change:
            await self._backing.door.run(lambda tx: self._purge(tx, change) if purge else self._remove(tx, change))

    async def undelete(self, object_id: str, *, object_type: str | None = None) -> tuple[str, str]:
        """Take a deletion back; the document has a new revision."""
        id_, restore = check_id(object_id), writing.restore(self._backing.shape, _kind_named(object_type))

        async def work(tx: Transaction) -> tuple[str, str]:
            rows = await tx.fetch(restore.text, restore.with_(ids=[id_]))
            if not rows:
                raise NotFound(f"cannot undelete {id_}: {self._backing.name} has no deleted document of this id", [id_])
            return rows[0][0], str(rows[0][1])

        return await self._backing.door.run(work)

    async def list_objects(self, *, page: int = 10_000) -> list[str]:
        """All ids of the store, those of associations and directory entries included."""
        return [id_ async for id_ in self.iterate_objects(page=page)]

    async def iterate_objects(self, *, page: int = 10_000) -> AsyncIterator[str]:
        """All ids, kind by kind in their order, without holding more than a page of them."""
        shape = self._backing.shape
        for kind in ORDER if shape.profile.has_resources else ORDER[:1]:
            after = ""
            while rows := await self._backing.door.fetch(writing.list_ids(shape, kind), after=after, page=page):
                for row in rows:
                    yield row[0]
                after = rows[-1][0]

    async def list_object_revisions(
        self, object_id: str, *, object_type: str | None = None, with_deleted: bool = False
    ) -> list[Revision]:
        """The revisions that can be read, the newest first. None of a deleted document, unless asked for."""
        id_ = check_id(object_id)
        rows = await self._backing.door.fetch(
            writing.list_revisions(self._backing.shape, _kind_named(object_type)), id=id_
        )
        if rows and rows[0][2] and not with_deleted:
            return []
        return [Revision(str(rev), made, gone) for rev, made, gone in rows]

    # How documents become statements.

    def _plan_creation(self, documents: Any, object_ids: Any) -> tuple[Change, list[str]]:
        given = _sequence(documents, "documents")
        ids: Sequence[Any] = [None] * len(given) if object_ids is None else _sequence(object_ids, "ids")
        if len(ids) != len(given):
            raise BadRequest(f"cannot create {len(given)} documents with {len(ids)} ids (expected as many of each)")
        change: Change = {}
        taken = []
        for document, object_id in zip(given, ids, strict=True):
            check_new(document, object_id)
            taken.append(self._id_for(document, object_id))
            self._add(change, document, taken[-1])
        _check_distinct(taken)
        return change, taken

    def _id_for(self, document: Document, object_id: Any) -> str:
        if object_id is not None:
            return check_id(object_id)
        return check_id(document["_id"]) if "_id" in document else self._backing.new_id()

    def _plan_update(self, documents: Any) -> tuple[Change, Change, dict[str, int]]:
        changed: Change = {}
        removed: Change = {}
        revisions: dict[str, int] = {}
        for document in _sequence(documents, "documents"):
            check_document(document)
            if "_id" not in document or "_rev" not in document:
                raise BadRequest("cannot update a document without _id and _rev (expected a document as it was read)")
            id_ = check_id(document["_id"])
            if id_ in revisions:
                raise BadRequest(f"cannot update {id_} twice in one call")
            revisions[id_] = check_revision(document["_rev"], id_)
            if document.get("_deleted"):
                removed.setdefault(kind_of(document), []).append(_to_delete(document))
            else:
                self._add(changed, document, id_, revisions[id_])
        return changed, removed, revisions

    def _add(self, change: Change, document: Document, id_: str, rev: int | None = None) -> None:
        kind = kind_of(document) if self._backing.shape.profile.has_resources else Kind.RESOURCE
        row = as_row(document, id_, self._backing.rules_for(kind), srid=self._backing.shape.srid, rev=rev)
        change.setdefault(kind, []).append(row)

    # Statements, inside of a transaction.

    async def _insert(self, tx: Transaction, change: Change) -> None:
        shape = self._backing.shape
        for kind in ORDER:
            if rows := change.get(kind):
                wanted = writing.create(shape, kind)
                await tx.execute(wanted.text, wanted.with_(**as_arrays(rows, writing.columns(shape, kind))))

    async def _apply_update(self, tx: Transaction, changed: Change, removed: Change) -> None:
        shape = self._backing.shape
        for kind in ORDER:
            if rows := changed.get(kind):
                wanted = writing.change(shape, kind)
                arrays = as_arrays(rows, ("rev", *writing.columns(shape, kind)))
                done = await tx.fetch(wanted.text, wanted.with_(**arrays))
                await self._check_all(tx, kind, rows, done, "update")
        await self._remove(tx, removed)

    async def _remove(self, tx: Transaction, change: Change) -> None:
        for kind, rows in change.items():
            wanted = writing.remove(self._backing.shape, kind)
            done = await tx.fetch(wanted.text, wanted.with_(**as_arrays(rows, ("id", "rev"))))
            await self._check_all(tx, kind, rows, done, "delete")

    async def _purge(self, tx: Transaction, change: Change) -> None:
        for kind, rows in change.items():
            wanted = writing.purge(self._backing.shape, kind)
            done = await tx.fetch(wanted.text, wanted.with_(ids=[row.id for row in rows]))
            await self._check_all(tx, kind, rows, done, "purge")

    async def _check_all(
        self, tx: Transaction, kind: Kind, rows: Sequence[Row], done: Sequence[tuple[Any, ...]], verb: str
    ) -> None:
        """Raises what tells why some of the rows were not touched."""
        if len(done) == len(rows):
            return
        touched = {row[0] for row in done}
        missed = {row.id: row.rev for row in rows if row.id not in touched}
        wanted = writing.revisions(self._backing.shape, kind)
        seen = {row[0]: row for row in await tx.fetch(wanted.text, wanted.with_(ids=list(missed)))}
        gone = [id_ for id_ in missed if id_ not in seen or seen[id_][2]]
        if gone:
            raise NotFound(f"cannot {verb} {_listed(gone)}: {self._backing.name} has no such documents", gone)
        told = ", ".join(f"{id_} has revision {seen[id_][1]} (expected {missed[id_]})" for id_ in list(missed)[:5])
        raise Conflict(f"cannot {verb} {_listed(list(missed))}: {told}\nhint: read it again", list(missed))


def _kind_named(object_type: str | None) -> Kind:
    return kind_of({"type_": object_type})


def _to_delete(given: Any) -> Row:
    if not isinstance(given, Mapping):
        return Row(check_id(given), "")
    if "_id" not in given:
        raise BadRequest("cannot delete a document without _id (expected a document as it was read, or an id)")
    id_ = check_id(given["_id"])
    return Row(id_, "", rev=str(check_revision(given["_rev"], id_)) if given.get("_rev") else None)


def _sequence(given: Any, what: str) -> Sequence[Any]:
    if not isinstance(given, (list, tuple)):
        raise BadRequest(f"cannot take {what} from a {type(given).__name__} (expected a list)")
    return given


def _check_distinct(ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for id_ in ids:
        if id_ in seen:
            raise BadRequest(f"cannot use {id_} twice in one call")
        seen.add(id_)


def _listed(ids: Sequence[str]) -> str:
    return ", ".join(ids[:5]) + (f" and {len(ids) - 5} more" if len(ids) > 5 else "")
