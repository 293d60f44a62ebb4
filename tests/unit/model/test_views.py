from __future__ import annotations

import pytest

from jujubox.model import applications, databags, machines, models, status, views
from jujubox.protocol import UnitView, from_wire

PEER = {"cluster": {"interface": "p"}}
OPTIONS = {"options": {"n": {"type": "int", "default": 1}}}


def view(world, unit: str = "a/0") -> dict:
    return views.unit_view(world.db, world.model.id, unit)[0]


def test_a_view_travels_as_the_contract_says(world) -> None:
    world.deploy("a", 2, peers=PEER, config=OPTIONS)
    world.enter(0, "a/0", "a/1")
    found = from_wire(UnitView, view(world))
    assert (found.unit, found.life, found.charm_url, found.relations[0].role) == ("a/0", "alive", "local:a-0", "peer")


def test_the_digest_changes_with_what_concerns_the_unit_and_with_nothing_else(world) -> None:
    world.deploy("a", 2, peers=PEER, config=OPTIONS)
    world.enter(0, "a/0", "a/1")
    before = view(world)["digest"]
    status.put(world.db, world.model.id, "unit:a/1", "workload", "active")
    databags.write(world.db, world.model.id, 0, "a/0", {"own": "bag"}, "4.0")
    assert view(world)["digest"] == before
    databags.write(world.db, world.model.id, 0, "a/1", {"other": "bag"}, "4.0")
    assert view(world)["digest"] != before


@pytest.mark.parametrize(
    ("key", "change"),
    [
        ("config_hash", lambda w, a: applications.set_config(w.db, a, {"n": 2}, [])),
        ("trust_hash", lambda w, a: applications.set_trust(w.db, a, True)),
        ("charm_modified_version", lambda w, a: applications.bump_charm(w.db, a)),
        (
            "update_status_seconds",
            lambda w, a: models.set_config(w.db, w.model, {"update-status-hook-interval": "1m"}, []),
        ),
        ("retry_hooks", lambda w, a: models.set_config(w.db, w.model, {"automatically-retry-hooks": "false"}, [])),
        ("leader", lambda w, a: w.lead("a/0")),
    ],
)
def test_each_change_shows_in_its_own_place(world, key, change) -> None:
    world.deploy("a", config=OPTIONS)
    before = view(world)
    with world.db.transaction():
        world.heard.clear()
        change(world, applications.find(world.db, world.model.id, "a"))
    after = view(world)
    assert {name for name in after if before[name] != after[name]} == {key, "digest"}
    assert views.unit_view(world.db, world.model.id, "a/0")[1] & set(world.heard)


def test_setting_what_is_the_default_changes_nothing(world) -> None:
    world.deploy("a", config=OPTIONS)
    before = view(world)["digest"]
    applications.set_config(world.db, applications.find(world.db, world.model.id, "a"), {"n": "1"}, [])
    assert view(world)["digest"] == before


def test_a_principal_and_its_subordinate_see_only_one_another(world) -> None:
    world.deploy("pg", 2)
    world.deploy("nrpe", subordinate=True, requires={"host": {"interface": "juju-info", "scope": "container"}})
    number = world.relate("nrpe", "pg")
    nrpe = applications.find(world.db, world.model.id, "nrpe")
    for principal, machine in (("pg/0", "0"), ("pg/1", "1")):
        beside = applications.add_unit(world.db, world.model, nrpe, machine, principal=principal)
        world.enter(number, principal, beside)
    assert list(view(world, "pg/0")["relations"][0]["members"]) == ["nrpe/0"]
    assert list(view(world, "nrpe/1")["relations"][0]["members"]) == ["pg/1"]


def test_no_two_machines_have_an_address_and_a_freed_one_rests(world) -> None:
    machines.set_subnet(world.db, "10.1.2.0/28")
    added = [machines.add(world.db, world.model, "debian@12", True) for _ in range(5)]
    assert [machine.address for machine in added] == [f"10.1.2.{n}" for n in range(10, 15)]
    machines.remove(world.db, added[0])
    assert machines.add(world.db, world.model, "debian@12", True).address == "10.1.2.10"
    with pytest.raises(machines.Refused, match="all 5 addresses of 10.1.2.0/28 are taken"):
        machines.add(world.db, world.model, "debian@12", True)
