from __future__ import annotations

import pytest

from jujubox.model import commit, databags, ports, secrets, storage, units
from jujubox.model.database import Refused
from jujubox.protocol import HookChanges, PortChange, RelationSettings, SecretChange

PEER = {"peers": {"cluster": {"interface": "p"}}}


def apply(world, unit: str, **changes) -> None:
    with world.db.transaction():
        commit.apply(world.db, world.model, world.unit(unit), HookChanges(**changes))


def test_nothing_is_applied_if_anything_is_refused(world) -> None:
    world.deploy("a", 2, **PEER)
    settings = (RelationSettings(0, unit={"k": "v"}), RelationSettings(0, application={"k": "v"}))
    with pytest.raises(Refused, match='"a/0" is not leader of "a"'):
        apply(world, "a/0", relations=settings)
    assert databags.read(world.db, world.model.id, 0, "a/0") is None


def test_the_leader_writes_the_applications_bag(world) -> None:
    world.deploy("a", 2, **PEER)
    world.lead("a/0")
    apply(world, "a/0", relations=(RelationSettings(0, application={"k": "v"}),))
    assert databags.read(world.db, world.model.id, 0, "a") == {"k": "v"}


def test_a_commit_that_arrives_twice_takes_effect_once(world) -> None:
    world.deploy("a")
    world.lead("a/0")
    change = SecretChange("create", secrets.new_id(), content={"password": "eA=="}, label="l")
    apply(world, "a/0", secrets=(change,), id="one")
    apply(world, "a/0", secrets=(change,), id="one")
    assert len(secrets.of_model(world.db, world.model.id)) == 1


@pytest.mark.parametrize("state", [{"k" * 257: "v"}, {"k": "v" * 65537}])
def test_charm_state_has_limits(world, state) -> None:
    world.deploy("a")
    with pytest.raises(Refused, match="max allowed"):
        apply(world, "a/0", charm_state=state)
    assert units.load(world.db, world.unit("a/0"), "charm_state_json") == "{}"


def test_ports_of_two_units_on_a_machine_must_not_overlap(world) -> None:
    world.deploy("a")
    world.deploy("b", plan={"placement": ("0",)})
    apply(world, "b/0", ports=(PortChange("open", "", "80-90/tcp"),))
    with pytest.raises(Refused) as caught:
        apply(world, "a/0", ports=(PortChange("open", "", "80/tcp"),))
    assert caught.value.message == ('cannot open 80/tcp (unit "a/0"): port range conflicts with 80-90/tcp (unit "b/0")')
    apply(world, "a/0", ports=(PortChange("open", "", "80/udp"), PortChange("open", "", "80/udp")))
    assert ports.opened(world.db, world.model.id, "a/0") == ["80/udp"]


def test_a_closed_port_is_closed_for_every_endpoint(world) -> None:
    world.deploy("a")
    apply(world, "a/0", ports=(PortChange("open", "db", "80/tcp"), PortChange("open", "", "80/tcp")))
    apply(world, "a/0", ports=(PortChange("close", "", "80/tcp"),))
    assert ports.opened(world.db, world.model.id, "a/0") == []


def test_storage_is_added_up_to_what_the_charm_allows(world) -> None:
    world.deploy("a", storage={"logs": {"type": "filesystem", "multiple": {"range": "0-2"}}})
    apply(world, "a/0", storage=(("logs", 2),))
    assert [item.id for item in storage.of_unit(world.db, world.model.id, "a/0")] == ["logs/0", "logs/1"]
    with pytest.raises(Refused, match="at most 2 instances supported, 3 specified"):
        apply(world, "a/0", storage=(("logs", 1),))


def test_settings_for_a_relation_that_was_removed_by_force_are_passed_over(world) -> None:
    world.deploy("a")
    apply(world, "a/0", relations=(RelationSettings(77, unit={"k": "v"}),))
