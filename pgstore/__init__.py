"""Documents with associations, places and times, one PostgreSQL database for each system name.

    from pgstore import System, from_url

    async with System("demo", from_url("postgresql://ion@10.1.0.10,10.1.0.11")) as system:
        await system.create()
        resources = await system.get_datastore("resources")
        buoy, revision = await resources.create({"type_": "Buoy", "name": "Pioneer"})

Everything public is named here.
"""

from pgstore.access import Access
from pgstore.blocking import BlockingSystem
from pgstore.drawing import to_svg
from pgstore.errors import BadRequest, Conflict, Inconsistent, NotFound, StoreError, Trouble, Unavailable
from pgstore.ids import TimeOrderedIds
from pgstore.places.geometry import Geometry
from pgstore.places.rules import Box, Point, Rules, Shape, Span, TimeSpan, Where
from pgstore.schema.profiles import Profile
from pgstore.settings import Settings, from_configuration, from_database_relation, from_relation, from_url
from pgstore.showing import to_geojson
from pgstore.store import Store
from pgstore.system import System
from pgstore.together import together

__all__ = [
    "Access",
    "BadRequest",
    "BlockingSystem",
    "Box",
    "Conflict",
    "Geometry",
    "Inconsistent",
    "NotFound",
    "Point",
    "Profile",
    "Rules",
    "Settings",
    "Shape",
    "Span",
    "Store",
    "StoreError",
    "System",
    "TimeOrderedIds",
    "TimeSpan",
    "Trouble",
    "Unavailable",
    "Where",
    "from_configuration",
    "from_database_relation",
    "from_relation",
    "from_url",
    "to_geojson",
    "to_svg",
    "together",
]
