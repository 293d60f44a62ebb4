"""The query language, read and written without a server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pgstore.access import Access
from pgstore.errors import BadRequest, Inconsistent, Trouble, Unavailable
from pgstore.outcomes import Failure, explain, trouble_of
from pgstore.plantree import read as read_plan
from pgstore.query import builder, nodes, searches
from pgstore.query.builder import QueryBuilder, associated_with, eq, gt, overlaps_geom
from pgstore.query.nodes import Always, And, Compare, Contains, JsonCompare, Not, Or, Query, Slot, Value, split
from pgstore.query.pages import paged, read, token_after
from pgstore.query.reading import Scope, read_expression, read_query
from pgstore.schema.profiles import Profile, StoreShape
from pgstore.sql.finding import find

RESOURCES = Scope("RESOURCES")


def test_the_builder_writes_what_the_reader_reads() -> None:
    query = (
        QueryBuilder()
        .where((eq("ra:name", "$(name)") & gt("depth", 5)) | ~eq("type_", "Buoy"))
        .order_by("ra:ts_created", "desc")
        .limit(10)
        .skip(2)
        .with_parameters(name="Pioneer")
    )
    travelled = json.loads(json.dumps(query.as_dict()))
    found = read_query(travelled, "RESOURCES")
    depth = JsonCompare("gt", "number", Value("texts", ["depth"]), Value("json", "5"))
    both = And((Compare("eq", "name", Value("text", "Pioneer")), depth))
    assert found.where == Or((both, Not(Compare("eq", "type_", Value("text", "Buoy")))))
    assert found.limit == Value("integer", 10)
    assert found.order == (nodes.Order("ts_created", (), True, False),)


def test_geometry_operators_of_the_original_keep_their_form() -> None:
    for name in ("overlaps", "contains", "within", "crosses", "touches"):
        made = getattr(builder, f"{name}_geom")("geom", "POINT (1 2)", 0.5)
        assert made.as_list() == [f"gop:{name}_geom", ["geom", "POINT (1 2)", 0.5]]


def test_one_statement_serves_every_value() -> None:
    shape = StoreShape("r", Profile.RESOURCES)
    queries = [read_query(QueryBuilder().where(eq(name, n)).as_dict(), "RESOURCES") for n, name in enumerate("abc")]
    shapes = {split(query)[0] for query in queries}
    assert len(shapes) == 1
    assert split(queries[1])[1] == ['{"b":1}']
    assert find(shape, shapes.pop()).text.count("%(v0)s") == 1


def test_values_are_taken_out_in_their_order() -> None:
    query = Query(And((Contains(Value("json", "1")), Contains(Value("json", "2")))), limit=Value("integer", 3))
    shape, values = split(query)
    assert values == ["1", "2", 3]
    assert shape.limit == Slot(2, "integer")


def test_a_parameter_that_nobody_gave_matches_nothing() -> None:
    expression = ["exp:or", [["op:eq", ["a", "$(x)"]], ["xop:in", ["a", ["$(x)", 1]]]]]
    assert read_expression(expression, RESOURCES) == Or((Always(False), Always(False)))


def test_nothing_at_all_holds_of_everything() -> None:
    assert read_expression(None, RESOURCES) == Always(True)
    assert searches.resources() == Always(True)


@pytest.mark.parametrize(
    "query",
    [
        {}, {"QUERYEXP": "qexp_v2"}, {"QUERYEXP": "qexp_v1.0", "query_args": {"limit": -1}},
        {"QUERYEXP": "qexp_v1.0", "query_args": {"limit": "5"}}, {"QUERYEXP": "qexp_v1.0", "query_args": {"sql": "x"}},
        {"QUERYEXP": "qexp_v1.0", "query_args": {"format": "sql"}}, {"QUERYEXP": "qexp_v1.0", "order_by": [["geom"]]},
        {"QUERYEXP": "qexp_v1.0", "order_by": [["name", "down"]]}, {"QUERYEXP": "qexp_v1.0", "order_by": "name; DROP"},
        {"QUERYEXP": "qexp_v1.0", "query_args": {"ds_sub": "hist"}}, None, [],
    ],
)  # fmt: skip
def test_a_query_that_makes_no_sense_is_refused(query: Any) -> None:
    with pytest.raises(BadRequest, match="cannot"):
        read_query(query, "RESOURCES")


def test_depth_is_limited() -> None:
    expression: Any = ["op:eq", ["a", 1]]
    for _ in range(60):
        expression = ["exp:not", [expression]]
    with pytest.raises(BadRequest, match="deeper than 50"):
        read_expression(expression, RESOURCES)


def test_access_adds_to_what_is_asked() -> None:
    where = Compare("eq", "name", Value("text", "x"))
    assert Access(superuser=True).limit(where) == where
    assert Access().limit(Always(True)) == nodes.Visible(None)
    assert Access("ann").limit(where) == And((where, nodes.Visible(Value("text", "ann"))))


def test_a_page_token_fits_its_order_only() -> None:
    known = {"id": "text", "name": "text"}
    query = paged(Query(order=(nodes.Order("name"),)), 2, None, known)
    token = token_after(query, ["b1", 1, {}, False, "Pioneer"])
    assert read(token, ("name", "id")) == ["Pioneer", "b1"]
    following = paged(Query(order=(nodes.Order("name"),)), 2, token, known)
    assert following.after == nodes.After((Value("text", "Pioneer"), Value("text", "b1")))
    for bad in ("", "?", token[:-3], token + "x"):
        with pytest.raises(BadRequest):
            paged(Query(order=(nodes.Order("name", (), True),)), 2, bad or token, known)


@pytest.mark.parametrize(
    ("state", "kind", "words"),
    [
        ("08006", Unavailable, "unreachable"), ("25006", Unavailable, "read-only"), ("53300", Unavailable, "too many"),
        ("42P01", Inconsistent, "pgstore check"), ("42501", BadRequest, "as this user"), ("22P02", BadRequest, "given"),
        ("57P03", Unavailable, "starting up"), ("XX000", Inconsistent, "XX000"), (None, Unavailable, "unreachable"),
    ],
)  # fmt: skip
def test_every_failure_has_one_of_few_types(state: str | None, kind: type[Exception], words: str) -> None:
    error = explain(Failure(state, "the server said so"))
    assert type(error) is kind
    assert words in str(error)


def test_a_duplicate_says_which() -> None:
    detail = "Key (s, p, o)=(a, next, b) already exists."
    assert "(a, next, b)" in str(explain(Failure("23505", "", "ix_r_assoc_once", detail)))
    assert trouble_of('FATAL: database "x" does not exist') is Trouble.NO_SUCH_DATABASE


def test_hops_have_a_letter_and_a_predicate_each() -> None:
    made = read_expression(associated_with("a", predicate=["p", "q"], direction="SO").as_list(), RESOURCES)
    assert isinstance(made, nodes.Associated)
    assert [hop.side for hop in made.hops] == ["S", "O"]
    for bad in (associated_with("a", predicate=["p"], direction="SO"), associated_with("a", direction="SX"),
                associated_with()):  # fmt: skip
        with pytest.raises(BadRequest):
            read_expression(bad.as_list(), RESOURCES)


def test_a_buffer_is_in_degrees_or_in_metres() -> None:
    near = read_expression(overlaps_geom("geom", "POINT (1 2)", "1500m").as_list(), RESOURCES)
    assert isinstance(near, nodes.Spatial)
    assert near.in_metres
    assert near.buffer == Value("number", 1500.0)
    degrees = read_expression(overlaps_geom("geom", "POINT (1 2)", 2).as_list(), RESOURCES)
    assert isinstance(degrees, nodes.Spatial)
    assert not degrees.in_metres


def test_a_plan_is_read_as_a_tree() -> None:
    inner = {
        "Node Type": "Index Scan", "Relation Name": "ion_r", "Index Name": "ix_r_type", "Plan Rows": 3,
        "Actual Rows": 2, "Actual Total Time": 0.5, "Index Cond": "(type_ = 'x')", "Rows Removed by Filter": 7,
    }  # fmt: skip
    plan = read_plan([{"Plan": {"Node Type": "Limit", "Plan Rows": 1, "Plans": [inner]}, "Execution Time": 1.25}], "")
    assert plan.indexes == ("ix_r_type",)
    assert str(plan).splitlines() == [
        "Limit  (1 expected)",
        "  Index Scan using ix_r_type on ion_r  (2 rows, 3 expected, 0.50 ms)",
        "      index cond: (type_ = 'x')",
        "      7 rows looked at in vain",
        "planned in 0.00 ms, done in 1.25 ms",
    ]
