"""Tiles of a packed layer, beside those that are encoded feature by feature."""

from __future__ import annotations

import gc
import tracemalloc
from typing import Any

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from yzgeo import tiles
from yzgeo.packed import Packing

HOME = (14, 6068, 13828)
WEST, SOUTH, EAST, NORTH = tiles.tile_bounds(*HOME, buffer=0.1)
# Some corners fall together or on a line once they are rounded: tile units are a millionth of a degree and a half.
spot = st.tuples(st.integers(0, 1 << 12), st.integers(0, 1 << 12)) | st.tuples(st.integers(0, 4), st.integers(0, 4))


def at(place: tuple[int, int], scale: float = 1.0) -> tuple[float, float]:
    return WEST + place[0] * scale * (EAST - WEST) / 4096, SOUTH + place[1] * scale * (NORTH - SOUTH) / 4096


@st.composite
def polygons(draw: st.DrawFn) -> Any:
    corner, width, height = draw(spot), draw(st.integers(1, 900)), draw(st.integers(1, 900))
    (west, south), (east, north) = at(corner), at((corner[0] + width, corner[1] + height))
    square = shapely.box(west, south, east, north, ccw=draw(st.booleans()))
    if draw(st.booleans()):
        return square
    middle = shapely.affinity.scale(square, 0.5, 0.5).exterior.coords
    return shapely.Polygon(square.exterior.coords, [middle[:: draw(st.sampled_from([1, -1]))]])


@st.composite
def slivers(draw: st.DrawFn) -> Any:
    """Three corners close together, which rounding may make into a line or a point."""
    places = draw(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=3, max_size=3, unique=True))
    return shapely.Polygon([at((x + 20_000, y + 20_000), 0.1) for x, y in places])


lines = st.lists(spot, min_size=2, max_size=5, unique=True).map(lambda places: shapely.LineString(map(at, places)))
shapes = {
    "point": spot.map(lambda place: shapely.Point(at(place))),
    "line": lines | st.lists(lines, min_size=2, max_size=3).map(shapely.MultiLineString),
    "polygon": polygons()
    | slivers().filter(lambda each: each.is_valid)
    | st.lists(polygons(), min_size=2, max_size=3).map(shapely.MultiPolygon),
}
texts = st.none() | st.sampled_from(["银州", "a", "", "b" * 200])
numbers = st.none() | st.sampled_from([0.5, -1.0, float("nan"), float("inf"), 3e300])
values = texts | numbers | st.booleans() | st.integers(-2, 2**40)
features = st.sampled_from(sorted(shapes)).flatmap(
    lambda kind: st.tuples(
        st.just(kind), st.lists(st.tuples(st.none() | shapes[kind], texts, numbers, values), min_size=1, max_size=12)
    )
)


@settings(max_examples=120, deadline=None)
@given(features, st.integers(1, 12), st.sampled_from([14, 15, 17]), st.booleans())
def test_a_tile_is_that_of_the_features_one_by_one(
    layer: tuple[Any, list[tuple[Any, ...]]], at_a_time: int, z: int, simplify: bool
) -> None:
    kind, rows = layer
    own, text, number, mixed = (list(column) for column in zip(*rows, strict=True))
    columns = {"text": text, "number": number, "mixed": mixed}
    fids = list(range(7, 7 + len(rows)))[::-1]
    packing = Packing(kind, list(columns))
    for start in range(0, len(rows), at_a_time):
        part = slice(start, start + at_a_time)
        wkb = [None if each is None else shapely.to_wkb(each) for each in own[part]]
        packing.add(wkb, fids[part], {name: column[part] for name, column in columns.items()})
    packed = packing.packed()
    order = slice(None, None, -1)  # by fid
    row, col = HOME[1] << (z - 14), HOME[2] << (z - 14)
    for names in (["text", "number"], ["mixed", "text"]):
        expected = tiles.encode_layer(
            "layer",
            np.array([*own[order], None], dtype=object)[:-1],
            fids[order],
            {name: columns[name][order] for name in names},
            z=z,
            row=row,
            col=col,
            simplify=simplify,
        )
        found = packed.tile("layer", (z, row, col), fields=names, simplify=simplify)
        if "mixed" in names:  # values of several types are numbered in another order
            assert mapbox_vector_tile.decode(found) == mapbox_vector_tile.decode(expected)
        else:
            assert found == expected


