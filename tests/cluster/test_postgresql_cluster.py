"""The charm on real machines, with a client that writes all the time: one deployment, taken through its life.

The tests run in order, each on what the one before has left: three units, four, two, one, six, one.
"""

from __future__ import annotations

import json
import re
import shlex
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jubilant
import pytest
from driving import box as boxes
from driving.postgresql import CLIENT, SERVER, Cluster, deployed
from driving.prepared import prepared
from driving.store import listed
from driving.waiting import until

KEEPER = "storekeeper"
# A hand edit is noticed at the next update-status, which Juju runs every five minutes.
MODEL_CONFIG = {"update-status-hook-interval": "1m", "lease-seconds": 15, **prepared()}


WHO_AM_I = """
import sys, psycopg2
connection = psycopg2.connect(sys.argv[1])
query = connection.cursor()
query.execute("SELECT ssl, current_user, current_database() FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
print(*query.fetchone())
"""


@pytest.fixture(scope="module")
def cluster(juju: jubilant.Juju, scratch: Path) -> Cluster:
    """Three units and the ledger on Debian 12."""
    return deployed(juju, scratch, 3)


def test_one_primary_two_standbys_and_no_row_lost(cluster: Cluster) -> None:
    words = cluster.words()
    assert sum(said.startswith("primary") for said in words.values()) == 1
    assert cluster.juju.status().apps[SERVER].version.startswith("15")
    cluster.nothing_lost_on_any(3)


def test_standbys_stream_from_the_primary_through_slots(cluster: Cluster) -> None:
    primary = cluster.primary
    streaming = cluster.sql(primary, "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'")
    assert streaming == "2"
    assert cluster.sql(primary, "SELECT count(*) FROM pg_replication_slots WHERE active") == "2"
    for unit in cluster.words():
        assert cluster.sql(unit, "SELECT pg_is_in_recovery()") == ("f" if unit == primary else "t")
        assert cluster.sql(unit, "SHOW data_checksums") == "on"


def test_every_unit_tells_the_client_what_is_true_of_it(cluster: Cluster) -> None:
    primary = cluster.primary
    status = cluster.juju.status().apps[SERVER]
    bags = {unit: cluster.bag(unit) for unit in status.units}
    for unit, bag in bags.items():
        assert bag["host"] == status.units[unit].public_address
        assert bag["port"] == "5432"
        assert bag["state"] == ("master" if unit == primary else "hot standby")
        assert bag["version"] == "15"
        assert bag["database"] == CLIENT
        assert bag["allowed-units"] == f"{CLIENT}/0"
        address = cluster.juju.status().apps[CLIENT].units[f"{CLIENT}/0"].public_address
        assert bag["allowed-subnets"] == f"{address}/32"
    shared = ("user", "password", "schema_user", "schema_password", "master", "standbys")
    assert len({tuple(bag[key] for key in shared) for bag in bags.values()}) == 1
    bag = bags[primary]
    assert f"host={bag['host']} " in bag["master"] + " "
    assert len(bag["standbys"].split("\n")) == 2
    assert re.fullmatch(r"(\w+=[^\s']+ ?)+", bag["master"])
    assert cluster.juju.status().apps[SERVER].units[primary].open_ports == ["5432/tcp"]


def test_the_clients_own_user_writes_over_tls(cluster: Cluster) -> None:
    bag = cluster.bag(cluster.primary)
    argv = ["python3", "-c", WHO_AM_I, bag["master"] + " sslmode=require"]
    said = cluster.juju.exec(shlex.join(argv), unit=f"{CLIENT}/0").stdout.split()
    assert said == ["True", bag["user"], CLIENT]


def test_postgis_can_be_had(cluster: Cluster) -> None:
    available = cluster.sql(
        cluster.primary, "SELECT default_version FROM pg_available_extensions WHERE name = 'postgis'"
    )
    assert available.startswith("3.")


def test_explain_says_that_there_is_nothing_to_do(cluster: Cluster) -> None:
    until(
        lambda: cluster.juju.run(cluster.primary, "explain").results,
        lambda results: "nothing" in str(results).lower(),
        delay=1,
    )
    seen = str(cluster.juju.run(cluster.primary, "cluster-status").results)
    for unit in cluster.words():
        assert unit in seen or unit.replace("/", "-") in seen


