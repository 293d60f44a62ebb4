"""A unit whose address changes: canonical/postgresql-operator 1528. Its etcd listens where nobody is any more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pgcharm.observation import Observation, Remnant
from pgcharm.plan import plan
from pgcharm.plan.steps import StartService
from pgcharm.view import Unknown, View, known
from tests.unit.pgcharm import made
from tests.unit.pgcharm.host import carry_out, settle
from tests.unit.pgcharm.test_life import living

NEW = "10.0.0.99"


def moved(units: int) -> Observation:
    """The primary's unit, whose address is another one since its machine was booted: nobody reaches its etcd."""
    o = made.with_juju(living(units=units), address=NEW)
    seen = known(o.etcd)
    assert seen is not None
    return replace(o, etcd=View(replace(seen, down=("postgresql-0",), local=units == 1)))


@pytest.mark.parametrize("units", [1, 3, 5])
def test_etcd_is_told_where_the_member_is_and_it_listens_there(units: int) -> None:
    said = plan(moved(units)).text()
    assert "tell etcd that postgresql-0 is at https://10.0.0.99:2380: its address has changed" in said
    assert "start postgresql-etcd.service: it runs from older files" in said
    o = settle(moved(units))
    assert plan(o).steps == ()
    assert known(o.etcd).members[0].client_url == f"https://{NEW}:2379"  # type: ignore[union-attr]


@pytest.mark.parametrize("done", range(1, 12))
def test_cut_short_after_any_step_it_ends_the_same(done: int) -> None:
    o = moved(3)
    for step in plan(o).steps[:done]:
        o = carry_out(step, o)
    assert plan(settle(o)).steps == ()


def test_of_two_it_listens_at_its_new_address_before_anything_else_because_both_are_needed_to_agree() -> None:
    o = moved(2)
    seen = known(o.etcd)
    assert seen is not None
    left = Remnant(seen.members, "postgresql-0", held={"applied": 7}, seconds=60)
    o = replace(o, etcd=Unknown("it has no quorum"), remnant=View(left))
    (step,) = [step for step in plan(o).steps if isinstance(step, StartService)]
    assert step.says() == "start postgresql-etcd.service"


def test_a_member_that_is_well_waits_for_its_turn_while_another_is_silent() -> None:
    o = living()
    seen = known(o.etcd)
    assert seen is not None
    older = replace(o, machine=replace(o.machine, memories=replace(o.machine.memories, started_with={})))
    older = replace(older, etcd=View(replace(seen, down=("postgresql-2",))))
    assert not [step for step in plan(older).steps if "etcd" in step.says()]
