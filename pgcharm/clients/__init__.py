"""How client charms are served: who asked for what, what that means in PostgreSQL, and what may be published.

Knows: the wishes of clients (the `pgsql` interface), names, grants, pg_hba entries, published keys.
Must not know: Juju's hook tools, Patroni, where a connection comes from. Everything here takes plain values; only
`effects` and `reading` speak to PostgreSQL, through connections that they are given.

The way through, as the charm uses it:

    decision = decide(relations, cluster)        # pure; `relations` from hook tools, `cluster` from observe
    decision.access                              # tuple[AccessRule, ...]: lines for pg_hba.conf, on every unit
    decision.changes                             # tuple[Change, ...]: apply on the primary only, in this order,
                                                 #   each has `.reason`; `apply_change(change, connect) -> bool` does it
    decision.publications                        # {relation id: {key: value or None}} for the own unit's bag
    decision.notice                              # for the primary's own peer bag, key "clients"; wakes the standbys
    decision.refusals, decision.waits            # sentences for the unit's status and the log

Observed with (see `reading`):

    catalogue = read_catalogue(connect, wanted_databases(relations))      # any unit, its own PostgreSQL
    loaded = read_loaded_access(connect)                                  # what the running server's pg_hba admits

`connect` is `Callable[[str], connection]`: a database's name to a psycopg2 connection as superuser, autocommit on.
"""

from pgcharm.clients.access import AccessRule
from pgcharm.clients.catalogue import Catalogue
from pgcharm.clients.changes import Change
from pgcharm.clients.cluster import Cluster
from pgcharm.clients.decision import Decision, decide, wanted_databases
from pgcharm.clients.publication import Member
from pgcharm.clients.relation import ClientRelation
from pgcharm.clients.request import Refusal, Request

__all__ = [
    "AccessRule",
    "Catalogue",
    "Change",
    "ClientRelation",
    "Cluster",
    "Decision",
    "Member",
    "Refusal",
    "Request",
    "decide",
    "wanted_databases",
]
