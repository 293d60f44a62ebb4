"""Clients that come through a pooler: who is told so, when, and whom the servers let in for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pgcharm.clients import ClientRelation, Cluster, Decision, decide
from pgcharm.clients.decision import pooled_requests
from pgcharm.clients.pooling import Pooling
from pgcharm.clients.request import Refusal, Request, read_request
from tests.unit.clients.test_decision import MEMBERS, client, cluster, publish, served

POOLING = Pooling(6432, 6433, admits=True, hosts=("10.0.0.1", "10.0.0.2", "10.0.0.3"))


def pooled(view: Cluster | None = None, pooling: Pooling | None = POOLING) -> Cluster:
    return replace(view or cluster(), pooling=pooling, places=MEMBERS)


def application(**wish: str) -> ClientRelation:
    units = {"web/0": {"egress-subnets": "10.1.9.0/32"}}
    return ClientRelation(9, "database", "web", units=units, application_bag={"database": "pages", **wish})


def answered(decision: Decision) -> dict[str, str]:
    return {key: text for key, text in decision.answers[9].keys.items() if text}


def test_who_asks_is_told_the_poolers_ports_and_who_does_not_is_told_the_servers() -> None:
    decision, _ = served(client(1, pooler="yes"), client(2, "other"), view=pooled())
    asked, silent = decision.publications[1], decision.publications[2]
    assert (asked["pooler"], asked["host"], asked["port"]) == ("yes", "10.0.0.1", "6432")
    assert "host=10.0.0.1 dbname=shop port=6432 " in str(asked["master"])
    assert [line.split()[2] for line in str(asked["standbys"]).split("\n")] == ["port=6433", "port=6433"]
    assert (silent.get("pooler"), silent["port"]) == (None, "5432")
    assert "port=5432" in str(silent["master"])


def test_a_standby_tells_its_own_pooler_for_reading() -> None:
    primary, view = served(client(pooler="yes"), view=pooled())
    told = decide([client(pooler="yes")], replace(view, unit="pg/1", notice=primary.notice or "")).publications[1]
    assert (told["state"], told["host"], told["port"]) == ("hot standby", "10.0.0.2", "6433")
    assert told["master"] == primary.publications[1]["master"]


def test_the_operator_may_send_everybody_through_the_poolers_but_who_says_no() -> None:
    view = pooled(pooling=replace(POOLING, default=True))
    decision, _ = served(client(1), client(2, "other", pooler="no"), view=view)
    assert (decision.publications[1]["port"], decision.publications[2]["port"]) == ("6432", "5432")


def test_servers_let_the_poolers_in_with_the_clients_logins_and_over_tls_only() -> None:
    rules = [str(rule) for rule in decide([client(pooler="yes")], pooled()).access]
    users = '"juju_shop","jujuschema_shop"'
    assert rules == [
        f'host "shop" {users} 10.1.1.0/32 scram-sha-256',
        *(f'hostssl "shop" {users} {host}/32 scram-sha-256' for host in POOLING.hosts),
    ]
    assert len(decide([client()], pooled()).access) == 1


def test_nobody_is_sent_to_a_pooler_that_does_not_let_him_in_yet() -> None:
    _, view = served(client(pooler="yes"), view=pooled())
    late = decide([client(pooler="yes")], replace(view, pooling=replace(POOLING, admits=False)))
    assert late.publications[1] == {}
    assert late.waits == ("shop (db:1): the pooler of this unit does not let it in yet",)
    grown = decide([client(pooler="yes")], replace(view, pooling=replace(POOLING, hosts=(*POOLING.hosts, "10.0.0.4"))))
    assert grown.waits == ("shop (db:1): PostgreSQL does not let the poolers in yet",)


def test_while_poolers_come_and_go_a_client_keeps_what_it_was_told() -> None:
    direct, view = served(client(pooler="yes"), view=pooled(pooling=None))
    told = publish(client(pooler="yes"), direct)
    assert told.published["port"] == "5432"
    coming = replace(view, pooling=replace(POOLING, admits=False))
    assert decide([told], coming).publications[1] == {}, "the pooler is not ready"
    ready, view = served(told, view=replace(view, pooling=POOLING))
    told = publish(told, ready)
    assert (told.published["pooler"], told.published["port"]) == ("yes", "6432")
    assert decide([told], replace(view, pooling=replace(POOLING, admits=False))).publications[1] == {}


def test_poolers_that_were_turned_off_still_reach_the_servers_and_are_told_to_nobody() -> None:
    through, view = served(client(pooler="yes"), view=pooled())
    told = publish(client(pooler="yes"), through)
    off = decide([told], replace(view, pooling=replace(POOLING, on=False, admits=False)))
    assert off.access == through.access
    assert (off.publications[1]["port"], off.publications[1]["pooler"]) == ("5432", None)


def test_a_client_of_the_endpoint_database_finds_poolers_in_endpoints_and_uris() -> None:
    wish = application(pooler="yes")
    said, _ = served(wish, view=replace(pooled(), leader=True))
    told = answered(said)
    assert (told["endpoints"], told["pooler"]) == ("10.0.0.1:6432", "yes")
    assert "@10.0.0.1:6432,10.0.0.2:6432,10.0.0.3:6432/pages?target" in told["uris"]
    assert "@10.0.0.1:6433,10.0.0.2:6433,10.0.0.3:6433/pages?target" in told["read-only-uris"]


@pytest.mark.parametrize("text", ["maybe", "on\n", "6432", "yes;no", "y" * 10_000])
def test_a_wish_for_a_pooler_that_is_neither_yes_nor_no_is_refused_by_name(text: str) -> None:
    for relation in (client(pooler=text), application(pooler=text)):
        refusal = read_request(relation)
        assert isinstance(refusal, Refusal)
        assert "is neither yes nor no" in refusal.reason


def test_who_may_come_through_a_pooler_is_who_is_served_and_wants_to() -> None:
    relations = (client(1, pooler="yes"), client(2, "other"), client(3, "bad", pooler="yes", extensions="plpython3u"))
    assert [request.application for request in pooled_requests(relations, pooled())] == ["shop"]
    assert pooled_requests(relations, pooled(pooling=None)) == ()
    assert isinstance(read_request(client(pooler="no")), Request)
