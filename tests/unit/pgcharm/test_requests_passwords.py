"""A rotation of the cluster's passwords, step by step on a primary and a standby."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pgcharm.observation import Event, Observation, Postgres, Request, Secrets
from pgcharm.plan import plan, steps
from pgcharm.plan.passwords import in_force
from pgcharm.plan.situation import situation
from pgcharm.scram import fits, verifier
from pgcharm.view import View, known
from tests.unit.pgcharm import made
from tests.unit.pgcharm.host import settle
from tests.unit.pgcharm.test_life import living
from tests.unit.pgcharm.test_requests import asked, with_member

SALT = "c2FsdA=="
OLD = {"superuser": "s-secret", "replication": "r-secret", "rewind": "w-secret"}
ROLES = {"postgres": "s-secret", "replicator": "r-secret", "rewind": "w-secret"}
NEW = replace(made.SECRETS, superuser="s-new", replication="r-new", rewind="w-new", generation=2, previous=OLD)
ROTATED = {"postgres": "s-new", "replicator": "r-new", "rewind": "w-new"}


def with_passwords(o: Observation, passwords: Mapping[str, str]) -> Observation:
    seen = known(o.postgres)
    assert isinstance(seen, Postgres)
    stored = {role: verifier(password, SALT) for role, password in passwords.items()}
    return replace(o, postgres=View(replace(seen, verifiers=stored)))


def told(o: Observation, *units: int, generation: str = "2") -> Observation:
    """The same, where these other units have said that they have read the new passwords."""
    assert o.juju.peers is not None
    names = {f"postgresql/{n}" for n in units}
    others = {
        unit: {**bag, "passwords": generation} if unit in names else bag for unit, bag in o.juju.peers.others.items()
    }
    return made.with_juju(o, peers=replace(o.juju.peers, others=others))


def holding(secrets: Secrets, number: int = 0, passwords: Mapping[str, str] = ROLES) -> Observation:
    """A unit of a cluster at rest; then Juju has other secrets."""
    return replace(with_passwords(living(number), passwords), secrets=View(secrets))


def test_at_rest_nothing_is_changed() -> None:
    assert plan(with_passwords(living(), ROLES)).text() == "nothing to do"
    assert plan(with_passwords(living(1), ROLES)).text() == "nothing to do"


def test_the_leader_makes_new_ones_and_nothing_else_happens_then() -> None:
    o = with_passwords(living(1, leader=True), ROLES)
    assert asked(o, "rotate-passwords") == "1. make passwords anew (generation 2): the operator asks for it"


def test_every_unit_says_that_it_has_read_them_and_goes_on_with_those_before() -> None:
    for number in range(3):
        planned = plan(holding(NEW, number))
        assert planned.steps == ()
        bag = next(part.unit for part in planned.publication.relations if part.endpoint == "cluster")
        assert bag["passwords"] == "2"
    assert not any(part.unit.get("passwords") for part in plan(living()).publication.relations)


def test_the_primary_waits_until_every_unit_has_read_them() -> None:
    assert plan(told(holding(NEW), 1)).text() == (
        "wait for postgresql/2 to read the cluster's new passwords: there are new ones"
    )


def test_then_the_primary_changes_its_roles_and_its_own_file() -> None:
    o = told(holding(NEW), 1, 2)
    found = [step.role for step in plan(o).steps if isinstance(step, steps.SetPassword)]
    assert found == ["postgres", "replicator", "rewind"]
    assert plan(settle(o)).text() == "nothing to do"


def test_a_standby_writes_them_when_its_own_catalogue_shows_the_change() -> None:
    before = holding(NEW, 1)
    assert plan(before).text().startswith("wait for the primary to change the cluster's passwords")
    after = with_passwords(before, ROTATED)
    assert [type(step).__name__ for step in plan(after).steps] == ["WriteFile", "ReloadPatroni"]


def test_a_standby_that_does_not_hear_the_primary_takes_the_newest() -> None:
    o = holding(NEW, 1)
    assert in_force(situation(o), NEW)["replication"] == "r-secret"
    assert in_force(situation(with_member(o, 1, state="starting")), NEW)["replication"] == "r-new"


def test_a_password_that_somebody_else_changed_is_put_right() -> None:
    o = with_passwords(living(), {**ROLES, "replicator": "mine"})
    (step,) = plan(o).steps
    assert isinstance(step, steps.SetPassword)
    assert (step.role, step.password) == ("replicator", "r-secret")
    assert "r-secret" not in repr(step) + plan(o).text()


def test_a_rotation_begins_on_the_leader_when_the_last_is_through_and_all_are_well() -> None:
    assert "postgresql/0 is not the leader" in asked(with_passwords(living(), ROLES), "rotate-passwords")
    leader = with_passwords(living(leader=True), ROLES)
    assert "postgresql/2 is stopped" in asked(with_member(leader, 2, state="stopped"), "rotate-passwords")
    assert "still under way" in asked(replace(leader, secrets=View(NEW)), "rotate-passwords")
    rotated = replace(with_passwords(leader, ROTATED), secrets=View(NEW))
    assert "still under way" in asked(told(rotated, 1), "rotate-passwords")
    assert "(generation 3)" in asked(told(rotated, 1, 2), "rotate-passwords")


def test_a_revision_that_nobody_reads_any_more_goes() -> None:
    request = Request("secret-remove", {"secret": "secret:abc", "revision": "1"})
    o = replace(living(leader=True), event=Event("secret-remove", request=request))
    assert plan(o).text() == "1. remove revision 1 of secret:abc: nobody reads it any more"


def test_secrets_do_not_show() -> None:
    assert not any(word in repr(holding(NEW)) for word in ("s-new", "r-secret", "SCRAM-SHA-256"))


@given(st.text("abcXYZ019-_", min_size=1), st.text("abcXYZ019-_", min_size=1))
def test_a_password_fits_its_own_verifier_and_no_other(one: str, other: str) -> None:
    assert fits(one, verifier(one, SALT, 4))
    assert fits(other, verifier(one, SALT, 4)) is (one == other)


def test_what_is_no_verifier_fits_nothing() -> None:
    for stored in (
        "",
        "md5abc",
        "SCRAM-SHA-256$",
        "SCRAM-SHA-256$4096",
        "SCRAM-SHA-256$x:c2E=$a:b",
        "SCRAM-SHA-256$1:!$",
    ):
        assert not fits("a", stored)
