"""The charm on Debian 13: two units, backups on an SFTP server, the primary taken away, one left."""

from __future__ import annotations

import json
from pathlib import Path

import jubilant
import pytest
from driving.box import Box
from driving.postgresql import SERVER, Cluster, deployed
from driving.store import backups, on_sftp
from driving.waiting import until

MODEL_CONFIG = {"lease-seconds": 15}


@pytest.fixture(scope="module")
def cluster(juju: jubilant.Juju, scratch: Path) -> Cluster:
    """Two units and the ledger on Debian 13."""
    return deployed(juju, scratch, 2, "debian@13")


def test_two_units_run_the_distributions_postgresql(cluster: Cluster) -> None:
    status = cluster.juju.status()
    assert status.apps[SERVER].version.startswith("17")
    assert {machine.base.channel for machine in status.machines.values() if machine.base} == {"13"}
    assert {cluster.bag(unit)["version"] for unit in status.apps[SERVER].units} == {"17"}
    cluster.nothing_lost_and_still_writing()


@pytest.mark.jujubox_only
def test_backups_on_an_sftp_server_are_made_of_the_standby_verified_and_tried(cluster: Cluster, box: Box) -> None:
    """The clients' machine has the server."""
    juju, unit = cluster.juju, cluster.primary
    on_sftp(cluster, box, juju.status().apps["ledger"].units["ledger/0"].machine)
    made = juju.run(unit, "backup", {"type": "incr"}, wait=300).results
    assert (made["state"], made["from"] != unit) == ("done", True)
    assert juju.run(unit, "verify-backup", wait=300).results["state"] == "done"
    checked = until(lambda: backups(cluster), lambda found: bool(found) and all(each["verified"] for each in found))
    assert all(each["verified"].startswith("ok ") for each in checked)
    tried = juju.run(unit, "restore-check", wait=300).results
    assert json.loads(tried["databases"])["ledger"]["rows"] > 0
    cluster.settled(2)
    cluster.nothing_lost_and_still_writing()


def test_the_primary_removed_the_other_goes_on_alone(cluster: Cluster) -> None:
    cluster.remove(cluster.primary, left=1)
    cluster.nothing_lost_and_still_writing()
    (unit,) = cluster.words()
    until(lambda: cluster.bag(unit)["state"], lambda state: state == "standalone", timeout=60)
