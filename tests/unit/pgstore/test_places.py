"""Geometry in three forms, and where documents are."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgstore.errors import BadRequest
from pgstore.ids import TimeOrderedIds
from pgstore.places.geometry import Geometry, box, parse, parse_wkt, point
from pgstore.places.rules import Place, Point, Rules, Shape, Span, TimeSpan, Where
from pgstore.showing import Found
from pgstore.times import instant, milliseconds

NUMBERS = st.floats(-180, 180)
POSITIONS = st.tuples(NUMBERS, NUMBERS)
LINES = st.lists(POSITIONS, min_size=2, max_size=4).map(tuple)
RINGS = st.lists(POSITIONS, min_size=3, max_size=4).map(lambda line: (*line, line[0]))
POLYGONS = st.lists(RINGS, min_size=1, max_size=2).map(tuple)
GEOMETRIES = (
    st.builds(Geometry, st.just("Point"), POSITIONS)
    | st.builds(Geometry, st.sampled_from(["LineString", "MultiPoint"]), LINES)
    | st.builds(Geometry, st.just("Polygon"), POLYGONS)
    | st.builds(Geometry, st.just("MultiLineString"), st.lists(LINES, min_size=1, max_size=2).map(tuple))
    | st.builds(Geometry, st.just("MultiPolygon"), st.lists(POLYGONS, min_size=1, max_size=2).map(tuple))
)


@given(GEOMETRIES)
def test_wkt_and_geojson_read_back_as_they_were_written(geometry: Geometry) -> None:
    assert parse(geometry.wkt) == geometry
    assert parse(geometry.geojson) == geometry
    assert parse({"type": "Feature", "geometry": geometry.geojson}) == geometry


@given(st.text() | st.text("POINT LYG(),0123.e- "))
def test_no_text_is_read_as_wkt_by_accident(text: str) -> None:
    with contextlib.suppress(BadRequest):
        assert parse_wkt(parse_wkt(text).wkt)


@pytest.mark.parametrize(
    "given",
    [
        "POINT (1)", "POINT 1 2", "POINT (1 2", "POINT (1 2) x", "POLYGON ((0 0, 1 1, 0 0))", "CIRCLE (1 2)",
        "POLYGON ((0 0, 1 1, 2 0, 0 1))", "LINESTRING (0 0)", "POINT (1e999 0)", "POINT (nan 0)",
        "'; DROP TABLE ion_resources", "POINT Z (1 2 3)", 5, None,
         {"type": "Point"}, {"type": "Point", "coordinates": []},
        {"type": "Point", "coordinates": ["1", "2"]}, {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]},
    ],
)  # fmt: skip
def test_bad_geometry_is_refused(given: object) -> None:
    with pytest.raises(BadRequest, match="cannot read"):
        parse(given)


def test_multipoints_come_with_and_without_inner_brackets() -> None:
    assert parse_wkt("MULTIPOINT ((1 2), (3 4))") == parse_wkt("multipoint(1 2,3 4)")


def test_ewkb_is_what_postgis_writes() -> None:
    assert point(1, 2).ewkb().upper() == "0101000020E6100000000000000000F03F0000000000000040"


def test_points_on_the_equator_and_on_the_diagonal_are_somewhere() -> None:
    for lat, lon in ((0, 0), (5, 5), (0, 7), (7, 0)):
        document = {"geospatial_point_center": {"lat": lat, "lon": lon}}
        assert Rules().place(document).point == point(lon, lat)


def test_the_original_fields_are_found_in_a_list_of_constraints() -> None:
    bounds = {
        "type_": "GeospatialBounds", "geospatial_longitude_limit_west": -10, "geospatial_latitude_limit_south": 1,
        "geospatial_longitude_limit_east": 10, "geospatial_latitude_limit_north": "2.5",
        "geospatial_vertical_min": 50, "geospatial_vertical_max": 10,
    }  # fmt: skip
    times = {"type_": "TemporalBounds", "start_datetime": "0", "end_datetime": 10}
    place = Rules().place({"constraint_list": [{"type_": "Other"}, bounds, times]})
    assert place.area == box(-10, 1, 10, 2.5)
    assert place.vertical == (10, 50)
    assert place.temporal == (instant(0), instant(10_000))


def test_rules_of_a_type_are_its_own() -> None:
    rules = Rules({"Buoy": Where(point=Point("at.x", "at.y"), vertical=Span("top", "bottom"))})
    place = rules.place({"type_": "Buoy", "at": {"x": 1, "y": 2}, "bottom": 9, "boundary": "POINT (0 0)"})
    assert place == Place(point=point(1, 2), vertical=(None, 9.0))
    assert rules.place({"type_": "Ship"}) == Place()


@pytest.mark.parametrize(
    ("where", "document"),
    [
        (Where(point=Point("x", "y")), {"x": "east", "y": 1}),
        (Where(point=Point("x", "y")), {"x": "nan", "y": 1}),
        (Where(area=Shape("area")), {"area": "POLYGON (("}),
        (Where(area=Shape("area")), {"area": "POINT (1 2)"}),
        (Where(temporal=TimeSpan("from", "to")), {"from": "yesterday", "to": 5}),
        (Where(temporal=TimeSpan("from", "to")), {"from": 6, "to": 5}),
    ],
)
def test_a_field_that_cannot_be_read_is_an_error_and_no_empty_column(where: Where, document: dict[str, object]) -> None:
    with pytest.raises(BadRequest, match="cannot place document 'here'"):
        Rules({"T": where}).place({"type_": "T", "name": "here", **document})


def test_times_are_milliseconds_iso_or_datetimes() -> None:
    assert instant("1300000000000") == instant(1300000000000.0) == instant("2011-03-13T07:06:40Z")
    assert milliseconds(instant(1300000000123)) == 1300000000123
    for bad in ("soon", None, True, float("inf"), []):
        with pytest.raises(BadRequest, match="cannot read a time"):
            instant(bad)


def test_time_ordered_ids_grow_even_if_the_clock_does_not() -> None:
    ids = TimeOrderedIds(clock=lambda: 1.0)
    made = [ids.make() for _ in range(200)]
    assert made == sorted(set(made))
    assert {len(id_) for id_ in made} == {10}
    assert len(TimeOrderedIds(5).make()) == 12


def test_a_duplicate_keeps_its_time_and_changes_its_salt() -> None:
    ids = TimeOrderedIds()
    taken = ids.make()
    other = ids.replace_duplicate(taken)
    assert other != taken
    assert other[:7] == taken[:7]


def test_what_was_found_shows_itself_as_a_map_and_as_a_table() -> None:
    here = {"_id": "a", "name": "<b>", "geospatial_point_center": {"lat": 1, "lon": 2}}
    found = Found([here, {"_id": "nowhere"}])
    (feature,) = found.to_geojson()["features"]
    assert feature["geometry"] == {"type": "Point", "coordinates": [2.0, 1.0]}
    assert feature["properties"] == {"_id": "a", "name": "<b>"}
    assert "<td>&lt;b&gt;</td>" in found._repr_html_()
    assert Found(["a"])._repr_html_() == "<pre>[&#x27;a&#x27;]</pre>"
