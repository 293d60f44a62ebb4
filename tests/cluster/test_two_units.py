"""Two units: either may be lost, and the other goes on alone, by the word of Juju's controller.

Every row of the table in docs/explanation/two-units.md that machines can show; the rest is in the unit tests. One
deployment, broken under writers again and again; what came back has to be a standby with a vote before the next.
canonical/postgresql-operator 570: two units, the primary is lost. CloudNativePG 8790: two nodes lose acknowledged data.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import jubilant
import pytest
from driving import box as boxes
from driving.members import Event
from driving.postgresql import SERVER
from driving.prepared import prepared
from driving.proof import Proof, under_proof
from driving.waiting import until

pytestmark = pytest.mark.jujubox_only
MODEL_CONFIG = {"lease-seconds": 15, **prepared()}
HELD_TO = 75.0
"""Seconds until writes go on, Juju's lease and a standby's wait for the former primary included."""


@pytest.fixture(scope="module")
def proof(juju: jubilant.Juju, box: boxes.Box, scratch: Path) -> Iterator[Proof]:
    """Two units on Debian 12, and the writers' way in."""
    with under_proof(juju, box, scratch, 2) as proof:
        yield proof


def epoch(proof: Proof) -> int:
    """How many times etcd was begun again, as the units say."""
    said = [proof.run(unit, "cat", f"/etc/{SERVER}-charm/etcd.env") for unit in proof.units.values()]
    (directory,) = {line.partition("=")[2] for text in said for line in text.splitlines() if "DATA_DIR" in line}
    number = directory.rpartition("-")[2]
    return int(number) if number.isdigit() else 0


def together(proof: Proof) -> None:
    """Wait until both units are well, in the same epoch of etcd, and have nothing left to do about it."""
    proof.settled(2)
    proof.comes_to_rest()


def nobody_writes(event: Event, seconds: float) -> None:
    """Wait until writes have stopped, then see that none is acknowledged for so long."""
    until(
        lambda: time.monotonic() - max(ack.ended for ack in event.writers.acks),
        lambda quiet: quiet > seconds,
        timeout=60 + seconds,
    )


def test_etcd_alone_lost_the_primary_goes_on_because_all_agree(proof: Proof) -> None:
    """Patroni's failsafe mode: longer than the primary's key lasts, and nothing is begun anew."""
    with proof.under_writers("standby's etcd frozen", within=5) as event:
        proof.kill(event.standbys[0], "STOP", "etcd")
        event.writes_for(25)
        proof.kill(event.standbys[0], "CONT", "etcd")
        assert proof.known_primary() == event.primary
    assert epoch(proof) == 0


def test_the_standbys_machine_lost_and_back(proof: Proof) -> None:
    with proof.under_writers("standby's machine lost", within=HELD_TO) as event:
        proof.fault("crash", event.standbys[0])
        event.goes_on()
        assert proof.known_primary() == event.primary
    together(proof)
    assert epoch(proof) == 1


def test_the_primarys_machine_rebooted_on_purpose(proof: Proof) -> None:
    """It hands over before it goes; back again it follows, or the other has gone on alone meanwhile."""
    with proof.under_writers("primary's machine rebooted", within=HELD_TO) as event:
        proof.run(event.primary, "systemctl", "reboot")
        event.goes_on()
    together(proof)
    assert proof.known_primary() in proof.units.values()


def test_the_primarys_machine_lost_and_back(proof: Proof) -> None:
    before = epoch(proof)
    with proof.under_writers("primary's machine lost", within=HELD_TO) as event:
        proof.fault("crash", event.primary)
        event.goes_on()
        assert proof.known_primary() == event.standbys[0]
    together(proof)
    assert epoch(proof) == before + 1


def test_cut_from_each_other_with_both_reaching_the_controller(proof: Proof) -> None:
    before = epoch(proof)
    with proof.under_writers("cut from each other", within=HELD_TO) as event:
        proof.fault("cut", event.primary, "--from", event.standbys[0].instance)
        event.goes_on()
    together(proof)
    assert epoch(proof) == before + 1


def test_without_the_controller_too_nobody_writes_until_it_is_back(proof: Proof) -> None:
    with proof.under_writers("machine and controller lost", within=150) as event:
        proof.box.kill_controller()
        proof.fault("crash", event.standbys[0])
        nobody_writes(event, seconds=30)
        proof.box.start_controller()
        event.goes_on()
    together(proof)


def test_both_machines_lost_and_the_former_primarys_alone_returns(proof: Proof) -> None:
    before = epoch(proof)
    with proof.under_writers("both lost, one back", within=150) as event:
        for unit in proof.units.values():
            proof.fault("crash", unit)
        proof.box.jujubox("fault", "heal", event.primary.instance)
        event.goes_on()
        assert proof.known_primary() == event.primary
    together(proof)
    assert epoch(proof) == before + 1


def test_a_unit_removed_leaves_its_vote_and_writes_go_on(proof: Proof) -> None:
    """canonical/postgresql-operator 418: two units, the leader is removed."""
    leader = proof.units[proof.cluster.leader]
    with proof.under_writers("leader removed", within=10):
        proof.cluster.juju.remove_unit(leader.name)
        proof.gone(leader)
    proof.settled(1)


def test_in_the_end_nothing_is_left_to_do(proof: Proof) -> None:
    proof.comes_to_rest()
