"""Offers: what the commands ask, and what they print."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from jujubox.cli.errors import CommandError
from jujubox.cli.offer_url import OfferUrl
from tests.unit.cli import samples
from tests.unit.cli.conftest import Juju, Refusal

ENDS = {"db": {"interface": "pgsql", "role": "provider"}, "admin": {"interface": "pgsql", "role": "provider"}}


def offered() -> dict[str, Any]:
    since = (datetime.now(timezone.utc) - timedelta(minutes=3, seconds=5)).isoformat().replace("+00:00", "Z")
    connection = {
        "source-model-uuid": "u-2",
        "username": "admin",
        "relation-id": 7,
        "endpoint": "db",
        "status": {"current": "joined", "since": since},
        "ingress-subnets": ["10.1.0.0/16"],
    }
    entry = {"application": "postgresql", "store": "jujubox", "charm": "local:postgresql-0", "endpoints": ENDS}
    users = {"admin": {"display-name": "admin", "access": "admin"}}
    entry = {**entry, "offer-url": "admin/prod.base", "connections": [connection], "users": users}
    idle = {key: value for key, value in entry.items() if key != "connections"}
    return {"base": entry, "spare": {**idle, "offer-url": "admin/prod.spare"}}


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("prod.base", OfferUrl("admin/prod.base", "base", "")),
        ("mary/prod.base:db-admin", OfferUrl("mary/prod.base", "base", "db-admin")),
        ("jujubox:admin/prod.base", OfferUrl("admin/prod.base", "base", "")),
        ("jujubox:prod.base:db", OfferUrl("admin/prod.base", "base", "db")),
    ],
)
def test_an_offer_is_named_in_several_ways(text: str, url: OfferUrl) -> None:
    assert OfferUrl.parse(text) == url


@pytest.mark.parametrize("text", ["base", ".base", "prod.", "a/b/c.d", "other:prod.base", "prod.Base", "p.b:x:y:z", ""])
def test_what_names_no_offer_is_told(text: str) -> None:
    with pytest.raises(CommandError):
        OfferUrl.parse(text)


def test_an_application_is_offered_under_its_own_name_or_another(juju: Juju) -> None:
    juju.answers(offer={"url": "admin/prod.base"})
    ran = juju("offer", "prod.postgresql:db,db-admin", "base")
    assert ran.err == 'Application "postgresql" endpoints [db, db-admin] available at "admin/prod.base"\n'
    wanted = {"model": "prod", "application": "postgresql", "endpoints": ["db", "db-admin"], "name": "base"}
    assert juju.last == ("offer", wanted)
    juju("offer", "postgresql:db", "--controller", "jujubox")
    assert juju.last[1] == {"model": "default", "application": "postgresql", "endpoints": ["db"], "name": "postgresql"}
    assert "endpoints must conform to format" in juju("offer", "postgresql").err


def test_an_offer_is_consumed_before_it_is_related_to(juju: Juju) -> None:
    juju.answers(consume={"name": "base", "url": "admin/prod.base"}, integrate={})
    assert juju("integrate", "-m", "shop", "web:store", "prod.base:db", "--via", "10.1.0.0/16").code == 0
    consumed, related = juju.controller.calls[-2:]
    assert consumed == ("consume", {"model": "shop", "url": "admin/prod.base", "name": "base"})
    assert related[1] == {"model": "shop", "endpoints": ["web:store", "base:db"], "via": ["10.1.0.0/16"]}
    assert juju("consume", "prod.base", "mine").err == "Added admin/prod.base as base\n"
    assert juju.last[1]["name"] == "mine"
    assert "shouldn't include endpoint" in juju("consume", "prod.base:db").err


def test_an_offer_that_is_gone_is_explained(juju: Juju) -> None:
    juju.answers(integrate=Refusal("offer base has been terminated"))
    ran = juju("integrate", "web", "base")
    assert ran.code == 1
    assert ran.err.startswith('ERROR Offer "base" has been removed from the remote model.\n')
    assert "'juju remove-saas base'" in ran.err


def test_offers_are_listed_with_who_is_related(juju: Juju) -> None:
    juju.answers(offers=offered())
    assert juju("offers").out == (
        "Offer  User   Relation id  Status  Endpoint  Interface  Role\n"
        "base   admin  7            joined  db        pgsql      provider\n"
    )
    summary = juju("offers", "--format", "summary").out.splitlines()
    assert summary[1].split() == (
        "base postgresql local:postgresql-0 1 jujubox admin/prod.base admin pgsql provider".split()
    )
    assert summary[2].split() == ["db", "pgsql", "provider"]
    found = json.loads(juju("offers", "--format", "json", "--active-only").out)
    assert list(found) == ["base"]
    assert found["base"]["connections"][0]["status"] == {"current": "joined", "since": "3 minutes ago"}
    assert json.loads(juju("offers", "spare", "--interface", "pgsql", "--format", "json").out).keys() == {"spare"}


def test_offers_are_found_by_model_name_and_interface(juju: Juju) -> None:
    entry = {"access": "admin", "endpoints": ENDS, "users": {}}
    juju.answers(find_offers={"jujubox:admin/prod.base": entry, "jujubox:admin/test.base": entry})
    assert juju("find-offers", "prod").out == (
        "Store    URL              Access  Interfaces\njujubox  admin/prod.base  admin   pgsql:admin, pgsql:db\n"
    )
    assert len(json.loads(juju("find-offers", "--offer", "base", "--format", "json").out)) == 2
    assert list(json.loads(juju("find-offers", "admin/test.base", "--format", "json").out)) == [
        "jujubox:admin/test.base"
    ]
    assert juju("find-offers", "--interface", "mysql").err == "ERROR no matching application offers found\n"


def test_offers_and_what_was_consumed_are_removed_by_name(juju: Juju) -> None:
    juju.answers(remove_offers=[{"offer": "admin/default.base", "error": "offer has 1 relation"}], remove_saas=[])
    ran = juju("remove-offer", "base")
    assert (ran.code, ran.err) == (1, "ERROR offer has 1 relation\n")
    assert juju.last[1] == {"urls": ["admin/default.base"], "force": False}
    juju.answers(remove_offers=[])
    assert juju("remove-offer", "prod.base", "--force", "-y").code == 0
    assert juju.last[1] == {"urls": ["admin/prod.base"], "force": True}
    assert juju("remove-saas", "base").code == 0
    juju.answers(remove_saas=[{"saas": "base", "error": 'saas application "base" not found'}])
    ran = juju("remove-saas", "base")
    assert (ran.code, ran.err.startswith("removing SAAS application base failed")) == (1, True)


def test_status_shows_what_is_consumed_and_what_is_offered(juju: Juju) -> None:
    status = samples.empty_status()
    info = {"current": "active", "message": "", "since": "2026-08-21T10:11:12.000000Z"}
    status["application-endpoints"] = {
        "base": {"url": "jujubox:admin/prod.base", "endpoints": ENDS, "application-status": info}
    }
    counts = {"total-connected-count": 2, "active-connected-count": 1}
    status["offers"] = {"pg": {"application": "postgresql", "charm": "local:pg-0", **counts, "endpoints": ENDS}}
    juju.answers(status=status)
    shown = juju("status").out
    assert "SAAS  Status  Store    URL\nbase  active  jujubox  admin/prod.base\n" in shown
    assert (
        "Offer  Application  Charm  Rev  Connected  Endpoint  Interface  Role\n"
        "pg     postgresql   pg     0    1/2        admin     pgsql      provider\n"
        "                                           db        pgsql      provider\n"
    ) in shown
