"""The actions on real machines, while the ledger writes: three units, in order, each test on what the last has left."""

from __future__ import annotations

import json
import shlex
import time
from functools import partial
from pathlib import Path
from typing import Any

import jubilant
import pytest
from driving.postgresql import SERVER, Cluster, deployed
from driving.prepared import prepared
from driving.waiting import until

MODEL_CONFIG = {"lease-seconds": 15, **prepared()}
DATA = "/var/lib/postgresql/15/postgresql"
FAR_BEHIND = 16 << 20
"""Bytes: a standby that is more behind is not switched over to."""
LAG = """
import json, ssl, sys, urllib.request
context = ssl._create_unverified_context()
members = json.load(urllib.request.urlopen("https://127.0.0.1:8008/cluster", context=context))["members"]
print(next(member.get("lag", 0) for member in members if member["name"] == sys.argv[1]))
"""
LOGS = f"/var/log/juju {DATA}/log"


@pytest.fixture(scope="module")
def cluster(juju: jubilant.Juju, scratch: Path) -> Cluster:
    """Three units and the ledger on Debian 12."""
    return deployed(juju, scratch, 3)


def refused(cluster: Cluster, unit: str, action: str, **parameters: Any) -> str:
    """Why an action was refused."""
    given = {name.replace("_", "-"): value for name, value in parameters.items()}
    with pytest.raises(jubilant.TaskError) as refusal:
        cluster.juju.run(unit, action, given, wait=300)
    return refusal.value.task.message


def standbys(cluster: Cluster) -> list[str]:
    primary = cluster.primary
    return sorted(unit for unit in cluster.words() if unit != primary)


def seen(cluster: Cluster, unit: str) -> dict[str, Any]:
    """What cluster-status says, as data."""
    return dict(json.loads(cluster.juju.run(unit, "cluster-status").results["json"]))


def on(cluster: Cluster, unit: str, script: str) -> str:
    return cluster.juju.exec(f"sh -c {shlex.quote(script)}", unit=unit).stdout.strip()


def well(cluster: Cluster) -> None:
    """Three units serve, and nothing acknowledged is lost on any of them."""
    cluster.settled(3)
    cluster.nothing_lost_on_any(3)


def test_cluster_status_tells_the_same_on_every_unit(cluster: Cluster) -> None:
    primary = cluster.primary
    wanted = {name: "primary" if name == primary else "quorum standby" for name in cluster.words()}

    def told(unit: str) -> tuple[object, ...]:
        found = seen(cluster, unit)
        return found["primary"], found["etcd"], {name: facts["role"] for name, facts in found["units"].items()}

    everything = [primary], {"quorum": True, "voters": 3, "answering": 3}, wanted
    for unit in wanted:
        until(partial(told, unit), lambda said: said == everything, delay=1)
    table = cluster.juju.run(primary, "cluster-status").results["table"].splitlines()
    assert [line.split()[0] for line in table] == ["unit", *sorted(cluster.words())]
    assert sum("leads" in line for line in table) == 1


def test_switchover_refuses_a_standby_that_is_behind_and_says_by_how_many_bytes(cluster: Cluster) -> None:
    primary, late = cluster.primary, standbys(cluster)[0]
    receiver = cluster.sql(late, "SELECT pid FROM pg_stat_wal_receiver")
    on(cluster, late, f"kill -STOP {receiver}")
    cluster.sql(primary, "CREATE TABLE bulk AS SELECT n, repeat('x', 200) AS text FROM generate_series(1, 100000) AS n")
    ask = shlex.join(["python3", "-c", LAG, late.replace("/", "-")])
    until(lambda: int(on(cluster, late, ask)), lambda number: number > FAR_BEHIND, timeout=60, delay=1)
    said = refused(cluster, primary, "switchover", to=late)
    assert said.startswith(f"cannot switch over to {late}: it is ")
    assert int(said.split("it is ")[1].split(" bytes")[0]) > FAR_BEHIND
    on(cluster, late, f"kill -CONT {receiver}")
    cluster.sql(primary, "DROP TABLE bulk")
    until(lambda: int(on(cluster, late, ask)), lambda number: number < 1 << 20, timeout=60, delay=1)


def test_switchover_hands_the_role_to_the_unit_that_is_named(cluster: Cluster) -> None:
    primary, chosen = cluster.primary, standbys(cluster)[0]
    assert "expected one of: " in refused(cluster, primary, "switchover", to=f"{SERVER}/77")
    other = next(unit for unit in standbys(cluster) if unit != chosen)
    results = cluster.juju.run(other, "switchover", {"to": chosen}).results
    assert (results["before"], results["primary"]) == (primary, chosen)
    assert cluster.sql(chosen, "SELECT pg_is_in_recovery()") == "f"
    assert cluster.settled(3)[chosen].startswith("primary")


def test_restart_goes_through_all_units_and_the_primary_is_last_and_stays(cluster: Cluster) -> None:
    primary = cluster.primary
    before = {unit: facts["running-since"] for unit, facts in seen(cluster, primary)["units"].items()}
    cluster.juju.run(standbys(cluster)[0], "restart", wait=240)
    after = {unit: facts["running-since"] for unit, facts in seen(cluster, primary)["units"].items()}
    assert all(after[unit] > before[unit] for unit in before)
    assert max(after, key=lambda unit: after[unit]) == primary
    assert cluster.settled(3)[primary].startswith("primary")


