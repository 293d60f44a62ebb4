"""Backup and restore of a database, beside bare pg_basebackup and pgbackrest by hand on the same machine in one run.

One unit for the comparison, so that both read the same disk; three units for the time of `restore` until all stream
again. By hand means the unit's own pgbackrest with the charm's settings, and a repository beside the charm's.
BACKUP_MB is the size (2048).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jubilant
from driving.box import Box, command
from driving.postgresql import SERVER, Cluster
from driving.prepared import prepared
from driving.store import backed_up, backups, followed
from driving.waiting import until

from benchmarks.failover import newest_charm
from benchmarks.figures import Row, Value, timed
from benchmarks.own_box import own_box

SIZE = int(os.environ.get("BACKUP_MB", "2048"))
ROUNDS = 3
TOLERANCE = 1.1
DATA = "/var/lib/postgresql/15/postgresql"
FILL = f"""
    CREATE TABLE filling AS SELECT n, md5(n::text) || md5((n + 1)::text) || repeat(md5((n * 7)::text), 26) AS text
      FROM generate_series(1, {SIZE * 1100}) n"""  # noqa: S608
"""About 950 bytes a row, half of which can be compressed."""
BY_HAND = """
sed -e 's#^repo1-path=.*#repo1-path=/var/lib/by-hand#' -e '/^repo1-host/d' -e '/^tls-/d' \
    -e 's#^\\[postgresql-.*#[hand]#' -e '/^archive-async/d' /etc/postgresql-charm/pgbackrest.conf > /etc/by-hand.conf
chown postgres /etc/by-hand.conf
install -d -o postgres /var/lib/by-hand
"""
PGBACKREST = "runuser -u postgres -- pgbackrest --config=/etc/by-hand.conf --stanza=hand --log-level-file=off"


class Bed:
    """One cluster in a box of its own."""

    def __init__(self, box: Box, charm: Path, units: int) -> None:
        self.box = box
        juju = jubilant.Juju(cli_binary=command("juju"), wait_timeout=900)
        juju.add_model(f"backup{units}", config={"lease-seconds": 15, **prepared()})
        juju.deploy(charm, SERVER, num_units=units, base="debian@12")
        self.cluster = Cluster(juju)
        self.cluster.settled(units, timeout=900)
        self.cluster.sql(self.cluster.primary, FILL)
        self.cluster.sql(self.cluster.primary, "CHECKPOINT")
        backed_up(self.cluster)

    def on(self, unit: str, script: str) -> str:
        """A script in a unit's machine, past Juju."""
        status = self.cluster.juju.status()
        instance = status.machines[status.apps[SERVER].units[unit].machine].instance_id
        return self.box.in_machine(instance, "sh", "-ec", script)

    def act(self, unit: str, action: str, **params: Any) -> dict[str, Any]:
        return dict(self.cluster.juju.run(unit, action, params, wait=3600).results)

    def close(self) -> None:
        assert self.cluster.juju.model is not None
        self.cluster.juju.destroy_model(self.cluster.juju.model, destroy_storage=True, force=True)


def run() -> list[Row]:
    """All rows."""
    charm = newest_charm(type("Options", (), {"charm": None})())  # type: ignore[arg-type]
    with own_box() as home:
        solo = Bed(Box(home), charm, 1)
        rows = compared(solo)
        solo.close()
        trio = Bed(Box(home), charm, 3)
        rows.append(restored(trio))
        trio.close()
    return rows


def compared(bed: Bed) -> list[Row]:
    """One unit: ours and by hand in turn."""
    unit = bed.cluster.primary
    bed.on(unit, BY_HAND)
    bed.on(unit, f"{PGBACKREST} stanza-create")
    megabytes = int(bed.cluster.sql(unit, "SELECT sum(pg_database_size(oid)) FROM pg_database")) / 1e6
    ours, hand, bare = [], [], []
    for _ in range(ROUNDS):
        ours.append(timed(lambda: bed.act(unit, "backup", type="full", wait=3600)))
        hand.append(timed(lambda: bed.on(unit, f"{PGBACKREST} --type=full --no-archive-check backup")))
        bare.append(timed(lambda: bed.on(unit, basebackup())))
    peers = {"pgbackrest by hand": hand, "pg_basebackup": bare}
    found = rows_of(f"full backup of {megabytes:.0f} MB", megabytes, ours, peers)
    return [*found, *incremental(bed, unit), *fetched(bed, unit, megabytes)]


