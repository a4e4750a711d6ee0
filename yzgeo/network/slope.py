"""Slope: what walking uphill and downhill costs, in each direction.

The default function is Tobler's: speed = 6 exp(-3.5 |slope + 0.05|) km/h, about 5.04 km/h on the level and fastest
slightly downhill. Formula as given in Wikipedia's article "Tobler's hiking function" (stored copy read), which cites
W. Tobler, Three presentations on geographical analysis and modeling, NCGIA technical report, February 1993; the report
itself was not read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from yzgeo.errors import NetworkError

from .graph import Floats, Shapes

TOBLER_SOURCE = (
    "Tobler's hiking function, W = 6 exp(-3.5 |dh/dx + 0.05|) km/h; read in Wikipedia, which cites Tobler 1993 "
    "(NCGIA, Three presentations on geographical analysis and modeling)"
)


def tobler_kmh(slope: Floats) -> Floats:
    """
    Give the walking speed on a slope by Tobler's function.

    Parameters
    ----------
    slope
        Rise over run in the direction walked; negative is downhill.

    Returns
    -------
    numpy.ndarray
        Speed in km/h.
    """
    return np.asarray(6.0 * np.exp(-3.5 * np.abs(slope + 0.05)), dtype=float)


@dataclass(frozen=True, eq=False)
class Slope:
    """Terrain and the way people walk on it.

    ``elevation_m`` is a grid, row 0 in the north, NaN where unknown; ``transform`` are the six numbers
    (a, b, c, d, e, f) with x = a·column + b·row + c and y = d·column + e·row + f for cell corners, in the network's
    coordinate system. ``speed_kmh`` gives the speed for a slope in the direction walked.
    """

    elevation_m: NDArray[np.floating]
    transform: tuple[float, float, float, float, float, float]
    speed_kmh: Callable[[Floats], Floats] = tobler_kmh
    source: str = TOBLER_SOURCE


def walking_costs(lines: Shapes, slope: Slope, *, level: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """
    Work out how much longer each line feels than level ground, in both directions.

    Parameters
    ----------
    lines
        Lines, shape (n,).
    slope
        Terrain and walking function.
    level
        Lines that do not follow the terrain (bridges, tunnels): these rise evenly from end to end, shape (n,).

    Returns
    -------
    tuple of numpy.ndarray
        Factors on the length, along and against each line, shape (n,) each.

    Raises
    ------
    NetworkError
        If the terrain does not cover the network, or the walking function gives no speed.
    """
    a, _, _, _, e, _ = slope.transform
    step = min(abs(a), abs(e))
    dense = np.where(level, lines, shapely.segmentize(lines, step))
    points, owner = shapely.get_coordinates(dense, return_index=True)
    height = _sample(points, slope)
    if np.isnan(height).any():
        raise NetworkError(reason_zh="地形没有覆盖全部道路", reason_en="the terrain does not cover every edge")
    same = owner[1:] == owner[:-1]
    owner = owner[1:][same]
    run = np.hypot(*(points[1:] - points[:-1]).T)[same]
    rise = (height[1:] - height[:-1])[same]
    # A bridge's vertices hang in the air; only its two ends stand on the ground.
    total_run = np.bincount(owner, weights=run, minlength=len(lines))
    total_rise = np.bincount(owner, weights=rise, minlength=len(lines))
    mean = np.divide(total_rise, total_run, out=np.zeros(len(lines)), where=total_run > 0)
    grade = np.where(level[owner], mean[owner], np.divide(rise, run, out=np.zeros(len(run)), where=run > 0))
    flat = float(slope.speed_kmh(np.zeros(1))[0])
    factors = []
    for direction in (1.0, -1.0):
        speed = slope.speed_kmh(direction * grade)
        if not (np.isfinite(speed).all() and (speed > 0).all() and flat > 0):
            raise NetworkError(
                reason_zh="步行速度函数给出的不是正数", reason_en="the walking function gives no positive speed"
            )
        effort = np.bincount(owner, weights=run * flat / speed, minlength=len(lines))
        factors.append(np.divide(effort, total_run, out=np.ones(len(lines)), where=total_run > 0))
    return factors[0], factors[1]


def _sample(points: Floats, slope: Slope) -> Floats:
    """Read the terrain between cell centres, bilinearly."""
    a, b, c, d, e, f = slope.transform
    determinant = a * e - b * d
    if determinant == 0:
        raise NetworkError(reason_zh="地形的仿射变换不可逆", reason_en="the terrain's transform cannot be inverted")
    x, y = points[:, 0] - c, points[:, 1] - f
    column = (e * x - b * y) / determinant - 0.5
    row = (a * y - d * x) / determinant - 0.5
    height, width = slope.elevation_m.shape
    inside = (row >= -0.5) & (row <= height - 0.5) & (column >= -0.5) & (column <= width - 0.5)
    cells = np.stack([np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)])
    sampled = map_coordinates(np.asarray(slope.elevation_m, dtype=float), cells, order=1)
    return np.where(inside, sampled, np.nan)
