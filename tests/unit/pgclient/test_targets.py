"""Connection strings and relation data."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgclient import Cluster
from pgclient.errors import Misconfigured
from pgclient.hosts import Address
from pgclient.notes import check_payload
from pgclient.options import Options
from pgclient.relation import NotYet, from_pgsql, from_postgresql_client
from pgclient.target import Target, parse
from pgclient.transactions import begin_statement

ONE = "host=10.0.0.1 dbname=orders user=u password=p port=5432"
TWO = "host=10.0.0.2 dbname=orders user=u password=p port=5433"


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("postgresql://u:p@a,b:5433/d", (Address("a"), Address("b", 5433))),
        ("host=a,b port=6000", (Address("a", 6000), Address("b", 6000))),
        ("host=a,b port=1,2 target_session_attrs=read-write", (Address("a", 1), Address("b", 2))),
        ("host=/run/postgresql", (Address("/run/postgresql"),)),
        ("hostaddr=10.0.0.1,10.0.0.2", (Address("10.0.0.1", 5432, "10.0.0.1"), Address("10.0.0.2", 5432, "10.0.0.2"))),
        ("", (Address("localhost"),)),
        ("host=a,a", (Address("a"),)),
    ],
)
def test_hosts_are_read_as_libpq_reads_them(text: str, addresses: tuple[Address, ...]) -> None:
    assert parse(text).addresses == addresses


@pytest.mark.parametrize(
    "text", ["host=a,b port=1,2,3", "host=a port=x", "host=a port=70000", "sesame=1 password=sesame"]
)
def test_what_can_never_work_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        parse(text)
    assert "sesame" not in str(caught.value)


def test_one_host_s_string_has_its_host_and_the_shared_options() -> None:
    target = parse("postgresql://u:p@a,b:5433/d?target_session_attrs=read-write", connect_timeout=9)
    string = target.conninfo(target.addresses[1])
    words = dict(word.split("=", 1) for word in string.split())
    assert words["host"] == "b"
    assert words["port"] == "5433"
    assert words["connect_timeout"] == "9"
    assert words["keepalives_count"] == "3"
    assert "target_session_attrs" not in words


@given(st.text("abcXYZ019!$%'\\ ", min_size=6, max_size=20))
def test_no_repr_shows_the_password(secret: str) -> None:
    target = parse("host=h user=u", password=f"#{secret}#")
    cluster = Cluster(target)
    assert secret not in repr(target) + repr(cluster) + str(target.addresses)


def bag(master: str = ONE, standbys: str = TWO, **more: str) -> dict[str, str]:
    shown = {
        "master": master,
        "standbys": standbys,
        "state": "master",
        "allowed-units": "app/0 app/1",
        "database": "orders",
    }
    return {**shown, **{key.replace("_", "-"): value for key, value in more.items()}}


def test_a_pgsql_relation_names_all_hosts() -> None:
    found = from_pgsql([bag(), bag(state="hot standby"), {}], "app/1", "orders")
    assert isinstance(found, Target)
    assert found.addresses == (Address("10.0.0.1"), Address("10.0.0.2", 5433))
    assert found.options == {"dbname": "orders", "user": "u", "password": "p"}


@pytest.mark.parametrize(
    ("shown", "why"),
    [
        ({"allowed_units": "app/10"}, "app/1 in allowed-units"),
        ({"database": "other"}, "the database 'orders'"),
        ({"state": "broken"}, "state broken"),
        ({"master": "", "standbys": ""}, "a connection string"),
    ],
)
def test_a_pgsql_relation_that_is_not_ready_says_why(shown: dict[str, str], why: str) -> None:
    found = from_pgsql([bag(**shown)], "app/1", "orders")
    assert isinstance(found, NotYet)
    assert why in found.why


def test_during_a_failover_the_standbys_are_enough() -> None:
    found = from_pgsql([bag(master="", state="failover")], "app/0")
    assert isinstance(found, Target)
    assert found.addresses == (Address("10.0.0.2", 5433),)


def test_a_postgresql_client_relation_gives_hosts_and_login() -> None:
    shown = {
        "endpoints": "10.0.0.1:5432",
        "read-only-endpoints": "10.0.0.2:5432, [fd00::1]:5433",
        "database": "orders",
        "tls": "True",
        "secret-user": "secret:1",
    }
    assert from_postgresql_client(shown) == NotYet("the content of secret-user is not here")
    found = from_postgresql_client(shown, {"username": "u", "password": "p"})
    assert isinstance(found, Target)
    assert found.addresses == (Address("10.0.0.1"), Address("10.0.0.2"), Address("fd00::1", 5433))
    assert found.options == {"user": "u", "password": "p", "dbname": "orders", "sslmode": "require"}
    assert from_postgresql_client({"endpoints": "h:1"}) == NotYet("the server does not show username, password")


def test_a_transaction_begins_with_its_modes() -> None:
    assert begin_statement(None, read_only=False, deferrable=False) == "BEGIN"
    assert (
        begin_statement("serializable", read_only=True, deferrable=True)
        == "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE"
    )
    with pytest.raises(Misconfigured, match="no isolation level"):
        begin_statement("strict", read_only=False, deferrable=False)


def test_payloads_and_channels_are_checked_before_they_are_sent() -> None:
    check_payload("jobs", "x" * 7999)
    with pytest.raises(Misconfigured, match="8000 bytes"):
        check_payload("jobs", "x" * 8000)
    with pytest.raises(Misconfigured, match="8000 bytes"):
        check_payload("jobs", "ä" * 4000)
    with pytest.raises(Misconfigured, match="63 bytes"):
        check_payload("x" * 64, "")


def test_sizes_and_times_have_to_make_sense() -> None:
    with pytest.raises(Misconfigured, match="pool_size=0"):
        Options(pool_size=0)
