"""Two models and a relation between them: what each sees of the other, and how it ends."""

from __future__ import annotations

from typing import Any

import pytest

from jujubox.model import (
    applications,
    charms,
    crossing,
    databags,
    leases,
    machines,
    models,
    network,
    offers,
    relating,
    relations,
    removal,
    secret_access,
    secret_events,
    secrets,
    units,
    views,
)
from jujubox.model.applications import Plan
from jujubox.model.database import NotFound, Refused
from jujubox.model.models import Model
from jujubox.protocol import SecretChange
from tests.unit.model.conftest import World

DB = {"db": {"interface": "pgsql"}, "metrics": {"interface": "http"}}


class Abroad:
    """`web` in models of their own, and `pg` that the first model offers as `base`."""

    def __init__(self, world: World) -> None:
        self.world, self.db = world, world.db
        world.deploy("pg", 2, provides=DB, peers={"cluster": {"interface": "peer"}})
        world.started("pg/0", "pg/1")
        with self.db.transaction():
            offers.offer(self.db, world.model, "pg", ["db"], "base")
        self.shop = self.model("shop")

    def model(self, name: str) -> Model:
        made = models.create(self.db, name, {})
        documents: dict[str, Any] = {"metadata": {"name": "web", "requires": {"store": {"interface": "pgsql"}}}}
        charm = charms.add(self.db, made.id, documents, "sha-of-web")
        applications.deploy(self.db, made, charm, Plan("web", "debian@12", 1))
        for unit in units.of_application(self.db, made.id, "web"):
            units.agent_spoke(self.db, unit)
        return made

    def relate(self, model: Model, via: list[str] | None = None) -> tuple[int, crossing.FarEnd]:
        """The relation in the model that consumes, and its far half."""
        offers.consume(self.db, model, offers.find(self.db, self.world.model, "base"), "admin/default.base", "base")
        with self.db.transaction():
            number = relating.integrate(self.db, model.id, "web", "base", via).id
        far = crossing.far_end(self.db, model.id, number)
        assert far is not None
        return number, far

    def together(self, model: Model) -> tuple[int, crossing.FarEnd]:
        """Related, with every unit in scope."""
        number, far = self.relate(model)
        relations.enter(self.db, model.id, number, "web/0", "web")
        for unit in ("pg/0", "pg/1"):
            relations.enter(self.db, self.world.model.id, far.relation, unit, "pg")
        return number, far

    def seen(self, model: Model, unit: str, relation: int) -> dict[str, Any]:
        """The relation in the view of a unit."""
        view, _ = views.unit_view(self.db, model.id, unit)
        return next(each for each in view["relations"] if each["id"] == relation)


@pytest.fixture
def abroad(world: World) -> Abroad:
    return Abroad(world)


def test_the_offering_side_knows_the_consumer_by_a_name_of_its_own(abroad: Abroad) -> None:
    number, far = abroad.together(abroad.shop)
    here, there = abroad.seen(abroad.shop, "web/0", number), abroad.seen(abroad.world.model, "pg/0", far.relation)
    assert (here["remote_application"], sorted(here["members"])) == ("base", ["base/0", "base/1"])
    assert there["remote_application"] == far.known_as
    assert far.known_as.startswith("remote-")
    assert len(far.known_as) == len("remote-") + 32
    assert list(there["members"]) == [f"{far.known_as}/0"]
    assert (here["endpoint"], there["endpoint"]) == ("store", "db")


def test_applications_of_the_same_name_in_two_models_do_not_meet(abroad: Abroad) -> None:
    _, first = abroad.together(abroad.shop)
    _, second = abroad.together(abroad.model("blog"))
    assert first.known_as != second.known_as
    members = abroad.seen(abroad.world.model, "pg/0", second.relation)["members"]
    assert list(members) == [f"{second.known_as}/0"]


def test_an_application_is_called_the_same_in_all_its_relations(abroad: Abroad) -> None:
    number, first = abroad.relate(abroad.shop)
    relations.destroy(abroad.db, abroad.shop.id, number)
    _, second = abroad.relate(abroad.shop)
    assert first.known_as == second.known_as


