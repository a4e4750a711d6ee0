"""Siting questions: who needs something, where it could stand, what stands already, and how far is near enough."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from yzgeo import crs, network
from yzgeo.errors import ParameterError, SitingError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Problem:
    """Demand, sites and every way between them that is short enough.

    ``sites`` are the candidates followed by the existing facilities (``existing`` is true for these). Way ``k`` leads
    from demand point ``way_demand[k]`` to site ``way_site[k]`` in ``way_m[k]`` metres; a pair without a way is not
    listed.
    ``capacity`` is infinite where there is none to mind.
    """

    demand: pd.Index
    weight: Floats
    sites: pd.Index
    existing: NDArray[np.bool_]
    cost: Floats
    capacity: Floats
    way_demand: Ints
    way_site: Ints
    way_m: Floats
    limit_m: float

    @property
    def capacitated(self) -> bool:
        """Whether any site has a capacity to mind."""
        return bool(np.isfinite(self.capacity).any())

    @property
    def candidates(self) -> Ints:
        """Positions of the sites that may be chosen."""
        return np.flatnonzero(~self.existing)

    @property
    def served(self) -> NDArray[np.bool_]:
        """Which demand points an existing facility covers today, capacity aside."""
        covered = np.zeros(len(self.weight), dtype=bool)
        covered[self.way_demand[self.existing[self.way_site]]] = True
        return covered

    @property
    def servable(self) -> NDArray[np.bool_]:
        """Which demand points any site at all could cover."""
        covered = np.zeros(len(self.weight), dtype=bool)
        covered[self.way_demand] = True
        return covered


def pose(
    graph: network.Graph,
    demand: gpd.GeoDataFrame,
    candidates: gpd.GeoDataFrame,
    *,
    limit_m: float,
    weight: str,
    existing: gpd.GeoDataFrame | None = None,
    cost: str | None = None,
    capacity: str | None = None,
    snap_limit_m: float = network.SNAP_LIMIT_M,
) -> Problem:
    """
    Measure a siting question along the streets.

    Parameters
    ----------
    graph
        The network.
    demand
        Points with a weight column, on any index.
    candidates
        Where something could be built: points, or areas that stand for a point inside them.
    limit_m
        Longest way that counts, in metres; infinite for a p-median without a radius.
    weight
        Column of the demand, for instance ``people``; missing counts as nought.
    existing
        What stands already and stays; points or areas.
    cost
        Column of the candidates with what each would cost; without it every site costs 1.
    capacity
        Column of candidates and existing facilities with the weight each takes in.
    snap_limit_m
        Longest straight way to the network, in metres.

    Returns
    -------
    Problem
        The question, ready for `lscp`, `mclp` or `p_median`.

    Raises
    ------
    SitingError
        If there is no demand, no candidate, or a weight, cost or capacity cannot be used.
    ParameterError
        If the limit is not positive.
    """
    if not limit_m > 0:
        raise ParameterError(name="limit_m", reason_zh="应为正数", reason_en="it must be positive")
    for frame, zh, en in ((demand, "需求点", "demand point"), (candidates, "候选地点", "candidate")):
        if frame.empty:
            raise SitingError(reason_zh=f"没有{zh}", reason_en=f"there is no {en}")
    standing = candidates.iloc[:0] if existing is None else existing
    homes = network.snap(graph, _places(demand, graph.crs), limit_m=snap_limit_m)
    xy = np.concatenate([_places(candidates, graph.crs), _places(standing, graph.crs)])
    sites = network.snap(graph, xy, limit_m=snap_limit_m)
    ways = network.pairs(graph, sites, homes, limit_m=limit_m)
    free, fixed = len(candidates), len(standing)
    places = np.full(free + fixed, np.inf)
    if capacity is not None:
        places = np.concatenate([_amounts(frame, capacity) for frame in (candidates, standing)])
    return Problem(
        demand=demand.index,
        weight=_amounts(demand, weight, missing=0.0),
        sites=candidates.index.append(standing.index),
        existing=np.arange(free + fixed) >= free,
        cost=np.concatenate([_amounts(candidates, cost) if cost else np.ones(free), np.zeros(fixed)]),
        capacity=places,
        way_demand=ways["destination"].to_numpy(),
        way_site=ways["source"].to_numpy(),
        way_m=ways["distance_m"].to_numpy(),
        limit_m=float(limit_m),
    )


def from_matrix(
    metres: Floats,
    weight: Floats,
    *,
    limit_m: float,
    existing: int = 0,
    cost: Floats | None = None,
    capacity: Floats | None = None,
) -> Problem:
    """
    Pose a question from distances that are known already.

    Parameters
    ----------
    metres
        Distances, one row per demand point and one column per site; NaN or infinite where there is no way.
    weight
        Weight of each demand point.
    limit_m
        Longest way that counts, in metres.
    existing
        How many of the last columns stand already.
    cost
        Cost of each site; 1 each without it.
    capacity
        Weight that each site takes in; boundless without it.

    Returns
    -------
    Problem
        The question; demand points and sites are numbered from 0.

    Raises
    ------
    SitingError
        If the shapes do not fit, or a distance or weight is negative.
    """
    count, sites = metres.shape
    if len(weight) != count or not 0 <= existing < sites:
        raise SitingError(reason_zh="距离矩阵与权重的形状不符", reason_en="matrix and weights do not fit each other")
    if (metres < 0).any() or not (weight >= 0).all():
        raise SitingError(reason_zh="有负的距离或权重", reason_en="some distances or weights are negative")
    near = np.isfinite(metres) & (np.nan_to_num(metres, nan=np.inf) <= limit_m)
    way_site, way_demand = np.nonzero(near.T)
    standing = np.arange(sites) >= sites - existing
    price = np.ones(sites) if cost is None else np.asarray(cost, dtype=float)
    return Problem(
        demand=pd.RangeIndex(count),
        weight=np.asarray(weight, dtype=float),
        sites=pd.RangeIndex(sites),
        existing=standing,
        cost=np.where(standing, 0.0, price),
        capacity=np.full(sites, np.inf) if capacity is None else np.asarray(capacity, dtype=float),
        way_demand=way_demand,
        way_site=way_site,
        way_m=metres[way_demand, way_site],
        limit_m=float(limit_m),
    )


def _places(frame: gpd.GeoDataFrame, target: str) -> Floats:
    if frame.empty:
        return np.empty((0, 2))
    shapes = crs.to_crs(frame, target).geometry.to_numpy()
    if (shapely.is_missing(shapes) | shapely.is_empty(shapes)).any():
        raise SitingError(reason_zh="有地点没有几何", reason_en="some places have no geometry")
    points = np.where(shapely.get_dimensions(shapes) > 0, shapely.point_on_surface(shapes), shapes)
    return shapely.get_coordinates(points)


def _amounts(frame: gpd.GeoDataFrame, column: str, *, missing: float | None = None) -> Floats:
    if column not in frame.columns:
        if frame.empty:
            return np.empty(0)
        raise SitingError(reason_zh=f"没有“{column}”列", reason_en=f"there is no column “{column}”")
    values: Floats = pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=float)
    if missing is not None:
        values = np.where(np.isnan(values), missing, values)
    if not (values >= 0).all():
        raise SitingError(
            reason_zh=f"“{column}”列有负数或空值", reason_en=f"column “{column}” has negative or missing values"
        )
    return values
