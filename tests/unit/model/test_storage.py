from __future__ import annotations

import pytest

from jujubox.charm import StorageMeta, charm_of
from jujubox.model import machines, removal, storage, views
from jujubox.model.database import Refused
from jujubox.model.storage import Directive

DATA = {"data": {"type": "filesystem", "location": "/srv"}}
MANY = {"logs": {"type": "filesystem", "multiple": {"range": "0-"}}}


@pytest.mark.parametrize(
    ("text", "directive"),
    [
        ("", Directive()),
        ("2G", Directive(size=2048)),
        ("3", Directive(count=3)),
        ("tmpfs,512M,2", Directive("tmpfs", 512, 2)),
        ("rootfs,1.5GiB", Directive("rootfs", 1536)),
    ],
)
def test_a_directive_is_pool_size_and_count_in_any_order(text, directive) -> None:
    assert storage.parse_directive(text) == directive


def test_an_unknown_pool_is_refused() -> None:
    with pytest.raises(Refused, match='pool "ebs" not found'):
        storage.parse_directive("ebs,1G")


@pytest.mark.parametrize(
    ("meta", "personality", "expected"),
    [
        (StorageMeta("filesystem", "/srv"), "4.0", "/srv"),
        (StorageMeta("filesystem", "/srv", 0, None), "4.0", "/srv/data/7"),
        (StorageMeta("filesystem"), "4.0", "/var/lib/juju/storage/data-7"),
        (StorageMeta("filesystem"), "3.6", "/var/lib/juju/storage/data/7"),
    ],
)
def test_a_filesystem_is_where_charm_and_personality_say(meta, personality, expected) -> None:
    assert storage.location("data", 7, meta, personality) == expected


def test_ranges_of_instances_are_read_from_the_charm() -> None:
    ranges = {"a": "2", "b": "1-", "c": "0-3", "d": "1+"}
    charm = charm_of(
        {
            "metadata": {
                "name": "c",
                "storage": {name: {"type": "filesystem", "multiple": {"range": r}} for name, r in ranges.items()},
            }
        }
    )
    found = {name: (meta.minimum, meta.maximum) for name, meta in charm.storage.items()}
    assert found == {"a": (2, 2), "b": (1, None), "c": (0, 3), "d": (1, None)}


def test_a_unit_sees_no_location_before_the_directory_is_there(world) -> None:
    world.deploy("a", storage=DATA)
    assert views.unit_view(world.db, world.model.id, "a/0")[0]["storage"][0]["location"] == ""
    assert storage.to_provision(world.db) == []
    world.started("a/0")
    [item] = storage.to_provision(world.db)
    storage.set_state(world.db, item, "provisioned")
    assert views.unit_view(world.db, world.model.id, "a/0")[0]["storage"][0]["location"] == "/srv"


def test_attached_storage_waits_for_its_detaching_hook(world) -> None:
    world.deploy("a", storage=MANY, plan={"storage": {"logs": "2"}})
    first, second = storage.of_unit(world.db, world.model.id, "a/0")
    storage.set_state(world.db, first, "attached")
    for item in storage.of_unit(world.db, world.model.id, "a/0"):
        storage.detach(world.db, item)
    assert [item.id for item in storage.of_unit(world.db, world.model.id, "a/0")] == [first.id]
    assert storage.find(world.db, world.model.id, second.id).state == "detached"


def test_storage_goes_with_a_machine_that_goes_and_stays_on_one_that_stays(world) -> None:
    world.deploy("a", 2, storage=DATA)
    world.deploy("b", plan={"placement": ("1",)})
    for unit in ("a/0", "a/1"):
        removal.destroy_unit(world.db, world.unit(unit))
    machines.remove(world.db, machines.find(world.db, world.model.id, "0"))
    [kept] = storage.of_model(world.db, world.model.id)
    assert (kept.id, kept.life, kept.unit, kept.machine) == ("data/1", "alive", "", "1")


def test_storage_that_should_be_destroyed_is_erased_once_its_unit_has_gone(world) -> None:
    world.deploy("a", storage=DATA)
    world.started("a/0")
    storage.set_state(world.db, storage.find(world.db, world.model.id, "data/0"), "attached")
    removal.destroy_unit(world.db, world.unit("a/0"), destroy_storage=True)
    assert views.unit_view(world.db, world.model.id, "a/0")[0]["storage"][0]["life"] == "dying"
    assert storage.to_erase(world.db) == []
    storage.detached(world.db, storage.find(world.db, world.model.id, "data/0"))
    assert [item.id for item in storage.to_erase(world.db)] == ["data/0"]


def test_block_storage_is_refused_before_anything_is_deployed(world) -> None:
    with pytest.raises(Refused, match="is of type block"), world.db.transaction():
        world.deploy("a", storage={"disk": {"type": "block"}})
    assert removal.applications.of_model(world.db, world.model.id) == []
