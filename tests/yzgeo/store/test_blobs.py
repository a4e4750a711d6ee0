"""GeoPackage blobs, byte by byte and round trip."""

from __future__ import annotations

import sqlite3
import struct
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from yzgeo.errors import GeometryTypeError, InputError
from yzgeo.store import blobs


def shapes(*geometries: Any) -> np.ndarray[Any, Any]:
    array = np.empty(len(geometries), dtype=object)
    array[:] = geometries
    return array


def test_a_point_by_hand() -> None:
    (blob,) = blobs.encode(shapes(Point(1.5, -2)), kind="point", srs_id=4490, layer="x").blobs
    header = b"GP" + bytes([0, 0b0000_0001]) + struct.pack("<i", 4490)
    assert blob == header + struct.pack("<BIdd", 1, 1, 1.5, -2)


def test_a_polygon_by_hand() -> None:
    (blob,) = blobs.encode(shapes(box(1, 2, 3, 4)), kind="polygon", srs_id=4490, layer="x").blobs
    assert blob is not None
    assert blob[:8] == b"GP" + bytes([0, 0b0000_0011]) + struct.pack("<i", 4490)
    assert struct.unpack("<4d", blob[8:40]) == (1, 3, 2, 4)
    assert shapely.from_wkb(blob[40:]) == MultiPolygon([box(1, 2, 3, 4)])


def test_nothing_and_empty_become_nothing() -> None:
    encoded = blobs.encode(shapes(None, Polygon(), MultiPolygon()), kind="polygon", srs_id=4490, layer="x")
    assert encoded.blobs == [None, None, None]
    assert np.isnan(encoded.bounds).all()
    assert blobs.wkb_of(encoded.blobs) == [None, None, None]


def test_mixed_rows_keep_their_places() -> None:
    geometries = shapes(box(0, 0, 1, 1), None, MultiPolygon([box(0, 0, 1, 1), box(2, 2, 3, 3)]))
    encoded = blobs.encode(geometries, kind="polygon", srs_id=4490, layer="x")
    back = blobs.wkb_of(encoded.blobs)
    assert [None if wkb is None else shapely.from_wkb(wkb) for wkb in back] == list(geometries)
    assert encoded.bounds[2].tolist() == [0, 0, 3, 3]


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("polygon", Point(0, 0)),
        ("line", box(0, 0, 1, 1)),
        ("point", LineString([(0, 0), (1, 1)])),
        ("none", Point(0, 0)),
    ],
)
def test_other_kinds_are_refused(kind: Any, wrong: Any) -> None:
    with pytest.raises(GeometryTypeError) as refused:
        blobs.encode(shapes(wrong), kind=kind, srs_id=4490, layer="x")
    assert wrong.geom_type in refused.value.message()


def test_endless_coordinates_are_refused() -> None:
    with pytest.raises(InputError):
        blobs.encode(shapes(Point(0, np.inf)), kind="point", srs_id=4490, layer="x")


numbers = st.floats(-180, 180, allow_nan=False)


@given(st.lists(st.lists(st.tuples(numbers, numbers), min_size=2, max_size=5), min_size=1, max_size=4))
def test_lines_come_back_exactly(parts: list[list[tuple[float, float]]]) -> None:
    geometry = shapely.multilinestrings([LineString(part) for part in parts])
    encoded = blobs.encode(shapes(geometry), kind="line", srs_id=4490, layer="x")
    (wkb,) = blobs.wkb_of(encoded.blobs)
    back = shapely.from_wkb(wkb)
    assert shapely.get_parts(back).tolist() == shapely.get_parts(geometry).tolist()
    assert back.geom_type == ("LineString" if len(parts) == 1 else "MultiLineString")
    assert back.bounds == geometry.bounds


def bounds_by_sql(blob: bytes | None) -> tuple[Any, ...]:
    connection = sqlite3.connect(":memory:")
    blobs.register_functions(connection)
    row = connection.execute(
        "SELECT ST_MinX(?1), ST_MinY(?1), ST_MaxX(?1), ST_MaxY(?1), ST_IsEmpty(?1)", (blob,)
    ).fetchone()
    connection.close()
    return tuple(row)


def test_functions_of_the_triggers() -> None:
    (area,) = blobs.encode(shapes(box(1, 2, 3, 4)), kind="polygon", srs_id=4490, layer="x").blobs
    (point,) = blobs.encode(shapes(Point(5, 6)), kind="point", srs_id=4490, layer="x").blobs
    assert bounds_by_sql(area) == (1, 2, 3, 4, 0)
    assert bounds_by_sql(point) == (5, 6, 5, 6, 0)
    assert bounds_by_sql(None) == (None,) * 5


@pytest.mark.parametrize(
    ("flags", "envelope"),
    [
        (0b0001, b""),
        (0b0101, struct.pack("<6d", 1, 3, 2, 4, 0, 9)),
        (0b0111, struct.pack("<6d", 1, 3, 2, 4, 0, 9)),
        (0b1001, struct.pack("<8d", 1, 3, 2, 4, 0, 9, 0, 9)),
        (0b0000, b""),
        (0b0010, struct.pack(">4d", 1, 3, 2, 4)),
    ],
)
def test_blobs_of_other_programs(flags: int, envelope: bytes) -> None:
    """Other programs write other envelopes, or none, and big-endian headers."""
    order = "<" if flags & 1 else ">"
    blob = b"GP" + bytes([0, flags]) + struct.pack(f"{order}i", 4490) + envelope + box(1, 2, 3, 4).wkb
    assert bounds_by_sql(blob) == (1, 2, 3, 4, 0)
    assert shapely.from_wkb(blobs.wkb_of([blob])[0]) == box(1, 2, 3, 4)


def test_an_empty_geometry_of_another_program() -> None:
    blob = b"GP" + bytes([0, 0b0001_0001]) + struct.pack("<i", 4490) + Polygon().wkb
    assert bounds_by_sql(blob) == (None, None, None, None, 1)
    assert blobs.wkb_of([blob]) == [None]
