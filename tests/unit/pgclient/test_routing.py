"""Which host serves, and whether a standby is fresh enough."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgclient.errors import Misconfigured
from pgclient.hosts import Address, HostView, Role
from pgclient.lsn import CommitToken, format_lsn, parse_lsn
from pgclient.routing import Route, Wanted, candidates, choose, route
from pgclient.topology import Topology, see, start

A, B, C = (Address(name) for name in "abc")


def cluster(primary: bool = True, behind: int = 100, age: float | None = 2.0) -> Topology:
    topology = start([A, B, C])
    topology = see(topology, HostView(A, Role.PRIMARY, 7, 1, lsn=1000, started=1.0))
    topology = see(topology, HostView(B, Role.STANDBY, 7, 1, lsn=1000, replayed_age=60.0, started=2.0))
    topology = see(topology, HostView(C, Role.STANDBY, 7, 1, lsn=1000 - behind, replayed_age=age, started=3.0))
    return topology if primary else see(topology, HostView(A, why="gone"))


def names(topology: Topology, wanted: Route) -> str:
    return "".join(view.address.host for view in candidates(topology, wanted))


@pytest.mark.parametrize(
    ("wanted", "hosts"),
    [
        (Route(), "a"),
        (Route(Wanted.STANDBY), "bc"),
        (Route(Wanted.ANY), "abc"),
        (Route(Wanted.STANDBY, max_lag_bytes=99), "b"),
        (Route(Wanted.STANDBY, max_lag_bytes=100), "bc"),
        (Route(Wanted.STANDBY, max_lag_seconds=1.0), "b"),
        (Route(Wanted.STANDBY, max_lag_seconds=2.0), "bc"),
        (Route(Wanted.PREFER_STANDBY, max_lag_bytes=-1), "a"),
    ],
)
def test_roles_and_limits_choose_the_hosts(wanted: Route, hosts: str) -> None:
    assert names(cluster(), wanted) == hosts


def test_a_limit_that_cannot_be_checked_is_not_kept() -> None:
    assert names(cluster(primary=False), Route(Wanted.STANDBY, max_lag_bytes=1000)) == ""
    assert names(cluster(age=None), Route(Wanted.STANDBY, max_lag_seconds=1000)) == "b"
    assert names(cluster(primary=False), Route(Wanted.PREFER_STANDBY)) == "bc"


@given(st.integers(1, 5), st.integers(1, 40))
def test_equals_take_turns_and_differ_by_one_at_most(hosts: int, rounds: int) -> None:
    among = [HostView(Address(str(number))) for number in range(hosts)]
    load: Counter[Address] = Counter()
    for turn in range(rounds):
        load[choose(among, load, turn).address] += 1
    assert max(load.values()) - min(load[view.address] for view in among) <= 1


def test_words_become_routes() -> None:
    token = CommitToken(1, 5)
    assert route("prefer-standby", token) == Route(Wanted.PREFER_STANDBY, after=token)
    assert route(Route(Wanted.ANY, 7), token) == Route(Wanted.ANY, 7, after=token)
    assert Route("standby") == Route(Wanted.STANDBY)
    with pytest.raises(Misconfigured):
        route("master")


@given(st.integers(0, 2**64 - 1), st.integers(1, 2**31))
def test_positions_and_tokens_survive_a_cookie(lsn: int, timeline: int) -> None:
    assert parse_lsn(format_lsn(lsn)) == lsn
    assert CommitToken.parse(str(CommitToken(timeline, lsn))) == CommitToken(timeline, lsn)


@given(st.text(max_size=30))
def test_a_forged_token_is_refused_or_a_token(text: str) -> None:
    try:
        token = CommitToken.parse(text)
    except Misconfigured:
        return
    assert token.lsn >= 0
