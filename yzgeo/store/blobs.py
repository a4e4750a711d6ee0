"""Geometries as GeoPackage blobs, made and read many at a time.

A blob is a header of 8 bytes, an envelope of 32 bytes (none for points) and WKB. Polygons and lines are always kept as
multi-part, because GDAL and QGIS expect one kind per table; a single part comes back single.
"""

from __future__ import annotations

import math
import sqlite3
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from yzgeo.catalogue import GeometryKind
from yzgeo.errors import GeometryTypeError, InputError

from .dialect import GeometryForm

TABLE_TYPES = {"polygon": "MULTIPOLYGON", "line": "MULTILINESTRING", "point": "POINT"}

_ACCEPTED = {
    "polygon": "Polygon/MultiPolygon",
    "line": "LineString/MultiLineString",
    "point": "Point",
    "none": "—",
}
_SINGLE = {"polygon": 3, "line": 1, "point": 0}
_MULTI = {"polygon": 6, "line": 5, "point": 0}
# WKB of a multi-part geometry with one part: byte order, type, number of parts; the part follows.
_ONE_PART = {"polygon": struct.pack("<BII", 1, 6, 1), "line": struct.pack("<BII", 1, 5, 1), "point": b""}
_ONE_PART_PREFIXES = frozenset({_ONE_PART["polygon"], _ONE_PART["line"]})
_ENVELOPE_BYTES = (0, 32, 48, 48, 64, 0, 0, 0)
_WKB_START = tuple(8 + _ENVELOPE_BYTES[flags >> 1 & 7] for flags in range(256))
_EMPTY_FLAG = 0x10
_WKB_CODES = {"polygon": 6, "line": 5, "point": 1}
_WITH_SRID = 0x20
_EMPTY_POINT = struct.pack("<dd", math.nan, math.nan)


@dataclass(frozen=True, slots=True)
class Encoded:
    """Geometries ready to be stored.

    ``blobs`` has one item per geometry, None where there is none; ``bounds`` has shape (n, 4) with west, south, east,
    north, NaN where there is none.
    """

    blobs: list[bytes | None]
    bounds: NDArray[np.float64]


def encode(
    geometries: NDArray[np.object_],
    *,
    kind: GeometryKind,
    srs_id: int,
    layer: str,
    form: GeometryForm = "geopackage",
) -> Encoded:
    """
    Turn geometries into what is stored.

    Parameters
    ----------
    geometries
        Shapely geometries, shape (n,), dtype object; None and empty ones are stored as no geometry. Heights are
        dropped.
    kind
        What the layer holds.
    srs_id
        Number of the coordinate system in the GeoPackage.
    layer
        Id of the layer, for the refusal.
    form
        ``geopackage`` blobs, or ``ewkb`` as PostGIS takes it.

    Returns
    -------
    Encoded
        Blobs and bounds.

    Raises
    ------
    GeometryTypeError
        If a geometry is of another kind than the layer's.
    InputError
        If a coordinate is not a finite number.
    """
    shapes = np.asarray(geometries, dtype=object)
    types = shapely.get_type_id(shapes)
    present = (types >= 0) & ~shapely.is_empty(shapes)
    wrong = present if kind == "none" else present & (types != _SINGLE[kind]) & (types != _MULTI[kind])
    if wrong.any():
        found = "、".join(sorted({shape.geom_type for shape in shapes[wrong]}))
        raise GeometryTypeError(layer=layer, expected=_ACCEPTED[kind], found=found)
    bounds = shapely.bounds(shapes)
    if not np.isfinite(bounds[present]).all():
        raise InputError(
            what=layer, reason_zh="坐标中有无穷大或空值。", reason_en="a coordinate is infinite or not a number."
        )
    bounds[~present] = np.nan
    if not present.any():
        return Encoded([None] * len(shapes), bounds)
    wkb = shapely.to_wkb(shapes, output_dimension=2, byte_order=1, include_srid=False)
    if form == "ewkb":
        return Encoded(_ewkb(present, types, wkb.tolist(), kind=kind, srs_id=srs_id), bounds)
    headers, size = _headers(bounds, srs_id=srs_id, with_envelope=kind != "point")
    one_part = _ONE_PART[kind]
    single = (types == _SINGLE[kind]).tolist()
    blobs = [
        (headers[at * size : at * size + size] + (one_part if single[at] else b"") + body) if there else None
        for at, (there, body) in enumerate(zip(present.tolist(), wkb, strict=True))
    ]
    return Encoded(blobs, bounds)


