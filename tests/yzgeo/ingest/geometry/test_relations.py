"""How shapes lie to each other, the district and the ledger. Answers computed by hand."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, Point, Polygon, box

from yzgeo.ingest.geometry import relations

EAST, NORTH = 41_569_000.0, 4_684_000.0


def square(x=0.0, y=0.0, size=10.0, other=None):
    return box(EAST + x, NORTH + y, EAST + x + size, NORTH + y + (other or size))


def shift(*points):
    return [(EAST + x, NORTH + y) for x, y in points]


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
