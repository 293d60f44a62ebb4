"""Attachments: bytes that belong to a document, kept in pieces, written with it or later.

Knows: pieces and digests. Must not know: SQL.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import IO, Any, TypeVar

from pgclient import Transaction
from pgstore.documents import Document, check_id, check_revision
from pgstore.errors import BadRequest, Conflict, NotFound
from pgstore.faces.documents import Documents
from pgstore.query.leaves import text
from pgstore.sql.attaching import PIECE_TYPES, Attaching, attaching

T = TypeVar("T")

PIECE = 256 * 1024


@dataclass(frozen=True)
class Attachment:
    """One attachment, without its contents."""

    name: str
    content_type: str | None
    size: int
    rev: str
    sha256: str


class Attachments(Documents):
    """A document is given by its id, or as it was read: then only if it has not changed since."""

    async def create(
        self,
        document: Document,
        object_id: str | None = None,
        attachments: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> tuple[str, str]:
        """Keep a new document with its attachments, `{name: {"data": ..., "content_type": ...}}`: all or nothing."""
        if not attachments:
            return await super().create(document, object_id)

        async def work(tx: Transaction) -> tuple[str, str]:
            inside = self._inside(tx)
            id_, rev = await inside.create(document, object_id)
            for name, attachment in attachments.items():
                await inside.create_attachment(id_, name, attachment.get("data"), attachment.get("content_type"))
            return id_, rev

        return await self._write(work, *(attachment.get("data") for attachment in attachments.values()))

    async def create_attachment(
        self, document: Document | str, attachment_name: str, data: Any, content_type: str | None = None
    ) -> str:
        """Attach bytes, a text, an open file or an asynchronous iteration of bytes; its revision, "1"."""
        return await self._attach(document, attachment_name, data, content_type, "add")

    async def update_attachment(
        self, document: Document | str, attachment_name: str, data: Any, content_type: str | None = None
    ) -> str:
        """Replace the contents; the new revision. Raises `NotFound` if there is no such attachment."""
        return await self._attach(document, attachment_name, data, content_type, "replace")

    async def read_attachment(self, document: Document | str, attachment_name: str) -> bytes:
        """The contents, whole."""
        return b"".join([piece async for piece in self.stream_attachment(document, attachment_name)])

    async def stream_attachment(self, document: Document | str, attachment_name: str) -> AsyncIterator[bytes]:
        """The contents, a piece after the other: memory does not grow with them."""
        id_, said = _holder(document)[0], self._said
        async with self._backing.door.snapshot() as tx:
            held = await tx.fetch(said.all.text, said.all.with_(docid=id_))
            if _name(attachment_name) not in {row[0] for row in held}:
                raise NotFound(f"cannot read attachment {attachment_name} of {id_}: there is none", [id_])
            pieces = said.pieces.with_(docid=id_, name=attachment_name)
            async for row in tx.stream(said.pieces.text, pieces, batch=4):
                yield row[0]

    async def list_attachments(self, document: Document | str) -> list[Attachment]:
        """What is attached, by name."""
        said = self._said.all
        rows = await self._backing.door.fetch(said, docid=_holder(document)[0])
        return [Attachment(row[0], row[1], row[2], str(row[3]), row[4].hex()) for row in rows]

    async def delete_attachment(self, document: Document | str, attachment_name: str) -> None:
        """Remove it; raises `NotFound` if there is none."""
        id_, rev = _holder(document)
        said = self._said

        async def work(tx: Transaction) -> None:
            await _hold(tx, said, id_, rev)
            if not await tx.fetch(said.remove.text, said.remove.with_(docid=id_, name=_name(attachment_name))):
                raise NotFound(f"cannot delete attachment {attachment_name} of {id_}: there is none", [id_])

        await self._backing.door.run(work)

    async def _attach(self, document: Document | str, name: str, data: Any, content_type: str | None, verb: str) -> str:
        (id_, rev), said = _holder(document), self._said
        _check(name, data)

        async def work(tx: Transaction) -> str:
            await _hold(tx, said, id_, rev)
            given = {"docid": id_, "name": name, "content_type": content_type}
            if verb == "add":
                await tx.execute(said.add.text, said.add.with_(**given))
            elif not await tx.fetch(said.replace.text, said.replace.with_(**given)):
                raise NotFound(f"cannot update attachment {name} of {id_}: there is none", [id_])
            else:
                await tx.execute(said.clear.text, said.clear.with_(docid=id_, name=name))
            return await fill(tx, said, id_, name, data)

        return await self._write(work, data)

    async def _write(self, work: Callable[[Transaction], Awaitable[T]], *sources: Any) -> T:
        """What comes from a file or an iteration cannot be read twice, so that is not done again."""
        again = all(isinstance(data, (bytes, bytearray, str)) for data in sources)
        return await (self._backing.door.run(work) if again else self._backing.door.once(work))

    @property
    def _said(self) -> Attaching:
        return attaching(self._backing.shape)


async def _hold(tx: Transaction, said: Attaching, id_: str, rev: int | None) -> None:
    """Keep the document from being deleted meanwhile; raises if it is not there, or is another than was read."""
    found = await tx.fetch_value(said.holder.text, said.holder.with_(docid=id_))
    if found is None:
        raise NotFound(f"cannot use attachments of {id_}: there is no such document", [id_])
    if rev is not None and found != rev:
        raise Conflict(f"cannot use attachments of {id_}: it has revision {found} (expected {rev})", [id_])


async def fill(tx: Transaction, said: Attaching, id_: str, name: str, data: Any) -> str:
    """Write the contents of an attachment that has none; its revision."""
    digest, size = hashlib.sha256(), 0

    async def rows() -> AsyncIterator[tuple[str, str, int, bytes]]:
        nonlocal size
        number = 0
        async for piece in pieces_of(data):
            digest.update(piece)
            size += len(piece)
            yield id_, name, number, piece
            number += 1

    await tx.copy_rows_in(said.fill, rows(), types=PIECE_TYPES)
    finished = said.finish.with_(docid=id_, name=name, size=size, digest=digest.digest())
    return str(await tx.fetch_value(said.finish.text, finished))


async def pieces_of(data: Any) -> AsyncIterator[bytes]:
    """Contents in pieces of one size; whatever an iteration yields is cut and joined."""
    if isinstance(data, AsyncIterable):
        kept = bytearray()
        async for part in data:
            kept += part
            while len(kept) >= PIECE:
                yield bytes(kept[:PIECE])
                del kept[:PIECE]
        if kept:
            yield bytes(kept)
        return
    if isinstance(data, str):
        data = data.encode()
    if isinstance(data, (bytes, bytearray)):
        for at in range(0, len(data), PIECE):
            yield bytes(data[at : at + PIECE])
        return
    file: IO[bytes] = data
    while piece := file.read(PIECE):
        yield piece


def _check(name: Any, data: Any) -> None:
    _name(name)
    if not isinstance(data, (bytes, bytearray, str, AsyncIterable)) and not hasattr(data, "read"):
        raise BadRequest(
            f"cannot attach {type(data).__name__} as {name} (expected bytes, a text, an open file or an iteration)"
        )


def _name(given: Any) -> str:
    if not isinstance(given, str) or not 0 < len(given) <= 200:
        raise BadRequest(f"cannot name an attachment {given!r:.60} (expected a string of 1 to 200 characters)")
    return text(given)


def _holder(document: Any) -> tuple[str, int | None]:
    if isinstance(document, Mapping):
        id_ = check_id(document.get("_id"))
        return id_, check_revision(document["_rev"], id_) if "_rev" in document else None
    return check_id(document), None
