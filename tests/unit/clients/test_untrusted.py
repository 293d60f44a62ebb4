"""Databags are hostile until proven otherwise: whatever they say, nothing breaks, and others are served."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pgcharm.clients import Catalogue, ClientRelation, Refusal, decide, names
from pgcharm.clients.answer import KEYS as ANSWERS
from pgcharm.clients.catalogue import RoleFact
from pgcharm.clients.passwords import generations
from pgcharm.clients.pooling import Pooling
from pgcharm.clients.publication import KEYS
from pgcharm.clients.relation import ENDPOINTS
from pgcharm.clients.request import has_asked, read_request
from tests.unit.clients.test_decision import AVAILABLE, client, cluster, done

NASTY = (
    "", " ", ",", "'", '"', '"; DROP DATABASE shop; --', "a'b", "a\\", "\0", "a\0b", "a\nb", "\r\n", "\x1b[2J",
    "../../etc", "/", "%s", "{}", "$(id)", "`id`",
    "postgres", "POSTGRES", "template0", "template1", "replication", "replicator",
    "rewind", "patroni", "all", "sameuser", "public", "PUBLIC", "none", "pg_monitor", "pg_read_server_files", "PG_x",
    "juju_other", "jujuowner_other", "jujuadmin_x", "superuser", "plpython3u", "plperlu", "file_fdw", "dblink",
    "postgres_fdw", "adminpack", "hstore(", "hstore()", "hstore(a", "hstore(a)b", "hstore(pg_catalog)",
    "hstore(information_schema)", "hstore:a:b", "(a)", "é", "数据", "a\u202eb", "\ud800", "a" * 64, "a" * 10_000,
    "a," * 5_000, "::", "10.0.0.0/0", "0.0.0.0/0", "::/0",
)  # fmt: skip
HOSTILE = st.one_of(st.sampled_from(NASTY), st.text(max_size=80))
WISHES = st.dictionaries(
    st.sampled_from(
        ("database", "roles", "extensions", "sysname", "pooler", "extra-user-roles", "requested-secrets", "entity-type")
    ),
    HOSTILE,
)
BAGS = st.builds(lambda wish, subnets: {**wish, "egress-subnets": subnets}, WISHES, HOSTILE)
GENEROUS = settings(max_examples=60)


def relation(number: int, endpoint: str, bag: dict[str, str]) -> ClientRelation:
    return ClientRelation(number, endpoint, "shop", units={"shop/0": bag}, application_bag=bag)


@GENEROUS
@given(st.sampled_from(sorted(ENDPOINTS)), BAGS)
def test_a_request_is_safe_or_refused_in_one_printable_line(endpoint: str, bag: dict[str, str]) -> None:
    asked = relation(3, endpoint, bag)
    if not has_asked(asked):
        return
    read = read_request(asked)
    if isinstance(read, Refusal):
        assert str(read).isprintable()
        assert len(str(read)) < 400
        return
    schemas = [extension.schema for extension in read.extensions if extension.schema]
    for name in (read.database, read.user, *read.roles, *(e.name for e in read.extensions), *schemas):
        assert 0 < len(name.encode()) <= names.LIMIT
        assert not set(name) & set(" '\"\\\n\0=,()/;$`%{}")
    assert not [name for name in (*read.roles, *schemas) if name.lower().startswith(("pg_", "information_schema"))]
    assert read.database.lower() not in ("postgres", "template0", "template1", "replication", "all")
    assert not {role.lower() for role in read.roles} & {"postgres", "replicator", "rewind", "public"}


@GENEROUS
@given(st.lists(st.tuples(st.sampled_from(sorted(ENDPOINTS)), BAGS), max_size=4))
def test_whatever_others_ask_for_an_honest_client_is_served(others: list[tuple[str, dict[str, str]]]) -> None:
    hostile = [relation(number, endpoint, bag) for number, (endpoint, bag) in enumerate(others, start=10)]
    honest = client(1, "honest", database="honest_database")
    pooling = Pooling(6432, 6433, admits=True, hosts=("10.0.0.1", "no address"))
    view = replace(cluster(), leader=True, pooling=pooling)
    assert view.catalogue is not None
    decision = decide([honest, *hostile], view)
    catalogue = done(decision, view.catalogue)
    after = decide([honest, *hostile], replace(view, catalogue=catalogue, loaded=frozenset(decision.access)))
    assert after.changes == ()
    assert after.publications[1]["allowed-units"] == "honest/0"
    for refusal in after.refusals:
        assert not any(after.publications[refusal.relation].values())
    for number, told in after.publications.items():
        assert set(told) <= set(KEYS), number
    for answer in after.answers.values():
        assert set(answer.keys) <= set(ANSWERS)
    assert not [name for name, fact in catalogue.roles.items() if fact.superuser and not name.startswith("jujuadmin_")]


@GENEROUS
@given(HOSTILE)
def test_a_count_of_rotations_is_read_or_ignored(text: str) -> None:
    assert all(number > 0 for number in generations({"client-passwords": text}).values())


@GENEROUS
@given(HOSTILE)
def test_the_word_of_another_unit_is_believed_or_ignored(text: str) -> None:
    view = replace(cluster("pg/1"), notice=text, notices={"pg/0": text, "pg/2": text})
    assert decide([client()], view).publications == {1: {}}


@pytest.mark.parametrize("power", ["SUPERUSER", "member of one"])
def test_a_role_that_would_give_power_is_refused_on_every_endpoint(power: str) -> None:
    catalogue = Catalogue(roles={"boss": RoleFact(login=False, powerful=True)}, available=AVAILABLE)
    view = replace(cluster(catalogue=catalogue), leader=True)
    for endpoint, key in (("db", "roles"), ("db-admin", "roles"), ("database", "extra-user-roles")):
        bag = {"database": "shop", key: "boss", "egress-subnets": "10.0.0.1/32"}
        decision = decide([relation(3, endpoint, bag)], view)
        assert "'boss'" in str(decision.refusals[0])
        assert decision.access == ()


def test_contradictory_wishes_cost_the_younger_relation_only() -> None:
    older = client(1, "one", database="d", extensions="hstore(a)")
    younger = client(2, "two", database="d", extensions="hstore(b)")
    decision = decide([younger, older], cluster())
    assert [refusal.application for refusal in decision.refusals] == ["two"]


def test_an_answer_that_somebody_wrote_into_the_clients_bag_is_not_ours() -> None:
    bag = {
        "database": "shop",
        "secret-user": "secret:theirs",
        "requested-secrets": json.dumps(["username", "password"]),
    }
    decision = decide(
        [relation(1, "database", {**bag, "egress-subnets": "10.0.0.1/32"})], replace(cluster(), leader=True)
    )
    assert decision.answers == {}
