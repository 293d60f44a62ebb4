"""Status and application status tell what is amiss, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pgcharm.clients.relation import ClientRelation
from pgcharm.observation import Etcd, Member, Observation, Patroni
from pgcharm.plan import plan
from pgcharm.plan.types import AMISS_SECONDS
from pgcharm.view import Unknown, View, known
from tests.unit.pgcharm import made
from tests.unit.pgcharm.test_life import living

LEADER = living(0, leader=True)


def said(o: Observation) -> tuple[str, str]:
    status = plan(o).publication.application_status
    assert status is not None
    return status.level, status.message


def with_members(o: Observation, members: tuple[Member, ...]) -> Observation:
    seen = known(o.patroni)
    assert isinstance(seen, Patroni)
    return replace(o, patroni=View(replace(seen, members=members)))


def with_etcd(o: Observation, **more: object) -> Observation:
    seen = known(o.etcd)
    assert isinstance(seen, Etcd)
    return replace(o, etcd=View(replace(seen, **more)))  # type: ignore[arg-type]


def members(*standbys: Member) -> tuple[Member, ...]:
    return (made.member(0, "primary", "running"), *standbys)


@pytest.mark.parametrize(
    ("standbys", "words"),
    [
        ((), "0 of 2 standbys streaming, postgresql/1 is not there, postgresql/2 is not there"),
        ((made.member(1), made.member(2)), "2 of 2 standbys streaming"),
        ((made.member(1),), "1 of 2 standbys streaming, postgresql/2 is not there"),
        ((made.member(1), made.member(2, state="stopped")), "1 of 2 standbys streaming, postgresql/2 is stopped"),
        ((made.member(1), made.member(2, state="running")), "1 of 2 standbys streaming, postgresql/2 is not streaming"),
        (
            (made.member(1), made.member(2, state="creating replica")),
            "1 of 2 standbys streaming, postgresql/2 is cloning",
        ),
    ],
)
def test_the_application_says_which_standby_does_not_stream(standbys: tuple[Member, ...], words: str) -> None:
    level = "active" if words.startswith("2") else "waiting"
    assert said(with_members(LEADER, members(*standbys))) == (level, f"primary postgresql/0, {words}")


def test_the_application_says_that_there_is_no_primary() -> None:
    o = with_members(LEADER, (made.member(1), made.member(2)))
    assert said(o) == ("waiting", "no primary: waiting for one to be chosen")


def test_the_application_says_which_voter_is_missing_and_forgets_it_when_it_is_back() -> None:
    o = with_etcd(LEADER, down=("postgresql-2",))
    text = "primary postgresql/0, 2 of 2 standbys streaming, etcd has 2 of 3 voters, without postgresql/2"
    assert said(o) == ("waiting", text)
    assert said(with_etcd(o, down=())) == ("active", "primary postgresql/0, 2 of 2 standbys streaming")


def test_a_learner_is_not_yet_a_voter() -> None:
    seen = known(LEADER.etcd)
    assert isinstance(seen, Etcd)
    learning = tuple(replace(m, learner=True) if m.name == "postgresql-1" else m for m in seen.members)
    assert said(with_etcd(LEADER, members=learning))[1].endswith("etcd has 2 of 3 voters, without postgresql/1")


def test_a_leader_whose_own_patroni_is_silent_says_so_and_does_not_keep_an_old_word() -> None:
    o = replace(LEADER, patroni=Unknown("Patroni does not answer"), postgres=Unknown("Patroni does not answer"))
    assert said(o) == ("waiting", "primary postgresql/0, Patroni of postgresql/0 does not answer")


def test_a_unit_says_that_its_own_etcd_is_silent() -> None:
    planned = plan(with_etcd(living(1), local=False))
    status = planned.publication.status
    assert (status.level, status.message) == ("waiting", "standby, 0 B behind; its etcd does not answer")
    assert planned.text() == "nothing to do"
    assert planned.again == AMISS_SECONDS, "what is well again before the observer sees it must not be said for ever"
    assert plan(living(1)).again is None


def test_a_standby_that_does_not_stream_says_so() -> None:
    o = with_members(living(1), (made.member(0, "primary", "running"), made.member(1, state="running")))
    status = plan(o).publication.status
    assert (status.level, status.message) == ("waiting", "standby, not streaming: waiting for postgresql/0")


def test_clients_that_are_not_served_are_named_and_a_crowd_of_them_is_cut_short() -> None:
    bad = [ClientRelation(n, "db", f"app{n}x", units={f"app{n}x/0": {"database": "postgres"}}) for n in range(1, 7)]
    told = plan(made.with_juju(living(), clients=tuple(bad))).publication
    assert "cannot serve app1x (db:1): database 'postgres' is reserved" in told.status.message
    assert told.status.message.endswith("; and 3 more, see juju debug-log")
    assert told.status.level == "active", "everybody else is served"
    assert [text.split()[2] for text in told.refusals] == [f"app{n}x" for n in range(1, 7)]
