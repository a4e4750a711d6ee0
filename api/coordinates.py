"""Coordinate systems at the service's edge: their URIs, and the order of axes that their authority asks for.

Inside, x is east and y is north. OGC API Features Part 2 has coordinates in the order of the system's definition, which
is north first for EPSG:4326, for EPSG:4490 and for the Chinese Gauss-Kruger systems.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from yzgeo import crs
from yzgeo.catalogue import DistrictSpec
from yzgeo.errors import ParameterError
from yzgeo.store.base import BBox

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
_URN = re.compile(r"^urn:ogc:def:crs:(?:EPSG:[\d.]*:(\d+)|OGC:(?:1\.3)?:(CRS84))$")
_SAFE_CURIE = re.compile(r"^\[?EPSG:(\d+)\]?$")
_NUMBER = re.compile(r" *[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)? *", re.ASCII)
DEGREE_DECIMALS, _METRE_DECIMALS = 8, 4
_BOX_PIECES = 32
_FARTHEST_M = 1e9


def uri_of(system: str) -> str:
    """
    Give the URI of a system.

    Parameters
    ----------
    system
        ``EPSG:4490`` and the like.

    Returns
    -------
    str
        As the OGC's register names it.
    """
    return _EPSG + system.removeprefix("EPSG:")


def offered(district: DistrictSpec) -> tuple[str, ...]:
    """
    List the systems that coordinates are given in.

    Parameters
    ----------
    district
        The district; its own systems are among them.

    Returns
    -------
    tuple of str
        URIs, the default first.
    """
    systems = [crs.WGS84, district.storage_crs, district.metric_crs, *district.served_crs, crs.WEB_MERCATOR]
    return (CRS84, *dict.fromkeys(uri_of(system) for system in systems))


def system_of(name: str, text: str, district: DistrictSpec) -> str:
    """
    Read a system from a parameter.

    Parameters
    ----------
    name
        Name of the parameter, for the refusal.
    text
        URI, URN or ``EPSG:4490``.
    district
        The district.

    Returns
    -------
    str
        One of the URIs of `offered`.

    Raises
    ------
    ParameterError
        If it is not offered.
    """
    uri = text.strip()
    if found := _URN.match(uri):
        uri = CRS84 if found[2] else _EPSG + found[1]
    elif found := _SAFE_CURIE.match(uri):
        uri = _EPSG + found[1]
    if uri not in offered(district):
        raise ParameterError(
            name=name,
            reason_zh="不提供这个坐标系；可用：" + "、".join(offered(district)),
            reason_en="this system is not offered; known: " + ", ".join(offered(district)),
        )
    return uri


def epsg_of(uri: str) -> str:
    """
    Name a system as the library does.

    Parameters
    ----------
    uri
        One of the URIs of `offered`.

    Returns
    -------
    str
        ``EPSG:4326`` for CRS84, whose axes are x and y as inside.
    """
    return crs.WGS84 if uri == CRS84 else f"EPSG:{uri.removeprefix(_EPSG)}"


@lru_cache(maxsize=32)
def north_first(uri: str) -> bool:
    """
    Tell the order of a system's axes.

    Parameters
    ----------
    uri
        One of the URIs of `offered`.

    Returns
    -------
    bool
        True if its authority puts north, or latitude, first.
    """
    return uri != CRS84 and crs.parse(epsg_of(uri)).axis_info[0].direction == "north"


@lru_cache(maxsize=32)
def _in_degrees(uri: str) -> bool:
    return bool(crs.parse(epsg_of(uri)).is_geographic)


def outward(geometries: NDArray[np.object_], uri: str, storage_crs: str) -> NDArray[np.object_]:
    """
    Bring stored geometries into the system and the order of axes that were asked for, rounded.

    Parameters
    ----------
    geometries
        Shapely geometries in the storage system, shape (n,), None where there is none.
    uri
        One of the URIs of `offered`.
    storage_crs
        ``EPSG:4490`` and the like.

    Returns
    -------
    numpy.ndarray
        New geometries, shape (n,); 8 decimals of a degree or 4 of a metre.
    """
    target = epsg_of(uri)
    moved = geometries if uri == CRS84 else crs.transform(geometries, storage_crs, target)
    decimals = DEGREE_DECIMALS if _in_degrees(uri) else _METRE_DECIMALS
    order = [1, 0] if north_first(uri) else [0, 1]
    shaped: NDArray[np.object_] = shapely.transform(moved, lambda points: np.round(points[:, order], decimals))
    return shaped


def inward(geometry: BaseGeometry, uri: str, storage_crs: str) -> BaseGeometry:
    """
    Bring a geometry that was sent into the storage system.

    Parameters
    ----------
    geometry
        In the system and order of axes that ``uri`` names.
    uri
        One of the URIs of `offered`.
    storage_crs
        ``EPSG:4490`` and the like.

    Returns
    -------
    shapely.Geometry
        x before y, in the storage system.
    """
    plain = shapely.transform(geometry, lambda points: points[:, [1, 0]]) if north_first(uri) else geometry
    if uri == CRS84:
        return plain
    moved: BaseGeometry = crs.transform(np.array([plain], dtype=object), epsg_of(uri), storage_crs)[0]
    return moved


def parse_number(text: str) -> float:
    """
    Read a number as JSON and the standards write it, not all that Python takes for one.

    Parameters
    ----------
    text
        Digits, perhaps with sign, point and exponent.

    Returns
    -------
    float
        The number; infinity if it is too large for one.

    Raises
    ------
    ValueError
        If it is none.
    """
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    return float(text)


def parse_box(name: str, text: str, uri: str) -> BBox:
    """
    Read a bounding box.

    Parameters
    ----------
    name
        Name of the parameter, for the refusal.
    text
        Four numbers, or six with heights, in the order of the system's axes.
    uri
        One of the URIs of `offered`.

    Returns
    -------
    tuple of float
        Lowest x, lowest y, highest x, highest y; in degrees the first x may be above the second, where the box crosses
        the antimeridian.

    Raises
    ------
    ParameterError
        If it is not one.
    """
    try:
        numbers = [parse_number(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) == 6:
        numbers = [numbers[0], numbers[1], numbers[3], numbers[4]]
    if len(numbers) == 4 and north_first(uri):
        numbers = [numbers[1], numbers[0], numbers[3], numbers[2]]
    degrees = _in_degrees(uri)
    fits = len(numbers) == 4 and all(map(math.isfinite, numbers)) and numbers[1] <= numbers[3]
    if fits and degrees:
        fits = max(map(abs, numbers[::2])) <= 180 and max(map(abs, numbers[1::2])) <= 90
    elif fits:
        fits = numbers[0] <= numbers[2] and max(map(abs, numbers)) <= _FARTHEST_M
    if not fits:
        raise ParameterError(
            name=name,
            reason_zh="应为 西,南,东,北 四个数，按坐标系规定的轴序" + ("（默认经度在前）" if degrees else ""),
            reason_en="it should be west,south,east,north in the order of the system's axes"
            + (", longitude first by default" if degrees else ""),
        )
    return numbers[0], numbers[1], numbers[2], numbers[3]


def shape_of(box: BBox, uri: str, storage_crs: str) -> BaseGeometry | None:
    """
    Turn a box into the area it means in the storage system.

    Parameters
    ----------
    box
        From `parse_box`.
    uri
        Its system.
    storage_crs
        ``EPSG:4490`` and the like.

    Returns
    -------
    shapely.Geometry or None
        None where the box itself is the area: it is in degrees and does not cross the antimeridian.

    Raises
    ------
    ParameterError
        If it lies outside what the system covers.
    """
    west, south, east, north = box
    if _in_degrees(uri):
        if west <= east:
            return None
        return shapely.MultiPolygon([shapely.box(west, south, 180, north), shapely.box(-180, south, east, north)])
    # A straight side there is a curve here.
    step = max(east - west, north - south) / _BOX_PIECES
    sides = shapely.box(*box) if step == 0 else shapely.segmentize(shapely.box(*box), step)
    moved: BaseGeometry = crs.transform(np.array([sides], dtype=object), epsg_of(uri), storage_crs)[0]
    if not np.isfinite(shapely.get_coordinates(moved)).all():
        raise ParameterError(
            name="bbox", reason_zh="超出坐标系的范围", reason_en="it lies outside what its system covers"
        )
    return moved