def test_reinitialize_copies_a_standby_anew_and_refuses_the_primary(cluster: Cluster) -> None:
    assert "it is the primary" in refused(cluster, cluster.primary, "reinitialize")
    unit = standbys(cluster)[1]
    on(cluster, unit, f"touch {DATA}/left-behind")
    cluster.juju.run(unit, "reinitialize", wait=240)
    assert on(cluster, unit, f"ls {DATA} | grep -c left-behind || true") == "0"
    well(cluster)


def test_while_failover_is_paused_every_status_says_so_and_nobody_takes_over(cluster: Cluster) -> None:
    primary, others = cluster.primary, standbys(cluster)
    cluster.juju.run(others[0], "pause")

    def statuses() -> list[str]:
        status = cluster.juju.status().apps[SERVER]
        return [status.app_status.message, *(unit.workload_status.message for unit in status.units.values())]

    until(statuses, lambda said: all("failover paused" in each for each in said), timeout=60, delay=0.5)
    on(cluster, primary, f"kill -9 $(head -1 {DATA}/postmaster.pid)")
    until(lambda: statuses()[0], lambda said: "no primary" in said, timeout=30, delay=0.5)
    end = time.monotonic() + 6
    while time.monotonic() < end:
        assert [cluster.sql(unit, "SELECT pg_is_in_recovery()") for unit in others] == ["t", "t"]
    assert all("failover paused" in each for each in statuses())
    cluster.juju.run(others[0], "resume")
    until(statuses, lambda said: not any("paused" in each for each in said), timeout=90, delay=0.5)
    well(cluster)


def test_passwords_are_rotated_and_nobody_is_cut_off(cluster: Cluster) -> None:
    leader, primary = cluster.leader, cluster.primary
    senders = "SELECT array_agg(pid ORDER BY pid) FROM pg_stat_replication"
    writers = "SELECT array_agg(pid ORDER BY pid) FROM pg_stat_activity WHERE query LIKE 'INSERT INTO ledger_rows%'"
    stored = "SELECT array_agg(rolpassword ORDER BY rolname) FROM pg_authid WHERE rolname IN ('replicator', 'rewind')"
    until(lambda: cluster.sql(primary, writers), lambda said: said.count(",") == 1, timeout=30)
    before = [cluster.sql(primary, query) for query in (senders, writers, stored)]
    follower = next(unit for unit in cluster.words() if unit != leader)
    assert "is not the leader" in refused(cluster, follower, "rotate-passwords")
    assert cluster.juju.run(leader, "rotate-passwords").results["generation"] == "2"
    until(lambda: cluster.sql(primary, stored), lambda now: now != before[2], timeout=90, delay=1)
    for unit in cluster.words():
        until(
            lambda unit=unit: cluster.juju.run(unit, "explain").results["plan"],  # type: ignore[misc]
            lambda text: text == "nothing to do",
            timeout=90,
            delay=1,
        )
    assert [cluster.sql(primary, query) for query in (senders, writers)] == before[:2]
    receiver = cluster.sql(standbys(cluster)[0], "SELECT pid FROM pg_stat_wal_receiver")
    on(cluster, standbys(cluster)[0], f"kill {receiver}")
    until(lambda: cluster.sql(primary, senders), lambda now: now.count(",") == 1 and now != before[0], timeout=30)
    cluster.settled(3)


def test_no_password_is_in_any_log(cluster: Cluster) -> None:
    (secret,) = [each for each in cluster.juju.secrets() if each.owner == SERVER]
    content = cluster.juju.show_secret(secret.uri, reveal=True).content
    words = [content[f"{when}{name}"] for when in ("", "previous-") for name in ("superuser", "replication", "rewind")]
    assert len(set(words)) == 6
    for unit in cluster.words():
        script = f"cat > /run/words; grep -rlFf /run/words {LOGS} || true; journalctl | grep -cFf /run/words || true"
        assert on(cluster, unit, f"printf '%s\\n' {' '.join(words)} | {{ {script}; rm /run/words; }}") == "0"


def test_cluster_status_answers_without_a_quorum(cluster: Cluster) -> None:
    primary, others = cluster.primary, standbys(cluster)
    for unit in others:
        on(cluster, unit, f"systemctl kill --signal=STOP {SERVER}-etcd.service")
    try:
        results = until(
            lambda: cluster.juju.run(primary, "cluster-status").results,
            lambda results: "etcd has no quorum: 1 of 3 voters answer" in results["summary"],
            timeout=60,
            delay=1,
        )
        assert [line.split()[0] for line in results["table"].splitlines()[1:]] == sorted(cluster.words())
        assert results["table"].count("voter, silent") == 2
        assert set(json.loads(results["json"])["units"][primary]) >= {"role", "state", "timeline", "running-since"}
    finally:
        for unit in others:
            on(cluster, unit, f"systemctl kill --signal=CONT {SERVER}-etcd.service")
    well(cluster)
