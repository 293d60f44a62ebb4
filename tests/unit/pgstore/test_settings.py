"""Where a system is, from what a relation says."""

from __future__ import annotations

import pytest

from pgstore import Unavailable, from_relation

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
