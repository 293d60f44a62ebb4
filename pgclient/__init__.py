"""A client of a PostgreSQL primary and its hot standbys: an application does not notice the failover.

    from pgclient import Cluster

    async with Cluster("postgresql://app@10.1.0.10,10.1.0.11/orders") as cluster:
        await cluster.run(place_order)

Everything public is named here, apart from what needs another library or is only wanted now and then: `pgclient.types`,
`pgclient.tracing`, `pgclient.metrics`, `pgclient.sqlalchemy`, `pgclient.web`, `pgclient.momoko`.
"""

from pgclient.blocking import BlockingCluster, BlockingTransaction
from pgclient.cluster import Cluster
from pgclient.errors import Busy, ClusterError, CommitUnknown, Misconfigured, TimedOut, Unavailable
from pgclient.hosts import Address, HostView, Role
from pgclient.lsn import CommitToken
from pgclient.notes import Gap, Listening, Note
from pgclient.options import Options
from pgclient.relation import NotYet, from_pgsql, from_postgresql_client
from pgclient.routing import Route, Wanted
from pgclient.statistics import Counts, HostStatistics
from pgclient.target import Target, parse
from pgclient.topology import Topology
from pgclient.transactions import Isolation, Transaction

__all__ = [
    "Address",
    "BlockingCluster",
    "BlockingTransaction",
    "Busy",
    "Cluster",
    "ClusterError",
    "CommitToken",
    "CommitUnknown",
    "Counts",
    "Gap",
    "HostStatistics",
    "HostView",
    "Isolation",
    "Listening",
    "Misconfigured",
    "NotYet",
    "Note",
    "Options",
    "Role",
    "Route",
    "Target",
    "TimedOut",
    "Topology",
    "Transaction",
    "Unavailable",
    "Wanted",
    "from_pgsql",
    "from_postgresql_client",
    "parse",
]
