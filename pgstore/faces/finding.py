"""Find documents by expressions: lists, pages, counts, plans.

Knows: the way from a query to rows. Must not know: how conditions are written.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from pgstore import plantree
from pgstore.access import Access
from pgstore.documents import complete
from pgstore.errors import BadRequest
from pgstore.faces.backing import Face
from pgstore.places.geometry import Geometry
from pgstore.query.builder import QueryBuilder
from pgstore.query.columns import columns
from pgstore.query.nodes import Node, Query, split
from pgstore.query.pages import Page, paged, token_after
from pgstore.query.reading import read_query
from pgstore.showing import Found
from pgstore.sql import finding
from pgstore.sql.sentences import Sentence

Asked: TypeAlias = "QueryBuilder | Query | Mapping[str, Any]"


class Finding(Face):
    """Finds by expression. A query is a `QueryBuilder`, its dict form, or a `Query`."""

    async def find_by_query(
        self,
        query: Asked,
        *,
        parameters: Mapping[str, Any] | None = None,
        id_only: bool | None = None,
        access: Access | None = None,
    ) -> list[Any]:
        """Ids, or documents. `parameters` stand for `$(name)`; `access` leaves out what its owner may not see."""
        return await self._found(self._read(query, parameters, id_only, access))

    async def find_page(
        self,
        query: Asked,
        size: int = 1000,
        after: str | None = None,
        *,
        parameters: Mapping[str, Any] | None = None,
        access: Access | None = None,
    ) -> Page:
        """So many documents, and the token of the next page: as fast for the last as for the first.

        Ordered by the query's keys and the id at last.
        """
        read = self._read(query, parameters, None, access)
        wanted = paged(read, size, after, columns(self._backing.shape.profile.value, read.table))
        rows = await self._rows(wanted)
        token = token_after(wanted, rows[size - 1]) if len(rows) > size else None
        return Page(self._shown(rows[:size], wanted), token)

    async def iterate(
        self,
        query: Asked,
        page: int = 1000,
        *,
        parameters: Mapping[str, Any] | None = None,
        access: Access | None = None,
    ) -> AsyncIterator[Any]:
        """All that is found, page by page: memory does not grow, and no transaction stays open."""
        token: str | None = None
        while True:
            found = await self.find_page(query, page, token, parameters=parameters, access=access)
            for item in found.items:
                yield item
            token = found.next
            if token is None:
                return

    async def count(
        self, query: Asked, *, parameters: Mapping[str, Any] | None = None, access: Access | None = None
    ) -> int:
        """How many there are, whatever the query's limit."""
        bare = replace(self._read(query, parameters, True, access), order=(), limit=None, skip=None)
        shape, values = split(bare)
        rows = await self._backing.door.fetch(finding.count(self._backing.shape, shape), **self._named(values))
        return int(rows[0][0])

    async def explain(
        self,
        query: Asked,
        *,
        analyze: bool = True,
        parameters: Mapping[str, Any] | None = None,
        access: Access | None = None,
    ) -> plantree.Plan:
        """How the find is done; with `analyze` it is done, and timed."""
        shape, values = split(self._read(query, parameters, None, access))
        said = finding.find(self._backing.shape, shape)
        options = "ANALYZE, BUFFERS, FORMAT JSON" if analyze else "FORMAT JSON"
        rows = await self._backing.door.fetch(
            Sentence(f"EXPLAIN ({options}) {said.text}", said.fixed), **self._named(values)
        )
        return plantree.read(rows[0][0], said.text)

    def _read(
        self, query: Asked, parameters: Mapping[str, Any] | None, id_only: bool | None, access: Access | None
    ) -> Query:
        read = self._as_query(query, parameters)
        if id_only is not None:
            read = replace(read, id_only=check_flag(id_only))
        if access is None:
            return read
        if read.table or not self._backing.shape.profile.has_resources:
            raise BadRequest("cannot limit this find by access (expected one of resources)")
        return replace(read, where=access.limit(read.where))

    def _as_query(self, query: Asked, parameters: Mapping[str, Any] | None) -> Query:
        if isinstance(query, Query):
            return query
        given = query.as_it_is() if isinstance(query, QueryBuilder) else query
        read = read_query(given, self._backing.shape.profile.value, parameters)
        if read.table and not self._backing.shape.profile.has_resources:
            raise BadRequest(f"cannot find in {read.table} of {self._backing.name}: it has none")
        return read

    async def _find_where(
        self,
        where: Node,
        *,
        id_only: bool,
        limit: int | None = None,
        skip: int | None = None,
        order_by: Any = None,
        access: Access | None = None,
        table: str = "",
        with_deleted: bool = False,
        with_retired: bool = False,
    ) -> list[Any]:
        """What the named finds have in common."""
        args = {"limit": limit, "skip": skip, "ds_sub": table, "with_deleted": with_deleted}
        frame = self._as_query({"QUERYEXP": "qexp_v1.0", "query_args": args, "order_by": order_by}, None)
        return await self._found(
            self._read(replace(frame, where=where, with_retired=with_retired), None, id_only, access)
        )

    def _named(self, values: list[Any]) -> dict[str, Any]:
        return named(values, self._backing.shape.srid)

    async def _found(self, query: Query) -> list[Any]:
        return self._shown(await self._rows(query), query)

    def _shown(self, rows: Sequence[tuple[Any, ...]], query: Query) -> Found:
        found = Found(_item(row, query) for row in rows)
        found.rules = self._backing.rules
        return found

    async def _rows(self, query: Query) -> list[tuple[Any, ...]]:
        shape, values = split(query)
        return await self._backing.door.fetch(finding.find(self._backing.shape, shape), **self._named(values))


def check_flag(given: Any) -> bool:
    """`id_only` is True or False and nothing that only looks like it."""
    if not isinstance(given, bool):
        raise BadRequest(f"cannot use id_only {given!r:.40} (expected True or False)")
    return given


def _item(row: tuple[Any, ...], query: Query) -> Any:
    return row[0] if query.id_only else complete(row[2], row[0], row[1], deleted=row[3])


def named(values: list[Any], srid: int) -> dict[str, Any]:
    """Values by the names of their slots; geometries as the server reads them."""
    return {
        f"v{index}": value.ewkb(srid) if isinstance(value, Geometry) else value for index, value in enumerate(values)
    }
