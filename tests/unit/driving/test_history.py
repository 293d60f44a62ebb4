"""What a history of acknowledgements shows."""

from __future__ import annotations

from driving.history import (
    Ack,
    Gap,
    Op,
    longest_gap,
    missing,
    out_of_order,
    per_interval,
    register_faults,
    two_primaries,
)


def ack(ended: float, stream: str = "s", number: int = 1, server: str = "a", timeline: int = 1) -> Ack:
    return Ack(stream, number, ended - 0.01, ended, server, timeline)


def test_a_gap_counts_from_the_last_row_before_the_event() -> None:
    assert longest_gap([ack(1), ack(2), ack(8), ack(9)], 3, 20) == Gap(2, 8)


def test_gaps_before_the_event_do_not_count() -> None:
    assert longest_gap([ack(1), ack(9), ack(10), ack(10.5)], 9.5, 20).seconds == 1


def test_no_row_at_all_is_one_long_gap() -> None:
    assert longest_gap([], 3, 20) == Gap(3, 20)


def test_rows_are_counted_by_when_they_were_acknowledged() -> None:
    assert per_interval([ack(0.05), ack(0.15), ack(0.19), ack(0.45)], 0, 0.4, 0.1) == [1, 2, 0, 0]


def test_an_acknowledged_row_that_is_nowhere_is_missing() -> None:
    assert missing([ack(1, number=1), ack(2, number=2)], {("s", 1), ("s", 3)}) == [("s", 2)]


def test_a_strict_stream_has_no_holes() -> None:
    assert out_of_order([("s", 1), ("s", 2), ("t", 1), ("t", 3)], ["s", "t"]) == ["t"]


def test_one_primary_after_the_other_is_well() -> None:
    assert two_primaries([ack(1), ack(2, server="b", timeline=2), ack(3, server="a", timeline=3)]) == ()


def test_an_old_primary_that_answers_after_the_new_one_is_seen() -> None:
    (found,) = two_primaries([ack(1), ack(2, "t", server="b", timeline=2), ack(3, number=2)])
    assert found.startswith("s 2 was acknowledged by a on timeline 1 after t 1 by b on timeline 2")


def test_a_row_that_was_sent_before_the_new_primary_answered_says_nothing() -> None:
    late = Ack("s", 2, 1.5, 3.0, "a", 1)
    assert two_primaries([ack(1), ack(2, "t", server="b", timeline=2), late]) == ()


def test_two_servers_on_one_timeline_are_seen() -> None:
    assert two_primaries([ack(1), ack(2, server="b")]) == ("timeline 1 was written by a and b",)


def test_a_register_that_is_written_and_read_in_turn_is_well() -> None:
    assert register_faults([Op(1, 2, "0", "a"), Op(3, 4, "a"), Op(5, 6, "a", "b")], "0", "b") == ()


def test_a_write_without_an_answer_may_have_been_done_or_not() -> None:
    unknown = Op(1, None, "0", "a")
    assert register_faults([unknown, Op(3, 4, "a", "b")], "0", "b") == ()
    assert register_faults([unknown, Op(3, 4, "0", "b")], "0", "b") == ()


def test_an_acknowledged_value_that_is_forgotten_is_seen() -> None:
    assert register_faults([Op(1, 2, "0", "a"), Op(3, 4, "0", "b")], "0", "b")[0] == "a was acknowledged and is lost"


def test_a_stale_read_is_seen() -> None:
    (found,) = register_faults([Op(1, 2, "0", "a"), Op(3, 4, "0")], "0", "a")
    assert found == "0 was seen at 3.000, when a later value had been acknowledged"


def test_a_read_beside_a_write_may_see_either() -> None:
    for value in ("0", "a"):
        assert register_faults([Op(1, 4, "0", "a"), Op(2, 3, value)], "0", "a") == ()
