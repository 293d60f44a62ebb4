from __future__ import annotations

import pytest

from jujubox.model import databags, relations, removal, views
from jujubox.model.database import NotFound, Refused

DB = {"db": {"interface": "pgsql"}}
DB2 = {"db": {"interface": "pgsql"}, "db-admin": {"interface": "pgsql"}}


def test_a_peer_relation_comes_with_the_application(world) -> None:
    world.deploy("pg", peers={"cluster": {"interface": "pg-peer"}})
    [relation] = relations.of_application(world.db, world.model.id, "pg")
    assert (relation.peer, relation.key) == (True, "pg:cluster")


def test_the_only_endpoints_that_fit_need_not_be_named(world) -> None:
    world.deploy("pg", provides=DB)
    world.deploy("web", requires=DB)
    relation = relations.find(world.db, world.model.id, world.relate("web", "pg"))
    assert relation.key == "web:db pg:db"


def test_two_ways_to_relate_are_ambiguous_until_one_is_named(world) -> None:
    world.deploy("pg", provides=DB2)
    world.deploy("web", requires=DB)
    with pytest.raises(Refused, match='adding relation between endpoints "web" and "pg": ambiguous relation'):
        world.relate("web", "pg")
    assert world.relate("web", "pg:db-admin") == 0


def test_a_relation_can_be_made_once(world) -> None:
    world.deploy("pg", provides=DB)
    world.deploy("web", requires=DB)
    world.relate("web", "pg")
    with pytest.raises(Refused, match="already exists$") as caught:
        world.relate("pg", "web")
    assert caught.value.code == "already exists"


def test_an_endpoint_takes_no_more_relations_than_its_charm_allows(world) -> None:
    world.deploy("pg", provides=DB)
    world.deploy("pg2", provides=DB)
    world.deploy("web", requires={"db": {"interface": "pgsql", "limit": 1}})
    world.relate("web", "pg")
    with pytest.raises(Refused, match="quota limit exceeded"):
        world.relate("web", "pg2")


def test_applications_without_common_interface_cannot_be_related(world) -> None:
    world.deploy("pg", provides=DB)
    world.deploy("web", requires={"db": {"interface": "mysql"}})
    with pytest.raises(Refused, match="no compatible endpoints found between applications"):
        world.relate("web", "pg")


def test_a_subordinate_goes_beside_anything_by_juju_info(world) -> None:
    world.deploy("pg")
    world.deploy("nrpe", subordinate=True, requires={"host": {"interface": "juju-info", "scope": "container"}})
    relation = relations.find(world.db, world.model.id, world.relate("nrpe", "pg"))
    assert (relation.scope, relation.key) == ("container", "nrpe:host pg:juju-info")


def test_a_relation_ends_when_its_last_member_has_left(world) -> None:
    world.deploy("pg", provides=DB)
    world.deploy("web", requires=DB)
    number = world.relate("web", "pg")
    world.enter(number, "pg/0", "web/0")
    relations.destroy(world.db, world.model.id, number)
    relations.leave(world.db, world.model.id, number, "pg/0")
    assert relations.members(world.db, world.model.id, number) == ["web/0"]
    relations.leave(world.db, world.model.id, number, "web/0")
    with pytest.raises(NotFound):
        relations.find(world.db, world.model.id, number)


def test_a_departed_units_settings_stay_readable(world) -> None:
    world.deploy("pg", provides=DB)
    world.deploy("web", requires=DB)
    number = world.relate("web", "pg")
    world.enter(number, "pg/0", "web/0")
    databags.write(world.db, world.model.id, number, "web/0", {"a": "b"}, "4.0")
    relations.leave(world.db, world.model.id, number, "web/0")
    assert relations.was_member(world.db, world.model.id, number, "web/0")
    assert databags.read(world.db, world.model.id, number, "web/0") == {"a": "b"}


@pytest.mark.parametrize("personality", ["4.0", "3.6"])
def test_equal_content_keeps_its_version(world, personality) -> None:
    world.deploy("pg", peers={"cluster": {"interface": "p"}})
    databags.write(world.db, world.model.id, 0, "pg/0", {"a": "1"}, personality)
    before = databags.versions(world.db, world.model.id, 0)
    assert not databags.write(world.db, world.model.id, 0, "pg/0", {"a": "1"}, personality)
    assert databags.versions(world.db, world.model.id, 0) == before
    assert databags.write(world.db, world.model.id, 0, "pg/0", {"a": "2"}, personality)
    assert databags.versions(world.db, world.model.id, 0) != before


def test_content_that_comes_back_has_its_old_version_in_4_0_but_not_in_3_6(world) -> None:
    world.deploy("pg", peers={"cluster": {"interface": "p"}})
    for personality, same in (("4.0", True), ("3.6", False)):
        owner = f"pg/{personality[0]}"
        seen = []
        for value in ("1", "2", "1"):
            databags.write(world.db, world.model.id, 0, owner, {"a": value}, personality)
            seen.append(databags.versions(world.db, world.model.id, 0)[owner])
        assert (seen[0] == seen[2]) is same


def test_an_application_bag_that_nobody_wrote_has_version_0(world) -> None:
    world.deploy("pg", peers={"cluster": {"interface": "p"}})
    assert not databags.write(world.db, world.model.id, 0, "pg", {}, "4.0")
    view, _ = views.unit_view(world.db, world.model.id, "pg/0")
    assert view["relations"][0]["application_members"] == {"pg": 0}


def test_a_unit_sees_its_peers_but_not_itself(world) -> None:
    world.deploy("pg", 3, peers={"cluster": {"interface": "p"}})
    world.enter(0, "pg/0", "pg/2")
    view, _ = views.unit_view(world.db, world.model.id, "pg/0")
    assert list(view["relations"][0]["members"]) == ["pg/2"]


def test_a_unit_that_never_entered_does_not_see_a_dying_relation(world) -> None:
    world.deploy("pg", 2, provides=DB)
    world.deploy("web", requires=DB)
    number = world.relate("web", "pg")
    world.enter(number, "pg/0", "web/0")
    relations.destroy(world.db, world.model.id, number)
    assert [r["life"] for r in views.unit_view(world.db, world.model.id, "pg/0")[0]["relations"]] == ["dying"]
    assert views.unit_view(world.db, world.model.id, "pg/1")[0]["relations"] == []


def test_an_application_stays_until_the_far_end_has_left_its_relation(world) -> None:
    world.deploy("pg", provides=DB)
    world.deploy("web", requires=DB)
    number = world.relate("web", "pg")
    world.enter(number, "pg/0")
    world.started("pg/0")
    removal.destroy_application(world.db, removal.applications.find(world.db, world.model.id, "web"))
    assert [a.name for a in removal.applications.of_model(world.db, world.model.id)] == ["pg", "web"]
    relations.leave(world.db, world.model.id, number, "pg/0")
    removal.after_relation(world.db)
    assert [a.name for a in removal.applications.of_model(world.db, world.model.id)] == ["pg"]
