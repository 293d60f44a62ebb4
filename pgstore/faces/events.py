"""Events: what happened, where it came from, when.

Knows: their fields. Must not know: SQL.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from pgclient import Transaction
from pgstore.documents import Kind
from pgstore.faces.documents import Documents
from pgstore.faces.finding import Finding
from pgstore.query.columns import columns
from pgstore.query.leaves import compare, equal
from pgstore.query.searches import all_of
from pgstore.sql import removing
from pgstore.times import instant, milliseconds

_COLUMNS = columns("EVENTS")


class Events(Documents, Finding):
    """Documents with `type_`, `origin`, `origin_type`, `sub_type`, `actor_id` and `ts_created`."""

    async def publish_event(self, event_type: str, origin: str, *, at: Any = None, **more: Any) -> tuple[str, str]:
        """Keep an event that happened `at` (now, if nothing is said); its id and revision."""
        moment = datetime.now(timezone.utc) if at is None else instant(at)
        return await self.create(
            {"type_": event_type, "origin": origin, "ts_created": str(milliseconds(moment)), **more}
        )

    async def find_events(
        self,
        event_type: str | None = None,
        origin: str | None = None,
        *,
        origin_type: str | None = None,
        sub_type: str | None = None,
        start: Any = None,
        end: Any = None,
        limit: int | None = None,
        skip: int | None = None,
        descending: bool = False,
        id_only: bool = False,
    ) -> list[Any]:
        """Events by where they come from and when, in the order of their time; `start` and `end` are included."""
        given = {"type_": event_type, "origin": origin, "origin_type": origin_type, "sub_type": sub_type}
        parts = [equal(column, value, _COLUMNS) for column, value in given.items() if value is not None]
        if start is not None:
            parts.append(compare("gte", "ts_created", start, _COLUMNS))
        if end is not None:
            parts.append(compare("lte", "ts_created", end, _COLUMNS))
        way = "desc" if descending else "asc"
        order = [["ts_created", way], ["id", way]]
        return await self._find_where(all_of(parts), id_only=id_only, limit=limit, skip=skip, order_by=order)

    async def purge_events(self, before: Any) -> int:
        """Delete for good what happened before a time; how many there were."""
        said = removing.before(self._backing.shape, Kind.RESOURCE)

        async def work(tx: Transaction) -> int:
            return await tx.execute(said.text, said.with_(before=instant(before)))

        return await self._backing.door.run(work)