def test_what_one_side_writes_the_other_reads_under_the_name_it_knows(abroad: Abroad) -> None:
    db, model = abroad.db, abroad.world.model
    number, far = abroad.together(abroad.shop)
    databags.write(db, abroad.shop.id, number, "web/0", {"database": "shop"}, "4.0")
    databags.write(db, model.id, far.relation, "pg/0", {"host": "10.0.0.1"}, "4.0")
    databags.write(db, model.id, far.relation, "pg", {"all": "yes"}, "4.0")
    assert databags.read(db, model.id, far.relation, f"{far.known_as}/0") == {"database": "shop"}
    assert databags.read(db, abroad.shop.id, number, "base/0") == {"host": "10.0.0.1"}
    assert databags.read(db, abroad.shop.id, number, "base") == {"all": "yes"}
    seen = abroad.seen(abroad.shop, "web/0", number)
    assert seen["members"]["base/0"] == databags.versions(db, abroad.shop.id, number)["base/0"]


def test_each_half_ends_when_its_own_units_have_left(abroad: Abroad) -> None:
    db, model = abroad.db, abroad.world.model
    number, far = abroad.together(abroad.shop)
    relations.destroy(db, abroad.shop.id, number)
    assert abroad.seen(model, "pg/0", far.relation)["life"] == "dying"
    relations.leave(db, abroad.shop.id, number, "web/0")
    with pytest.raises(NotFound):
        relations.find(db, abroad.shop.id, number)
    assert abroad.seen(model, "pg/0", far.relation)["members"] == {}
    for unit in ("pg/0", "pg/1"):
        relations.leave(db, model.id, far.relation, unit)
    with pytest.raises(NotFound):
        relations.find(db, model.id, far.relation)


def test_a_unit_that_leaves_is_gone_from_the_other_side_as_well(abroad: Abroad) -> None:
    number, _ = abroad.together(abroad.shop)
    removal.remove_unit(abroad.db, abroad.world.unit("pg/1"))
    assert list(abroad.seen(abroad.shop, "web/0", number)["members"]) == ["base/0"]


def test_a_removed_application_takes_its_half_along_and_a_later_one_is_another(abroad: Abroad) -> None:
    db = abroad.db
    _, far = abroad.together(abroad.shop)
    removal.destroy_application(db, applications.find(db, abroad.shop.id, "web"))
    removal.remove_unit(db, units.find(db, abroad.shop.id, "web/0"))
    with pytest.raises(NotFound):
        applications.find(db, abroad.shop.id, "web")
    assert abroad.seen(abroad.world.model, "pg/0", far.relation)["members"] == {}
    assert crossing.name_abroad(db, abroad.shop.id, "web") != far.known_as


def test_a_model_that_consumes_can_go_without_waiting_for_the_other(abroad: Abroad) -> None:
    db = abroad.db
    _, far = abroad.together(abroad.shop)
    removal.destroy_model(db, abroad.shop)
    removal.remove_unit(db, units.find(db, abroad.shop.id, "web/0"))
    for machine in machines.of_model(db, abroad.shop.id):
        db.run("DELETE FROM machines WHERE model = ? AND id = ?", abroad.shop.id, machine.id)
    assert removal.finish_models(db) == [abroad.shop.id]
    assert relations.find(db, abroad.world.model.id, far.relation).life == "dying"


def test_an_offer_that_is_in_use_goes_only_by_force(abroad: Abroad) -> None:
    db, model = abroad.db, abroad.world.model
    number, _ = abroad.together(abroad.shop)
    with pytest.raises(Refused, match="offer has 1 relation$"):
        offers.remove(db, offers.find(db, model, "base"), force=False)
    with pytest.raises(Refused, match="application is used by 1 offer: base"):
        offers.check_unoffered(db, model.id, "pg")
    offers.remove(db, offers.find(db, model, "base"), force=True)
    assert abroad.seen(abroad.shop, "web/0", number)["life"] == "dying"
    with pytest.raises(NotFound):
        offers.find(db, model, "base")
    relations.leave(db, abroad.shop.id, number, "web/0")
    with pytest.raises(Refused, match="offer base has been terminated"):
        relating.integrate(db, abroad.shop.id, "web", "base")


def test_what_is_consumed_goes_with_its_relations(abroad: Abroad) -> None:
    db = abroad.db
    number, _ = abroad.together(abroad.shop)
    saas = offers.remote(db, abroad.shop.id, "base")
    assert saas is not None
    offers.remove_saas(db, saas)
    assert [each.life for each in offers.remotes(db, abroad.shop.id)] == ["dying"]
    relations.leave(db, abroad.shop.id, number, "web/0")
    removal.after_relation(db)
    assert offers.remotes(db, abroad.shop.id) == []


