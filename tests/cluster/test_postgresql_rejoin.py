"""Members that cannot come back by themselves, on real machines, while the ledger writes: three units, in order.

Each test breaks something, waits for the cluster's own repair, and leaves three healthy units to the next.
"""

from __future__ import annotations

import shlex
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jubilant
import pytest
from driving import box as boxes
from driving.postgresql import SERVER, Cluster, deployed
from driving.prepared import prepared
from driving.waiting import until

MODEL_CONFIG = {"lease-seconds": 15, **prepared()}
SEEN_SECONDS = 90.0
"""Within which trouble that a unit cannot overcome by itself is seen and acted upon: it is judged after 25 s, which
begin anew where etcd did not answer for a moment; what wakes the charm and what it looks at take up to 20 s."""
TOLD_SECONDS = 30.0
"""Within which the statuses say that something is amiss."""
DATA = "/var/lib/postgresql/15/postgresql"
PATRONI = "postgresql-patroni.service"

DIVERGE = f"""
systemctl stop {PATRONI}
cd /tmp
ctl() {{ runuser -u postgres -- /usr/lib/postgresql/15/bin/pg_ctl -D {DATA} -s -w "$@"; }}
ctl start -o '-c port=5999 -c primary_conninfo= -c synchronous_standby_names=' -l /tmp/alone.log
ctl promote
runuser -u postgres -- psql -qXp 5999 -c 'CREATE TABLE of_its_own AS SELECT generate_series(1, 1000) AS n'
runuser -u postgres -- psql -qXp 5999 -c 'SELECT pg_switch_wal()' -c CHECKPOINT
ctl stop -m fast
"""
"""A standby that has been a primary of its own for a moment: pg_rewind is needed."""
FORGET_WAL = f"rm -f {DATA}/pg_wal/0000*; systemctl start {PATRONI}"
"""... and is not possible."""


@pytest.fixture(scope="module")
def cluster(juju: jubilant.Juju, scratch: Path) -> Cluster:
    """Three units and the ledger on Debian 12, with no copies of older data."""
    found = deployed(juju, scratch, 3)
    for unit in found.words():
        on(found, unit, f"rm -rf {DATA}.aside-*")
    return found


def standby(cluster: Cluster) -> str:
    """A standby that is not Juju's leader, so that the leader tells of it."""
    return next(u for u, said in cluster.words().items() if said.startswith("standby") and u != cluster.leader)


def on(cluster: Cluster, unit: str, script: str) -> str:
    return cluster.juju.exec(f"sh -c {shlex.quote(script)}", unit=unit).stdout


def kept(cluster: Cluster, unit: str) -> list[str]:
    """Copies of old data that a unit has set aside."""
    return on(cluster, unit, f"ls -d {DATA}.aside-* 2>/dev/null || true").split()


def application(cluster: Cluster) -> str:
    return cluster.juju.status().apps[SERVER].app_status.message


def told(cluster: Cluster, words: str, seconds: float = TOLD_SECONDS) -> float:
    """Wait until the application's status says so; the seconds it took."""
    begun = time.monotonic()
    until(lambda: application(cluster), lambda said: words in said, timeout=seconds, delay=0.5)
    return time.monotonic() - begun


def restored(cluster: Cluster) -> None:
    """Three units serve again, nothing acknowledged is lost on any of them, and nobody has anything left to do."""
    cluster.settled(3)
    cluster.nothing_lost_on_any(3)
    status = until(
        lambda: cluster.juju.status().apps[SERVER], lambda seen: seen.app_status.current == "active", delay=1
    )
    with ThreadPoolExecutor() as at_once:
        assert all(at_once.map(lambda unit: at_rest(cluster, unit), status.units))


def at_rest(cluster: Cluster, unit: str) -> bool:
    """Whether a unit comes to have nothing to do."""
    return bool(until(lambda: plan_of(cluster, unit), lambda text: text == "nothing to do", timeout=90, delay=2))


def plan_of(cluster: Cluster, unit: str) -> str:
    return str(cluster.juju.run(unit, "explain").results["plan"])


