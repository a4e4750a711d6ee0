"""Vertices left out: few remain, and neighbours fit together as before."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from yzgeo import thinning

SIZE = 1000.0
wobble = st.floats(-3, 3).map(lambda value: round(value, 2))


def on_grid(shapes: list[Any]) -> list[Any]:
    found: list[Any] = shapely.transform(thinning.simplify(np.array(shapes, dtype=object)), np.rint).tolist()
    return found


def widest(shape: shapely.Geometry) -> float:
    """How wide the widest part is, to a quarter of a unit."""
    return next(2 * by for by in np.arange(0, 50, 0.125) if shape.buffer(-by, join_style="mitre").area < 1e-9)


def test_many_vertices_become_few_within_a_unit() -> None:
    line = shapely.LineString([(x, 0.3 * (x % 2)) for x in range(100)])
    (found,) = thinning.simplify(np.array([line], dtype=object))
    assert shapely.get_num_coordinates(found) == 2
    assert shapely.hausdorff_distance(found, line) <= thinning.UNITS


def test_what_has_few_stays() -> None:
    shapes = [shapely.box(0, 0, 0.3, 0.3), shapely.LineString([(0, 0), (1, 0.1), (2, 0)]), shapely.Point(1, 1)]
    assert thinning.simplify(np.array(shapes, dtype=object)).tolist() == shapes


@settings(max_examples=60, deadline=None)
@given(st.lists(wobble, min_size=12, max_size=40))
def test_two_neighbours_share_the_thinned_border(offsets: list[float]) -> None:
    rows = np.linspace(0, SIZE, len(offsets) + 2)
    border = list(zip([500, *(500 + each for each in offsets), 500], rows, strict=True))
    west = shapely.Polygon([(0, 0), *border, (0, SIZE)])
    east = shapely.Polygon([(SIZE, SIZE), *border[::-1], (SIZE, 0)])
    left, right = on_grid([west, east])
    assert shapely.area(shapely.intersection(left, right)) == 0
    assert shapely.union(left, right).equals(shapely.box(0, 0, SIZE, SIZE)), "no gap at all"


@settings(max_examples=60, deadline=None)
@given(st.lists(wobble, min_size=12, max_size=40), st.data())
def test_a_corner_on_a_long_border_opens_no_gap(offsets: list[float], data: st.DataObject) -> None:
    """Two areas on the east meet somewhere on an edge of the one on the west, which has no corner there."""
    rows = np.linspace(0, SIZE, len(offsets) + 2)
    border = list(zip([500, *(500 + each for each in offsets), 500], rows, strict=True))
    west = shapely.Polygon([(0, 0), *border, (0, SIZE)])
    edges = list(pairwise(border))
    at = data.draw(st.integers(0, len(edges) - 1), label="edge")
    (x0, y0), (x1, y1) = edges[at]
    share = data.draw(st.floats(0.1, 0.9), label="share")
    corner = (x0 + share * (x1 - x0), y0 + share * (y1 - y0))
    south = shapely.Polygon([*border[: at + 1], corner, (SIZE, corner[1]), (SIZE, 0)])
    north = shapely.Polygon([corner, *border[at + 1 :], (SIZE, SIZE), (SIZE, corner[1])])
    found = on_grid([west, south, north])
    whole = shapely.union_all(found)
    assert widest(shapely.difference(shapely.box(0, 0, SIZE, SIZE), whole)) <= 1
    assert shapely.area(found).sum() - whole.area < SIZE / 2, "nor do they overlap: less than half a unit along it"


def test_areas_that_lie_on_each_other_keep_doing_so() -> None:
    ring = [(500 + 400 * np.cos(angle), 500 + 400 * np.sin(angle)) for angle in np.linspace(0, 6.2, 600)]
    park, pond = shapely.Polygon(ring), shapely.Polygon([(x / 2 + 200, y / 2 + 200) for x, y in ring])
    found = thinning.simplify(np.array([park, pond], dtype=object))
    for before, after in zip((park, pond), found, strict=True):
        assert shapely.hausdorff_distance(before, after) <= 2 * thinning.UNITS
        assert shapely.get_num_coordinates(after) < 200