def test_a_bad_value_blocks_with_its_name_and_correcting_it_clears(cluster: Cluster) -> None:
    cluster.juju.config(SERVER, {"listen_port": 80})
    blocked = until(
        cluster.words,
        lambda words: all("listen_port" in said for said in words.values()),
        timeout=120,
    )
    assert all("80" in said and "1024 to 65535" in said for said in blocked.values())
    assert {unit.workload_status.current for unit in cluster.juju.status().apps[SERVER].units.values()} == {"blocked"}
    assert cluster.sql(f"{SERVER}/0", "SHOW port") == "5432"
    cluster.juju.config(SERVER, reset="listen_port")
    cluster.settled(3)
    cluster.nothing_lost_and_still_writing()


def test_a_setting_reaches_every_unit(cluster: Cluster) -> None:
    cluster.juju.config(SERVER, {"extra_pg_conf": "work_mem = 7MB"})
    for unit in cluster.words():
        until(lambda unit=unit: cluster.sql(unit, "SHOW work_mem"), lambda value: value == "7MB", timeout=120)  # type: ignore[misc]
    cluster.juju.config(SERVER, reset="extra_pg_conf")
    cluster.settled(3)


def test_a_hand_edit_is_put_right(cluster: Cluster) -> None:
    unit = cluster.primary
    path = cluster.sql(unit, "SHOW hba_file")
    cluster.juju.exec(f"echo '# mine, not yours' >> {path}", unit=unit)
    until(
        lambda: cluster.juju.exec(f"grep -c 'mine, not yours' {path} || true", unit=unit).stdout.strip(),
        lambda count: count == "0",
        timeout=150,
        delay=1,
    )
    reads = "SELECT pg_conf_load_time() > (pg_stat_file(current_setting('hba_file'))).modification"
    until(lambda: cluster.sql(unit, reads), lambda answer: answer == "t", timeout=60)
    cluster.settled(3)


def test_a_charm_keeps_a_sysname_with_pgstore_through_a_failover(cluster: Cluster, storekeeper: Path) -> None:
    cluster.juju.deploy(storekeeper, KEEPER, base="debian@12")
    cluster.juju.integrate(f"{KEEPER}:db", f"{SERVER}:db")
    cluster.juju.wait(lambda status: jubilant.all_active(status, KEEPER), error=jubilant.any_error, timeout=300)
    kept = cluster.juju.run(f"{KEEPER}/0", "keep", {"seconds": 1}, wait=120).results
    assert (kept["database"], kept["lost"], kept["unasked"]) == ("harbour1", "0", "0")
    assert kept["near"] == kept["acknowledged"]
    assert kept["owner"] == "jujuowner_harbour1", "what the schema user makes belongs to the database's owner"
    lost = cluster.primary
    size = "SELECT count(*) FROM ion_resources"
    with ThreadPoolExecutor(1) as beside:
        keeping = beside.submit(cluster.juju.run, f"{KEEPER}/0", "keep", {"seconds": 25}, wait=200)
        until(lambda: int(cluster.sql(lost, size, "harbour1")), lambda count: count > int(kept["acknowledged"]))
        cluster.juju.exec("pkill -KILL -o -x postgres", unit=lost)
        after = keeping.result().results
    assert (after["lost"], after["unasked"]) == ("0", "0"), after
    assert 0.2 < float(after["pause"]) < 40, after
    cluster.settled(3)
    assert cluster.primary != lost
    assert cluster.juju.run(f"{KEEPER}/0", "keep", {"seconds": 1}, wait=120).results["lost"] == "0"
    cluster.juju.remove_application(KEEPER)
    cluster.nothing_lost_and_still_writing()


def test_a_unit_added_becomes_a_standby(cluster: Cluster) -> None:
    cluster.juju.add_unit(SERVER)
    cluster.settled(4)
    cluster.nothing_lost_on_any(4)


def test_the_primary_removed_another_takes_over(cluster: Cluster) -> None:
    gone = cluster.primary
    cluster.remove(gone, left=3)
    assert cluster.primary != gone
    account = cluster.nothing_lost_and_still_writing()
    assert gone.replace("/", "-") not in account.members


