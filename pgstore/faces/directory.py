"""A directory: entries under keys in a tree of parents, each with attributes.

Knows: paths. Must not know: SQL.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pgstore.documents import Document
from pgstore.errors import BadRequest, Conflict, NotFound
from pgstore.faces.documents import Documents
from pgstore.faces.finding import Finding
from pgstore.query.columns import columns
from pgstore.query.leaves import equal, escape_like, text
from pgstore.query.nodes import Compare, Match, Node, Or, Value
from pgstore.query.searches import all_of

ORG = "ION"
_TRIES = 20
_COLUMNS = columns("RESOURCES", "dir")


class Directory(Documents, Finding):
    """Entries are documents of type `DirEntry`; a lookup gives their attributes."""

    async def register(
        self, parent: str, key: str, *, create_only: bool = False, org: str = ORG, **attributes: Any
    ) -> dict[str, Any] | None:
        """Set the attributes of an entry, made if it is missing; what they were before.

        With `create_only` an entry that exists keeps its attributes.
        """
        path = _path(parent)
        for _ in range(_TRIES):
            found = await self._entry(org, path, key)
            try:
                if found is None:
                    entry = {"type_": "DirEntry", "org": org, "parent": path, "key": _key(key)}
                    await self.create({**entry, "attributes": attributes})
                    return None
                if not create_only and found["attributes"] != attributes:
                    await self.update({**found, "attributes": attributes})
                before: dict[str, Any] = found["attributes"]
                return before
            except (Conflict, NotFound, BadRequest) as error:
                # Somebody else did the same at this moment: look again. What is wrong in itself stays wrong.
                if isinstance(error, BadRequest) and "(org, parent, key)" not in str(error):
                    raise
        raise Conflict(f"cannot register {key} in {path}: others change it all the time")

    async def register_mult(
        self, entries: Sequence[tuple[str, str, Mapping[str, Any]]], *, org: str = ORG
    ) -> list[tuple[str, str]]:
        """New entries in one statement: parent, key, attributes of each."""
        return await self.create_mult(
            [
                {"type_": "DirEntry", "org": org, "parent": _path(parent), "key": _key(key), "attributes": dict(kept)}
                for parent, key, kept in entries
            ]
        )

    async def lookup(self, parent: str, key: str | None = None, *, org: str = ORG) -> dict[str, Any] | None:
        """The attributes of an entry, given by parent and key or by one path; None if it is not there."""
        if key is None:
            parent, _, key = _path(parent).rpartition("/")
        found = await self._entry(org, _path(parent), key)
        return None if found is None else found["attributes"]

    async def lookup_mult(self, parent: str, keys: Sequence[str], *, org: str = ORG) -> list[dict[str, Any] | None]:
        """The attributes of several entries under one parent, in the order of the keys."""
        among = Or(tuple(_is("key", key) for key in keys)) if keys else Match("like", "key", None, Value("text", ""))
        rows = await self._entries(_is("org", org), _is("parent", _path(parent)), among)
        found = {entry["key"]: entry["attributes"] for entry in rows}
        return [found.get(key) for key in keys]

    async def find_child_entries(
        self, parent: str = "/", *, direct_only: bool = True, org: str = ORG, descending: bool = False
    ) -> list[Document]:
        """Entries under a parent, or anywhere below it, in the order of their paths."""
        path = _path(parent)
        below = _is("parent", path) if direct_only else _below(path)
        return await self._entries(_is("org", org), below, descending=descending)

    async def find_by_key(
        self, key: str, parent: str = "/", *, org: str = ORG, descending: bool = False
    ) -> list[Document]:
        """Entries of this key below a parent."""
        below = _below(_path(parent))
        return await self._entries(_is("org", org), _is("key", key), below, descending=descending)

    async def find_by_value(
        self, parent: str, attribute: str, value: Any, *, org: str = ORG, descending: bool = False
    ) -> list[Document]:
        """Entries below a parent whose attribute has this value."""
        has_it = equal(f"attributes.{attribute}", value, _COLUMNS)
        return await self._entries(_is("org", org), _below(_path(parent)), has_it, descending=descending)

    async def unregister(self, parent: str, key: str, *, org: str = ORG) -> dict[str, Any] | None:
        """Remove an entry; what its attributes were, None if it was not there."""
        found = await self._entry(org, _path(parent), key)
        if found is None:
            return None
        await self.delete(found["_id"], object_type="DirEntry")
        before: dict[str, Any] = found["attributes"]
        return before

    async def remove_child_entries(self, parent: str, *, direct_only: bool = True, org: str = ORG) -> int:
        """Remove all entries under a parent; how many there were."""
        found = await self.find_child_entries(parent, direct_only=direct_only, org=org)
        await self.delete_mult([entry["_id"] for entry in found], object_type="DirEntry")
        return len(found)

    async def _entry(self, org: str, parent: str, key: str) -> Document | None:
        found = await self._entries(_is("org", org), _is("parent", parent), _is("key", _key(key)))
        return found[0] if found else None

    async def _entries(self, *where: Node, descending: bool = False) -> list[Document]:
        way = "desc" if descending else "asc"
        return await self._find_where(
            all_of(where), id_only=False, table="dir", order_by=[["parent", way], ["key", way]]
        )


def _is(column: str, value: str) -> Node:
    return Compare("eq", column, Value("text", text(value)))


def _below(path: str) -> Node:
    """The path itself, or deeper."""
    deeper = "/%" if path == "/" else f"{escape_like(path)}/%"
    return Or((_is("parent", path), Match("like", "parent", None, Value("text", deeper))))


def _path(given: Any) -> str:
    """`/a/b`, however many slashes it came with."""
    return "/" + "/".join(part for part in text(given).split("/") if part)


def _key(given: Any) -> str:
    if not text(given) or "/" in given:
        raise BadRequest(f"cannot use the key {given!r:.60} (expected a name without a slash)")
    return str(given)
