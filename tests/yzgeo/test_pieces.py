"""Features laid out and taken out again, beside shapely's own coordinates."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from yzgeo.catalogue import GeometryKind
from yzgeo.pieces import Piece, offsets_of, ragged

HOLED = shapely.Polygon([(5, 0), (9, 0), (9, 9), (5, 9)], [[(6, 1), (8, 1), (7, 5)]])
SHAPES: dict[GeometryKind, list[shapely.Geometry]] = {
    "point": [shapely.Point(3, 1), shapely.Point(1, 2), shapely.Point(2, 3)],
    "line": [
        shapely.LineString([(4, 0), (5, 5), (6, 0)]),
        shapely.MultiLineString([[(1, 1), (2, 2)], [(1, 0), (0, 1), (3, 3)]]),
        shapely.LineString([(2, 0), (2, 9)]),
    ],
    "polygon": [HOLED, shapely.MultiPolygon([HOLED, shapely.box(1, 1, 2, 2)]), shapely.box(0, 0, 4, 4)],
}


def piece(geometry: GeometryKind, shapes: list[shapely.Geometry], first: int) -> Piece:
    held = np.array([*shapes, None], dtype=object)[:-1]
    places, offsets = ragged(held, geometry)
    fids = np.arange(first, first + len(shapes))
    return Piece(shapely.bounds(held), fids, places, offsets, fids[:, None].astype(np.int32))


@pytest.mark.parametrize("geometry", sorted(SHAPES))
def test_joined_and_sorted_every_feature_keeps_its_own(geometry: GeometryKind) -> None:
    shapes = SHAPES[geometry]
    joined = Piece.joined([piece(geometry, shapes[:2], 0), piece(geometry, shapes[2:], 2)], geometry, 1)
    ordered = joined.sorted()
    assert ordered.bounds[:, 0].tolist() == sorted(shape.bounds[0] for shape in shapes)
    assert ordered.numbers[:, 0].tolist() == ordered.fids.tolist()
    for row, fid in enumerate(ordered.fids.tolist()):
        vertices, counts = ordered.taken(np.array([row]))
        assert ordered.places[vertices].tolist() == shapely.get_coordinates(shapes[fid]).tolist()
        assert ordered.vertices()[row] == len(vertices) == (counts[-1].sum() if counts else 1)
    # Two at once, against the order in which they stand.
    vertices, _ = ordered.taken(np.array([2, 0]))
    wanted = [shapes[fid] for fid in ordered.fids[[2, 0]]]
    assert ordered.places[vertices].tolist() == shapely.get_coordinates(wanted).tolist()


def test_the_levels_of_areas_by_hand() -> None:
    _, (vertices, paths, parts) = ragged(np.array(SHAPES["polygon"], dtype=object), "polygon")
    assert vertices.tolist() == [0, 5, 9, 14, 18, 23, 28]
    assert paths.tolist() == [0, 2, 4, 5, 6]
    assert parts.tolist() == [0, 1, 3, 4]
    assert offsets_of(np.array([2, 0, 3])).tolist() == [0, 2, 2, 5]
