"""What clients write into their databags, read as requests or refused by name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgcharm.clients import ClientRelation, Refusal, Request, names
from pgcharm.clients.request import Extension, read_request


def relation(application: str = "my-app", endpoint: str = "db", **wish: str) -> ClientRelation:
    return ClientRelation(3, endpoint, application, units={f"{application}/0": wish})


def request(application: str = "my-app", endpoint: str = "db", **wish: str) -> Request:
    read = read_request(relation(application, endpoint, **wish))
    assert isinstance(read, Request), read
    return read


def refusal(**wish: str) -> str:
    read = read_request(relation(**wish))
    assert isinstance(read, Refusal), read
    return str(read)


def test_a_client_that_asks_for_nothing_gets_a_database_of_its_name() -> None:
    read = request()
    assert read.database == "my-app"
    assert read.user == "juju_my_app"
    assert read.schema_user == "jujuschema_my_app"
    assert read.mirrored == {"database": "my-app"}


def test_what_is_asked_for_is_mirrored_to_the_letter() -> None:
    wish = {"database": "shop", "roles": " a, b ,,a", "extensions": "hstore(x), pg_trgm:y,citext"}
    read = request(**wish)
    assert read.mirrored == wish
    assert read.roles == ("a", "b")
    assert read.extensions == (Extension("hstore", "x"), Extension("pg_trgm", "y"), Extension("citext"))


def test_a_system_has_a_database_of_its_clean_name_with_its_extensions() -> None:
    read = request(sysname="Demo-System 7", database="events", extensions="hstore,postgis(geo)")
    assert read.database == "demosystem7_events"
    assert {e.name: e.schema for e in read.extensions} == {
        "postgis": "geo", "pg_trgm": None, "btree_gist": None, "hstore": None
    }  # fmt: skip
    assert read.mirrored["database"] == "events"


def test_an_administrator_has_one_user_without_a_schema_user() -> None:
    read = request(endpoint="db-admin")
    assert (read.user, read.schema_user) == ("jujuadmin_my_app", None)


def test_the_first_unit_that_says_anything_speaks_for_all() -> None:
    units = {"a/10": {"database": "ten"}, "a/2": {"database": "two"}, "a/1": {"egress-subnets": "10.0.0.1/32"}}
    read = read_request(ClientRelation(1, "db", "a", units=units))
    assert isinstance(read, Request)
    assert read.database == "two"
    assert [unit.name for unit in read.units] == ["a/1", "a/2", "a/10"]


def test_applications_of_the_same_name_in_two_models_do_not_meet() -> None:
    here = ClientRelation(1, "db", "shop", units={"shop/0": {}})
    there = ClientRelation(2, "db", "shop", units={"shop/0": {}}, remote_model="0a1b2c3d-0000-4000-8000-0123456789ab")
    users = {read.user for read in map(read_request, (here, there)) if isinstance(read, Request)}
    assert users == {"juju_shop", "juju_shop__0a1b2c3d0000"}


@pytest.mark.parametrize(
    ("wish", "named"),
    [
        ({"database": "postgres"}, "'postgres' is reserved"),
        ({"database": "Template1"}, "'Template1' is reserved"),
        ({"database": 'a"b'}, "database 'a\"b' has characters"),
        ({"database": "a\0b"}, "has characters"),
        ({"database": "a\nb"}, "has characters"),
        ({"database": "dbname=x"}, "has characters"),
        ({"database": "x" * 10_000}, "10000 characters"),
        ({"roles": "ok,pg_read_all_data"}, "'pg_read_all_data' is reserved"),
        ({"roles": "juju_other"}, "'juju_other' is reserved"),
        ({"roles": "Postgres"}, "'Postgres' is reserved"),
        ({"roles": ",".join(map(str, range(200)))}, "200 items"),
        ({"extensions": "plpython3u"}, "'plpython3u' is not allowed"),
        ({"extensions": "hstore_plperlu"}, "'hstore_plperlu' is not allowed"),
        ({"extensions": "dblink"}, "'dblink' is not allowed"),
        ({"extensions": "hstore(pg_catalog)"}, "schema 'pg_catalog' is reserved"),
        ({"extensions": "hstore(a)(b)"}, "is not of the form"),
        ({"sysname": "!!!"}, "has no letter"),
        ({"sysname": "template1"}, "reserved"),
        ({"sysname": "a\nb"}, "control characters"),
    ],
)
def test_a_wish_that_cannot_be_met_is_refused_by_name(wish: dict[str, str], named: str) -> None:
    assert named in refusal(**wish)
    assert "my-app (db:3)" in refusal(**wish)


@given(st.dictionaries(st.sampled_from(["database", "roles", "extensions", "sysname", "egress-subnets"]), st.text()))
def test_whatever_a_client_writes_comes_out_safe_or_refused(wish: dict[str, str]) -> None:
    read = read_request(relation(**wish))
    if isinstance(read, Refusal):
        assert read.reason.isprintable()
        assert len(read.reason) < 300
        return
    schemas = [extension.schema for extension in read.extensions if extension.schema]
    for name in (read.database, read.user, *read.roles, *(e.name for e in read.extensions), *schemas):
        assert 0 < len(name.encode()) <= names.LIMIT
        assert not set(name) & set(" '\"\\\n\0=,()/")


@given(st.text(alphabet="abc-", min_size=1, max_size=200), st.text(alphabet="abc-", min_size=1, max_size=200))
def test_long_names_are_shortened_the_same_way_each_time_and_stay_apart(one: str, other: str) -> None:
    assert names.shortened(one) == names.shortened(one)
    assert len(names.shortened(one).encode()) <= names.LIMIT
    assert (names.shortened(one) == names.shortened(other)) == (one == other)
