"""Documents written for a while, and looked for afterwards. Knows pgstore; must not know Juju."""

import time
from dataclasses import dataclass
from typing import Any

from pgstore import Settings, System
from pgstore.query.builder import QueryBuilder, overlaps_geom

BATCH = 20


@dataclass(frozen=True)
class Report:
    """What was acknowledged, ever; what of it is there; the longest time without an acknowledgement, in seconds."""

    acknowledged: list[str]
    lost: int
    unasked: int
    """Documents that are there and were never acknowledged."""
    near: int
    """Those that a find by place gives."""
    pause: float
    written: int
    database: str
    owner: str

    def as_results(self) -> dict[str, str]:
        shown = {name: str(value) for name, value in vars(self).items() if name != "acknowledged"}
        return {**shown, "acknowledged": str(len(self.acknowledged))}


async def keep(sysname: str, settings: Settings, known: list[str], seconds: float) -> Report:
    """Write in bulk and one by one until the time is up."""
    async with System(sysname, settings) as system:
        await system.create()
        store = await system.get_datastore("resources")
        acknowledged = list(known)
        begun = last = time.monotonic()
        pause = 0.0
        while last < begun + seconds:
            first = len(acknowledged)
            made = await store.create_mult([_buoy(first + n) for n in range(BATCH)])
            document = await store.read(made[0][0])
            await store.update({**document, "seen": True})
            acknowledged += [id_ for id_, _ in made]
            last, before = time.monotonic(), last
            pause = max(pause, last - before)
        found = set(await store.list_objects())
        near = await store.find_by_query(QueryBuilder().where(overlaps_geom("ra:geom", "POINT (10 59)", 1)).id_only())
        owner = await system.query("SELECT tableowner FROM pg_tables WHERE tablename = 'ion_resources'")
        return Report(
            acknowledged,
            len(set(acknowledged) - found),
            len(found - set(acknowledged)),
            len(near),
            round(pause, 2),
            len(acknowledged) - len(known),
            system.database,
            owner[0][0],
        )


def _buoy(n: int) -> dict[str, Any]:
    return {"type_": "Buoy", "name": f"b{n}", "geospatial_point_center": {"lon": 10 + n % 7 / 10, "lat": 59}}
