"""Tiles: geometry by hand, and everything we encode read back by another library."""

from __future__ import annotations

import math
from typing import Any

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from yzgeo import tiles

HOME = (14, 6068, 13828)


def decode(data: bytes) -> dict[str, Any]:
    """Read a tile with the other library, y growing south as it is stored."""
    decoded: dict[str, Any] = mapbox_vector_tile.decode(data, default_options={"y_coord_down": True})
    return decoded


def place(z: int, row: int, col: int, points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Longitude and latitude of tile coordinates: the inverse of what is tested, written anew."""
    size = 4096 * 2**z
    found = []
    for x, y in points:
        share_x, share_y = (col * 4096 + x) / size, (row * 4096 + y) / size
        found.append((share_x * 360 - 180, math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * share_y))))))
    return found


def encode(
    shapes: list[Any],
    columns: dict[str, list[Any]] | None = None,
    tile: tuple[int, int, int] = HOME,
    *,
    simplify: bool = True,
) -> bytes:
    z, row, col = tile
    fids = list(range(1, len(shapes) + 1))
    return tiles.encode_layer(
        "layer", np.array(shapes, dtype=object), fids, columns or {}, z=z, row=row, col=col, simplify=simplify
    )


def features(data: bytes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = decode(data)["layer"]["features"]
    return found


def test_the_whole_world_is_one_tile() -> None:
    west, south, east, north = tiles.tile_bounds(0, 0, 0)
    assert (west, east) == (-180, 180)
    assert (south, north) == pytest.approx((-85.0511287798066, 85.0511287798066))


@pytest.mark.parametrize(
    ("z", "row", "col", "expected"),
    [
        (1, 0, 1, (0.0, 0.0, 180.0, 85.0511287798066)),
        (2, 2, 1, (-90.0, -66.51326044311186, 0.0, 0.0)),
    ],
)
def test_bounds_by_hand(z: int, row: int, col: int, expected: tuple[float, ...]) -> None:
    assert tiles.tile_bounds(z, row, col) == pytest.approx(expected)


def test_a_buffer_widens_all_sides() -> None:
    plain, wide = tiles.tile_bounds(*HOME), tiles.tile_bounds(*HOME, buffer=0.5)
    assert wide[0] < plain[0]
    assert wide[1] < plain[1]
    assert wide[2] > plain[2]
    assert wide[3] > plain[3]
    assert wide[2] - wide[0] == pytest.approx(2 * (plain[2] - plain[0]))


@pytest.mark.parametrize(
    ("z", "row", "col", "known"),
    [(0, 0, 0, True), (0, 1, 0, False), (3, 7, 7, True), (3, 8, 0, False), (-1, 0, 0, False), (23, 0, 0, False)],
)
def test_tiles_that_exist(z: int, row: int, col: int, known: bool) -> None:
    assert tiles.exists(z, row, col) is known


def test_a_point_lands_where_it_should() -> None:
    (feature,) = features(encode([shapely.Point(place(*HOME, [(1000, 3000)])[0])]))
    assert feature["id"] == 1
    assert feature["geometry"] == {"type": "Point", "coordinates": [1000, 3000]}


def test_an_outer_ring_runs_clockwise_on_the_screen_and_a_hole_the_other_way() -> None:
    outer = place(*HOME, [(100, 100), (100, 900), (900, 900), (900, 100)])
    hole = place(*HOME, [(300, 300), (600, 300), (600, 600), (300, 600)])
    for exterior in (outer, outer[::-1]):
        for interior in (hole, hole[::-1]):
            (feature,) = features(encode([shapely.Polygon(exterior, [interior])]))
            rings = feature["geometry"]["coordinates"]
            assert [signed_area(ring) > 0 for ring in rings] == [True, False]
            assert abs(signed_area(rings[0])) == 800 * 800
            assert abs(signed_area(rings[1])) == 300 * 300


def test_parts_and_holes_stay_together() -> None:
    def square(x: int, y: int, size: int) -> list[tuple[float, float]]:
        return place(*HOME, [(x, y), (x + size, y), (x + size, y + size), (x, y + size)])

    shape = shapely.MultiPolygon([(square(0, 0, 900), [square(100, 100, 200)]), (square(2000, 2000, 50), [])])
    (feature,) = features(encode([shape]))
    assert feature["geometry"]["type"] == "MultiPolygon"
    assert [len(part) for part in feature["geometry"]["coordinates"]] == [2, 1]


def test_properties_keep_their_types_and_absent_ones_are_absent() -> None:
    point = shapely.Point(place(*HOME, [(5, 5)])[0])
    columns: dict[str, list[Any]] = {
        "text": ["银州", None],
        "whole": [7, -7],
        "large": [2**40, None],
        "share": [0.25, float("nan")],
        "flag": [True, False],
        "one": [1, True],
        "nothing": [None, None],
    }
    first, second = features(encode([point, point], columns))
    assert first["properties"] == {
        "text": "银州",
        "whole": 7,
        "large": 2**40,
        "share": 0.25,
        "flag": True,
        "one": 1,
    }
    assert second["properties"] == {"whole": -7, "flag": False, "one": True}
    assert first["properties"]["one"] is not True


def test_what_is_outside_is_left_out_and_nothing_gives_no_bytes() -> None:
    far = shapely.Point(0, 0)
    assert encode([far]) == b""
    assert encode([None, shapely.Point()]) == b""
    near = shapely.Point(place(*HOME, [(1, 1)])[0])
    assert [feature["id"] for feature in features(encode([far, None, near]))] == [3]


def test_shapes_are_cut_at_the_margin() -> None:
    line = shapely.LineString(place(*HOME, [(-5000, 2000), (9000, 2000)]))
    (feature,) = features(encode([line]))
    assert feature["geometry"]["coordinates"] == [[-64, 2000], [4160, 2000]]
    area = shapely.Polygon(place(*HOME, [(-5000, -5000), (9000, -5000), (9000, 9000), (-5000, 9000)]))
    (feature,) = features(encode([area]))
    assert abs(signed_area(feature["geometry"]["coordinates"][0])) == (4096 + 128) ** 2


def test_a_line_that_leaves_and_comes_back_has_two_parts() -> None:
    line = shapely.LineString(place(*HOME, [(100, 100), (100, -900), (300, -900), (300, 100)]))
    (feature,) = features(encode([line]))
    assert feature["geometry"]["type"] == "MultiLineString"
    assert len(feature["geometry"]["coordinates"]) == 2


@pytest.mark.parametrize("simplify", [True, False])
def test_nothing_vanishes_because_it_is_small(simplify: bool) -> None:
    west, south, east, north = tiles.tile_bounds(*HOME)
    x, y = (west + east) / 2, (south + north) / 2
    tiny = [
        shapely.box(x, y, x + 1e-5, y + 1e-5),
        shapely.LineString([(x, y), (x + 1e-6, y)]),
    ]
    for shape in tiny:
        z, row, col = 6, HOME[1] >> 8, HOME[2] >> 8
        (feature,) = features(encode([shape], tile=(z, row, col), simplify=simplify))
        kind = feature["geometry"]["type"]
        flat = feature["geometry"]["coordinates"][0] if kind == "Polygon" else feature["geometry"]["coordinates"]
        assert len({tuple(point) for point in flat}) == (4 if kind == "Polygon" else 2)


@pytest.mark.parametrize("simplify", [True, False])
def test_a_bow_tie_after_rounding_is_mended(simplify: bool) -> None:
    # The neck is narrower than a unit: rounding pulls it shut or across.
    neck = place(*HOME, [(0, 0), (400, 0), (200.2, 200.1), (400, 400), (0, 400), (200.1, 199.9)])
    (feature,) = features(encode([shapely.Polygon(neck)], simplify=simplify))
    assert shapely.is_valid(shapely.geometry.shape(feature["geometry"]))


def test_an_area_has_its_label_in_one_tile_only() -> None:
    z, row, col = HOME
    # The middle lies 0.3 units west of the edge and is rounded on to it: the next tile's column 0.
    shapes = [
        shapely.Polygon(place(*HOME, [(x, 100), (x + 8000, 100), (x + 8000, 900), (x, 900)])) for x in (-3000, 95.7)
    ]
    home, east = (tiles.label_points(np.array([*shapes, None, shapely.Polygon()]), z, row, at) for at in (col, col + 1))
    assert [point is not None for point in home] == [True, False, False, False]
    assert [point is not None for point in east] == [False, True, False, False]
    data = tiles.encode_layer("layer", east, [1, 2, 3, 4], {}, z=z, row=row, col=col + 1)
    assert [(each["id"], each["geometry"]["coordinates"]) for each in features(data)] == [(2, [0, 500])]


coordinate = st.floats(-200, 4300, allow_nan=False).map(lambda value: round(value, 3))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(coordinate, coordinate), min_size=3, max_size=8))
def test_polygons_stay_within_a_unit(corners: list[tuple[float, float]]) -> None:
    shape = shapely.convex_hull(shapely.MultiPoint(corners))
    if shape.geom_type != "Polygon" or shape.area < 100:
        return
    lonlat = shapely.Polygon(place(*HOME, list(shape.exterior.coords)))
    expected = shapely.clip_by_rect(shape, -64, -64, 4160, 4160)
    data = encode([lonlat])
    if not data:
        assert expected.is_empty or expected.area < 1
        return
    (feature,) = features(data)
    found = shapely.geometry.shape(feature["geometry"])
    assert found.is_valid
    if 2 * expected.area > 3 * expected.length:
        # Wide enough to survive whole units: one of rounding, one of simplifying, each along the diagonal at most.
        assert shapely.hausdorff_distance(found, expected) <= 1.5 * math.sqrt(2)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4096), st.integers(0, 4096)), min_size=2, max_size=8, unique=True))
def test_short_lines_come_back_exactly(points: list[tuple[int, int]]) -> None:
    (feature,) = features(encode([shapely.LineString(place(*HOME, points))]))
    assert feature["geometry"]["coordinates"] == [list(point) for point in points]


def test_shapes_that_are_cut_mended_or_only_rounded_stay_in_order() -> None:
    square = [(10, 10), (20, 10), (20, 20), (10, 20)]
    beyond = [(-5000, 100), (50, 100), (50, 200), (-5000, 200)]
    speck = [(300.1, 300.1), (300.3, 300.1), (300.3, 300.3)]
    rings = [square, beyond, [(x + 9000, y) for x, y in square], speck, [(x, y + 500) for x, y in square]]
    found = features(encode([shapely.Polygon(place(*HOME, ring)) for ring in rings], simplify=False))
    boxes = [shapely.geometry.shape(feature["geometry"]).bounds for feature in found]
    assert [feature["id"] for feature in found] == [1, 2, 4, 5]
    assert boxes == [(10, 10, 20, 20), (-64, 100, 50, 200), (300, 300, 301, 301), (10, 510, 20, 520)]


def test_many_features_keep_their_order_ids_and_properties() -> None:
    rng = np.random.default_rng(1)
    spots = rng.integers(0, 4096, (500, 2)).tolist()
    shapes = [shapely.Point(place(*HOME, [tuple(spot)])[0]) for spot in spots]
    found = features(encode(shapes, {"n": list(range(500))}))
    assert [feature["id"] for feature in found] == list(range(1, 501))
    assert [feature["properties"]["n"] for feature in found] == list(range(500))
    assert [feature["geometry"]["coordinates"] for feature in found] == spots


def signed_area(ring: list[list[int]]) -> float:
    """The surveyor's formula; positive is clockwise on a screen whose y grows down."""
    pairs = zip(ring, [*ring[1:], ring[0]], strict=True)
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairs) / 2