def test_the_leader_removed_the_cluster_stays(cluster: Cluster) -> None:
    gone = cluster.leader
    cluster.remove(gone, left=2)
    assert cluster.leader != gone
    cluster.nothing_lost_and_still_writing()


def test_down_to_one_it_stands_alone(cluster: Cluster) -> None:
    cluster.remove(cluster.primary, left=1)
    cluster.nothing_lost_and_still_writing()
    (unit,) = cluster.words()
    until(lambda: cluster.bag(unit)["state"], lambda state: state == "standalone", timeout=60)
    assert "standbys" not in cluster.bag(unit)


def test_backups_begin_anew_where_a_unit_is_left_when_those_on_another_ones_disk_have_gone_with_it(
    cluster: Cluster,
) -> None:
    (unit,) = cluster.words()
    begins = until(lambda: listed(cluster), lambda found: bool(found.get("backups")), timeout=120, delay=2)
    assert (begins["made-by"], begins["backups"][0]["kind"]) == (unit, "full")
    assert cluster.juju.run(unit, "backup", {"type": "incr"}, wait=300).results["state"] == "done"


def test_five_added_at_once_all_become_standbys(cluster: Cluster) -> None:
    cluster.juju.add_unit(SERVER, num_units=5)
    cluster.settled(6, timeout=600)
    assert cluster.sql(cluster.primary, "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'") == "5"
    cluster.nothing_lost_on_any(6)


@pytest.mark.jujubox_only
def test_two_of_five_voters_and_the_primary_lost_at_once_writes_go_on_and_all_come_back(
    cluster: Cluster, box: boxes.Box
) -> None:
    """A commit waits for two standbys here, so that one that has it is left whichever two are lost."""
    cluster.juju.config(SERVER, {"synchronous_standbys": 2})
    until(
        lambda: cluster.sql(cluster.primary, "SHOW synchronous_standby_names"),
        lambda said: said.startswith("ANY 2"),
        timeout=60,
        delay=1,
    )
    primary, leader, model = cluster.primary, cluster.leader, str(cluster.juju.model)
    members = json.loads(cluster.juju.run(leader, "cluster-status").results["json"])["units"]
    voters = [unit for unit, facts in members.items() if facts["etcd"].startswith("voter")]
    assert len(voters) == 5
    lost = {primary, *sorted(voters, key=lambda unit: (unit != primary, unit == leader))[:2]}
    before = cluster.account().acknowledged
    for unit in lost:
        box.fault(model, "crash", cluster.machine(unit))
    until(cluster.account, lambda now: now.lost == "0" and now.acknowledged > before + 100, timeout=180, delay=1)
    box.heal()
    cluster.settled(6, timeout=600, cut_short=True)
    cluster.nothing_lost_on_any(6)


def test_five_of_six_removed_at_once_a_standby_goes_on_alone(cluster: Cluster) -> None:
    stays = next(unit for unit in cluster.words() if unit not in (cluster.primary, cluster.leader))
    cluster.juju.remove_unit(*(unit for unit in cluster.words() if unit != stays))
    cluster.settled(1, timeout=600)
    cluster.nothing_lost_and_still_writing()
    until(lambda: cluster.bag(stays)["state"], lambda state: state == "standalone", timeout=60)


def test_the_client_gone_nothing_of_it_is_offered(cluster: Cluster) -> None:
    user = cluster.bag(cluster.primary)["user"]
    may_log_in = f"SELECT count(*) FROM pg_roles WHERE rolcanlogin AND rolname = '{user}'"  # noqa: S608
    cluster.juju.remove_application(CLIENT)
    until(lambda: cluster.sql(cluster.primary, may_log_in), lambda count: count == "0", timeout=120, delay=1)
    path = cluster.sql(cluster.primary, "SHOW hba_file")
    until(
        lambda: cluster.juju.exec(f"grep -c {user} {path} || true", unit=cluster.primary).stdout.strip(),
        lambda count: count == "0",
        timeout=120,
        delay=1,
    )
    assert CLIENT in cluster.sql(cluster.primary, "SELECT datname FROM pg_database").split()
