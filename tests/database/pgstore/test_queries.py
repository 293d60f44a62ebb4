"""Expressions on a server find what they find in plain Python."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pgstore import BadRequest
from pgstore.query.builder import (
    QueryBuilder,
    all_match,
    alt_id,
    associated_with,
    attr_like,
    contains_geom,
    crosses_geom,
    distance,
    eq,
    fuzzy,
    in_,
    keyword,
    nested,
    object_descendants,
    overlaps_bbox,
    overlaps_geom,
    overlaps_range,
    regex,
    subject_descendants,
    touches_geom,
    within_geom,
    within_range,
)
from tests.database.pgstore.conftest import Place
from tests.database.pgstore.model import holds

SMALL = st.integers(-3, 3)
TEXTS = st.text("abAé%_", max_size=3)
VALUES = st.none() | st.booleans() | SMALL | st.sampled_from([0.5, -1.5]) | TEXTS
DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "type_": st.sampled_from(["Buoy", "Ship"]),
        "name": TEXTS,
        "lcstate": st.sampled_from(["DEPLOYED", "DRAFT"]),
        "a": VALUES | st.fixed_dictionaries({"b": VALUES}) | st.lists(SMALL, max_size=2),
        "geospatial_point_center": st.fixed_dictionaries({"lat": SMALL, "lon": SMALL}),
        "geospatial_bounds": st.fixed_dictionaries(
            {"geospatial_vertical_min": SMALL, "geospatial_vertical_max": SMALL}
        ),
        "nominal_datetime": st.integers(0, 5).map(lambda at: {"start_datetime": at, "end_datetime": at + 1}),
    },
)
NAMES = st.sampled_from(["a", "a.b", "a.c"])
COLUMNS = st.sampled_from(["name", "type_", "lcstate", "id"])
COMPARISONS = st.sampled_from(["op:lt", "op:lte", "op:gt", "op:gte"])
LEAVES = st.one_of(
    st.tuples(st.sampled_from(["op:eq", "op:neq"]), st.tuples(NAMES, VALUES | st.lists(SMALL, max_size=2))),
    st.tuples(st.sampled_from(["op:eq", "op:neq"]), st.tuples(COLUMNS, st.none() | TEXTS)),
    st.tuples(COMPARISONS, st.tuples(NAMES, SMALL | st.just(0.5) | TEXTS)),
    st.tuples(COMPARISONS, st.tuples(COLUMNS, TEXTS)),
    st.tuples(st.sampled_from(["op:like", "op:ilike"]), st.tuples(NAMES | COLUMNS, TEXTS)),
    st.tuples(st.sampled_from(["op:regex", "op:iregex"]), st.tuples(NAMES | COLUMNS, st.text("ab.", max_size=2))),
    st.tuples(st.just("xop:in"), st.tuples(NAMES, st.lists(VALUES.filter(lambda v: v is not None), max_size=3))),
    st.tuples(st.just("xop:between"), st.tuples(NAMES, SMALL, SMALL)),
    st.tuples(st.just("gop:overlaps"), st.tuples(st.just("geom"), SMALL, SMALL, SMALL, SMALL)),
    st.tuples(
        st.sampled_from(["rop:overlaps", "rop:contains", "rop:within"]),
        st.tuples(SMALL, SMALL).map(lambda pair: ("vertical_range", *sorted(pair))),
    ),
    st.tuples(
        st.sampled_from(["rop:overlaps", "rop:within"]),
        st.tuples(st.integers(0, 6000), st.integers(0, 6000)).map(lambda pair: ("temporal_range", *sorted(pair))),
    ),
)
EXPRESSIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["exp:and", "exp:or"]), st.lists(inner, min_size=1, max_size=3)),
        st.tuples(st.just("exp:not"), st.tuples(inner)),
    ),
    max_leaves=5,
)


async def test_expressions_find_what_they_find_in_plain_python(demo: Place) -> None:
    """Documents once, then many expressions about them."""
    documents: list[dict[str, Any]] = []

    @settings(max_examples=100, database=None, suppress_health_check=list(HealthCheck), deadline=None)
    @given(DOCUMENTS)
    def gather(document: dict[str, Any]) -> None:
        documents.append(document)

    expressions: list[Any] = []

    @settings(max_examples=250, database=None, suppress_health_check=list(HealthCheck), deadline=None)
    @given(EXPRESSIONS)
    def collect(expression: Any) -> None:
        expressions.append(expression)

    gather()
    collect()
    async with demo.system("demo") as system:
        store = await system.create_datastore("modelled", "RESOURCES")
        kept = [{**document, "_id": f"{n:04}"} for n, document in enumerate(documents)]
        await store.create_mult(kept)
        for expression in expressions:
            found = await store.find_by_query({"QUERYEXP": "qexp_v1.0", "where": expression}, id_only=True)
            assert sorted(found) == [one["_id"] for one in kept if holds(expression, one)], expression


BUOYS: list[dict[str, Any]] = [
    {"_id": "oslo", "type_": "Buoy", "name": "Oslo", "geospatial_point_center": {"lat": 59.9, "lon": 10.7}},
    {"_id": "bergen", "type_": "Buoy", "name": "Bergen", "geospatial_point_center": {"lat": 60.4, "lon": 5.3}},
    {"_id": "null", "type_": "Buoy", "name": "Null Island", "geospatial_point_center": {"lat": 0, "lon": 0}},
    {"_id": "box", "type_": "Area", "boundary": "POLYGON ((10 59, 11 59, 11 60, 10 60, 10 59))", "keywords": ["fjord"]},
    {"_id": "two", "type_": "Area", "alt_ids": ["PRE:ID1", "ID2"], "contact": {"type_": "Contact", "email": "a@b.no"},
     "boundary": "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)), ((2 2, 3 2, 3 3, 2 2)))"},
]  # fmt: skip


async def test_places_are_found_by_every_spatial_operator(demo: Place) -> None:
    async with demo.system("demo") as system:
        store = await system.create_datastore("places", "RESOURCES")
        await store.create_mult(BUOYS)

        async def ids(expression: Any) -> list[str]:
            return sorted(await store.find_by_query(QueryBuilder().where(expression).id_only()))

        oslo = "POINT (10.75 59.91)"
        assert await ids(overlaps_bbox("ra:geom", 0, 0, 11, 60)) == ["null", "oslo"]
        assert await ids(overlaps_geom("geom", oslo)) == []
        assert await ids(overlaps_geom("geom", oslo, 0.1)) == ["oslo"]
        assert await ids(overlaps_geom("geom", oslo, "4000m")) == ["oslo"]
        assert await ids(overlaps_geom("geom", oslo, "2000m")) == []
        assert await ids(distance("geom", oslo, 310_000)) == ["bergen", "oslo"]
        assert await ids(distance("geom", oslo, 310_000, "gt")) == ["null"]
        assert await ids(contains_geom("geom_loc", oslo)) == ["box"]
        assert await ids(contains_geom("geom_mpoly", oslo)) == ["box"]
        assert await ids(within_geom("geom", "POLYGON ((-1 -1, 1 -1, 1 1, -1 1, -1 -1))")) == ["null"]
        assert await ids(within_geom("geom", "POINT (10.7 59.8)", "20000m")) == ["oslo"]
        assert await ids(crosses_geom("geom_loc", "LINESTRING (9 59.5, 12 59.5)")) == ["box"]
        assert await ids(touches_geom("geom_loc", {"type": "Point", "coordinates": [10, 59]})) == ["box"]
        assert await ids(keyword("fjord")) == ["box"]
        assert await ids(nested("Contact")) == ["two"]
        assert await ids(alt_id("ID1")) == ["two"]
        assert await ids(alt_id("ID1", "PRE")) == ["two"]
        assert await ids(alt_id(None, "_")) == ["two"]
        assert await ids(alt_id("ID1", "_")) == []
        assert await ids(attr_like("contact.email", "%@b.no")) == ["two"]
        assert await ids(all_match("island")) == ["null"]
        assert await ids(fuzzy("ra:name", "Nul Iland")) == ["null"]
        assert await ids(regex("ra:name", "^(o|b)", case_sensitive=False)) == ["bergen", "oslo"]
        assert await ids(in_("att:id", "oslo", "nobody") | eq("contact.email", "$(who)")) == ["oslo"]
        asked = QueryBuilder().where(eq("contact.email", "$(who)")).id_only()
        assert await store.find_by_query(asked, parameters={"who": "a@b.no"}) == ["two"]
        assert await store.find_by_query(asked.with_parameters(who="a@b.no")) == ["two"]
        assert await store.find_by_query(asked) == []


async def test_a_store_has_the_reference_system_it_was_made_with(demo: Place) -> None:
    async with demo.system("demo") as system:
        store = await system.create_datastore("utm", "RESOURCES", srid=32632)
        place = {"geospatial_point_center": {"lat": 6642000, "lon": 597000}}
        await store.create({"type_": "Buoy", **place}, "oslo")
        query = QueryBuilder().where(distance("geom", "POINT (597000 6643000)", 1010)).id_only()
        assert await store.find_by_query(query) == ["oslo"]
        assert await store.find_by_query(QueryBuilder().where(overlaps_geom("geom", "POINT (597900 6642000)", 999)))


async def test_heights_and_times_are_ranges(demo: Place) -> None:
    async with demo.system("demo") as system:
        store = await system.create_datastore("ranges", "RESOURCES")
        depth = {"geospatial_vertical_min": 10, "geospatial_vertical_max": 50}
        times = {"start_datetime": 1300000000, "end_datetime": 1400000000}
        await store.create({"geospatial_bounds": depth, "nominal_datetime": times}, "a")
        for expression, hit in (
            (overlaps_range("vertical_range", 50, 60), True),
            (overlaps_range("vertical_range", 51, None), False),
            (within_range("vertical_range", 0, 60), True),
            (overlaps_range("temporal_range", "2011-03-13T07:06:40Z", "2012-01-01"), True),
            (overlaps_range("temporal_range", 1400000000001, 1500000000000), False),
        ):
            assert await store.find_by_query(QueryBuilder().where(expression).id_only()) == (["a"] if hit else [])


async def test_associations_are_followed_over_hops_and_down_to_the_leaves(demo: Place) -> None:
    async with demo.system("demo") as system:
        store = await system.create_datastore("graph", "RESOURCES")
        types = {"org": "Org", "site": "Site", "a": "Buoy", "b": "Buoy", "c": "Buoy"}
        await store.create_mult([{"type_": type_, "name": id_.upper()} for id_, type_ in types.items()], list(types))
        edges = "org hasSite site,site hasBuoy a,site hasBuoy b,b next c,c next b"
        for edge in edges.split(","):
            await store.create_association(*edge.split())

        async def ids(expression: Any) -> list[str]:
            return sorted(await store.find_by_query(QueryBuilder().where(expression).id_only()))

        assert await ids(associated_with("site", predicate="hasBuoy", direction="O")) == ["a", "b"]
        assert await ids(associated_with("org", direction="OO")) == ["a", "b"]
        assert await ids(associated_with("org", predicate=["hasBuoy", "hasSite"], direction="OO")) == ["a", "b"]
        assert await ids(associated_with(target_type="Site", predicate="hasSite")) == ["org"]
        assert await ids(associated_with(direction="SS", target_filter=eq("ra:name", "A"))) == ["org"]
        assert await ids(object_descendants("org")) == ["a", "b", "c", "site"]
        assert await ids(object_descendants("org", max_depth=1)) == ["site"]
        assert await ids(object_descendants("org", type_="Buoy")) == ["a", "b", "c"]
        assert await ids(object_descendants("b", "next")) == ["b", "c"]
        assert await ids(subject_descendants("c", max_depth=50)) == ["b", "c", "org", "site"]
        (gone,) = await store.find_associations("site", "hasBuoy", "a")
        await store.retire_association(gone)
        assert await ids(object_descendants("org")) == ["b", "c", "site"]
        assert await ids(associated_with("org", direction="OO")) == ["b"]


async def test_pages_hold_everything_once_in_any_order(demo: Place) -> None:
    async with demo.system("demo") as system:
        store = await system.create_datastore("pages", "RESOURCES")
        dice = random.Random(5)
        rows = [{"n": dice.choice([None, 1, 2.5, 10, "x"]), "name": dice.choice(["a", "b", None])} for _ in range(57)]
        rows = [{key: value for key, value in row.items() if value is not None} for row in rows]
        await store.create_mult(rows, [f"{n:02}" for n in range(57)])
        for order in (
            [],
            [["name", "asc"]],
            [["name", "desc", "nulls first"], ["n", "asc"]],
            [["n", "desc"], ["name", "asc", "nulls first"]],
            [["ts_created", "desc"]],
        ):
            query = {"QUERYEXP": "qexp_v1.0", "order_by": order}
            last = ["id", *order[0][1:]] if order else ["id"]
            whole = [document["_id"] for document in await store.find_by_query({**query, "order_by": [*order, last]})]
            paged = [document["_id"] async for document in store.iterate(query, 10)]
            assert paged == whole
        numbers = [row.get("n") for row in await store.find_by_query({"QUERYEXP": "qexp_v1.0", "order_by": [["n"]]})]
        known = [number for number in numbers if isinstance(number, (int, float))]
        assert known == sorted(known)
        with pytest.raises(BadRequest):
            await store.find_page({"QUERYEXP": "qexp_v1.0"}, 10, "nonsense")


@pytest.mark.parametrize(
    "expression",
    [
        ["op:nope", ["a", 1]], ["op:eq", ["a"]], ["op:lt", ["a", True]], ["gop:overlaps_geom", ["geom", "POINT (1", 0]],
        ["gop:overlaps_geom", ["name", "POINT (1 1)", 0]], ["gop:overlaps", ["geom", 1, 2, 3]],
        ["op:eq", ["ra:nope", 1]],
        ["op:regex", ["name", "("]], ["op:like", ["name", "a\\"]], ["op:eq", ["a", "\0"]],
        ["op:eq", ["a", float("nan")]],
        ["rop:overlaps", ["vertical_range", 5, 1]], ["assop:associated", ["a", None, None, "X", None]], "a = 1",
        ["op:eq", ["name", 5]], ["exp:not", []], ["xop:istype", []], {"sql": "1=1"}, ["op:gt", ["ts_created", "soon"]],
        ["gop:overlaps_geom", ["geom", "POINT (1 1)", "5 miles"]], ["assop:descend_o", ["a", None, None, 0.5]],
    ],
)  # fmt: skip
async def test_a_bad_expression_is_a_bad_request(demo: Place, expression: Any) -> None:
    async with demo.system("demo") as system:
        store = await system.get_datastore("refusing", "RESOURCES")
        with pytest.raises(BadRequest):
            await store.find_by_query({"QUERYEXP": "qexp_v1.0", "where": expression})


async def test_names_and_values_are_never_sql(demo: Place) -> None:
    async with demo.system("demo") as system:
        store = await system.get_datastore("injected", "RESOURCES")
        await store.create({"name": "'; DROP TABLE ion_injected; --"}, "1' OR '1'='1")
        for name in ('x"; DROP TABLE ion_injected; --', "a'b.c", "%s", "%(v0)s", "$1", ":x"):
            query = QueryBuilder().where(eq(name, name) | in_(name, name)).order_by(name)
            assert await store.find_by_query(query) == []
        assert await store.find_resources(name="'; DROP TABLE ion_injected; --") == ["1' OR '1'='1"]


async def test_a_plan_can_be_read_and_names_its_index(demo: Place) -> None:
    async with demo.system("demo") as system:
        store = await system.get_datastore("planned", "RESOURCES")
        await store.create_mult([{"type_": "Buoy", "name": f"n{n}", "serial": n} for n in range(3000)])
        await system.vacuum("planned")
        plan = await store.explain(QueryBuilder().where(eq("att:type_", "Buoy") & eq("serial", 77)))
        assert "ix_planned_doc" in plan.indexes
        assert "ms)" in str(plan)
        assert plan.root.rows == 1
