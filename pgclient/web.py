"""Web frameworks: a cluster that is opened when the application starts and closed when it ends.

Starlette and FastAPI:

    app = FastAPI(lifespan=web.lifespan(Cluster("postgresql://...")))     # request.state.cluster

Tornado:

    async with web.attached(application, Cluster("postgresql://...")):    # self.settings["cluster"]
        await asyncio.Event().wait()

Needs neither to be installed. Knows: where each keeps things. Must not know: anything else of them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from pgclient.cluster import Cluster
from pgclient.errors import Misconfigured
from pgclient.lsn import CommitToken

COOKIE = "pgclient-after"


def lifespan(
    cluster: Cluster, name: str = "cluster"
) -> Callable[[Any], AbstractAsyncContextManager[dict[str, Cluster]]]:
    """For `lifespan=`: the cluster is `request.state.<name>`, for as long as the application runs."""

    @asynccontextmanager
    async def inside(_: Any) -> AsyncIterator[dict[str, Cluster]]:
        async with cluster:
            yield {name: cluster}

    return inside


@asynccontextmanager
async def attached(application: Any, cluster: Cluster, name: str = "cluster") -> AsyncIterator[Cluster]:
    """The cluster is `settings[name]` of a Tornado application inside the block."""
    async with cluster:
        application.settings[name] = cluster
        try:
            yield cluster
        finally:
            del application.settings[name]


def token_from(cookie: str | None) -> CommitToken | None:
    """The token that a cookie brings back, for `after=`; None for no cookie, or one that is not ours."""
    try:
        return CommitToken.parse(cookie) if cookie else None
    except Misconfigured:
        return None
