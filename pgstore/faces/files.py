"""Files: contents under paths.

Knows: paths. Must not know: pieces, SQL.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from pgclient import Transaction
from pgstore.documents import check_id
from pgstore.errors import NotFound
from pgstore.faces.attachments import Attachment, Attachments
from pgstore.faces.finding import Finding
from pgstore.query.leaves import escape_like
from pgstore.query.nodes import Match, Value

_CONTENT = "content"


class Files(Attachments, Finding):
    """The path is the id of a document, which may hold more about the file; its contents are attached."""

    async def write_file(self, path: str, data: Any, content_type: str | None = None, **about: Any) -> None:
        """Write a file anew, from bytes, a text, an open file or an asynchronous iteration: whole or not at all."""
        id_ = check_id(path)

        async def work(tx: Transaction) -> None:
            inside = self._inside(tx)
            (found,) = await inside.read_mult([id_], strict=False, with_deleted=True)
            if found is not None:
                await inside.delete(id_, purge=True)
            await inside.create({"type_": "File", "name": id_.rpartition("/")[2], **about}, id_)
            await inside.create_attachment(id_, _CONTENT, data, content_type)

        await self._write(work, data)

    async def read_file(self, path: str) -> bytes:
        """The contents; raises `NotFound`."""
        return await self.read_attachment(path, _CONTENT)

    def stream_file(self, path: str) -> AsyncIterator[bytes]:
        """The contents, a piece after the other."""
        return self.stream_attachment(path, _CONTENT)

    async def stat_file(self, path: str) -> Attachment:
        """Size, type and digest."""
        found = await self.list_attachments(path)
        if not found:
            raise NotFound(f"cannot find file {path}: {self._backing.name} has none of this name", [path])
        return found[0]

    async def list_files(self, prefix: str = "") -> list[str]:
        """Paths that begin so, in their order."""
        where = Match("like", "id", None, Value("text", f"{escape_like(prefix)}%"))
        return await self._find_where(where, id_only=True, order_by=[["id", "asc"]])

    async def delete_file(self, path: str) -> None:
        """Remove it for good; raises `NotFound`."""
        await self.delete(path, purge=True)
