"""SQLAlchemy engines whose connections follow the cluster.

    engine = pgclient.sqlalchemy.async_engine(cluster)                # AsyncEngine, from a Cluster
    engine = pgclient.sqlalchemy.engine(blocking_cluster)             # Engine, from a BlockingCluster

A connection is made to whoever is the primary (or has the role `to`). One whose host has lost that role is thrown away
at checkout, without a round trip, and 25006 (read-only) counts as a disconnect, which SQLAlchemy alone does not do.
A transaction that is under way is not done again: that is the application's.

Needs SQLAlchemy 2. Knows: engines and their events. Must not know: how hosts are chosen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
from sqlalchemy import Engine, create_engine, event, exc
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.pool import ConnectionPoolEntry

from pgclient.blocking import BlockingCluster
from pgclient.cluster import Cluster
from pgclient.hosts import Address
from pgclient.retry import means_look_around
from pgclient.routing import Route, Wanted, candidates, route

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

URL = "postgresql+psycopg://"


def async_engine(cluster: Cluster, to: Route | Wanted | str = "primary", **more: Any) -> AsyncEngine:
    """`more` is for `create_async_engine`. The cluster must be open, and closed after the engine was disposed of."""

    from sqlalchemy.ext.asyncio import create_async_engine  # needs greenlet, which the other engine does not

    async def connect() -> psycopg.AsyncConnection[Any]:
        return await cluster.connect(to)

    made = create_async_engine(URL, async_creator=connect, **more)
    _follow(made.sync_engine, cluster, route(to))
    return made


def engine(cluster: BlockingCluster, to: Route | Wanted | str = "primary", **more: Any) -> Engine:
    """`more` is for `create_engine`. A statement on a host that froze ends after `tcp_user_timeout`, not before."""

    def connect() -> psycopg.Connection[Any]:
        return psycopg.connect(cluster.conninfo(cluster.locate(to).address))

    made = create_engine(URL, creator=connect, **more)
    _follow(made, cluster, route(to))
    return made


def _follow(made: Engine, cluster: Cluster | BlockingCluster, wanted: Route) -> None:
    @event.listens_for(made, "checkout")
    def refuse_what_serves_no_more(_connection: DBAPIConnection, entry: ConnectionPoolEntry, _fairy: object) -> None:
        if not _serves(entry.driver_connection, cluster, wanted):
            raise exc.DisconnectionError("its host no longer has the role that is wanted")

    @event.listens_for(made, "handle_error")
    def see_a_disconnect(context: ExceptionContext) -> None:
        error = context.original_exception
        if isinstance(error, psycopg.Error) and error.sqlstate and means_look_around(error.sqlstate):
            context.is_disconnect = True


def _serves(driver: Any, cluster: Cluster | BlockingCluster, wanted: Route) -> bool:
    if driver is None or driver.closed:
        return False
    if wanted.to is Wanted.PRIMARY and driver.info.parameter_status("in_hot_standby") == "on":
        return False
    topology = cluster.topology
    among = candidates(topology, wanted)
    here = _address(driver)
    return not among or any((view.address.host, view.address.port) == (here.host, here.port) for view in among)


def _address(driver: Any) -> Address:
    return Address(driver.info.host, driver.info.port)
