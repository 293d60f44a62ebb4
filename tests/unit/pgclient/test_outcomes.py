"""What is done again, and what became of a COMMIT without an answer."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pgclient.fate import Answer, Fate, Mark, judge
from pgclient.retry import Stage, Verdict, means_look_around, pause, verdict


@pytest.mark.parametrize("code", ["40001", "40P01", "25006", "57P01", "57P03", "08006", None])
def test_before_commit_these_are_done_again(code: str | None) -> None:
    assert verdict(code, Stage.WORKING) is Verdict.AGAIN


@pytest.mark.parametrize("code", ["23505", "42601", "57014", "53100", ""])
def test_what_a_retry_does_not_mend_is_raised(code: str) -> None:
    assert {verdict(code, stage) for stage in Stage} == {Verdict.RAISE}


@pytest.mark.parametrize("code", [None, "57P01", "57P02", "08006", "08007", "40003"])
def test_a_commit_without_an_answer_is_asked_about(code: str | None) -> None:
    assert verdict(code, Stage.COMMITTING) is Verdict.ASK


@pytest.mark.parametrize("code", [None, "57P01", "08006"])
def test_a_loose_statement_that_may_have_been_done_is_not_done_again(code: str | None) -> None:
    assert verdict(code, Stage.LOOSE) is Verdict.RAISE


def test_a_conflict_at_commit_is_done_again() -> None:
    assert verdict("40001", Stage.COMMITTING) is Verdict.AGAIN


def test_codes_that_speak_of_roles_make_us_look_around() -> None:
    assert all(means_look_around(code) for code in (None, "25006", "57P01", "57P02", "57P03", "08001"))
    assert not means_look_around("40001")


@given(st.integers(1, 1000), st.floats(0, 1, exclude_max=True))
def test_pauses_grow_and_stay_bounded(attempt: int, luck: float) -> None:
    assert 0 < pause(attempt, luck) <= pause(attempt + 1, luck) <= 1.5


@dataclass(frozen=True)
class History:
    """A server's WAL as far as a transaction is concerned: what a server with this history answers is known."""

    mark_there: bool
    commit_there: bool
    id_given_again: str | None
    """What became of another transaction that got the same id."""

    def status(self) -> str:
        if self.mark_there:
            return "committed" if self.commit_there else "aborted"
        return self.id_given_again or "future"


MARK = Mark(xid=1000, lsn=5000, timeline=3, replayed=4000, started=1.0)
histories = st.builds(
    History, st.booleans(), st.booleans(), st.sampled_from([None, "committed", "aborted", "in progress"])
)


@given(histories, st.sampled_from(["promoted", "crashed", "promoted long ago"]))
def test_an_answer_is_never_wrong(history: History, what_happened: str) -> None:
    assume(history.mark_there or not history.commit_there)
    end = 5000 + 100 * history.commit_there if history.mark_there else 4900
    answers = {
        "promoted": Answer(history.status(), 4, end, 9.0, was_standby=True),
        "crashed": Answer(history.status(), 3, end, 1.0, was_standby=False),
        "promoted long ago": Answer(history.status(), 5, end, 9.0, was_standby=False),
    }
    fate = judge(MARK, answers[what_happened])
    truth = Fate.COMMITTED if history.commit_there else Fate.ABORTED
    assert fate in (truth, Fate.UNKNOWN)
    if what_happened != "promoted long ago":
        assert fate is truth


def test_the_same_run_of_the_same_server_is_believed() -> None:
    same = Answer("committed", 3, 4000, 1.0, was_standby=False)
    assert judge(MARK, same) is Fate.COMMITTED
    assert judge(MARK, replace(same, status="in progress")) is Fate.RUNNING
    assert judge(MARK, replace(same, status="aborted")) is Fate.ABORTED
    assert judge(MARK, replace(same, status=None)) is Fate.UNKNOWN


def test_a_clean_restart_loses_nothing() -> None:
    clean = Answer("committed", 3, None, 2.0, was_standby=False)
    assert judge(MARK, clean) is Fate.COMMITTED
    assert judge(MARK, replace(clean, unbroken=False)) is Fate.UNKNOWN
    assert judge(MARK, replace(clean, unbroken=False, status="aborted")) is Fate.ABORTED


def test_an_id_that_somebody_else_got_after_a_promotion_is_not_ours() -> None:
    assert judge(MARK, Answer("committed", 4, 4999, 9.0, was_standby=True)) is Fate.ABORTED
    assert judge(MARK, Answer("committed", 4, 4999, 9.0, was_standby=False)) is Fate.UNKNOWN


def test_an_old_primary_is_not_believed() -> None:
    assert judge(MARK, Answer("aborted", 2, None, 1.0, was_standby=False)) is Fate.UNKNOWN
