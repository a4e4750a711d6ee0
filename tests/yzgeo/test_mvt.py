"""The bytes of a layer, beside a slow encoder that follows the specification feature by feature."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any

import mapbox_vector_tile
import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from yzgeo import mvt

Points = list[tuple[int, int]]


def varint(number: int) -> bytes:
    return bytes((number,)) if number < 128 else bytes((number % 128 + 128,)) + varint(number // 128)


def block(field: int, content: bytes) -> bytes:
    return varint(field * 8 + 2) + varint(len(content)) + content


def zigzag(number: int) -> int:
    return 2 * number if number >= 0 else -2 * number - 1


def value_of(value: Any) -> bytes:
    if isinstance(value, str):
        return block(1, value.encode())
    if isinstance(value, bool):
        return varint(7 * 8) + varint(int(value))
    if isinstance(value, float):
        return varint(3 * 8 + 1) + struct.pack("<d", value)
    return varint(5 * 8) + varint(value) if value >= 0 else varint(6 * 8) + varint(zigzag(value))


def turned(ring: Points, *, clockwise: bool) -> Points:
    doubled = sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(ring, ring[1:] + ring[:1], strict=True))
    return ring if (doubled > 0) == clockwise else ring[::-1]


def drawn(paths: list[Points], *, close: bool) -> bytes:
    numbers, (x, y) = [], (0, 0)
    for path in paths:
        for position, (next_x, next_y) in enumerate(path):
            if position == 0:
                numbers.append(1 + 8)
            elif position == 1:
                numbers.append(2 + 8 * (len(path) - 1))
            numbers += [zigzag(next_x - x), zigzag(next_y - y)]
            x, y = next_x, next_y
        if close:
            numbers.append(7 + 8)
    return b"".join(map(varint, numbers))


def shape_of(shape: Any) -> tuple[int, bytes]:
    parts = list(getattr(shape, "geoms", [shape]))
    if parts[0].geom_type != "Polygon":
        kind = {"Point": 1, "LineString": 2}[parts[0].geom_type]
        return kind, drawn([[(int(x), int(y)) for x, y in part.coords] for part in parts], close=False)
    rings = []
    for part in parts:
        for number, ring in enumerate([part.exterior, *part.interiors]):
            corners = [(int(x), int(y)) for x, y in ring.coords[:-1]]
            rings.append(turned(corners, clockwise=number == 0))
    return 3, drawn(rings, close=True)


def plain(name: str, shapes: Sequence[Any], ids: Sequence[int], columns: Mapping[str, Sequence[Any]]) -> bytes:
    keys = [key for key, column in columns.items() if any(value is not None for value in column)]
    values: list[bytes] = []
    own: list[dict[bytes, int]] = []
    for key in keys:
        own.append({})
        # Where a column has values of several types, each type's are numbered together.
        for value in sorted(columns[key], key=lambda value: type(value).__name__):
            if value is not None and value_of(value) not in own[-1]:
                own[-1][value_of(value)] = len(values)
                values.append(value_of(value))
    layer = varint(15 * 8) + varint(2) + block(1, name.encode())
    for position, (shape, number) in enumerate(zip(shapes, ids, strict=True)):
        tags = b""
        for index, key in enumerate(keys):
            value = columns[key][position]
            if value is not None:
                tags += varint(index) + varint(own[index][value_of(value)])
        kind, geometry = shape_of(shape)
        layer += block(
            2, varint(8) + varint(number) + block(2, tags) + varint(3 * 8) + varint(kind) + block(4, geometry)
        )
    layer += b"".join(block(3, key.encode()) for key in keys) + b"".join(block(4, value) for value in values)
    return block(3, layer + varint(5 * 8) + varint(4096))


place = st.tuples(st.integers(-64, 4160), st.integers(-64, 4160))
lines = st.lists(place, min_size=2, max_size=6, unique=True).map(shapely.LineString)


@st.composite
def squares(draw: st.DrawFn) -> Any:
    """Squares of either winding, some with a hole."""
    (x, y), size = draw(place), draw(st.integers(4, 5000))
    hole = shapely.box(x + 1, y + 1, x + size - 1, y + size - 2).exterior.coords if draw(st.booleans()) else None
    square = shapely.box(x, y, x + size, y + size, ccw=draw(st.booleans())).exterior.coords
    return shapely.Polygon(square, [hole[:: draw(st.sampled_from([1, -1]))]] if hole else None)


kinds = (
    place.map(shapely.Point),
    lines | st.lists(lines, min_size=2, max_size=3).map(shapely.MultiLineString),
    squares() | st.lists(squares(), min_size=2, max_size=3).map(shapely.MultiPolygon),
)
# Ends of the widths of variable-length integers, and values that Python's dict takes for one another.
whole = st.one_of(st.integers(0, 3), st.sampled_from([127, 128, 2**14 - 1, 2**14, 2**35, 2**62, -1, -(2**40)]))
values = st.one_of(st.none(), whole, st.booleans(), st.sampled_from([1.0, 0.5, -3e300]), st.text(max_size=3))
texts = st.one_of(st.none(), st.sampled_from(["银州", "a" * 123, "b" * 200, ""]))


rows_of_a_kind = st.sampled_from(kinds).flatmap(
    lambda kind: st.lists(st.tuples(kind, st.integers(0, 2**63 - 1), values, texts, values), min_size=1, max_size=8)
)


@settings(max_examples=150, deadline=None)
@given(rows_of_a_kind)
def test_bytes_are_those_of_a_plain_encoder(rows: list[tuple[Any, ...]]) -> None:
    own, ids, first, second, third = (list(column) for column in zip(*rows, strict=True))
    columns = {"甲": first, "text": second, "third": third}
    whole_array = np.array([*own, None], dtype=object)[:-1]
    assert mvt.write_layer("层", whole_array, ids, columns) == plain("层", own, ids, columns)


def test_what_is_not_finite_is_no_property() -> None:
    point = np.array([shapely.Point(1, 2)] * 3)
    columns = {"share": [float("nan"), 0.5, float("inf")], "other": [float("nan")] * 3}
    assert mvt.write_layer("layer", point, [1, 2, 3], columns) == plain(
        "layer", point.tolist(), [1, 2, 3], {"share": [None, 0.5, None], "other": [None] * 3}
    )


exact = st.one_of(
    st.none(), st.booleans(), st.text(max_size=3), st.floats(allow_nan=False), st.integers(-(2**63), 2**63 - 1)
)


def parts_of(shape: Any) -> list[str]:
    """Write the parts of a shape down, whichever vertex they begin at and whichever way they turn."""
    return sorted(part.normalize().wkt for part in shapely.get_parts(shape))


rows_exactly = st.sampled_from(kinds).flatmap(
    lambda kind: st.lists(st.tuples(kind, st.integers(0, 2**63 - 1), exact), min_size=1, max_size=5)
)


@settings(max_examples=80, deadline=None)
@given(rows_exactly)
def test_another_decoder_reads_what_was_written(rows: list[tuple[Any, int, Any]]) -> None:
    shapes, ids, column = (list(values) for values in zip(*rows, strict=True))
    data = mvt.write_layer("层", np.array([*shapes, None], dtype=object)[:-1], ids, {"甲": column})
    read = mapbox_vector_tile.decode(data, default_options={"y_coord_down": True})["层"]["features"]
    assert [feature["id"] for feature in read] == ids
    for feature, shape, value in zip(read, shapes, column, strict=True):
        lacking = value is None or (isinstance(value, float) and abs(value) == float("inf"))
        assert feature["properties"] == ({} if lacking else {"甲": value})
        assert type(feature["properties"].get("甲", value)) is type(value)
        assert parts_of(shapely.geometry.shape(feature["geometry"])) == parts_of(shape)
