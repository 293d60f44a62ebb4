"""The named finds of resources.

Knows: their arguments. Must not know: expressions, SQL.
"""

from __future__ import annotations

from typing import Any

from pgstore.access import Access
from pgstore.errors import BadRequest
from pgstore.faces.finding import Asked, Finding
from pgstore.query import searches


class Resources(Finding):
    """Finds by type, state, name, keyword, attribute ...: all that is given has to hold."""

    async def find_resources(
        self,
        restype: str | None = None,
        lcstate: str | None = None,
        name: str | None = None,
        *,
        keyword: str | None = None,
        nested_type: str | None = None,
        attr_name: str | None = None,
        attr_value: Any = None,
        alt_id: str | None = None,
        alt_id_ns: str | None = None,
        query: Asked | None = None,
        id_only: bool = True,
        limit: int | None = None,
        skip: int | None = None,
        descending: bool = False,
        order_by: Any = None,
        access: Access | None = None,
        with_deleted: bool = False,
    ) -> list[Any]:
        """Ids, or documents. `lcstate` is a maturity, an availability or both; `order_by` is as in a query.

        `descending` without `order_by` orders by name. A `query` stands alone.
        """
        if query is not None:
            return await self.find_by_query(query, id_only=id_only, access=access)
        where = searches.resources(
            restype=restype,
            lcstate=lcstate,
            name=name,
            keyword=keyword,
            nested_type=nested_type,
            attr_name=attr_name,
            attr_value=attr_value,
            alt_id=alt_id,
            alt_id_ns=alt_id_ns,
        )
        return await self._find_where(
            where,
            id_only=id_only,
            limit=limit,
            skip=skip,
            order_by=order_by or ([["name", "desc"]] if descending else [["id", "asc"]] if skip else None),
            access=access,
            with_deleted=with_deleted,
        )

    find_resources_ext = find_resources

    async def find_res_by_type(self, restype: str, lcstate: str | None = None, **more: Any) -> list[Any]:
        if not restype:
            raise BadRequest(f"cannot find by type {restype!r} (expected a type)")
        return await self.find_resources(restype, lcstate, **_documents(more))

    async def find_res_by_lcstate(self, lcstate: str, restype: str | None = None, **more: Any) -> list[Any]:
        return await self.find_resources(restype, lcstate, **_documents(more))

    async def find_res_by_name(self, name: str, restype: str | None = None, **more: Any) -> list[Any]:
        return await self.find_resources(restype, name=name, **_documents(more))

    async def find_res_by_keyword(self, keyword: str, restype: str | None = None, **more: Any) -> list[Any]:
        return await self.find_resources(restype, keyword=keyword, **_documents(more))

    async def find_res_by_nested_type(self, nested_type: str, restype: str | None = None, **more: Any) -> list[Any]:
        return await self.find_resources(restype, nested_type=nested_type, **_documents(more))

    async def find_res_by_attribute(
        self, restype: str, attr_name: str, attr_value: Any = None, **more: Any
    ) -> list[Any]:
        return await self.find_resources(restype, attr_name=attr_name, attr_value=attr_value, **_documents(more))

    async def find_res_by_alternative_id(
        self, alt_id: str | None = None, alt_id_ns: str | None = None, **more: Any
    ) -> list[Any]:
        return await self.find_resources(alt_id=alt_id, alt_id_ns=alt_id_ns, **_documents(more))


def _documents(more: dict[str, Any]) -> dict[str, Any]:
    """These finds give documents unless ids are asked for."""
    return {"id_only": False, **more}
