"""The endpoint `database`: what a client of postgresql_client asks for, and what the leader answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from pgcharm.clients import ClientRelation, Cluster, Decision, decide
from pgcharm.clients.answer import Answer
from pgcharm.publish import with_uris
from tests.unit.clients.test_decision import cluster, done

SECRETS = json.dumps(["username", "password", "tls", "tls-ca", "uris", "read-only-uris"])


def client(number: int = 1, application: str = "shop", units: int = 1, **wish: str) -> ClientRelation:
    bags = {f"{application}/{n}": {"egress-subnets": f"10.1.{number}.{n}/32"} for n in range(units)}
    asked = {key.replace("_", "-"): text for key, text in wish.items()}
    return ClientRelation(number, "database", application, units=bags, application_bag={"database": "shop", **asked})


def served(*relations: ClientRelation, standbys: int = 2) -> tuple[Decision, Cluster]:
    """What the leader, which is the primary, decides when all is done, and its view."""
    view = replace(cluster(), leader=True, ca="CA")
    assert view.catalogue is not None
    first = decide(relations, view)
    view = replace(view, catalogue=done(first, view.catalogue), loaded=frozenset(first.access))
    said = {f"pg/{n}": decide(relations, replace(view, unit=f"pg/{n}")).notice or "" for n in range(1, standbys + 1)}
    view = replace(view, notice=decide(relations, view).notice or "", notices=said)
    return decide(relations, view), view


def answered(relation: ClientRelation, answer: Answer) -> ClientRelation:
    """The relation when the answer has been written."""
    keys = {**relation.answered, **answer.keys, **{offer.key: f"secret:{offer.key}" for offer in answer.offers}}
    return replace(relation, answered={key: text for key, text in keys.items() if text})


def contents(answer: Answer) -> dict[str, Mapping[str, str]]:
    return {offer.key: offer.content for offer in answer.offers}


def test_nothing_is_answered_before_it_exists_nor_by_another_than_the_leader() -> None:
    assert decide([client()], replace(cluster(), leader=True)).answers == {}
    _, view = served(client())
    assert decide([client()], replace(view, leader=False)).answers == {}


def test_a_client_without_secrets_is_told_everything_in_the_bag() -> None:
    keys = served(client())[0].answers[1].keys
    password = keys["password"]
    uri = f"postgresql://jujudb_shop:{password}@10.0.0.1:5432,10.0.0.2:5432,10.0.0.3:5432/shop"
    assert keys == {
        "database": "shop",
        "endpoints": "10.0.0.1:5432",
        "read-only-endpoints": "10.0.0.2:5432,10.0.0.3:5432",
        "username": "jujudb_shop",
        "password": password,
        "tls": "True",
        "tls-ca": "CA",
        "uris": f"{uri}?target_session_attrs=read-write",
        "read-only-uris": f"{uri}?target_session_attrs=prefer-standby",
        "version": "15",
    }


def test_a_client_with_secrets_finds_its_credentials_there_only() -> None:
    answer = served(client(requested_secrets=SECRETS))[0].answers[1]
    assert set(answer.keys) == {"database", "endpoints", "read-only-endpoints", "version", "secrets-digest"}
    found = contents(answer)
    assert set(found) == {"secret-user", "secret-tls"}
    assert set(found["secret-user"]) == {"username", "password", "uris", "read-only-uris"}
    assert found["secret-tls"] == {"tls": "True", "tls-ca": "CA"}
    assert all(offer.uri == "" for offer in answer.offers)


def test_a_client_is_given_as_secrets_what_it_asks_for_and_the_rest_in_the_bag() -> None:
    answer = served(client(requested_secrets='["username", "password"]'))[0].answers[1]
    assert set(contents(answer)) == {"secret-user"}
    assert answer.keys["tls"] == "True"


def test_when_all_is_answered_nothing_is_left_to_write() -> None:
    for relation in (client(), client(requested_secrets=SECRETS)):
        decision, view = served(relation)
        assert decide([answered(relation, decision.answers[1])], view).answers == {}


def test_the_endpoints_follow_the_primary_and_the_secrets_stay() -> None:
    relation = client(requested_secrets=SECRETS)
    decision, view = served(relation)
    relation = answered(relation, decision.answers[1])
    assert decide([relation], replace(view, primary=None)).answers == {}
    moved = decide([relation], replace(view, primary="pg/1", notice=view.notices["pg/1"])).answers[1]
    assert moved.offers == ()
    assert moved.keys == {"endpoints": "10.0.0.2:5432", "read-only-endpoints": "10.0.0.1:5432,10.0.0.3:5432"}


def test_a_leader_without_its_server_still_says_where_the_primary_is() -> None:
    relation = client()
    decision, view = served(relation)
    relation = answered(relation, decision.answers[1])
    down = replace(view, catalogue=None, loaded=None, primary="pg/1", members=view.members[1:])
    assert decide([relation], down).answers[1].keys == {
        "endpoints": "10.0.0.2:5432",
        "read-only-endpoints": "10.0.0.3:5432",
    }


def test_a_standby_is_named_when_it_says_that_it_lets_the_client_in() -> None:
    decision, _ = served(client(), standbys=1)
    assert decision.answers[1].keys["read-only-endpoints"] == "10.0.0.2:5432"


def test_a_rotated_password_is_a_new_secret_at_the_same_place() -> None:
    relation = client(requested_secrets=SECRETS)
    decision, view = served(relation)
    before = contents(decision.answers[1])["secret-user"]["password"]
    relation = answered(relation, decision.answers[1])
    rotated = replace(view, generations={"jujudb_shop": 1})
    first = decide([relation], rotated)
    assert first.answers == {}
    assert view.catalogue is not None
    after = decide([relation], replace(rotated, catalogue=done(first, view.catalogue))).answers[1]
    assert {offer.uri for offer in after.offers} == {"secret:secret-user", "secret:secret-tls"}
    assert contents(after)["secret-user"]["password"] != before


def test_a_client_that_learns_secrets_finds_nothing_in_the_bag_any_more() -> None:
    relation = client()
    decision, view = served(relation)
    relation = replace(
        answered(relation, decision.answers[1]), application_bag=client(requested_secrets=SECRETS).application_bag
    )
    changed = decide([relation], view).answers[1]
    assert changed.keys["password"] is None
    assert changed.keys["username"] is None


def test_the_one_user_acts_as_the_owner_unless_it_asks_for_roles() -> None:
    _, view = served(client(1), client(2, "wiki", extra_user_roles="readers"))
    assert view.catalogue is not None
    plain, with_roles = view.catalogue.roles["jujudb_shop"], view.catalogue.roles["jujudb_wiki"]
    assert plain.default_roles == {"shop": "jujuowner_shop"}
    assert with_roles.member_of == {"jujuowner_shop", "readers"}
    assert with_roles.default_roles == {}
    assert not plain.superuser


def test_extensions_and_a_sysname_can_be_asked_for_beyond_the_interface() -> None:
    relation = client(sysname="Demo", database="", extensions="hstore(own)")
    decision, view = served(relation)
    assert view.catalogue is not None
    assert set(view.catalogue.databases["demo"].extensions) == {"postgis", "pg_trgm", "btree_gist", "hstore"}
    assert decision.answers[1].keys["database"] == "demo"


def test_an_application_that_has_not_asked_yet_is_not_served_and_not_refused() -> None:
    decision = decide([client(database="")], replace(cluster(), leader=True))
    assert (decision.access, decision.changes, decision.refusals, decision.answers) == ((), (), (), {})


@pytest.mark.parametrize(
    ("wish", "named"),
    [
        ({"extra_user_roles": "SUPERUSER"}, "SUPERUSER"),
        ({"extra_user_roles": "a, admin"}, "admin"),
        ({"extra_user_roles": "postgres"}, "postgres"),
        ({"extra_user_roles": "pg_read_server_files"}, "pg_read_server_files"),
        ({"entity_type": "USER"}, "entity-type"),
        ({"entity_permissions": "[]"}, "entity-permissions"),
        ({"prefix_matching": "all"}, "prefix-matching"),
        ({"requested_secrets": "{"}, "requested-secrets"),
        ({"requested_secrets": "[1]"}, "requested-secrets"),
        ({"requested_secrets": "[" * 10_000}, "requested-secrets"),
        ({"database": "postgres"}, "reserved"),
        ({"extensions": "plpython3u"}, "plpython3u"),
    ],
)
def test_what_is_not_served_is_refused_by_name_and_the_answer_taken_back(wish: dict[str, str], named: str) -> None:
    relation = client()
    decision, view = served(relation)
    relation = replace(answered(relation, decision.answers[1]), application_bag=client(**wish).application_bag)
    refused = decide([relation, client(2, "wiki")], view)
    assert named in str(refused.refusals[0])
    assert "shop (database:1)" in str(refused.refusals[0])
    assert set(refused.answers[1].keys) == set(relation.answered)
    assert not any(refused.answers[1].keys.values())
    assert {rule.users for rule in refused.access} == {("jujudb_wiki",)}


def test_no_secret_shows_in_a_printed_answer() -> None:
    decision, _ = served(client(requested_secrets=SECRETS))
    secret = contents(decision.answers[1])["secret-user"]["password"]
    assert secret not in repr(decision) + repr(decision.answers[1]) + repr(decision.answers[1].offers)


MODERN = {"version": "v1", "requests": '[{"resource": "shop", "request-id": "ab12", "salt": "s", "entity-type": null}]'}


def modern(**wish: str) -> ClientRelation:
    return replace(client(), application_bag={**MODERN, **{key.replace("_", "-"): text for key, text in wish.items()}})


def as_written(relation: ClientRelation, answer: Answer) -> ClientRelation:
    """The relation when the answer and its secrets have been written."""
    uris = {offer.key: f"secret:{offer.key}" for offer in answer.offers}
    return replace(
        relation, answered={key: text for key, text in {**uris, **with_uris(answer.keys, uris)}.items() if text}
    )


def test_a_client_of_version_1_is_answered_by_its_request() -> None:
    relation = modern(extensions="hstore")
    decision, view = served(relation)
    answer = decision.answers[1]
    assert contents(answer)["secret-tls"]["tls"] == "true"
    relation = as_written(relation, answer)
    (told,) = json.loads(relation.answered["requests"])
    assert told == {
        "resource": "shop",
        "request-id": "ab12",
        "salt": "s",
        "endpoints": "10.0.0.1:5432",
        "read-only-endpoints": "10.0.0.2:5432,10.0.0.3:5432",
        "version": "15",
        "secret-user": "secret:secret-user",
        "secret-tls": "secret:secret-tls",
    }
    assert relation.answered["version"] == "v1"
    assert json.loads(relation.answered["data"]) == {"ab12": {"resource": "shop", "request-id": "ab12", "salt": "s"}}
    assert decide([relation], view).answers == {}
    moved = decide([relation], replace(view, primary="pg/1", catalogue=None, loaded=None)).answers[1]
    (told,) = json.loads(str(moved.keys["requests"]))
    assert (told["endpoints"], told["secret-user"]) == ("10.0.0.2:5432", "secret:secret-user")


@pytest.mark.parametrize("requests", ["{", "[]", "{}", "[1]", '[{"resource": "a"}, {"resource": "b"}]', "[" * 10_000])
def test_a_client_of_version_1_may_ask_for_one_database(requests: str) -> None:
    assert "requests" in str(decide([modern(requests=requests)], replace(cluster(), leader=True)).refusals[0])
