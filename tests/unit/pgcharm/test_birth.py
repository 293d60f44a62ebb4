"""How a cluster comes to be, unit by unit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pgcharm.observation import Observation
from pgcharm.plan import plan, steps
from pgcharm.view import View, known
from tests.unit.pgcharm import made
from tests.unit.pgcharm.host import carry_out, on_machine, settle


def kinds(o: Observation) -> list[str]:
    return [type(step).__name__ for step in plan(o).steps]


def test_without_the_peer_relation_nothing_is_done() -> None:
    planned = plan(made.observation(peers=False))
    assert planned.text() == "wait for the peer relation: Juju has not made it yet"


def test_the_leader_commits_the_founding_before_anything_follows_from_it() -> None:
    o = replace(made.observation(leader=True), secrets=View(None))
    planned = plan(o)
    assert kinds(o) == ["MakeSecrets"]
    (peers,) = planned.publication.relations
    assert peers.application == {"token": "11111111-postgresql-0-1800000000", "first": "postgresql/0", "version": "15"}


def test_a_founding_is_never_written_twice() -> None:
    (peers,) = plan(made.observation(leader=True, founding=made.FOUNDED)).publication.relations
    assert peers.application == {}


def test_others_prepare_the_machine_while_the_leader_has_not_spoken() -> None:
    o = replace(made.observation(number=1, units=3), secrets=View(None))
    planned = plan(o)
    assert kinds(o)[:3] == ["MaskServices", "WriteFile", "InstallPackages"]
    assert "StartService" not in kinds(o)
    assert planned.publication.status.message == ("waiting for the leader to found the cluster: it has not said so yet")


def test_the_first_unit_begins_etcd_alone_with_the_token() -> None:
    founding = {**made.FOUNDED, "founded": ""}
    (join,) = [
        step
        for step in plan(made.observation(leader=True, founding=founding)).steps
        if isinstance(step, steps.WriteFile) and step.path.endswith("etcd-join.env")
    ]
    assert "ETCD_INITIAL_CLUSTER=postgresql-0=https://10.0.0.10:2380\n" in join.content
    assert "ETCD_INITIAL_CLUSTER_STATE=new\nETCD_INITIAL_CLUSTER_TOKEN=tok" in join.content


def test_a_cluster_that_was_seen_alive_is_never_begun_again() -> None:
    assert "StartService" not in kinds(made.observation(leader=True, founding=made.FOUNDED))


def test_a_first_unit_that_lost_its_disk_does_not_begin_a_second_cluster_beside_the_others() -> None:
    o = made.observation(units=3, leader=True, founding={**made.FOUNDED, "founded": ""})
    assert "StartService" not in kinds(o)


def test_only_the_first_unit_makes_the_database_cluster() -> None:
    o = made.observation(number=1, units=2, founding=made.FOUNDED)
    o = replace(o, etcd=View(made.etcd(0, initialized=False)))
    planned = plan(o)
    assert not any(isinstance(step, steps.StartService) and "patroni" in step.service for step in planned.steps)
    assert planned.waits[0].what == "postgresql/0 to make the cluster"


def test_the_first_unit_comes_up_as_primary_and_then_nothing_is_left_to_do() -> None:
    o = settle(made.observation(leader=True, founding={**made.FOUNDED, "founded": ""}))
    planned = plan(o)
    assert planned.text() == "nothing to do"
    assert (planned.publication.status.level, planned.publication.status.message) == ("active", "primary")
    assert planned.publication.ports == (5432,)
    runs = o.machine.memories.started_with["postgresql-patroni.service"][:12]
    assert planned.publication.relations[0].unit == {
        "runs": runs,
        "address": "10.0.0.10",
        "etcd": "yes",
        "database": "yes",
        "clients": "{}",
    }
    assert planned.publication.relations[0].application == {"founded": "yes", "etcd": "10.0.0.10"}


@pytest.mark.parametrize("units", [2, 3, 5])
def test_a_joining_unit_clones_votes_and_then_nothing_is_left_to_do(units: int) -> None:
    number = units - 1
    o = made.observation(number=number, units=units, founding=made.FOUNDED)
    o = settle(replace(o, etcd=View(made.etcd(*range(number)))))
    assert plan(o).text() == "nothing to do"
    seen = known(o.etcd)
    assert seen is not None
    assert [m.name for m in seen.members if not m.learner] == [f"postgresql-{n}" for n in range(units)]


def test_a_joining_unit_clones_before_it_asks_for_a_vote() -> None:
    o = made.observation(number=1, units=3, founding=made.FOUNDED)
    names = kinds(replace(o, etcd=View(made.etcd(0))))
    assert names.index("StartService") < names.index("AddEtcdLearner")


def test_a_sixth_unit_has_no_vote() -> None:
    o = made.observation(number=5, units=6, founding=made.FOUNDED)
    o = settle(replace(o, etcd=View(made.etcd(0, 1, 2, 3, 4))))
    assert "10.0.0.15" not in str(known(o.etcd))


def test_a_joining_unit_is_told_of_all_members_that_have_started() -> None:
    o = made.observation(number=2, units=3, founding=made.FOUNDED)
    members = (*made.etcd(0, 1).members, made.etcd_member(2, learner=True, started=False))
    o = replace(o, etcd=View(replace(made.etcd(0, 1), members=members)))
    (join,) = [s for s in plan(o).steps if isinstance(s, steps.WriteFile) and s.path.endswith("etcd-join.env")]
    assert (
        "ETCD_INITIAL_CLUSTER=postgresql-0=https://10.0.0.10:2380,postgresql-1=https://10.0.0.11:2380,"
        "postgresql-2=https://10.0.0.12:2380\n" in join.content
    )
    assert "ETCD_INITIAL_CLUSTER_STATE=existing" in join.content


def test_a_joining_unit_waits_while_another_is_joining() -> None:
    o = settle(replace(made.observation(number=2, units=3, founding=made.FOUNDED), etcd=View(made.etcd(0, 1))))
    members = (*made.etcd(0).members, made.etcd_member(1, learner=True))
    machine = replace(o.machine, etcd_has_data=False)
    planned = plan(replace(o, machine=machine, etcd=View(replace(made.etcd(0), members=members))))
    assert "AddEtcdLearner" not in [type(step).__name__ for step in planned.steps]
    assert [wait.reason for wait in planned.waits] == ["it takes one new member at a time, now https://10.0.0.11:2380"]


def test_an_interrupted_birth_goes_on_where_it_stopped() -> None:
    """Whatever step was the last before a crash, planning again leads to the same end."""
    from tests.unit.pgcharm.host import carry_out

    start = made.observation(leader=True, founding={**made.FOUNDED, "founded": ""})
    for stop in range(len(plan(start).steps)):
        o = start
        for step in plan(start).steps[:stop]:
            o = carry_out(step, o)
        assert plan(settle(o)).text() == "nothing to do"


def test_the_projects_archive_is_there_before_packages_are_installed_from_it() -> None:
    o = made.observation(number=1, units=2, config={"pgdg": True, "version": "16"})
    names = kinds(o)
    assert names[2:6] == ["InstallPackages", "WriteFile", "FetchLists", "InstallPackages"]
    assert plan(settle(o)).steps == ()
    without = made.with_juju(settle(o), config={**o.juju.config, "pgdg": False})
    assert kinds(without)[:2] == ["RemovePath", "FetchLists"]


def test_secrets_are_in_no_repr_and_in_no_printed_plan() -> None:
    o = replace(made.observation(number=1, units=2, founding=made.FOUNDED), etcd=View(made.etcd(0)))
    shown = repr(o) + repr(plan(o)) + plan(o).text()
    assert not [secret for secret in ("s-secret", "r-secret", "w-secret", "k-secret", "CA-KEY") if secret in shown]


def test_the_plan_of_a_joining_unit_reads_as_english() -> None:
    o = replace(made.observation(number=1, units=2, founding=made.FOUNDED), etcd=View(made.etcd(0)))
    assert plan(o).text() == GOLDEN


GOLDEN = """\
1. mask etcd.service, postgresql.service, pgbackrest.service, pgbouncer.service: the charm runs its own
2. write /etc/postgresql-common/createcluster.conf: it is missing
3. install postgresql-15, postgresql-15-postgis-3, pgbackrest, etcd-server, etcd-client: they are missing
4. make the directory /etc/postgresql-charm: it is missing or not as it should be
5. make the directory /etc/postgresql-charm/tls: it is missing or not as it should be
6. make the directory /var/lib/postgresql-charm: it is missing or not as it should be
7. make the directory /var/lib/postgresql-charm/etcd: it is missing or not as it should be
8. make the directory /var/lib/postgresql-charm/archive: it is missing or not as it should be
9. make the directory /var/lib/postgresql-backups: it is missing or not as it should be
10. note down the configuration: it has no mistake in it
11. issue a certificate for etcd (10.0.0.11, 127.0.0.1, host, localhost): it has none
12. issue a certificate for postgres (10.0.0.11, 127.0.0.1, host, localhost): it has none
13. issue a certificate for pgbackrest (10.0.0.11, 127.0.0.1, host, localhost): it has none
14. write /etc/postgresql-charm/tls/ca.crt: it is missing
15. write /etc/postgresql-charm/etcd.env: it is missing
16. write /etc/systemd/system/postgresql-etcd.service: it is missing
17. write /etc/postgresql-charm/postgresql.conf: it is missing
18. write /etc/postgresql-charm/pg_hba.conf: it is missing
19. write /etc/postgresql-charm/pg_ident.conf: it is missing
20. write /etc/postgresql-charm/patroni.yml: it is missing
21. write /etc/systemd/system/postgresql-patroni.service: it is missing
22. write /etc/postgresql-charm/watch.json: it is missing
23. write /etc/systemd/system/postgresql-watch.service: it is missing
24. write /etc/postgresql-charm/pgbackrest.conf: it is missing
25. write /etc/postgresql-charm/pgbackrest-push: it is missing
26. write /etc/systemd/system/postgresql-pgbackrest.service: it is missing
27. write /etc/postgresql-charm/backup.json: it is missing
28. write /etc/systemd/system/postgresql-backup@.service: it is missing
29. write /etc/systemd/system/postgresql-backup-full.timer: it is missing
30. write /etc/systemd/system/postgresql-backup-incr.timer: it is missing
31. start postgresql-patroni.service: it does not run
32. start postgresql-watch.service: it wakes the charm when the cluster changes
33. add https://10.0.0.11:2380 to etcd as a learner: 2 of 2 units vote, and this is one of them"""


