"""Where the pooler leads and when it holds its clients back, whatever etcd shows in which order."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pgcharm.watch.leading import Course, Sight, course, needs_to_be_sure

BEFORE = Course("a-0")


def after(*looks: tuple[Sight, bool], begin: Course = BEFORE) -> Course:
    for sight, sure in looks:
        begin = course(begin, sight, sure)
    return begin


def test_a_lost_primary_holds_clients_until_a_new_one_says_that_it_is() -> None:
    lost, chosen = Sight("", ""), Sight("a-1", "")
    assert after((lost, False)) == Course("a-0", held=True)
    assert after((lost, False), (chosen, False)).held, "it has the key, and is not promoted yet"
    assert after((lost, False), (chosen, False), (chosen, True)) == Course("a-1")


def test_a_primary_that_comes_back_is_gone_on_with() -> None:
    assert after((Sight("", ""), False), (Sight("a-0", ""), True)) == Course("a-0")


def test_who_asks_first_is_held_before_the_role_goes_over_and_let_go_as_soon_as_it_has() -> None:
    asked = Sight("a-0", "lease")
    held = after((asked, False))
    assert (held.held, held.asked) == (True, "lease")
    assert after((asked, False), (asked, True)).held, "the old primary still is one"
    gone_over = after((asked, False), (asked, True), (Sight("", "lease"), False), (Sight("a-1", "lease"), True))
    assert (gone_over.target, gone_over.held) == ("a-1", False)
    assert not after((Sight("a-1", "lease"), False), begin=gone_over).held, "the same question holds nobody again"
    assert after((Sight("a-1", "another"), False), begin=gone_over).held


def test_a_question_that_goes_away_lets_clients_go_on_where_they_were() -> None:
    assert after((Sight("a-0", "lease"), False), (Sight("a-0", ""), True)) == Course("a-0")


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(("", "a-0", "a-1", "a-2")), st.sampled_from(("", "x", "y")), st.booleans()),
        max_size=12,
    )
)
def test_in_the_end_everybody_is_let_go_to_the_primary(looks: list[tuple[str, str, bool]]) -> None:
    now = Course(held=True)
    for leader, asked, sure in looks:
        sight = Sight(leader, asked)
        then = course(now, sight, sure and needs_to_be_sure(now, sight))
        assert then.target in (now.target, leader), "nobody is led where no key was"
        assert then.held or then.target == leader, "who is let go is let go to the holder of the key"
        now = then
    quiet = Sight("a-1", "")
    now = course(now, quiet, needs_to_be_sure(now, quiet))
    assert (now.target, now.held) == ("a-1", False)
