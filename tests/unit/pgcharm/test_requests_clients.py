"""A new password for one client, and a database that is not needed any more: what is asked for, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from pgcharm.actions.databases import list_databases
from pgcharm.clients.catalogue import Catalogue, DatabaseFact
from pgcharm.clients.databases import Database
from pgcharm.clients.passwords import generations
from pgcharm.clients.relation import ClientRelation
from pgcharm.observation import Observation, Postgres, Request
from pgcharm.plan import plan
from pgcharm.plan.clients import cluster
from pgcharm.plan.requests.steps import CountRotation, DropDatabase
from pgcharm.plan.situation import situation
from pgcharm.view import View, known
from tests.unit.pgcharm import made
from tests.unit.pgcharm.test_life import living

SHOP = ClientRelation(3, "db", "shop", units={"shop/0": {"egress-subnets": "10.1.0.1/32", "database": "orders"}})
WIKI = ClientRelation(4, "database", "wiki", units={"wiki/0": {}}, application_bag={"database": "pages"})


def asked(name: str, o: Observation, **parameters: object) -> str:
    event = replace(o.event, request=Request(name, parameters))
    return plan(replace(o, event=event)).text()


def with_databases(o: Observation, *databases: str) -> Observation:
    seen = known(o.postgres)
    assert isinstance(seen, Postgres)
    facts = {name: DatabaseFact("postgres") for name in ("postgres", "template1", *databases)}
    catalogue: Catalogue = replace(seen.catalogue, databases=facts)
    return replace(o, postgres=View(replace(seen, catalogue=catalogue)))


def related(o: Observation) -> Observation:
    return made.with_juju(o, clients=(SHOP, WIKI))


def test_a_rotation_counts_the_users_of_one_application_up() -> None:
    o = related(living(leader=True))
    text = asked("rotate-client-password", o, application="shop")
    assert text == "1. give juju_shop, jujuschema_shop another password: the operator asks for it"
    (step,) = plan(
        replace(o, event=replace(o.event, request=Request("rotate-client-password", {"application": "shop"})))
    ).steps
    assert isinstance(step, CountRotation)
    assert generations(step.words) == {"juju_shop": 1, "jujuschema_shop": 1}


def test_a_second_rotation_goes_on_from_the_first_and_leaves_others_alone() -> None:
    o = related(living(leader=True))
    assert o.juju.peers is not None
    bag = {**o.juju.peers.application, "client-passwords": json.dumps({"juju_shop": 4, "jujudb_wiki": 2})}
    o = made.with_juju(o, peers=replace(o.juju.peers, application=bag))
    (step,) = plan(
        replace(o, event=replace(o.event, request=Request("rotate-client-password", {"application": "shop"})))
    ).steps
    assert isinstance(step, CountRotation)
    assert generations(step.words) == {"juju_shop": 5, "jujuschema_shop": 1, "jujudb_wiki": 2}
    assert cluster(situation(o)).generations["juju_shop"] == 4


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"a": "b"}', '{"a": -1}', '{"a": true}', "null"])
def test_what_counts_no_rotation_is_none(text: str) -> None:
    assert generations({"client-passwords": text}) == {}


def test_a_rotation_is_refused_away_from_the_leader_and_for_strangers() -> None:
    assert "postgresql/0 is not the leader" in asked("rotate-client-password", related(living()), application="shop")
    refused = asked("rotate-client-password", related(living(leader=True)), application="it's\nnot")
    assert '"it\'s\\nnot": no such client (expected one of: shop, wiki)' in refused


def test_a_database_is_dropped_on_the_primary_when_it_is_named_twice() -> None:
    o = with_databases(related(living()), "old")
    assert asked("drop-database", o, database="old", confirm="old") == (
        "1. drop the database old: the operator asks for it"
    )
    request = Request("drop-database", {"database": "old", "confirm": "old", "force": True})
    (step,) = plan(replace(o, event=replace(o.event, request=request))).steps
    assert isinstance(step, DropDatabase)
    assert step.force


def test_a_database_stays_where_it_is_needed_or_not_confirmed() -> None:
    o = with_databases(related(living()), "orders", "pages", "old")
    assert "confirm is ''" in asked("drop-database", o, database="old")
    assert "confirm is 'older'" in asked("drop-database", o, database="old", confirm="older")
    assert "shop (db:3) has it" in asked("drop-database", o, database="orders", confirm="orders")
    assert "wiki (database:4) has it" in asked("drop-database", o, database="pages", confirm="pages")
    for name in ("postgres", "template1", "no'ne", ""):
        assert "expected one of: old, orders, pages" in asked("drop-database", o, database=name, confirm=name)
    standby = with_databases(living(1), "old")
    assert "expected the primary, postgresql/0; run it there" in asked(
        "drop-database", standby, database="old", confirm="old"
    )


def test_databases_are_listed_with_whom_they_are_for() -> None:
    databases = (
        Database("demo", "jujuowner_demo", 5 << 20, "Demo", ("pg_trgm", "postgis"), ()),
        Database("orders", "jujuowner_orders", 1 << 20, "", (), ("juju_shop from 10.1.0.1 (2)",)),
    )
    results = list_databases(databases, (SHOP, WIKI))
    assert results["sysnames"] == "Demo"
    assert results["table"].splitlines()[2].split("  ")[0] == "orders"
    assert "shop (db:3)" in results["table"]
    assert json.loads(results["json"])["orders"]["connected"] == ["juju_shop from 10.1.0.1 (2)"]
