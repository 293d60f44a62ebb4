"""Where a system is, from what a relation says."""

from __future__ import annotations

import pytest

from pgstore import BadRequest, Unavailable, from_configuration, from_database_relation, from_relation

BAG = {
    "allowed-units": "app/0",
    "state": "master",
    "master": "host=10.1.0.10 port=5432 user=juju_app password=sesame dbname=harbour1",
    "standbys": "host=10.1.0.11 port=5432 user=juju_app password=sesame dbname=harbour1",
    "schema_user": "jujuschema_app",
    "schema_password": "open",
    "sysname": "Harbour-1",
}


def test_both_users_are_let_into_the_one_database_and_no_other() -> None:
    settings = from_relation([BAG, {}], "app/0", sysname="Harbour-1")
    assert settings.regular_user == "juju_app"
    assert settings.admin.options["user"] == "jujuschema_app"
    assert settings.default_database == "harbour1"
    assert [address.host for address in settings.admin.addresses] == ["10.1.0.10", "10.1.0.11"]
    assert "sesame" not in repr(settings)
    assert "open" not in repr(settings)


def test_an_offer_from_before_the_wish_was_heard_is_not_taken() -> None:
    early = {**BAG, "sysname": "", "master": BAG["master"].replace("harbour1", "app")}
    with pytest.raises(Unavailable, match="no unit of the server shows the sysname 'Harbour-1'"):
        from_relation([early], "app/0", sysname="Harbour-1")
    mixed = from_relation([early, BAG], "app/0", sysname="Harbour-1")
    assert mixed.regular.options["dbname"] == "harbour1"


def test_a_unit_that_is_not_let_in_waits() -> None:
    with pytest.raises(Unavailable, match="allowed-units"):
        from_relation([BAG], "app/1", sysname="Harbour-1")


APPLICATION_BAG = {
    "endpoints": "10.1.0.10:5432",
    "read-only-endpoints": "10.1.0.11:5432,10.1.0.12:5432",
    "database": "harbour1",
    "sysname": "Harbour-1",
    "secret-user": "secret:abc",
}
LOGIN = {"username": "jujudb_app", "password": "sesame"}


def test_the_one_user_of_a_database_relation_does_both_users_work() -> None:
    settings = from_database_relation(APPLICATION_BAG, LOGIN, sysname="Harbour-1")
    assert settings.regular == settings.admin
    assert settings.regular_user == "jujudb_app"
    assert settings.default_database == "harbour1"
    assert [address.host for address in settings.regular.addresses] == ["10.1.0.10", "10.1.0.11", "10.1.0.12"]
    assert "sesame" not in repr(settings)


@pytest.mark.parametrize(
    ("bag", "secret", "seen"),
    [
        ({**APPLICATION_BAG, "sysname": ""}, LOGIN, "does not show the sysname 'Harbour-1'"),
        (APPLICATION_BAG, None, "the content of secret-user is not here"),
        ({**APPLICATION_BAG, "endpoints": ""}, LOGIN, "does not show endpoints"),
        ({**APPLICATION_BAG, "database": ""}, LOGIN, "does not show database"),
    ],
)
def test_a_database_relation_that_says_too_little_is_waited_for(
    bag: dict[str, str], secret: dict[str, str] | None, seen: str
) -> None:
    with pytest.raises(Unavailable, match=seen):
        from_database_relation(bag, secret, sysname="Harbour-1")


def test_the_configuration_file_of_the_original_is_read() -> None:
    keys = {
        "type": "postgresql", "host": "10.1.0.10,10.1.0.11", "port": 5433, "username": "ion", "password": "sesame",
        "admin_username": "boss", "admin_password": "open", "default_database": "maintenance", "database": "ion",
        "connection_pool_max": 7, "sslmode": "require",
    }  # fmt: skip
    settings = from_configuration({"server": {"postgresql": keys}})
    assert [address.port for address in settings.regular.addresses] == [5433, 5433]
    assert (settings.regular_user, settings.admin.options["user"]) == ("ion", "boss")
    assert (settings.database, settings.default_database, settings.options.pool_size) == ("ion", "maintenance", 7)
    assert settings.regular.options["sslmode"] == settings.admin.options["sslmode"] == "require"
    assert "sesame" not in repr(settings)
    assert "open" not in repr(settings)
    few = from_configuration({"server": {"postgresql": {"host": "h"}}})
    assert (few.regular_user, few.options.pool_size) == ("ion", 5)
    assert "sslmode" not in few.regular.options, "nothing is switched off unasked"


@pytest.mark.parametrize("given", [{}, {"server": 5}, {"server": {"postgresql": {"hots": "h"}}}])
def test_a_configuration_that_makes_no_sense_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(BadRequest, match="cannot read"):
        from_configuration(given)
