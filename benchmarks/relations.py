"""What a hook costs with 1, 10 and 100 client applications: one that joins, one that leaves, and hooks of others.

Measured is what the hook of one unit, the primary, does because of clients on `db`, on a PostgreSQL of this host
without `fsync` and with hook tools that are real processes and answer from memory (see `relations_bed`).

Not measured: a cluster of three and its machines; what a hook does besides (its start, Patroni, etcd, the machine);
the standbys' hooks, which write lines of pg_hba.conf and bags but no roles; the secrets of the endpoint `database`;
how long Juju takes to run a hook, and with that a client's time to ready. On the primary a client that joins is told
everything by the end of that hook.
"""

from __future__ import annotations

from benchmarks.figures import Row, Value, timed
from benchmarks.relations_bed import Unit, unit

NUMBERS = (1, 10, 100)
TIMES = 3
SECONDS = 10.0
"""The most that a hook may take with 100 clients."""


def run() -> list[Row]:
    """All rows."""
    with unit() as bed:
        rows = [row for number in NUMBERS for row in _with(bed, number)]
    joins = [row.ours.median for row in rows if row.what.startswith("one joins")]
    growth = joins[-1] / joins[-2]
    return [*rows, Row(f"one joins {NUMBERS[-1]}, against {NUMBERS[-2]}", "times", Value.of([growth]), 10.0)]


def _with(bed: Unit, number: int) -> list[Row]:
    for client in range(1, number + 1):
        bed.bags.join(client)
    bed.hook("start")
    bed.hook("update-status")
    joins, departures, touched = [], [], set()
    for _ in range(TIMES):
        bed.bags.written.clear()
        bed.bags.join(number + 1)
        joins.append(timed(lambda: bed.hook("db-relation-joined", number + 1)))
        bed.bags.is_told(number + 1)
        departures.append(timed(lambda: _leaves(bed, number + 1)))
        touched |= set(bed.bags.written)
    others = [timed(lambda: bed.hook("update-status")) for _ in range(TIMES)]
    anew = timed(lambda: bed.hook("start"))
    size = sum(len(key) + len(text) for key, text in bed.bags.own[1].items())
    return [
        Row(f"one joins {number}", "s", Value.of(joins), SECONDS),
        Row(f"one leaves, {number} stay", "s", Value.of(departures), SECONDS),
        Row(f"a hook about none of {number}", "s", Value.of(others), SECONDS),
        Row(f"the first hook after a boot, {number}", "s", Value.of([anew]), SECONDS),
        Row(f"relations written to by those that join and leave, {number}", "", Value.of([len(touched)]), 1),
        Row(f"what a unit tells a client, {number}", "bytes", Value.of([size])),
    ]


def _leaves(bed: Unit, number: int) -> None:
    """Its unit departs, then the relation is broken."""
    bed.bags.clients[number].clear()
    bed.hook("db-relation-departed", number)
    del bed.bags.clients[number]
    bed.hook("db-relation-broken", number)
    del bed.bags.own[number]
