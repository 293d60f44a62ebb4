"""Backup and restore of a database, beside bare pg_basebackup and pgbackrest by hand on the same machine in one run.

One unit for the comparison, so that all read the same disk; three units for the time of `restore` until all stream
again. By hand means the unit's own pgbackrest with the charm's settings, in the charm's repository. How an incremental
backup grows is measured on Debian 13 too, whose pgBackRest keeps of a large file what has changed. BACKUP_MB is the
size (2048).
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jubilant
from driving.box import Box, command
from driving.postgresql import SERVER, Cluster
from driving.prepared import prepared
from driving.store import backed_up, backups, followed, listed
from driving.waiting import until

from benchmarks.failover import newest_charm
from benchmarks.figures import Row, Value, timed
from benchmarks.own_box import own_box

SIZE = int(os.environ.get("BACKUP_MB", "2048"))
ROUNDS = 3
TOLERANCE = 1.1
FILL = f"""
    CREATE TABLE filling AS SELECT n, md5(n::text) || md5((n + 1)::text) || repeat(md5((n * 7)::text), 26) AS text
      FROM generate_series(1, {SIZE * 1100}) n"""  # noqa: S608
"""About 950 bytes a row, half of which can be compressed. Frozen, or who reads it first would change every page."""
PGBACKREST = "runuser -u postgres -- pgbackrest --config=/etc/postgresql-charm/pgbackrest.conf --stanza="
"""As an operator would call it: the charm's own settings and repository, so that both wait for the same archive."""
OWN = "ours without the action around it"
PREPARED = {"debian@12": ("12", "15"), "debian@13": ("13", "17")}


BEGUN = time.monotonic()


def tell(what: str) -> None:
    """How far it is, for whoever waits."""
    print(f"{time.monotonic() - BEGUN:7.1f} s: {what}", file=sys.stderr, flush=True)


def clocked(what: str, work: Callable[[], object]) -> float:
    """Seconds that some work takes, told when it is done."""
    seconds = timed(work)
    tell(f"{what} in {seconds:.2f} s")
    return seconds


class Bed:
    """One cluster in a box of its own."""

    def __init__(self, box: Box, charm: Path, units: int, base: str = "debian@12") -> None:
        self.box = box
        juju = jubilant.Juju(cli_binary=command("juju"), wait_timeout=900)
        release, version = PREPARED[base]
        juju.add_model(f"backup{units}-{release}", config={"lease-seconds": 15, **prepared(release, version)})
        juju.deploy(charm, SERVER, num_units=units, base=base)
        self.cluster = Cluster(juju)
        tell(f"{units} of {base} are being deployed")
        self.cluster.settled(units, timeout=900)
        tell(f"filling {SIZE} MB")
        self.cluster.sql(self.cluster.primary, FILL)
        self.cluster.sql(self.cluster.primary, "VACUUM (FREEZE) filling")
        self.cluster.sql(self.cluster.primary, "CHECKPOINT")
        backed_up(self.cluster)
        tell("the cluster is ready")

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
        newer = Bed(Box(home), charm, 1, "debian@13")
        rows += incremental(newer, "Debian 13")
        newer.close()
        trio = Bed(Box(home), charm, 3)
        rows.append(restored(trio))
        trio.close()
    return rows


def compared(bed: Bed) -> list[Row]:
    """One unit: ours and by hand in turn."""
    unit = bed.cluster.primary
    by_hand = f"{PGBACKREST}{listed(bed.cluster)['stanza']}"
    megabytes = int(bed.cluster.sql(unit, "SELECT sum(pg_database_size(oid)) FROM pg_database")) / 1e6
    ours, alone, hand, bare = [], [], [], []
    for _ in range(ROUNDS):
        ours.append(clocked("full, ours", lambda: alone.append(own_clock(bed, "full"))))
        hand.append(clocked("full, by hand", lambda: bed.on(unit, f"{by_hand} --type=full backup")))
        bare.append(clocked("pg_basebackup", lambda: bed.on(unit, basebackup())))
    peers = {"pgbackrest by hand": hand, "pg_basebackup": bare, OWN: alone}
    found = rows_of(f"full backup of {megabytes:.0f} MB", megabytes, ours, peers)
    return [*found, *incremental(bed, "Debian 12"), *fetched(bed, unit, megabytes)]


