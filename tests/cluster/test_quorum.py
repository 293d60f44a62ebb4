"""More than half of etcd's voters lost: nobody decides that but the operator, and what comes back joins again.

canonical/postgresql-operator 571: the quorum is lost for good.
"""

from __future__ import annotations

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
MODEL_CONFIG = {"update-status-hook-interval": "1m", "lease-seconds": 15, **prepared()}


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
        results = proof.cluster.juju.run(event.primary.name, "recover-quorum", {"confirm": SERVER}).results
        assert results["begins-with"] == event.primary.name
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


def test_in_the_end_nothing_is_left_to_do(proof: Proof) -> None:
    proof.nothing_left_to_do()
