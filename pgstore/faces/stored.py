"""Stored queries: kept under a name, with parameters and their defaults.

Knows: names and defaults. Must not know: what is found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pgclient import Transaction
from pgstore.access import Access
from pgstore.documents import check_id, encode
from pgstore.errors import NotFound
from pgstore.faces.finding import Asked, Finding
from pgstore.query.builder import QueryBuilder
from pgstore.query.nodes import Query
from pgstore.sql import storing


@dataclass(frozen=True)
class StoredQuery:
    """A query that is kept; `parameters` are its defaults."""

    name: str
    query: dict[str, Any]
    parameters: dict[str, Any]
    description: str


class StoredQueries(Finding):
    """Queries that belong to this store."""

    async def save_query(
        self, name: str, query: Asked, parameters: Mapping[str, Any] | None = None, description: str = ""
    ) -> None:
        """Keep a query under a name, in place of one that had it; raises `BadRequest` if it cannot be read."""
        given = query.as_dict() if isinstance(query, QueryBuilder) else query
        self._as_query(given, parameters)
        assert not isinstance(given, Query), "a Query has no dict form"
        kept = {
            "name": check_id(name),
            "query": encode(given),
            "parameters": encode(dict(parameters or {})),
            "description": description,
        }

        async def work(tx: Transaction) -> None:
            await tx.execute(storing.SAVE.text, storing.SAVE.with_(store=self._backing.shape.name, **kept))

        await self._backing.door.run(work)

    async def read_query(self, name: str) -> StoredQuery:
        """A stored query; raises `NotFound`."""
        rows = await self._backing.door.fetch(storing.READ, store=self._backing.shape.name, name=check_id(name))
        if not rows:
            raise NotFound(f"cannot find query {name}: {self._backing.name} has none of this name", [name])
        return StoredQuery(*rows[0])

    async def list_queries(self) -> list[StoredQuery]:
        """All of them, by name."""
        rows = await self._backing.door.fetch(storing.LIST, store=self._backing.shape.name)
        return [StoredQuery(*row) for row in rows]

    async def delete_query(self, name: str) -> None:
        await self.read_query(name)

        async def work(tx: Transaction) -> None:
            await tx.execute(storing.DELETE.text, storing.DELETE.with_(store=self._backing.shape.name, name=name))

        await self._backing.door.run(work)

    async def find_by_stored(
        self, name: str, *, parameters: Mapping[str, Any] | None = None, access: Access | None = None
    ) -> list[Any]:
        """What a stored query finds, with these parameters before its defaults."""
        kept = await self.read_query(name)
        return await self.find_by_query(kept.query, parameters={**kept.parameters, **(parameters or {})}, access=access)
