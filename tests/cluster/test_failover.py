"""Whatever dies, writes go on in time, one primary at a time, and nothing that was acknowledged is lost.

Three units, quorum synchronous. Each test breaks something under writers, and leaves the cluster whole for the next.
The names of peers stand where their users have waited for the same.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import jubilant
import pytest
from driving import box as boxes
from driving import chaos
from driving.members import Unit
from driving.postgresql import SERVER
from driving.prepared import prepared
from driving.proof import Proof, under_proof
from driving.waiting import until

pytestmark = pytest.mark.jujubox_only
MODEL_CONFIG = {"lease-seconds": 15, **prepared()}


@pytest.fixture(scope="module")
def proof(juju: jubilant.Juju, box: boxes.Box, scratch: Path) -> Iterator[Proof]:
    """Three units on Debian 12, and the writers' way in."""
    with under_proof(juju, box, scratch, 3) as proof:
        yield proof


def test_the_postmaster_of_the_primary_killed(proof: Proof) -> None:
    with proof.under_writers("postmaster killed", within=8) as event:
        proof.kill(event.primary, "KILL", "postmaster")


def test_a_standby_killed_whole_holds_up_nobody(proof: Proof) -> None:
    """canonical/postgresql-operator 1358: a standby that is unreachable upsets the primary."""
    with proof.under_writers("standby's postmaster, Patroni and etcd killed", within=3) as event:
        proof.kill(event.standbys[0], "KILL", "patroni", "postmaster", "etcd")


def test_the_postmaster_of_the_primary_frozen(proof: Proof) -> None:
    with proof.under_writers("primary's postmaster frozen", within=8) as event:
        proof.kill(event.primary, "STOP", "postmaster")
        proof.somebody_else_is_primary(event)


def test_etcd_frozen_on_the_primary_holds_up_nobody(proof: Proof) -> None:
    with proof.under_writers("primary's etcd frozen", within=3) as event:
        proof.kill(event.primary, "STOP", "etcd")
        event.writes_for(8)
        proof.kill(event.primary, "CONT", "etcd")


def test_etcd_killed_on_the_primary_and_patroni_after_it(proof: Proof) -> None:
    with proof.under_writers("primary's etcd and Patroni killed", within=3) as event:
        proof.kill(event.primary, "KILL", "etcd")
        event.goes_on(5)
        proof.kill(event.primary, "KILL", "patroni")
        proof.patroni_answers(event.primary)


def test_patroni_told_to_stop_another_takes_over_or_it_is_back_itself(proof: Proof) -> None:
    """systemd starts it again at once: whoever is first goes on."""
    with proof.under_writers("primary's Patroni told to stop", within=10) as event:
        proof.kill(event.primary, "TERM", "patroni")
        event.fails(20)
        event.goes_on(60)
        proof.patroni_answers(event.primary)


def test_a_postmaster_that_admits_nobody_is_ended(proof: Proof) -> None:
    """SIGTERM: those who are connected go on, nobody is let in, and PostgreSQL waits for them to go."""
    with proof.under_writers("primary's postmaster told to stop", within=8) as event:
        proof.kill(event.primary, "TERM", "postmaster")
        until(lambda: proof.admits(event.primary), lambda admitted: not admitted, timeout=10)
        proof.somebody_else_is_primary(event)


def test_a_frozen_patroni_does_not_leave_an_old_primary_behind(proof: Proof) -> None:
    with proof.under_writers("primary's Patroni frozen", within=30) as event:
        proof.kill(event.primary, "STOP", "patroni")
        proof.somebody_else_is_primary(event)


def test_the_primarys_machine_lost_and_back(proof: Proof) -> None:
    """canonical/postgresql-operator 775, 835, 1923: the unit that comes back waits for ever."""
    with proof.under_writers("primary's machine lost", within=30) as event:
        proof.fault("crash", event.primary)
        event.goes_on(60)


def test_the_primary_hears_everybody_and_nobody_hears_it(proof: Proof) -> None:
    """pg_auto_failover: 90 s in an asymmetric partition."""
    with proof.under_writers("primary's packets lost one way", within=30) as event:
        proof.fault("cut", event.primary, "--only", "out")
        event.goes_on(60)


