"""Who is the primary."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pgclient.hosts import Address, HostView, Role
from pgclient.probe import read, silent
from pgclient.topology import Fence, Topology, describe, is_fenced, is_foreign, is_lost, see, start

A, B, C = (Address(name) for name in "abc")


def view(address: Address, role: Role, timeline: int = 1, identifier: int = 7, started: float = 0.0) -> HostView:
    return HostView(address, role, identifier, timeline, started=started or hash(address.host) % 1000 + 1.0)


def seen(*views: HostView) -> Topology:
    topology = start([A, B, C])
    for one in views:
        topology = see(topology, one)
    return topology


views = st.builds(
    view,
    st.sampled_from([A, B, C]),
    st.sampled_from([Role.PRIMARY, Role.STANDBY]),
    st.integers(1, 4),
    st.sampled_from([7, 7, 7, 8]),
)
silences = st.builds(lambda address: silent(address, 0.0, "no answer"), st.sampled_from([A, B, C]))


@given(st.lists(views | silences, max_size=20))
def test_a_primary_never_is_on_an_older_timeline_than_any_member_ever_was(story: list[HostView]) -> None:
    topology, before = start([A, B, C]), Fence()
    for one in story:
        topology = see(topology, one)
        assert topology.fence.timeline >= before.timeline
        assert before.system_identifier in (None, topology.fence.system_identifier)
        before = topology.fence
        chosen = topology.view(topology.primary) if topology.primary else None
        if chosen:
            assert chosen.role is Role.PRIMARY
            assert chosen.timeline >= topology.fence.timeline
            assert chosen.system_identifier == topology.fence.system_identifier


def test_the_only_primary_is_the_primary() -> None:
    assert seen(view(A, Role.PRIMARY), view(B, Role.STANDBY)).primary == A


def test_the_highest_timeline_wins_in_whatever_order_they_are_seen() -> None:
    old, new = view(A, Role.PRIMARY, 1), view(B, Role.PRIMARY, 2)
    assert seen(old, new).primary == seen(new, old).primary == B


def test_an_old_primary_stays_fenced_while_the_new_one_is_away() -> None:
    topology = seen(view(B, Role.PRIMARY, 2), silent(B, 1.0, "gone"), view(A, Role.PRIMARY, 1))
    assert topology.primary is None
    assert "fenced" in topology.why


def test_two_primaries_on_one_timeline_get_no_write() -> None:
    topology = seen(view(A, Role.PRIMARY, started=1.0), view(B, Role.PRIMARY, started=2.0))
    assert topology.primary is None
    assert "all say they are the primary" in topology.why


def test_two_names_of_one_server_are_one_primary() -> None:
    assert seen(view(A, Role.PRIMARY, started=5.0), view(B, Role.PRIMARY, started=5.0)).primary == A


def test_a_server_of_another_cluster_is_no_member() -> None:
    topology = seen(view(A, Role.PRIMARY), view(B, Role.PRIMARY, 9, identifier=8))
    assert topology.primary == A
    other = topology.view(B)
    assert other is not None
    assert is_foreign(other, topology.fence)
    assert is_fenced(other, topology.fence)
    assert describe(other, topology).endswith("of another cluster")


def test_work_on_a_silent_primary_is_lost_once_another_is_the_primary_and_not_before() -> None:
    topology = seen(view(A, Role.PRIMARY), view(B, Role.STANDBY), silent(A, 1.0, "frozen"), silent(A, 2.0, "frozen"))
    lost = topology.view(A)
    assert lost is not None
    assert lost.failures == 2
    assert not is_lost(lost, topology)
    assert is_lost(lost, see(topology, view(B, Role.PRIMARY, 2)))


def test_work_on_a_silent_standby_is_left_alone() -> None:
    topology = seen(view(A, Role.PRIMARY), view(B, Role.STANDBY), silent(B, 1.0, "frozen"))
    standby = topology.view(B)
    assert standby is not None
    assert not is_lost(standby, topology)


def test_a_demoted_primary_is_lost() -> None:
    topology = seen(view(A, Role.PRIMARY), view(A, Role.STANDBY))
    demoted = topology.view(A)
    assert demoted is not None
    assert is_lost(demoted, topology)


def test_other_hosts_keep_the_fence_and_what_was_seen() -> None:
    topology = start([B, C], seen(view(A, Role.PRIMARY, 3), view(B, Role.STANDBY, 3)))
    assert topology.fence == Fence(7, 3)
    assert [host.address for host in topology.hosts] == [B, C]
    assert see(topology, view(A, Role.PRIMARY, 3)) is topology


def test_an_answer_becomes_a_view() -> None:
    standby = read((True, 7, 2, "0/5000028", 1.5, 99.0), A, 10.0, 0.01)
    assert standby == HostView(A, Role.STANDBY, 7, 2, 0x5000028, 1.5, 99.0, 10.0, 0.01, why="")
    primary = read((False, 7, 2, "0/5000028", 1.5, 99.0), A, 10.0, 0.01)
    assert primary == replace(standby, role=Role.PRIMARY, replayed_age=None)
