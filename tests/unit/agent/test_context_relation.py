from __future__ import annotations

from dataclasses import replace

from jujubox.agent.context.relations import MemberCache, context_relation
from jujubox.agent.state import Hook, RelationState
from tests.unit.agent.play import relation

KNOWN = RelationState(1, "db", "client", peer=False, members={"client/10": 1, "client/2": 1})
VIEW = relation(1, members={"client/2": 1, "client/10": 1})


def test_members_are_those_known_in_their_order() -> None:
    assert context_relation(KNOWN, VIEW, None).members == ("client/2", "client/10")


def test_the_unit_that_joins_is_a_member_and_the_one_that_departs_is_none() -> None:
    joined = Hook("relation-joined", relation=1, remote_unit="client/3")
    assert "client/3" in context_relation(KNOWN, VIEW, joined).members
    departed = Hook("relation-departed", relation=1, remote_unit="client/2")
    assert context_relation(KNOWN, VIEW, departed).members == ("client/10",)


def test_a_relation_is_broken_in_its_broken_hook_and_when_it_ends_without_members() -> None:
    empty = replace(KNOWN, members={})
    assert not context_relation(empty, VIEW, None).broken
    assert context_relation(empty, VIEW, Hook("relation-broken", relation=1)).broken
    assert context_relation(empty, replace(VIEW, life="dying"), None).broken
    assert context_relation(empty, replace(VIEW, suspended=True), None).broken
    assert not context_relation(KNOWN, replace(VIEW, life="dying"), None).broken
    assert not context_relation(replace(empty, peer=True), replace(VIEW, life="dying"), None).broken


def test_a_hook_for_a_member_and_its_leaving_drop_what_was_read() -> None:
    cache = MemberCache()
    for unit in ("client/0", "client/1", "client/2"):
        cache.put(1, unit, {"x": unit})
    cache.prepare(Hook("relation-changed", relation=1, remote_unit="client/0"), {1: ("client/0", "client/1")})
    assert cache.get(1, "client/0") is None
    assert cache.get(1, "client/1") == {"x": "client/1"}
    assert cache.get(1, "client/2") is None
