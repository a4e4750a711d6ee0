"""From the old datums to CGCS2000: with parameters or control points, never without.

Beijing 1954 and Xian 1980 differ from CGCS2000 by tens of metres, differently in each place. The parameters are kept
by the provincial surveying authority; a district office has a 4- or 7-parameter set, or a few control points with
coordinates in both systems.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyproj
from numpy.typing import NDArray

from yzgeo import crs
from yzgeo.errors import CrsUnsupportedError, InputError

Points = NDArray[np.float64]

_LARGEST_SHIFT_M = 1000.0
_SECONDS = 180.0 * 3600.0 / np.pi


@dataclass(frozen=True, slots=True)
class SevenParameters:
    """Three shifts in metres, three rotations in arc seconds and a scale in parts per million (布尔沙七参数).

    The two published sign rules of the rotations give different answers, so the rule is always named.
    """

    dx_m: float
    dy_m: float
    dz_m: float
    rx_arcsec: float
    ry_arcsec: float
    rz_arcsec: float
    scale_ppm: float
    convention: Literal["position_vector", "coordinate_frame"]


@dataclass(frozen=True, slots=True)
class FourParameters:
    """A plane shift, turn and scale (四参数) from one projected system to another.

    ``east' = dx + m (east cos a - north sin a)`` and ``north' = dy + m (east sin a + north cos a)`` with
    ``m = 1 + scale_ppm / 1e6``; ``a`` turns from east to north.
    """

    source_crs: str
    target_crs: str
    dx_m: float
    dy_m: float
    rotation_arcsec: float
    scale_ppm: float


DatumShift = SevenParameters | FourParameters


@dataclass(frozen=True)
class ControlFit:
    """Four parameters found from control points, and how well they fit."""

    parameters: FourParameters
    residuals_m: Points
    rms_m: float


def fit_four_parameters(source: Points, target: Points, *, source_crs: str, target_crs: str) -> ControlFit:
    """
    Find the plane transformation that fits control points best, by least squares.

    Parameters
    ----------
    source, target
        East and north of the same points in both systems, metres, shape (n, 2).
    source_crs, target_crs
        The projected systems the numbers are in.

    Returns
    -------
    ControlFit
        Parameters, residuals in metres (east, north), shape (n, 2), and their root mean square per point.

    Raises
    ------
    InputError
        If there are fewer than three points, they coincide or lie on one spot, or numbers are missing.
    """
    one, other = np.asarray(source, dtype=float), np.asarray(target, dtype=float)
    if one.shape != other.shape or one.ndim != 2 or one.shape[1] != 2 or len(one) < 3:
        raise _points_error("至少需要三个控制点，每点两套坐标", "at least three points in both systems are needed")
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        raise _points_error("控制点坐标有缺失", "coordinates of control points are missing")
    middle, middle_target = one.mean(axis=0), other.mean(axis=0)
    east, north = (one - middle).T
    spread = float(np.sum(east**2 + north**2))
    if spread < 1.0:
        raise _points_error("控制点重合在一处", "the control points lie on one spot")
    goal_east, goal_north = (other - middle_target).T
    along = float(np.sum(east * goal_east + north * goal_north)) / spread
    across = float(np.sum(east * goal_north - north * goal_east)) / spread
    shift = middle_target - np.array([along * middle[0] - across * middle[1], across * middle[0] + along * middle[1]])
    parameters = FourParameters(
        source_crs,
        target_crs,
        float(shift[0]),
        float(shift[1]),
        float(np.arctan2(across, along) * _SECONDS),
        float((np.hypot(along, across) - 1.0) * 1e6),
    )
    residuals = other - _plane(one, parameters)
    return ControlFit(parameters, residuals, float(np.sqrt(np.mean(np.sum(residuals**2, axis=1)))))


def shift_positions(lon: Points, lat: Points, *, geodetic_crs: str, target_crs: str, shift: DatumShift) -> Points:
    """
    Move positions of an old datum onto the storage system.

    Parameters
    ----------
    lon, lat
        Degrees on the old datum, shape (n,).
    geodetic_crs
        The old datum's geographic system, for instance ``EPSG:4610``.
    target_crs
        The storage system.
    shift
        The parameters.

    Returns
    -------
    numpy.ndarray
        Longitude and latitude, degrees in ``target_crs``, shape (n, 2).

    Raises
    ------
    CrsUnsupportedError
        If the parameters belong to another datum or move the positions further than any datum differs.
    """
    if isinstance(shift, FourParameters):
        moved = _by_plane(lon, lat, geodetic_crs, target_crs, shift)
    else:
        moved = _by_helmert(lon, lat, geodetic_crs, target_crs, shift)
    metres = np.hypot((moved[:, 0] - lon) * np.cos(np.radians(lat)), moved[:, 1] - lat) * 111_320.0
    furthest = float(np.max(metres[np.isfinite(metres)], initial=0.0))
    if furthest > _LARGEST_SHIFT_M:
        raise CrsUnsupportedError(
            crs=geodetic_crs,
            reason_zh=f"给出的转换参数把位置移动了 {furthest / 1000:.1f} 公里，参数或坐标系不匹配",
            reason_en=f"the parameters move positions by {furthest / 1000:.1f} km; they belong to other data",
        )
    return moved


def _by_plane(lon: Points, lat: Points, geodetic_crs: str, target_crs: str, shift: FourParameters) -> Points:
    base = crs.parse(shift.source_crs).geodetic_crs
    if base is None or base != crs.parse(geodetic_crs):
        raise CrsUnsupportedError(
            crs=geodetic_crs,
            reason_zh=f"四参数是为 {shift.source_crs} 求得的",
            reason_en=f"the four parameters were found for {shift.source_crs}",
        )
    plane = _finite(crs.transformer(geodetic_crs, shift.source_crs).transform(lon, lat))
    moved = _plane(plane, shift)
    return _finite(crs.transformer(shift.target_crs, target_crs).transform(moved[:, 0], moved[:, 1]))


def _finite(columns: tuple[Points, Points]) -> Points:
    """PROJ answers infinity for points outside a projection; NaN passes through arithmetic without warnings."""
    points = np.column_stack(columns)
    points[~np.isfinite(points).all(axis=1)] = np.nan
    return points


def _plane(points: Points, shift: FourParameters) -> Points:
    angle, scale = shift.rotation_arcsec / _SECONDS, 1.0 + shift.scale_ppm / 1e6
    east, north = points.T
    return np.column_stack(
        [
            shift.dx_m + scale * (east * np.cos(angle) - north * np.sin(angle)),
            shift.dy_m + scale * (east * np.sin(angle) + north * np.cos(angle)),
        ]
    )


def _by_helmert(lon: Points, lat: Points, geodetic_crs: str, target_crs: str, shift: SevenParameters) -> Points:
    degrees = "+proj=unitconvert +xy_in=deg +xy_out=rad"
    pipeline = " ".join(
        [
            f"+proj=pipeline +step {degrees} +step +proj=cart {_ellipsoid(geodetic_crs)}",
            f"+step +proj=helmert +x={shift.dx_m!r} +y={shift.dy_m!r} +z={shift.dz_m!r}",
            f"+rx={shift.rx_arcsec!r} +ry={shift.ry_arcsec!r} +rz={shift.rz_arcsec!r} +s={shift.scale_ppm!r}",
            f"+convention={shift.convention} +step +inv +proj=cart {_ellipsoid(target_crs)} +step +inv {degrees}",
        ]
    )
    moved = pyproj.Transformer.from_pipeline(pipeline).transform(lon, lat, np.zeros_like(lon))
    return _finite(moved[:2])


def _ellipsoid(text: str) -> str:
    ellipsoid = crs.parse(text).ellipsoid
    if ellipsoid is None:  # pragma: no cover - every geographic system has one
        raise CrsUnsupportedError(crs=text, reason_zh="没有椭球", reason_en="it has no ellipsoid")
    return f"+a={ellipsoid.semi_major_metre!r} +rf={ellipsoid.inverse_flattening!r}"


def _points_error(zh: str, en: str) -> InputError:
    return InputError(what="control points", reason_zh=f"{zh}。", reason_en=f"{en}.")
