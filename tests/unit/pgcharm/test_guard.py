"""When the guard ends a server: as late as it may, as early as it must."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pgcharm.watch.guard import ADMITS_NOBODY, SILENT, Memory, Sight, Verdict, is_set_back, remember, verdict

TTL = 20.0
WELL = Sight(0, primary=True, contact=0, running=True, admits=True)


def judged(*sights: Sight) -> Verdict | None:
    """The first verdict on sights that come one after the other."""
    memory = Memory.beginning(sights[0].at)
    for sight in sights:
        memory = remember(memory, sight)
        if (found := verdict(memory, sight, TTL)) is not None:
            return found
    return None


def every_other_second(sight: Sight, begun: int, ended: int) -> tuple[Sight, ...]:
    return tuple(replace(sight, at=at) for at in range(begun, ended, 2))


def test_a_primary_that_keeps_contact_goes_on() -> None:
    assert judged(*(replace(WELL, at=at, contact=at - 5, word=at - 5) for at in range(0, 100, 2))) is None


def test_a_primary_whose_patroni_is_silent_ends_before_its_key_may() -> None:
    silent = replace(WELL, contact=None, running=False)
    assert judged(WELL, *every_other_second(silent, 2, 14)) is None
    found = judged(WELL, *every_other_second(silent, 2, 18))
    assert found is not None
    assert (found.server, found.patroni) == (True, True)


def test_a_primary_whose_patroni_answers_without_contact_ends_too() -> None:
    found = judged(WELL, replace(WELL, at=16))
    assert found is not None
    assert (found.server, found.patroni) == (True, False)


def test_in_failsafe_mode_a_primary_goes_on_without_contact() -> None:
    assert judged(WELL, *every_other_second(replace(WELL, failsafe=True), 2, 100)) is None


def test_a_frozen_patroni_is_fenced_even_if_it_was_in_failsafe_mode() -> None:
    failsafe = every_other_second(replace(WELL, failsafe=True), 2, 60)
    silent = every_other_second(replace(WELL, contact=None, running=False), 60, 80)
    assert judged(WELL, *failsafe, *silent) is not None


@pytest.mark.parametrize("sight", [replace(WELL, admits=False), replace(WELL, contact=None, running=False)])
def test_while_failover_is_paused_nothing_is_ended(sight: Sight) -> None:
    assert judged(replace(WELL, paused=True), *every_other_second(replace(sight, paused=True), 2, 200)) is None


def test_a_server_that_lets_nobody_in_is_ended_after_a_while() -> None:
    stuck = [replace(WELL, at=at, contact=at, word=at, admits=False) for at in range(2, 20, 2)]
    found = judged(WELL, *stuck)
    assert found is not None
    assert (found.server, found.patroni) == (True, False)
    assert judged(WELL, *(sight for sight in stuck if sight.at < ADMITS_NOBODY)) is None


def test_a_server_that_is_only_starting_is_left_alone() -> None:
    starting = [replace(WELL, at=at, contact=at, word=at, running=False, admits=False) for at in range(2, 200, 2)]
    assert judged(WELL, *starting) is None


def test_a_standby_goes_on_without_patroni_which_is_started_anew() -> None:
    silent = replace(WELL, primary=False, contact=None, running=False)
    assert judged(WELL, *every_other_second(silent, 2, int(SILENT) - 2)) is None
    found = judged(WELL, *every_other_second(silent, 2, 100))
    assert found is not None
    assert (found.server, found.patroni) == (False, True)


HOUR = 3600.0


def seen(at: float, said: float, clock: float) -> Sight:
    """A look at `at` where Patroni's last word was `said` and the clock of the day shows `clock`."""
    return replace(WELL, at=at, contact=at - max(0.0, clock - said), word=said, day=clock - at)


def test_a_clock_that_is_set_forward_ends_nobody() -> None:
    day = 1_000_000.0
    before = [seen(at, day + at - at % 5, day + at) for at in range(0, 10, 2)]
    jumped = seen(10, day + 5, day + HOUR + 10)
    after = [seen(at, day + HOUR + at - at % 5, day + HOUR + at) for at in range(12, 60, 2)]
    assert judged(*before, jumped, *after) is None


def test_a_clock_that_is_set_back_hides_no_lost_contact() -> None:
    day = 1_000_000.0
    lost = [seen(at, day, day + at - HOUR) for at in range(2, 20, 2)]
    found = judged(seen(0, day, day), *lost)
    assert found is not None
    assert found.reason == "Patroni was last in contact with etcd 14 s ago"


def test_a_clock_that_is_set_back_is_seen_once_and_one_that_is_set_forward_or_drifts_is_not() -> None:
    clocks = [100.0, 102.0, 104.5, 3706.0, 3707.5, 109.5, 111.5]
    memory, found = Memory.beginning(0), []
    for at, clock in zip(range(0, 14, 2), clocks, strict=True):
        sight = seen(at, clock, clock)
        found.append(is_set_back(memory, sight))
        memory = remember(memory, sight)
    assert found == [False, False, False, False, False, True, False]
