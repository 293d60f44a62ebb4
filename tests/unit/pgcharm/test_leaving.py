"""A unit leaves while others are away: what is left of etcd can still agree."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import combinations

import pytest

from pgcharm.observation import Observation
from pgcharm.plan import plan
from pgcharm.plan.quorum import majority
from pgcharm.plan.steps import HandOnEtcdLead, RemoveEtcdMember
from pgcharm.view import View, known
from tests.unit.pgcharm import made
from tests.unit.pgcharm.test_life import living


@cache
def settled(units: int) -> Observation:
    return living(units=units)


def leaving(units: int, *silent: int) -> Observation:
    """The first of so many units is removed, while some others do not answer."""
    o = settled(units)
    seen = known(o.etcd)
    assert seen is not None
    goal = {f"postgresql/{n}": "dying" if n == 0 else "active" for n in range(units)}
    o = replace(o, etcd=View(replace(seen, down=tuple(f"postgresql-{n}" for n in silent))))
    return made.with_juju(o, stopping=True, goal=goal)


def removed(o: Observation) -> list[str]:
    return [step.name for step in plan(o).steps if isinstance(step, RemoveEtcdMember)]


def test_of_three_with_one_away_the_one_that_is_away_goes_first() -> None:
    assert removed(leaving(3, 2)) == ["postgresql-2", "postgresql-0"]
    assert "too few would be left to agree; it joins again when it is back" in plan(leaving(3, 2)).text()


def test_where_enough_are_left_nobody_else_goes() -> None:
    assert removed(leaving(3)) == ["postgresql-0"]
    assert removed(leaving(5, 4)) == ["postgresql-0"]
    assert removed(leaving(5, 3, 4)) == ["postgresql-3", "postgresql-0"]


def test_a_member_that_leads_etcd_lets_another_lead_before_it_goes() -> None:
    o = leaving(3, 1)
    seen = known(o.etcd)
    assert seen is not None
    (own,) = [member.id for member in seen.members if member.name == "postgresql-0"]
    leading = replace(o, etcd=View(replace(seen, leader=own)))
    changes = [step for step in plan(leading).steps if isinstance(step, HandOnEtcdLead | RemoveEtcdMember)]
    assert [(type(step), step.name) for step in changes] == [
        (RemoveEtcdMember, "postgresql-1"), (HandOnEtcdLead, "postgresql-2"), (RemoveEtcdMember, "postgresql-0"),
    ]  # fmt: skip
    follower = replace(o, etcd=View(replace(seen, leader="another")))
    assert not any(isinstance(step, HandOnEtcdLead) for step in plan(follower).steps)


@pytest.mark.parametrize("units", range(2, 6))
def test_who_leaves_never_takes_the_quorum_along(units: int) -> None:
    for count in range(units):
        for silent in combinations(range(1, units), count):
            a_majority_is_left(units, silent)


def a_majority_is_left(units: int, silent: tuple[int, ...]) -> None:
    o = leaving(units, *silent)
    voters = {member.name for member in known(o.etcd).members}  # type: ignore[union-attr]
    answering = voters - {f"postgresql-{number}" for number in silent}
    if len(answering) < majority(len(voters)) or answering == {"postgresql-0"}:
        return  # it has been lost before, or nobody is there to go on
    for name in removed(o):
        assert len(answering) >= majority(len(voters))  # this removal is agreed
        voters, answering = voters - {name}, answering - {name}
    assert len(answering) >= majority(len(voters))
