"""Shapes that are mended, and what is told. Answers computed by hand."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, MultiPoint, MultiPolygon, Point, Polygon, box

from yzgeo.ingest.geometry import repair

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
