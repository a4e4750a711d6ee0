"""Base stations (5G 基站): the whole district covered thinly, the dense parts densely, three sectors each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from shapely.geometry.base import BaseGeometry

from .ground import Points
from .housing import weighted_order
from .places import Places, scatter
from .plan import SitesPlan

_GRID_M = 1150.0
_APART_M = 130.0


@dataclass(frozen=True)
class Sites:
    """Positions, shape (n, 2), and the azimuth of each sector in degrees, shape (n, sectors)."""

    points: Points
    azimuth_deg: NDArray[np.int64]


def place_sites(
    plan: SitesPlan, land: BaseGeometry, places: Places, density: NDArray[np.float64], rng: np.random.Generator
) -> Sites:
    """
    Place base stations.

    Parameters
    ----------
    plan
        How many.
    land
        Where one may stand outside the built-up lots: no water, no railway, no road, no building.
    places
        Open places in the lots.
    density
        People per square metre at each place, shape (len(places.points),).
    rng
        Source of chance.

    Returns
    -------
    Sites
        The stations: first a triangular grid over the whole district, then where people live.
    """
    wild = scatter(land, 5 * plan.count, rng, apart_m=60)
    options = np.vstack([wild, places.points])
    tree = cKDTree(options)
    chosen: list[int] = []
    for knot in _grid(land):
        away, nearest = tree.query(knot)
        if away < _GRID_M / 2 and int(nearest) not in chosen and len(chosen) < plan.count:
            chosen.append(int(nearest))
    weights = np.concatenate([np.zeros(len(wild)), np.sqrt(density) * ~places.taken])
    apart = _APART_M
    order = weighted_order(list(weights), rng)
    while len(chosen) < plan.count:
        for number in order:
            if len(chosen) == plan.count:
                break
            gaps = np.hypot(*(options[chosen] - options[number]).T) if chosen else np.array([np.inf])
            if gaps.min() >= apart:
                chosen.append(number)
        apart /= 2
    first = rng.integers(0, 120, plan.count)
    turn = np.arange(plan.sectors) * (360 // plan.sectors)
    azimuth = (first[:, None] + turn + rng.integers(-8, 9, (plan.count, plan.sectors))) % 360
    return Sites(options[chosen], azimuth.astype(np.int64))


def _grid(land: BaseGeometry) -> Points:
    west, south, east, north = land.bounds
    knots = []
    for row, y in enumerate(np.arange(south, north, _GRID_M * np.sqrt(3) / 2)):
        knots += [(x + (row % 2) * _GRID_M / 2, y) for x in np.arange(west, east, _GRID_M)]
    grid = np.array(knots)
    inside = shapely.contains_xy(shapely.convex_hull(land), grid[:, 0], grid[:, 1])
    return grid[inside] if inside.any() else grid
