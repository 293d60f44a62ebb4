from __future__ import annotations

import pytest

from jujubox.model import applications, machines, models, removal, units
from jujubox.model.database import NotFound, Refused
from jujubox.model.removal import Force


def lives(world) -> dict[str, str]:
    found = {unit.name: unit.life for unit in units.of_model(world.db, world.model.id)}
    found |= {f"machine {m.id}": m.life for m in machines.of_model(world.db, world.model.id)}
    return found


def test_a_unit_whose_agent_never_spoke_is_gone_at_once_and_its_machine_too(world) -> None:
    world.deploy("a", 2)
    removal.destroy_unit(world.db, world.unit("a/0"))
    assert lives(world) == {"a/1": "alive", "machine 0": "dying", "machine 1": "alive"}


def test_a_unit_waits_for_its_agents_teardown(world) -> None:
    world.deploy("a")
    world.started("a/0")
    removal.destroy_unit(world.db, world.unit("a/0"))
    assert lives(world) == {"a/0": "dying", "machine 0": "alive"}
    removal.remove_unit(world.db, world.unit("a/0"))
    assert lives(world) == {"machine 0": "dying"}


def test_a_machine_that_was_asked_for_stays_when_its_last_unit_leaves(world) -> None:
    machine = machines.add(world.db, world.model, "debian@12", manual=True)
    world.deploy("a", plan={"placement": (machine.id,)})
    removal.destroy_unit(world.db, world.unit("a/0"))
    assert lives(world) == {"machine 0": "alive"}


def test_a_forced_removal_gives_a_living_agent_a_minute(world) -> None:
    world.deploy("a")
    world.started("a/0")
    removal.destroy_unit(world.db, world.unit("a/0"), force=Force(True, lambda *_: True))
    removal.force_due(world.db)
    assert lives(world)["a/0"] == "dying"
    world.time = removal.next_force(world.db)
    removal.force_due(world.db)
    assert lives(world) == {"machine 0": "dying"}


def test_a_forced_removal_does_not_wait_for_an_agent_that_is_lost(world) -> None:
    world.deploy("a")
    world.started("a/0")
    removal.destroy_unit(world.db, world.unit("a/0"), force=Force(True, lambda *_: False))
    assert lives(world) == {"machine 0": "dying"}


def test_numbers_of_units_are_never_given_twice(world) -> None:
    world.deploy("a", 2)
    removal.destroy_unit(world.db, world.unit("a/1"))
    application = applications.find(world.db, world.model.id, "a")
    assert applications.add_units(world.db, world.model, application, 1) == ["a/2"]


def test_a_machine_with_units_is_only_removed_by_force(world) -> None:
    world.deploy("a")
    world.started("a/0")
    with pytest.raises(Refused, match='machine 0 has unit "a/0" assigned'):
        removal.destroy_machine(world.db, world.model.id, "0", Force())
    removal.destroy_machine(world.db, world.model.id, "0", Force(True))
    assert lives(world) == {"machine 0": "dying"}


def test_an_application_goes_with_its_last_unit(world) -> None:
    world.deploy("a", 2)
    world.started("a/0", "a/1")
    removal.destroy_application(world.db, applications.find(world.db, world.model.id, "a"))
    for name in ("a/0", "a/1"):
        removal.remove_unit(world.db, world.unit(name))
    with pytest.raises(NotFound, match='application "a" not found'):
        applications.find(world.db, world.model.id, "a")
    assert world.deploy("a") == ["a/2"]


def test_a_leader_that_goes_leaves_the_lease_to_the_next(world) -> None:
    world.deploy("a", 2)
    world.lead("a/0")
    world.lead("a/1")
    removal.destroy_unit(world.db, world.unit("a/0"))
    assert world.lead("a/1")


def test_a_model_goes_when_nothing_is_left_in_it(world) -> None:
    world.deploy("a", 1, peers={"p": {"interface": "i"}})
    removal.destroy_model(world.db, world.model)
    assert removal.finish_models(world.db) == []
    machines.remove(world.db, machines.find(world.db, world.model.id, "0"))
    assert len(removal.finish_models(world.db)) == 1
    assert models.every(world.db) == []
    leftovers = world.db.column("SELECT count(*) FROM charms UNION ALL SELECT count(*) FROM status_history")
    assert leftovers == [0, 0]


def test_related_applications_forced_away_both_go_whoever_leaves_first(world) -> None:
    world.deploy("a", provides={"p": {"interface": "i"}})
    world.deploy("b", requires={"r": {"interface": "i"}})
    world.started("a/0", "b/0")
    world.enter(world.relate("a", "b"), "a/0", "b/0")
    removal.destroy_model(world.db, world.model, force=True)
    assert applications.of_model(world.db, world.model.id) == []
