"""Shapes: what is mended and told, and how they lie to each other and to the ledger. Answers computed by hand."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, MultiPoint, MultiPolygon, Point, Polygon, box

from yzgeo.ingest.geometry import relations, repair

EAST, NORTH = 41_569_000.0, 4_684_000.0


def square(x=0.0, y=0.0, size=10.0, other=None):
    return box(EAST + x, NORTH + y, EAST + x + size, NORTH + y + (other or size))


def shift(*points):
    return [(EAST + x, NORTH + y) for x, y in points]


def mend(*shapes, kind="polygon"):
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    return repair.repair(array, kind=kind)


def codes(report):
    return [(issue.where, issue.level, issue.code) for issue in report.issues]


def test_good_shapes_pass_untouched():
    shapes = [square(), square(20)]
    result = mend(*shapes)
    assert list(result.geometries) == shapes
    assert not result.changed.any()
    assert result.issues == ()


def test_a_bow_tie_is_mended_and_the_area_told():
    result = mend(Polygon(shift((0, 0), (10, 10), (10, 0), (0, 10))))
    assert result.geometries[0].is_valid
    # Two triangles of base 10 and height 5.
    assert result.geometries[0].area == pytest.approx(50)
    assert codes(result) == [("1", "warning", "shape_repaired")]
    assert "自相交" in result.issues[0].zh
    assert result.changed[0]
    assert not result.rejected[0]


def test_repeated_points_heights_and_closed_lines():
    tall = shapely.force_3d(square(), 66.0)
    repeated = Polygon(shift((0, 0), (10, 0), (10, 0), (10, 10), (0, 10)))
    ring = LineString(shift((0, 0), (10, 0), (10, 10), (0, 10), (0, 0)))
    nearly = LineString(shift((0, 0), (10, 0), (10, 10), (0, 10), (0, 0.2)))
    open_line = LineString(shift((0, 0), (10, 0), (10, 10)))
    result = mend(tall, repeated, ring, nearly, open_line)
    assert codes(result) == [
        ("1", "info", "heights_dropped"),
        ("2", "info", "points_repeated"),
        ("3", "info", "line_to_area"),
        ("4", "warning", "ring_closed"),
        ("5", "error", "geometry_kind"),
    ]
    assert [round(shape.area) for shape in result.geometries[:4]] == [100, 100, 100, 100]
    assert "0.200" in result.issues[3].zh
    assert list(result.rejected) == [False] * 4 + [True]


def test_what_is_no_shape_is_an_error_of_its_row():
    result = mend(None, Polygon(), Point(EAST, NORTH), Polygon(shift((0, 0), (5, 5), (10, 10))), square())
    assert codes(result) == [
        ("1", "error", "geometry_missing"),
        ("2", "error", "geometry_missing"),
        ("3", "error", "geometry_kind"),
        ("4", "error", "shape_collapsed"),
    ]
    assert list(result.rejected) == [True, True, True, True, False]


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e308])
def test_numbers_that_are_no_coordinates_are_an_error(bad):
    with np.errstate(all="ignore"):
        shape = shapely.polygons(
            [[EAST, NORTH], [EAST + 10, NORTH], [EAST + 10, bad], [EAST, NORTH + 10], [EAST, NORTH]]
        )
    result = mend(shape, square())
    assert codes(result) == [("1", "error", "coordinates_not_finite")]


def test_slivers_are_dropped_from_a_shape_or_told():
    several = MultiPolygon([square(), square(30, 0, 0.2)])
    thread = Polygon(shift((0, 0), (1000, 0), (1000, 0.001), (0, 0.001)))
    result = mend(several, thread)
    assert codes(result) == [("1", "info", "slivers_dropped"), ("2", "warning", "sliver")]
    assert result.geometries[0].equals(square())


def test_other_kinds_of_layers():
    mixed = shapely.GeometryCollection([square(), LineString(shift((0, 0), (50, 0)))])
    result = mend(mixed, kind="polygon")
    assert result.geometries[0].equals(square())
    result = mend(MultiPoint(shift((0, 0))), MultiPoint(shift((0, 0), (1, 1))), kind="point")
    assert codes(result) == [("2", "error", "geometry_kind")]
    assert mend(LineString(shift((0, 0), (0, 0))), kind="line").rejected[0]
    assert mend(None, kind="none").issues == ()


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=3, max_size=9))
def test_any_ring_becomes_valid_or_is_rejected_and_input_stays(points):
    shape = Polygon(shift(*points))
    before = shape.wkb
    result = mend(shape)
    assert shape.wkb == before
    if not result.rejected[0]:
        assert result.geometries[0].is_valid
        assert result.geometries[0].area > 0
    again = repair.repair(result.geometries, kind="polygon")
    assert not again.changed.any()


def test_overlaps_between_parcels():
    shapes = np.array([square(), square(8), square(10, 20), square(100), square(100), None], dtype=object)
    found = relations.overlaps(shapes)
    assert [(item.one, item.other, round(item.area_m2, 6), item.same) for item in found] == [
        (0, 1, 20.0, False),
        (3, 4, 100.0, True),
    ]
    assert found[0].share == pytest.approx(0.2)
    # Neighbours that share a border do not overlap.
    assert relations.overlaps(np.array([square(), square(10)], dtype=object)) == ()


def test_the_same_shape_is_found_wherever_its_ring_starts():
    turned = Polygon(shift((10, 0), (10, 10), (0, 10), (0, 0)))
    (found,) = relations.overlaps(np.array([square(), turned], dtype=object))
    assert found.same


def test_ten_thousand_copies_cost_little():
    shapes = np.array([square()] * 10_000, dtype=object)
    found = relations.overlaps(shapes)
    assert len(found) == 9_999


def test_gaps_between_neighbours():
    # A slit half a metre wide and ten long, and a lane of three metres that is none.
    shapes = np.array([square(), square(10.5), square(23.5)], dtype=object)
    (gap,) = relations.gaps(shapes)
    assert gap.area_m2 == pytest.approx(5.0, rel=0.01)
    assert gap.neighbours == (0, 1)
    assert relations.gaps(np.array([square()], dtype=object)) == ()
    assert relations.gaps(np.array([square(), square(10)], dtype=object)) == ()


def test_shares_outside_the_district():
    district = square(0, 0, 100)
    line = LineString(shift((50, 50), (50, 150)))
    shapes = np.array([square(), square(95), square(500), Point(EAST + 50, NORTH + 50), line, None], dtype=object)
    share = relations.outside(shapes, district)
    assert share[:5] == pytest.approx([0, 0.5, 1, 0, 0.5])
    assert np.isnan(share[5])
    issues = relations.outside_issues(shapes, district=district)
    assert [(issue.where, issue.code) for issue in issues] == [(row, "outside_district") for row in ("2", "3", "5")]


def test_a_report_for_a_layer_of_areas():
    shapes = np.array([square(), square(8), square(300), square(20, 20)], dtype=object)
    issues = relations.report(
        shapes,
        district=square(-50, -50, 200),
        stated_m2=[104.0, 0.15, np.nan, 200.0],
        where=["P-01", "P-02", "P-03", "P-04"],
    )
    assert [(issue.where, issue.code) for issue in issues] == [
        ("P-02", "overlap"),
        ("P-03", "outside_district"),
        ("P-02", "area_disagrees"),
        ("P-04", "area_disagrees"),
    ]
    assert "亩" in issues[2].zh
    assert "亩" not in issues[3].zh


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=2, max_size=12))
def test_overlaps_agree_with_every_pair(places):
    shapes = np.array([square(x, y) for x, y in places], dtype=object)
    found = {(item.one, item.other) for item in relations.overlaps(shapes) if not item.same}
    first = [places.index(place) for place in places]
    expected = {
        (a, b)
        for a in range(len(places))
        for b in range(a + 1, len(places))
        if first[a] == a and first[b] == b and shapely.area(shapely.intersection(shapes[a], shapes[b])) >= 0.5
    }
    assert found == expected
