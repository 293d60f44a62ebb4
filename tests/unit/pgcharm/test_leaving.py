"""A unit leaves while others are away: what is left of etcd can still agree."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pgcharm.observation import Observation
from pgcharm.plan import plan
from pgcharm.plan.quorum import majority
from pgcharm.plan.steps import RemoveEtcdMember
from pgcharm.view import View, known
from tests.unit.pgcharm import made
from tests.unit.pgcharm.test_life import living


def leaving(units: int, *silent: int) -> Observation:
    """The first of so many units is removed, while some others do not answer."""
    o = living(units=units)
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


@given(st.integers(2, 5), st.sets(st.integers(1, 4), max_size=3))
def test_who_leaves_never_takes_the_quorum_along(units: int, away: set[int]) -> None:
    silent = {number for number in away if number < units}
    o = leaving(units, *sorted(silent))
    voters = {member.name for member in known(o.etcd).members}  # type: ignore[union-attr]
    answering = voters - {f"postgresql-{number}" for number in silent}
    if len(answering) < majority(len(voters)) or answering == {"postgresql-0"}:
        return  # it has been lost before, or nobody is there to go on
    for name in removed(o):
        assert len(answering) >= majority(len(voters))  # this removal is agreed
        voters, answering = voters - {name}, answering - {name}
    assert len(answering) >= majority(len(voters))