def test_only_what_is_offered_can_be_related_to(abroad: Abroad) -> None:
    db, shop = abroad.db, abroad.shop
    offers.consume(db, shop, offers.find(db, abroad.world.model, "base"), "admin/default.base", "base")
    with pytest.raises(NotFound, match='saas application "base" has no "metrics" relation'):
        relating.integrate(db, shop.id, "web", "base:metrics")
    with pytest.raises(NotFound, match='application "pg" has no "cluster" relation'):
        offers.offer(db, abroad.world.model, "pg", ["cluster"], "peers")
    relating.integrate(db, shop.id, "web:store", "base:db")
    with pytest.raises(Refused, match="relation already exists"):
        relating.integrate(db, shop.id, "web", "base")


def test_names_of_applications_and_of_what_is_consumed_are_one_space(abroad: Abroad) -> None:
    db, shop = abroad.db, abroad.shop
    base = offers.find(db, abroad.world.model, "base")
    with pytest.raises(Refused, match="local application with same name already exists"):
        offers.consume(db, shop, base, "", "web")
    offers.consume(db, shop, base, "", "base")
    assert offers.consume(db, shop, base, "", "base").name == "base"
    offers.offer(db, abroad.world.model, "pg", ["db"], "other")
    with pytest.raises(Refused, match='saas application called "base" from a different model already exists'):
        offers.consume(db, shop, offers.find(db, abroad.world.model, "other"), "", "base")
    charm = charms.of_application(db, shop.id, "web")
    with pytest.raises(Refused, match='saas application "base" already exists'):
        applications.deploy(db, shop, charm, Plan("base", "debian@12"))


def test_traffic_comes_from_where_the_operator_says(abroad: Abroad) -> None:
    db, shop = abroad.db, abroad.shop
    number, _ = abroad.relate(shop, ["10.1.0.0/16", "2001:db8::/32"])
    assert network.egress(db, shop, "10.0.0.9", number) == ["10.1.0.0/16", "2001:db8::/32"]
    assert network.egress(db, shop, "10.0.0.9") == ["10.0.0.9/32"]
    models.set_config(db, shop, {"egress-subnets": "192.0.2.0/24, 198.51.100.7/32"}, [])
    said = models.by_id(db, shop.id)
    assert network.egress(db, said, "10.0.0.9") == ["192.0.2.0/24", "198.51.100.7/32"]
    assert network.egress(db, said, "10.0.0.9", number) == ["10.1.0.0/16", "2001:db8::/32"]
    assert network.bag_keys("10.0.0.9", ["192.0.2.0/24"], "4.0")["egress-subnets"] == "192.0.2.0/24"


@pytest.mark.parametrize(
    ("subnet", "text"),
    [("all", "invalid CIDR"), ("10.0.0.1", "invalid CIDR"), ("0.0.0.0/0", "not allowed")],
)
def test_not_everything_is_a_subnet(abroad: Abroad, subnet: str, text: str) -> None:
    with pytest.raises(Refused, match=text):
        abroad.relate(abroad.shop, [subnet])


def test_a_secret_granted_over_the_relation_is_read_and_followed_from_the_other_model(abroad: Abroad) -> None:
    db, model, shop = abroad.db, abroad.world.model, abroad.shop
    _, far = abroad.together(shop)
    abroad.world.lead("pg/0")
    uri = secrets.uri_of(model.uuid, secrets.new_id())
    content = SecretChange("create", uri, content={"password": "b25l"})
    made = secrets.create(db, model.id, secrets.bare_id(uri), "application", "pg", content)

    def read(**more: Any) -> Any:
        asked = {"uri": uri, "label": None, "refresh": False, "peek": False, "new_label": "db", **more}
        return secret_access.read(db, shop.id, "web/0", **asked)[1:]

    with pytest.raises(Refused, match="not allowed to read"):
        read()
    secret_access.grant(db, made, far.known_as, far.relation)
    assert read() == (1, {"password": "b25l"})
    abroad.world.heard.clear()
    with db.transaction():
        secrets.update(db, secrets.find(db, model.id, uri), SecretChange("update", uri, content={"password": "dHdv"}))
    assert ("unit", shop.id, "web/0") in abroad.world.heard
    assert secret_events.events(db, shop.id, shop.uuid, "web/0").changed == ((uri, "db", 2),)
    assert read(uri=None, label="db", refresh=True) == (2, {"password": "dHdv"})
    assert secret_events.events(db, shop.id, shop.uuid, "web/0").changed == ()
    relations.destroy(db, model.id, far.relation, force=True)
    with pytest.raises(Refused, match="not allowed to read"):
        read()
    assert leases.holder(db, model.id, "pg") == "pg/0"