def etcd_started(o: Observation) -> Observation:
    """The same unit when its etcd has been started for the first time, and has not come up yet."""
    seen = o.etcd
    for _ in range(4):
        for step in plan(o).steps:
            o = carry_out(step, o)
            if isinstance(step, steps.StartService) and "etcd" in step.service:
                return on_machine(replace(o, etcd=seen), etcd_has_data=False)
    raise AssertionError(plan(o).text())


def joins(o: Observation) -> list[str]:
    return [s.content for s in plan(o).steps if isinstance(s, steps.WriteFile) and s.path.endswith("etcd-join.env")]


def test_a_member_that_was_told_of_others_than_there_are_is_told_anew() -> None:
    """One of them left between its joining and its start: etcd does not start with a list that is not true."""
    joining = made.etcd_member(3, learner=True, started=False)
    before = replace(made.etcd(0, 1, 2), members=(*made.etcd(0, 1, 2).members, joining))
    o = made.observation(number=3, units=4, founding=made.FOUNDED)
    o = etcd_started(replace(o, etcd=View(before)))
    assert joins(o) == []
    assert "wait for etcd: it starts for the first time" in plan(o).text()
    after = replace(before, members=before.members[1:])
    (told,) = joins(replace(o, etcd=View(after)))
    assert "postgresql-0=" not in told
    assert kinds(replace(o, etcd=View(after)))[-1] == "StartService"