def wkb_of(blobs: Sequence[bytes | None]) -> list[bytes | None]:
    """
    Take the WKB out of stored geometries.

    Parameters
    ----------
    blobs
        GeoPackage blobs as stored, by us or by GDAL; what is WKB already stays.

    Returns
    -------
    list of bytes or None
        WKB; one-part multi geometries become their part, empty geometries become None.
    """
    first = next((blob for blob in blobs if blob is not None), None)
    if first is None or not first.startswith(b"GP"):
        return list(blobs)
    return [None if blob is None or blob[3] & _EMPTY_FLAG else _body(blob) for blob in blobs]


def wkb_of_ewkb(stored: bytes) -> bytes | None:
    """
    Take the WKB out of one geometry of PostGIS.

    Parameters
    ----------
    stored
        EWKB in little-endian order, as we write it.

    Returns
    -------
    bytes or None
        WKB; a one-part multi geometry becomes its part, an empty one becomes None.
    """
    kind = stored[1]
    wkb = b"\x01" + bytes((kind, 0, 0, 0)) + stored[9 if stored[4] & _WITH_SRID else 5 :]
    if wkb[:9] in _ONE_PART_PREFIXES:
        return wkb[9:]
    empty = wkb[5:9] == b"\x00\x00\x00\x00" if kind != 1 else wkb[5:] == _EMPTY_POINT
    return None if empty else wkb


def register_functions(connection: sqlite3.Connection) -> None:
    """
    Teach a connection the functions that the standard's spatial index triggers call.

    Parameters
    ----------
    connection
        Any connection to a GeoPackage; without them every insert into a feature table fails.
    """
    for name, position in (("ST_MinX", 0), ("ST_MinY", 1), ("ST_MaxX", 2), ("ST_MaxY", 3)):
        connection.create_function(name, 1, _bound_function(position), deterministic=True)
    connection.create_function("ST_IsEmpty", 1, _is_empty, deterministic=True)


def _ewkb(
    present: NDArray[np.bool_], types: NDArray[np.int32], wkb: Sequence[bytes], *, kind: GeometryKind, srs_id: int
) -> list[bytes | None]:
    multi = struct.pack("<BII", 1, _WKB_CODES[kind] | _WITH_SRID << 24, srs_id)
    single = multi + _ONE_PART[kind][5:]
    whole = (types == _MULTI[kind]).tolist()
    return [
        (multi + body[5:] if whole[at] else single + body) if there else None
        for at, (there, body) in enumerate(zip(present.tolist(), wkb, strict=True))
    ]


def _headers(bounds: NDArray[np.float64], *, srs_id: int, with_envelope: bool) -> tuple[bytes, int]:
    """Lay all headers end to end; the second value is the length of one."""
    start = struct.pack("<2sBBi", b"GP", 0, 0b11 if with_envelope else 0b01, srs_id)
    if not with_envelope:
        return start * len(bounds), len(start)
    table = np.empty((len(bounds), 40), dtype=np.uint8)
    table[:, :8] = np.frombuffer(start, dtype=np.uint8)
    west_east_south_north = np.ascontiguousarray(bounds[:, [0, 2, 1, 3]].astype("<f8"))
    table[:, 8:] = west_east_south_north.view(np.uint8).reshape(len(bounds), 32)
    return table.tobytes(), 40


def _body(blob: bytes) -> bytes:
    start = _WKB_START[blob[3]]
    return blob[start + 9 :] if blob[start : start + 9] in _ONE_PART_PREFIXES else blob[start:]


def _is_empty(blob: bytes | None) -> int | None:
    return None if blob is None else int(bool(blob[3] & _EMPTY_FLAG))


def _bound_function(position: int) -> Callable[[bytes | None], float | None]:
    """Make one of ST_MinX, ST_MinY, ST_MaxX, ST_MaxY: 0 to 3 in the order west, south, east, north."""
    offset = 8 + 8 * (0, 2, 1, 3)[position]
    unpack = struct.Struct("<d").unpack_from

    def bound(blob: bytes | None) -> float | None:
        if blob is None or blob[3] & _EMPTY_FLAG:
            return None
        if blob[3] & 0b1111 == 0b0011:
            value: float = unpack(blob, offset)[0]
            return value
        return float(shapely.bounds(shapely.from_wkb(blob[_WKB_START[blob[3]] :]))[position])

    return bound
