"""The charm on Debian 13: two units, the primary taken away, one left."""

from __future__ import annotations

from pathlib import Path

import jubilant
import pytest
from driving.postgresql import SERVER, Cluster, deployed

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


def test_the_primary_removed_the_other_goes_on_alone(cluster: Cluster) -> None:
    cluster.remove(cluster.primary, left=1)
    cluster.nothing_lost_and_still_writing()
    (unit,) = cluster.words()
    assert cluster.bag(unit)["state"] == "standalone"
