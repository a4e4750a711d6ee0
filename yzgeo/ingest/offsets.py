"""The two offset grids of Chinese web maps: GCJ-02 (高德, 腾讯, Google 中国) and BD-09 (百度).

Both are closed formulas on longitude and latitude. The forward direction follows the publicly documented formula; the
inverse is found by iteration until the remainder is far below a millimetre. Nothing here asks whether a point "lies in
China": rectangles that pretend to know also shift Seoul and Taipei. The caller says which data are shifted, with
evidence (see `yzgeo.ingest.crs_guess`).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from yzgeo.errors import InputError

Degrees = NDArray[np.float64]
Shift = Callable[[ArrayLike, ArrayLike], tuple[Degrees, Degrees]]

# Constants of the documented formula: the Krassovsky 1940 semi-major axis in metres and first eccentricity squared,
# and the reference point that the polynomial starts from.
_AXIS_M = 6378245.0
_ECCENTRICITY_SQUARED = 0.00669342162296594323
_ORIGIN_LON, _ORIGIN_LAT = 105.0, 35.0

_BD_ANGLE = np.pi * 3000.0 / 180.0
_BD_LON, _BD_LAT = 0.0065, 0.006

_REST_DEGREES = 1e-11
_MAX_ROUNDS = 30
_HIGHEST_LAT = 85.0


def gcj02_from_wgs84(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """
    Shift WGS 84 (or CGCS2000) positions to GCJ-02.

    Parameters
    ----------
    lon, lat
        Degrees, any shape; NaN stays NaN.

    Returns
    -------
    lon, lat
        Degrees in GCJ-02, same shape.
    """
    lon, lat = _arrays(lon, lat)
    x, y = lon - _ORIGIN_LON, lat - _ORIGIN_LAT
    common = 20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
    north += (common + 20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
    east += (common + 20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0

    phi = np.radians(lat)
    magic = 1.0 - _ECCENTRICITY_SQUARED * np.sin(phi) ** 2
    meridian_m = _AXIS_M * (1.0 - _ECCENTRICITY_SQUARED) / (magic * np.sqrt(magic))
    parallel_m = _AXIS_M / np.sqrt(magic) * np.cos(phi)
    return lon + np.degrees(east / parallel_m), lat + np.degrees(north / meridian_m)


def bd09_from_gcj02(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """
    Shift GCJ-02 positions to BD-09.

    Parameters
    ----------
    lon, lat
        Degrees, any shape.

    Returns
    -------
    lon, lat
        Degrees in BD-09, same shape.
    """
    lon, lat = _arrays(lon, lat)
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_ANGLE)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_ANGLE)
    return radius * np.cos(angle) + _BD_LON, radius * np.sin(angle) + _BD_LAT


def bd09_from_wgs84(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """
    Shift WGS 84 positions to BD-09, through GCJ-02.

    Parameters
    ----------
    lon, lat
        Degrees, any shape.

    Returns
    -------
    lon, lat
        Degrees in BD-09, same shape.
    """
    return bd09_from_gcj02(*gcj02_from_wgs84(lon, lat))


def wgs84_from_gcj02(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """
    Take the GCJ-02 shift off again, to well under 1 cm.

    Parameters
    ----------
    lon, lat
        Degrees in GCJ-02, any shape.

    Returns
    -------
    lon, lat
        Degrees in WGS 84, same shape.

    Raises
    ------
    InputError
        If the iteration does not settle, which only happens with numbers that are no positions on land.
    """
    return _inverse(gcj02_from_wgs84, lon, lat, "GCJ-02")


def gcj02_from_bd09(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """
    Take the BD-09 shift off again, leaving GCJ-02, to well under 1 cm.

    Parameters
    ----------
    lon, lat
        Degrees in BD-09, any shape.

    Returns
    -------
    lon, lat
        Degrees in GCJ-02, same shape.

    Raises
    ------
    InputError
        If the iteration does not settle.
    """
    return _inverse(bd09_from_gcj02, lon, lat, "BD-09")


def wgs84_from_bd09(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """
    Take both shifts off BD-09 positions, to well under 1 cm.

    Parameters
    ----------
    lon, lat
        Degrees in BD-09, any shape.

    Returns
    -------
    lon, lat
        Degrees in WGS 84, same shape.

    Raises
    ------
    InputError
        If the iteration does not settle.
    """
    return wgs84_from_gcj02(*gcj02_from_bd09(lon, lat))


def shift_geometries(geometries: NDArray[np.object_], shift: Shift) -> NDArray[np.object_]:
    """
    Apply one of the shifts of this module to geometries.

    Parameters
    ----------
    geometries
        Shapely geometries in degrees, shape (n,); ``None`` stays ``None``. Heights are dropped.
    shift
        For instance `wgs84_from_gcj02`.

    Returns
    -------
    numpy.ndarray
        New geometries, shape (n,).
    """

    def move(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(shift(points[:, 0], points[:, 1]))

    moved: NDArray[np.object_] = shapely.transform(np.asarray(geometries, dtype=object), move)
    return moved


def _inverse(forward: Shift, lon: ArrayLike, lat: ArrayLike, system: str) -> tuple[Degrees, Degrees]:
    """Find what ``forward`` maps to the given positions; each round shrinks the remainder several hundred times."""
    goal_lon, goal_lat = _arrays(lon, lat)
    if np.any(np.abs(goal_lon) > 180.0) or np.any(np.abs(goal_lat) > _HIGHEST_LAT):
        raise _out_of_range(system)
    found_lon, found_lat = goal_lon.copy(), goal_lat.copy()
    for _ in range(_MAX_ROUNDS):
        lon_now, lat_now = forward(found_lon, found_lat)
        rest_lon, rest_lat = goal_lon - lon_now, goal_lat - lat_now
        found_lon, found_lat = found_lon + rest_lon, found_lat + rest_lat
        rest = np.maximum(np.abs(rest_lon), np.abs(rest_lat))
        if not np.any(rest > _REST_DEGREES):
            return found_lon, found_lat
    raise _out_of_range(system)


def _out_of_range(system: str) -> InputError:
    return InputError(
        what=system,
        reason_zh="坐标超出该偏移公式能反算的范围。",
        reason_en="the coordinates are outside the range in which this shift can be taken off.",
    )


def _arrays(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    one, other = np.broadcast_arrays(np.asarray(lon, dtype=float), np.asarray(lat, dtype=float))
    return one, other