def test_without_its_control_file_a_standby_sets_its_data_aside_and_clones(cluster: Cluster) -> None:
    unit = standby(cluster)
    on(cluster, unit, f"rm {DATA}/global/pg_control; kill -9 $(head -1 {DATA}/postmaster.pid)")
    told(cluster, "1 of 2 standbys streaming")
    until(lambda: kept(cluster, unit), bool, timeout=SEEN_SECONDS, delay=1)
    restored(cluster)
    (aside,) = kept(cluster, unit)
    assert on(cluster, unit, f"stat -c %U {aside}").strip() == "postgres"
    on(cluster, unit, f"rm -r {aside}")


def test_a_diverged_standby_is_rewound(cluster: Cluster) -> None:
    unit = standby(cluster)
    on(cluster, unit, DIVERGE + f"systemctl start {PATRONI}")
    restored(cluster)
    assert kept(cluster, unit) == []
    assert cluster.sql(unit, "SELECT to_regclass('of_its_own') IS NULL") == "t"


def test_where_it_cannot_be_rewound_the_policy_decides_here_to_clone(cluster: Cluster) -> None:
    cluster.juju.config(SERVER, {"diverged-standby": "reclone"})
    cluster.settled(3)
    unit = standby(cluster)
    on(cluster, unit, DIVERGE + FORGET_WAL)
    told(cluster, "1 of 2 standbys streaming")
    restored(cluster)
    assert kept(cluster, unit) == []
    assert cluster.sql(unit, "SELECT to_regclass('of_its_own') IS NULL") == "t"


def test_or_to_wait_for_a_human_who_runs_reinitialize(cluster: Cluster) -> None:
    cluster.juju.config(SERVER, {"diverged-standby": "block"})
    cluster.settled(3)
    unit = standby(cluster)
    on(cluster, unit, f"rm {DATA}/global/pg_control; kill -9 $(head -1 {DATA}/postmaster.pid)")
    said = until(cluster.words, lambda words: "cannot be used" in words[unit], timeout=SEEN_SECONDS, delay=1)
    assert "no control file" in said[unit]
    assert cluster.juju.status().apps[SERVER].units[unit].workload_status.current == "blocked"
    cluster.nothing_lost_and_still_writing()
    cluster.juju.run(unit, "reinitialize", wait=120)
    cluster.juju.config(SERVER, reset="diverged-standby")
    restored(cluster)


def test_a_wiped_standby_clones(cluster: Cluster) -> None:
    unit = standby(cluster)
    on(cluster, unit, f"find {DATA} -mindepth 1 -delete")
    told(cluster, "1 of 2 standbys streaming", SEEN_SECONDS)
    restored(cluster)


def test_a_wiped_primary_hands_over_and_clones(cluster: Cluster) -> None:
    unit = cluster.primary
    on(cluster, unit, f"find {DATA} -mindepth 1 -delete")
    until(cluster.words, lambda words: any(u != unit and w.startswith("primary") for u, w in words.items()), timeout=60)
    restored(cluster)
    assert cluster.primary != unit


def test_what_is_stopped_by_hand_is_started_again(cluster: Cluster) -> None:
    unit = standby(cluster)
    on(cluster, unit, f"systemctl stop {PATRONI} postgresql-etcd.service")
    active = f"systemctl is-active {PATRONI} postgresql-etcd.service || true"
    until(lambda: on(cluster, unit, active).split(), lambda said: said == ["active", "active"], timeout=60, delay=1)
    restored(cluster)


@pytest.mark.jujubox_only
def test_a_frozen_machine_is_told_of_and_forgotten_when_it_is_back(cluster: Cluster, box: boxes.Box) -> None:
    unit = standby(cluster)
    assert cluster.juju.model is not None
    box.fault(cluster.juju.model, "freeze", cluster.machine(unit))
    try:
        told(cluster, f"without {unit}")
        told(cluster, f"{unit} is not there")
        cluster.nothing_lost_and_still_writing()
    finally:
        box.heal()
    restored(cluster)
