"""Which way a statement takes, and what is prepared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgclient.kinds import Kind, Loners, kind
from pgclient.prepared import Prepared


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT 1", Kind.READ),
        (b"  select 1", Kind.READ),
        ("-- why\n/* how */ (SELECT 1) UNION VALUES (2)", Kind.READ),
        ("WITH gone AS (DELETE FROM t RETURNING 1) SELECT * FROM gone", Kind.READ),
        ("TABLE t", Kind.READ),
        ("insert into t values (1)", Kind.CHANGE),
        ("MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE", Kind.CHANGE),
        ("SELECT 1; DROP TABLE t", Kind.OTHER),
        ("SELECT ';'", Kind.OTHER),
        ("COPY t TO STDOUT", Kind.OTHER),
        ("BEGIN", Kind.OTHER),
        ("SET search_path = a", Kind.OTHER),
        ("EXPLAIN ANALYZE DELETE FROM t", Kind.OTHER),
        ("", Kind.OTHER),
        ("$1", Kind.OTHER),
    ],
)
def test_the_first_word_tells_the_way(text: str | bytes, expected: Kind) -> None:
    assert kind(text) is expected


@given(st.text())
def test_any_text_has_a_kind_and_only_one_statement_is_ever_sent_the_short_way(text: str) -> None:
    assert kind(text) is Kind.OTHER or ";" not in text


def test_a_loner_is_forgotten_after_a_while_and_there_are_only_so_many() -> None:
    loners = Loners(most=2, seconds=60.0)
    loners.add("a", now=0.0)
    assert loners.has("a", now=59.0)
    assert not loners.has("a", now=61.0)
    loners.add("b", now=1.0)
    loners.add("c", now=2.0)
    assert [loners.has(name, now=3.0) for name in "abc"] == [False, True, True]


def test_what_is_asked_often_is_prepared_once() -> None:
    prepared = Prepared(threshold=2)
    said = [prepared.name(b"SELECT 1", (23,)) for _ in range(4)]
    assert said == [(b"", False), (b"", False), (b"_pgc_1", True), (b"_pgc_1", False)]
    assert prepared.name(b"SELECT 1", (20,)) == (b"", False), "other types are another statement"


def test_nothing_is_prepared_where_that_is_not_wanted() -> None:
    assert {Prepared(None).name(b"SELECT 1", ()) for _ in range(9)} == {(b"", False)}


def test_after_forgetting_a_name_is_not_given_again() -> None:
    prepared = Prepared(threshold=0)
    assert prepared.name(b"a", ()) == (b"_pgc_1", True)
    prepared.forget()
    assert prepared.name(b"a", ()) == (b"_pgc_2", True)
    prepared.drop(b"a", ())
    assert prepared.name(b"a", ()) == (b"_pgc_3", True)


def test_a_flood_of_different_statements_fills_no_memory() -> None:
    prepared = Prepared(threshold=0)
    names = [prepared.name(b"SELECT %d" % n, ())[0] for n in range(3000)]
    assert sum(bool(name) for name in names) == 200
