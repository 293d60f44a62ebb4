"""Whatever members come, go and write, in whatever order the agent looks: the rules of relations hold."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.agent.play import QUIET, Play, deployed, relation

MEMBERS = st.dictionaries(st.sampled_from(["client/0", "client/1", "client/2"]), st.integers(1, 3))
VIEWS = st.lists(st.tuples(MEMBERS, st.integers(0, 2), st.integers(0, 6)), max_size=8)


def _steps(play: Play, limit: int) -> list[str]:
    """At most `limit` operations, as an agent that is slower than the world."""
    play.done = []
    for _ in range(limit):
        before = len(play.done)
        play.step()
        if len(play.done) == before:
            break
    return play.done


@settings(max_examples=200)
@given(VIEWS, st.sampled_from(["dying", "alive"]))
def test_the_rules_hold(history: list[tuple[dict[str, int], int, int]], life: str) -> None:
    play = deployed()
    told: list[str] = []
    for members, version, patience in history:
        play.see(relations=(relation(1, members=members, application_members={"client": version}),))
        told += _steps(play, patience)
    last = replace(relation(1), life=life) if life == "dying" else play.view.relations[0] if history else relation(1)
    play.see(relations=(last,))  # type: ignore[arg-type]
    told += play.settle()
    _check(told)
    if life == "dying":
        assert play.state.relations == {}
        assert [hook for hook in told if hook.startswith("relation-broken")] == (
            ["relation-broken 1 client"] if told else []
        )
    else:
        known = play.state.relations["1"]
        assert known.members == last.members
        assert {k: v for k, v in known.application_members.items() if v} == {
            k: v for k, v in last.application_members.items() if v
        }


def _check(told: list[str]) -> None:
    joined: set[str] = set()
    for index, hook in enumerate(told):
        kind, _, rest = hook.partition(" ")
        unit = rest.split(" ")[1]
        if kind == "relation-created":
            assert index == 0
        elif kind == "relation-joined":
            assert unit not in joined
            joined.add(unit)
            assert told[index + 1] == f"relation-changed 1 {unit}"
        elif kind == "relation-changed" and "/" in unit:
            assert unit in joined
        elif kind == "relation-departed":
            joined.remove(unit)
        elif kind == "relation-broken":
            assert not joined
            assert hook == told[-1]


@settings(max_examples=100)
@given(VIEWS)
def test_a_dying_unit_always_ends(history: list[tuple[dict[str, int], int, int]]) -> None:
    play = Play(replace(QUIET, leader=True))
    for members, version, patience in history:
        play.see(relations=(relation(1, members=members, application_members={"client": version}),))
        _steps(play, patience)
    play.see(life="dying")
    play.settle()
    assert play.finished
    assert not any(known.members for known in play.state.relations.values())