spot = st.tuples(st.integers(-300, 8400), st.integers(-300, 8400))


@settings(max_examples=100, deadline=None)
@given(st.lists(spot, max_size=60))
def test_every_point_is_counted_once(spots: list[tuple[int, int]]) -> None:
    """Sums over a level of the pyramid, counted square by square with nothing but divisions."""
    z, row, col = HOME
    points = np.array([shapely.Point(place(*HOME, [each])[0]) for each in spots] or [None], dtype=object)
    squares: dict[tuple[int, int], list[int]] = {}
    for index, (x, y) in enumerate(spots):
        squares.setdefault((x // 512, y // 512), []).append(index)
    alone, numbers, ids = [], [], []
    for down in range(-1, 4):
        for right in range(-1, 4):
            found = tiles.gather(points, z, row + down, col + right)
            alone += found.alone.tolist()
            numbers += found.counts
            ids += found.ids
            where = shapely.get_coordinates(found.places)
            assert ((where >= 0) & (where < tiles.EXTENT)).all()
    assert sorted(alone) == sorted(each[0] for each in squares.values() if len(each) == 1)
    assert sorted(numbers) == sorted(len(each) for each in squares.values() if len(each) > 1)
    assert len(alone) + sum(numbers) == len(spots)
    assert len(set(ids)) == len(ids)


def test_a_circle_stands_amid_its_points() -> None:
    spots = [(10, 20), (30, 20), (500, 80), (600, 20)]
    points = np.array([shapely.Point(place(*HOME, [each])[0]) for each in spots], dtype=object)
    gathered = tiles.gather(points, *HOME)
    assert gathered.alone.tolist() == [3], "600 lies in the next square"
    (feature,) = features(tiles.encode_gathered("layer", gathered, count="n"))
    assert feature["geometry"] == {"type": "Point", "coordinates": [180, 40]}
    assert feature["properties"] == {"n": 3}
    assert feature["id"] == tiles.gather(points[::-1], *HOME).ids[0]
    assert tiles.encode_gathered("layer", tiles.gather(points[3:], *HOME), count="n") == b""
