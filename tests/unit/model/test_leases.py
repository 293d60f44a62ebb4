from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from jujubox.model import leases


def present(*_: object) -> bool:
    return True


def lapse(world, is_present=present) -> None:
    leases.lapse(world.db, lambda _: 60.0, is_present)


def test_the_first_claimant_leads(world) -> None:
    world.deploy("a", 2)
    assert (world.lead("a/1"), world.lead("a/0")) == (True, False)
    assert leases.holder(world.db, world.model.id, "a") == "a/1"


def test_a_renewed_lease_lasts(world) -> None:
    world.deploy("a", 2)
    world.lead("a/0")
    for _ in range(5):
        world.time += 30
        assert world.lead("a/0")
        assert not world.lead("a/1")


def test_who_was_refused_leads_as_soon_as_the_lease_lapses(world) -> None:
    world.deploy("a", 3)
    world.lead("a/0")
    world.time += 10
    world.lead("a/2")
    world.time += 10
    world.lead("a/1")
    world.time += 45
    assert leases.holder(world.db, world.model.id, "a") == ""
    lapse(world)
    assert leases.holder(world.db, world.model.id, "a") == "a/2"


def test_an_absent_unit_is_passed_over(world) -> None:
    world.deploy("a", 3)
    for unit in ("a/0", "a/1", "a/2"):
        world.lead(unit)
    leases.resign(world.db, world.model.id, "a", "a/0", 60, lambda _, unit: unit == "a/2")
    assert leases.holder(world.db, world.model.id, "a") == "a/2"


def test_who_asked_long_ago_is_out_of_the_line(world) -> None:
    world.deploy("a", 2)
    world.lead("a/0")
    world.lead("a/1")
    world.time += 1000
    lapse(world)
    assert leases.holder(world.db, world.model.id, "a") == ""
    assert world.lead("a/0")


def test_somebody_elses_lease_cannot_be_resigned(world) -> None:
    world.deploy("a", 2)
    world.lead("a/0")
    leases.resign(world.db, world.model.id, "a", "a/1", 60, present)
    assert leases.holder(world.db, world.model.id, "a") == "a/0"


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("claim"), st.sampled_from(["a/0", "a/1", "a/2"])),
        st.tuples(st.just("resign"), st.sampled_from(["a/0", "a/1", "a/2"])),
        st.tuples(st.just("wait"), st.floats(0, 100)),
        st.tuples(st.just("lapse"), st.just("")),
    ),
    max_size=30,
)


@settings(max_examples=50)
@given(STEPS)
def test_a_leader_is_never_displaced_within_its_lease(steps) -> None:
    from tests.unit.model.conftest import World

    world = World()
    world.deploy("a", 3)
    granted: dict[str, float] = {}
    for what, value in steps:
        before = leases.holder(world.db, world.model.id, "a")
        if what == "claim" and world.lead(value):
            granted[value] = world.time + 60
        elif what == "resign":
            leases.resign(world.db, world.model.id, "a", value, 60, present)
            granted.pop(value, None)
        elif what == "wait":
            world.time += value
        elif what == "lapse":
            lapse(world)
        after = leases.holder(world.db, world.model.id, "a")
        if before and before != after and what != "resign":
            assert granted.get(before, 0) <= world.time or what == "wait"
        if after and after not in granted:
            granted[after] = world.time + 60
    world.db.close()