def packed_sites(count: int, **options: Any) -> Any:
    packing = Packing("point", ["code", "office"])
    rng = np.random.default_rng(5)
    points = shapely.points(rng.uniform((WEST, SOUTH), (EAST, NORTH), (count, 2)))
    codes = [f"S{number}" for number in range(count)]
    offices = [["A", "B", None][number % 3] for number in range(count)]
    packing.add(shapely.to_wkb(points).tolist(), range(count), {"code": codes, "office": offices})
    return packing.packed(), packing.size


def test_only_some_features_are_given() -> None:
    packed, _ = packed_sites(300)
    data = packed.tile("site", HOME, fields=["code"], only=("office", ["B", "Z"]))
    found = {each["properties"]["code"] for each in mapbox_vector_tile.decode(data)["site"]["features"]}
    everything = packed.tile("site", HOME, fields=["code"])
    there = {each["properties"]["code"] for each in mapbox_vector_tile.decode(everything)["site"]["features"]}
    assert found == {code for code in there if int(code[1:]) % 3 == 1} != set()
    assert packed.tile("site", HOME, fields=["code"], only=("office", [])) == b""


def test_too_much_effort_is_refused() -> None:
    packed, _ = packed_sites(300)
    everything = packed.tile("site", HOME, fields=["code"])
    count = len(mapbox_vector_tile.decode(everything)["site"]["features"])
    assert 200 < count < 300
    assert packed.tile("site", HOME, fields=["code"], most=9 * count - 1) is None
    assert packed.tile("site", HOME, fields=["code"], most=9 * 300) == everything


SQUARE = shapely.box(*at((10, 10)), *at((900, 900)))
LINE = shapely.LineString([at((10, 10)), at((900, 900))])


@pytest.mark.parametrize(
    ("kind", "whole", "torn"),
    [
        ("polygon", SQUARE, "MULTIPOLYGON ({}, EMPTY)"),
        ("polygon", SQUARE, "MULTIPOLYGON (EMPTY, {})"),
        ("line", LINE, "MULTILINESTRING ({}, EMPTY)"),
        ("line", LINE, "MULTILINESTRING (EMPTY, {}, EMPTY)"),
    ],
)
@pytest.mark.parametrize("hole", ["", ", EMPTY"])
def test_parts_and_holes_that_are_empty_are_passed_over(kind: Any, whole: Any, torn: str, hole: str) -> None:
    def encode(shape: Any) -> bytes:
        found = np.array([shape], dtype=object)
        return tiles.encode_layer("layer", found, [1], {}, z=14, row=HOME[1], col=HOME[2], simplify=False)

    text = whole.wkt.partition(" ")[2]
    shape = shapely.from_wkt(torn.format(text[:-1] + (hole if kind == "polygon" else "") + ")"))
    packing = Packing(kind, ["code"])
    packing.add([shapely.to_wkb(shape)], [1], {"code": [None]})
    assert packing.packed().tile("layer", HOME, fields=["code"]) == encode(shape) == encode(whole) != b""


def test_a_layer_of_nothing_has_empty_tiles() -> None:
    for kind in sorted(shapes):
        packing = Packing(kind, ["code"])
        packing.add([None], [1], {"code": ["A"]})
        assert packing.packed().tile("layer", HOME, fields=["code"]) == b""


def test_it_knows_what_it_takes() -> None:
    gc.collect()
    tracemalloc.start()
    packed, size = packed_sites(20_000)
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert packed.size == size == pytest.approx(held, rel=0.35)
