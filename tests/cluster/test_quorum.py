"""More than half of etcd's voters lost: nobody decides that but the operator, and what comes back joins again.

canonical/postgresql-operator 571: the quorum is lost for good.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import jubilant
import pytest
from driving import box as boxes
from driving.postgresql import SERVER
from driving.prepared import prepared
from driving.proof import Proof, under_proof
from driving.waiting import until

pytestmark = pytest.mark.jujubox_only
MODEL_CONFIG = {"lease-seconds": 15, **prepared()}


STRANGER = r"""
import json, re, ssl, subprocess, sys, urllib.request
tls = "/etc/postgresql-charm/tls/etcd"
def ask(what, port, path, method, papers):
    context = ssl._create_unverified_context()
    if papers:
        context.load_cert_chain(tls + ".crt", tls + ".key")
    url = f"https://{sys.argv[1]}:{port}/{path}"
    try:
        urllib.request.urlopen(urllib.request.Request(url, b'{"ttl": 20}', method=method), timeout=5, context=context)
        print(what, "was admitted")
    except OSError as error:
        print(what, "was refused:", error)
ask("etcd's client", 2379, "v3/cluster/member/list", "POST", True)
ask("Patroni's master", 8008, "config", "PATCH", True)
ask("anybody", 8008, "config", "PATCH", False)
(password,) = re.findall(r"username: replicator\n +password: (\S+)", open("/etc/postgresql-charm/patroni.yml").read())
where = f"host={sys.argv[1]} user=replicator password={password} replication=true dbname=postgres"
done = subprocess.run(["psql", "-c", "IDENTIFY_SYSTEM", where], capture_output=True, text=True)
print("a standby", "was refused" if done.returncode else "was admitted", *done.stderr.split())
"""


@pytest.fixture(scope="module")
def proof(juju: jubilant.Juju, box: boxes.Box, scratch: Path) -> Iterator[Proof]:
    """Three units on Debian 12, and the writers' way in."""
    with under_proof(juju, box, scratch, 3) as proof:
        yield proof


def says(proof: Proof, unit: str, text: str) -> None:
    """Wait until a unit's status has a text in it."""
    until(lambda: proof.cluster.words()[unit], lambda words: text in words, timeout=120, delay=1)


def leads(proof: Proof, unit: str) -> None:
    """Wait until a unit is Juju's leader."""
    until(lambda: proof.cluster.leader, lambda leader: leader == unit, timeout=60, delay=0.5)


def test_two_of_three_lost_and_recovered_by_the_operators_word(proof: Proof) -> None:
    with proof.under_writers("two of three lost, recovered", within=300, back=240) as event:
        for unit in event.standbys:
            proof.fault("crash", unit)
        says(proof, event.primary.name, "no quorum: 1 of 3 voters")
        leads(proof, event.primary.name)
        with pytest.raises(jubilant.TaskError, match="confirm=postgresql"):
            proof.cluster.juju.run(event.primary.name, "recover-quorum", {"confirm": "yes"})
        recover = proof.cluster.juju.run(event.primary.name, "recover-quorum", {"confirm": SERVER}, wait=120)
        assert recover.results["begins-with"] == event.primary.name
        event.goes_on(90)
    proof.settled(3)
    proof.comes_to_rest()


def test_two_of_three_lost_and_removed_by_force(proof: Proof) -> None:
    with proof.under_writers("two of three lost, removed", within=300) as event:
        for unit in event.standbys:
            proof.fault("crash", unit)
        says(proof, event.primary.name, "no quorum: 1 of 3 voters")
        for unit in event.standbys:
            proof.remove_by_force(unit)
        event.goes_on(120)
        proof.refresh()
    proof.settled(1)
    assert set(proof.members()) == {unit.member for unit in proof.units.values()}


def test_two_clusters_in_one_model_never_mix(proof: Proof, scratch: Path) -> None:
    """Whoever has this cluster's certificate and passwords is a stranger to the other one."""
    juju, (unit,) = proof.cluster.juju, proof.units.values()
    juju.deploy(max((scratch / SERVER).glob(f"{SERVER}_*.charm")), "other", base="debian@12")
    juju.wait(lambda status: jubilant.all_active(status, "other"), timeout=300)
    address = juju.status().apps["other"].units["other/0"].public_address
    said = proof.run(unit, "python3", "-c", STRANGER, address).splitlines()
    assert len(said) == 4
    assert all("refused" in line for line in said), said
    assert set(proof.members()) == {unit.member}
    identity = "SELECT system_identifier FROM pg_control_system()"
    assert (
        proof.sql(unit, identity)
        != juju.exec(f"runuser -u postgres -- psql -XAtqc {shlex.quote(identity)}", unit="other/0").stdout.strip()
    )


def test_in_the_end_nothing_is_left_to_do(proof: Proof) -> None:
    proof.comes_to_rest()