def own_clock(bed: Bed, kind: str) -> float:
    """Make a backup by the action; how long the program itself was at it, as one that a timer begins."""
    return float(bed.act(bed.cluster.primary, "backup", type=kind, wait=3600)["seconds"])


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


def incremental(bed: Bed, where: str) -> list[Row]:
    """One row in a hundred changed, in one place, then an incremental backup; ours and by hand in turn."""
    unit = bed.cluster.primary
    by_hand = f"{PGBACKREST}{listed(bed.cluster)['stanza']} --type=incr backup"
    bed.act(unit, "backup", type="full", wait=3600)
    ours, alone, hand, grown = [], [], [], []
    for number in range(ROUNDS):
        change(bed, 2 * number)
        ours.append(clocked("incr, ours", lambda: alone.append(own_clock(bed, "incr"))))
        found = backups(bed.cluster)
        full = next(each for each in reversed(found) if each["kind"] == "full")
        grown.append(100 * stored(found[-1]) / stored(full))
        change(bed, 2 * number + 1)
        hand.append(clocked("incr, by hand", lambda: bed.on(unit, by_hand)))
    what = f"incremental backup, 1 % changed, {where}"
    seconds = rows_of(what, SIZE * 1.048576, ours, {"pgbackrest by hand": hand, OWN: alone})[0]
    return [seconds, Row(f"{what}: in the repository", "% of the full one", Value.of(grown))]


def change(bed: Bed, number: int) -> None:
    """Another row in a hundred."""
    first = number * SIZE * 11 + 1
    changed = f"n BETWEEN {first} AND {first + SIZE * 11 - 1}"
    bed.cluster.sql(bed.cluster.primary, f"UPDATE filling SET text = text || 'x' WHERE {changed}")  # noqa: S608
    bed.cluster.sql(bed.cluster.primary, "CHECKPOINT")


def stored(backup: dict[str, Any]) -> float:
    """Bytes that a backup takes in the repository."""
    return float(backup["stored-bytes"])


def fetched(bed: Bed, unit: str, megabytes: float) -> list[Row]:
    """The files of the newest backup: as restore-check fetches them, and by hand."""
    ours, hand = [], []
    by_hand = (
        "rm -rf /var/lib/postgresql/hand; install -d -o postgres -m 700 /var/lib/postgresql/hand; "
        f"{PGBACKREST}{listed(bed.cluster)['stanza']} --pg1-path=/var/lib/postgresql/hand --type=none restore"
    )
    for _ in range(ROUNDS):
        ours.append(float(bed.act(unit, "restore-check", replay=False, wait=3600)["seconds-to-fetch"]))
        hand.append(clocked("files, by hand", lambda: bed.on(unit, by_hand)))
    bed.on(unit, "rm -rf /var/lib/postgresql/hand")
    return rows_of(f"restore of {megabytes:.0f} MB: the files", megabytes, ours, {"pgbackrest by hand": hand})


def restored(bed: Bed) -> Row:
    """From the action to three units that serve, one of them as the primary."""
    cluster = bed.cluster

    def whole() -> None:
        said = bed.act(cluster.leader, "restore", confirm=SERVER)
        wanted, told = f"{said['restore']} done", ""

        def shown() -> str:
            nonlocal told
            words = "; ".join(f"{unit} {word}" for unit, word in sorted(cluster.words().items()))
            if words != told:
                tell(words)
            told = words
            return words

        until(lambda: shown() and set(followed(cluster)), lambda ends: ends == {wanted}, timeout=3600, delay=0.5)
        cluster.settled(3, timeout=3600)

    work: Callable[[], None] = whole
    return Row(
        f"restore of {SIZE} MB on three units, until all stream",
        "s",
        Value.of([clocked("restore on three units", work)]),
    )