def basebackup() -> str:
    return (
        "rm -rf /var/lib/postgresql/bare; "
        "runuser -u postgres -- pg_basebackup -D /var/lib/postgresql/bare -c fast -X none; "
        "rm -rf /var/lib/postgresql/bare"
    )


def rows_of(what: str, megabytes: float, ours: list[float], peers: dict[str, list[float]]) -> list[Row]:
    """Seconds, held to what pgbackrest by hand takes; and the same as a rate."""
    limit = Value.of(peers["pgbackrest by hand"]).median * TOLERANCE
    seconds = Row(what, "s", Value.of(ours), round(limit, 1), {name: Value.of(each) for name, each in peers.items()})

    def rate(taken: list[float]) -> Value:
        return Value.of(megabytes / each for each in taken)

    return [seconds, Row(what, "MB/s", rate(ours), None, {name: rate(each) for name, each in peers.items()})]


def incremental(bed: Bed, unit: str) -> list[Row]:
    """One row in a hundred changed, in one place, then an incremental backup of either kind."""
    ours, hand, grown = [], [], []
    for number in range(ROUNDS):
        first = number * SIZE * 11 + 1
        changed = f"n BETWEEN {first} AND {first + SIZE * 11}"
        bed.cluster.sql(unit, f"UPDATE filling SET text = text || 'x' WHERE {changed}")  # noqa: S608
        bed.cluster.sql(unit, "CHECKPOINT")
        ours.append(timed(lambda: bed.act(unit, "backup", type="incr", wait=3600)))
        hand.append(timed(lambda: bed.on(unit, f"{PGBACKREST} --type=incr --no-archive-check backup")))
        listed = backups(bed.cluster)
        full = next(each for each in reversed(listed) if each["kind"] == "full")
        grown.append(100 * stored(listed[-1]) / stored(full))
    found = rows_of("incremental backup, 1 % changed", SIZE * 1.048576, ours, {"pgbackrest by hand": hand})
    return [found[0], Row("incremental with 1 % changed, in the repository", "% of the full one", Value.of(grown))]


def stored(listed: dict[str, Any]) -> float:
    """Bytes that a backup takes in the repository."""
    return float(listed["stored-bytes"])


def fetched(bed: Bed, unit: str, megabytes: float) -> list[Row]:
    """The files of the newest backup: as restore-check fetches them, and by hand."""
    ours, hand = [], []
    by_hand = (
        "rm -rf /var/lib/postgresql/hand; install -d -o postgres -m 700 /var/lib/postgresql/hand; "
        f"{PGBACKREST} --pg1-path=/var/lib/postgresql/hand --type=none restore"
    )
    for _ in range(ROUNDS):
        ours.append(float(bed.act(unit, "restore-check", replay=False, wait=3600)["seconds-to-fetch"]))
        hand.append(timed(lambda: bed.on(unit, by_hand)))
    bed.on(unit, "rm -rf /var/lib/postgresql/hand")
    return rows_of(f"restore of {megabytes:.0f} MB: the files", megabytes, ours, {"pgbackrest by hand": hand})


def restored(bed: Bed) -> Row:
    """From the action to three units that serve, one of them as the primary."""
    cluster = bed.cluster

    def whole() -> None:
        said = bed.act(cluster.leader, "restore", confirm=SERVER)
        wanted = f"{said['restore']} done"
        until(lambda: set(followed(cluster)), lambda ends: ends == {wanted}, timeout=3600, delay=1)
        cluster.settled(3, timeout=3600)

    work: Callable[[], None] = whole
    return Row(f"restore of {SIZE} MB on three units, until all stream", "s", Value.of([timed(work)]))