def test_patronis_answers_lost_to_the_others_change_nobodys_role(proof: Proof) -> None:
    """The others know of the primary through etcd; that its Patroni does not answer them is no reason to take over."""
    with proof.under_writers("the primary's Patroni unreachable", within=2) as event:
        peers = ",".join(unit.instance for unit in event.standbys)
        proof.fault("cut", event.primary, "--from", peers, "--port", "8008")
        event.writes_for(30)
        assert proof.ask(event.primary, "primary") is not None
    assert proof.known_primary() == event.primary


def test_a_server_that_stops_does_not_wait_for_a_repository_that_is_away(proof: Proof) -> None:
    """It waits for its archiver, which tries for half a minute; the others go on, and it is a standby soon."""
    keeper = keeper_for(proof)
    with proof.under_writers("switchover, the archive away", within=8) as event:
        proof.fault("cut", keeper, "--port", "8432")
        proof.sql(event.primary, "SELECT pg_switch_wal()")
        trying = ("sh", "-c", "pgrep -f '[a]rchive-push pg_wal' || true")
        until(lambda: proof.run(event.primary, *trying), bool, timeout=30)
        proof.switch_over(event.primary)
        assert proof.known_primary() != event.primary
        until(lambda: proof.run(event.primary, *trying), lambda found: not found, timeout=12)


def keeper_for(proof: Proof) -> Unit:
    """The unit that has the repository on its disk; another one than the primary, from now on."""
    primary = proof.known_primary()
    told = proof.run(primary, "sed", "-n", "s/^repo1-host=//p", "/etc/postgresql-charm/pgbackrest.conf").strip()
    if not told:
        proof.switch_over(primary)
        return primary
    return next(unit for unit in proof.units.values() if unit.address == told)


def test_a_slow_network_changes_nobodys_role(proof: Proof) -> None:
    with proof.under_writers("slow network", within=3) as event:
        for unit in proof.units.values():
            proof.fault("slow", unit, "--delay", "20ms")
        event.writes_for(8)
        assert proof.known_primary() == event.primary


def test_a_standby_comes_back_at_another_address(proof: Proof) -> None:
    """canonical/postgresql-operator 1528: a unit whose address changes."""
    with proof.under_writers("standby at another address", within=3, back=180) as event:
        unit = event.standbys[0]
        proof.fault("crash", unit)
        proof.comes_back_elsewhere(unit)
        proof.heal()
    proof.settled(3)
    proof.comes_to_rest()
    assert proof.members()[unit.member]["host"] == proof.units[unit.name].address


def test_the_disk_of_a_standby_full(proof: Proof) -> None:
    with proof.under_writers("standby's disk full", within=3) as event:
        proof.fault("fill-disk", event.standbys[0])
        event.writes_for(10)


def test_the_disk_of_the_primary_full(proof: Proof) -> None:
    with proof.under_writers("primary's disk full", within=40) as event:
        proof.fault("fill-disk", event.primary)
        event.fails(60)
        event.goes_on(60)


def test_every_machine_lost_at_once_and_back(proof: Proof) -> None:
    with proof.under_writers("every machine lost and back", within=60):
        for unit in proof.units.values():
            proof.fault("crash", unit)
        proof.heal()


def test_a_while_of_faults_at_random(proof: Proof) -> None:
    """The short form of `python -m benchmarks chaos`; the seed changes with every run, and is printed."""
    chaos.play(proof, seed=int(time.time()), seconds=45, say=print)


def test_a_unit_lost_and_replaced_and_then_another_one_lost(proof: Proof) -> None:
    """canonical/postgresql-operator 573: after a failed unit was replaced the next failure stops the cluster."""
    with proof.under_writers("a standby lost and replaced", within=3, back=300) as event:
        lost = event.standbys[0]
        proof.fault("crash", lost)
        proof.remove_by_force(lost)
        proof.cluster.juju.add_unit(SERVER)
        proof.gone(lost)
    proof.settled(3)
    proof.commits_wait_for_whom_there_is()
    with proof.under_writers("the primary lost after the replacement", within=30) as event:
        proof.fault("crash", event.primary)
        event.goes_on(60)


def test_the_primarys_unit_removed_while_a_standby_is_down(proof: Proof) -> None:
    with proof.under_writers("the primary removed while a standby is down", within=8, back=150) as event:
        proof.fault("crash", event.standbys[0])
        until(lambda: len(proof.members()), lambda count: count == 2, timeout=60, delay=0.5)
        proof.cluster.juju.remove_unit(event.primary.name)
        proof.gone(event.primary)
        event.goes_on(20)
    proof.settled(2)


def test_in_the_end_nothing_is_left_to_do(proof: Proof) -> None:
    proof.comes_to_rest()
