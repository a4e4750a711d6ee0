"""How far each demand point is from its nearest facility, along the streets, and why where there is no answer."""

from __future__ import annotations

from typing import Literal, get_args

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from yzgeo import crs, network
from yzgeo.errors import NetworkError, ParameterError

Reason = Literal["too_far_from_network", "other_component", "beyond_limit", "no_facility"]
REASONS: tuple[Reason, ...] = get_args(Reason)
"""Why a demand point has no distance: it is farther than the snap limit from any street; its part of the network has
no facility; the nearest is beyond the search's limit; no facility is on the network at all."""


def nearest(
    edges: gpd.GeoDataFrame | network.Graph,
    facilities: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame,
    *,
    limit_m: float | None = None,
    snap_limit_m: float = network.SNAP_LIMIT_M,
    facility_id: str | None = None,
    towards: network.Towards = "facility",
) -> pd.DataFrame:
    """
    Find the nearest facility of each demand point by the exact distance along the streets.

    Both ends get onto the network at the nearest spot of the nearest edge, wherever along it that is, and the straight
    way there counts in full. One search answers for all facilities at once.

    Parameters
    ----------
    edges
        Edges that meet at their ends, see `yzgeo.network.build`, or a graph that was built before.
    facilities
        Points in any known system, on any index. Parks and other areas: see `access_points`.
    demand
        Points in any known system, on any index.
    limit_m
        Longest way that is looked at, in metres; None goes as far as the network does.
    snap_limit_m
        Longest straight way to the network, in metres.
    facility_id
        Column of ``facilities`` that names them; without it the index labels do.
    towards
        ``"facility"``: people go there (one-way streets and slopes count in that direction); ``"demand"``: it comes to
        them.

    Returns
    -------
    pandas.DataFrame
        One row per demand point, on its index: ``distance_m`` (NaN where there is none), ``facility_id``,
        ``straight_m`` (as the crow flies to the facility that is nearest that way), ``access_m`` (the straight part
        at the demand point, contained in ``distance_m``) and ``reason`` (one of `REASONS`, missing where there is a
        distance).

    Raises
    ------
    NetworkError
        If edges, facilities or demand cannot be used.
    CrsNotProjectedError
        If the edges are in degrees.
    ParameterError
        If a limit is negative.
    """
    graph = edges if isinstance(edges, network.Graph) else network.build(edges)
    facility_xy = point_coordinates(facilities, graph.crs, what_zh="设施", what_en="facility")
    demand_xy = point_coordinates(demand, graph.crs, what_zh="需求点", what_en="demand point")
    sources = network.snap(graph, facility_xy, limit_m=snap_limit_m)
    points = network.snap(graph, demand_xy, limit_m=snap_limit_m)
    reach = network.spread(graph, sources, limit_m=limit_m, towards=towards)
    found = network.arrive(graph, reach, points, limit_m=limit_m)
    names = facilities.index if facility_id is None else _column(facilities, facility_id)
    return pd.DataFrame(
        {
            "distance_m": found.distance_m,
            "facility_id": _named(names, found.source).array,
            "straight_m": cKDTree(facility_xy).query(demand_xy)[0],
            "access_m": points.leg_m,
            "reason": _reasons(graph, sources, points, found.distance_m, limited=limit_m is not None).array,
        },
        index=demand.index,
    )


def within(distances: pd.DataFrame, *, limit_m: float) -> pd.Series:
    """
    Tell who is covered, from distances that were searched before.

    A slider moves by calling this again: the search does not depend on the limit.

    Parameters
    ----------
    distances
        What `nearest` gave, searched without a limit or with a longer one.
    limit_m
        Longest way that counts as covered, in metres, itself included.

    Returns
    -------
    pandas.Series
        True where covered, on the same index.

    Raises
    ------
    ParameterError
        If the limit is negative.
    """
    if not limit_m >= 0:
        raise ParameterError(name="limit_m", reason_zh="应为非负数", reason_en="it must not be negative")
    return (distances["distance_m"] <= limit_m + network.TOLERANCE_M).rename("covered")


def access_points(areas: gpd.GeoDataFrame, *, spacing_m: float = 20.0) -> gpd.GeoDataFrame:
    """
    Stand in for areas by points along their edge, for parks that can be entered anywhere.

    A point lies at most half the spacing from any spot of the edge, which bounds the error. Where the real entrances
    are known, use those instead.

    Parameters
    ----------
    areas
        Polygons, lines or points in a projected system; points stay as they are.
    spacing_m
        Longest gap between two points, in metres.

    Returns
    -------
    geopandas.GeoDataFrame
        Points with the columns of their area, on its index label repeated.

    Raises
    ------
    CrsNotProjectedError
        If the coordinates are degrees.
    ParameterError
        If the spacing is not positive.
    """
    if not spacing_m > 0:
        raise ParameterError(name="spacing_m", reason_zh="应为正数", reason_en="it must be positive")
    crs.require_projected(areas)
    shapes = areas.geometry.to_numpy()
    rings = np.where(shapely.get_dimensions(shapes) == 2, shapely.boundary(shapes), shapes)
    points, owner = shapely.get_coordinates(shapely.segmentize(rings, spacing_m), return_index=True)
    rows = areas.iloc[owner]
    return rows.set_geometry(gpd.GeoSeries(shapely.points(points), index=rows.index, crs=areas.crs))


def point_coordinates(frame: gpd.GeoDataFrame, target: str, *, what_zh: str, what_en: str) -> NDArray[np.float64]:
    """
    Read the coordinates of points in the network's system.

    Parameters
    ----------
    frame
        Points in any known system.
    target
        The network's coordinate system, as text.
    what_zh, what_en
        What the points are, for the sentence of a refusal.

    Returns
    -------
    numpy.ndarray
        Shape (n, 2).

    Raises
    ------
    NetworkError
        If there is none, or some are missing or no points.
    """
    if frame.empty:
        raise NetworkError(reason_zh=f"没有{what_zh}", reason_en=f"there is no {what_en}")
    shapes = frame.geometry.to_numpy()
    wrong = (shapely.get_type_id(shapes) != shapely.GeometryType.POINT) | shapely.is_empty(shapes)
    if wrong.any():
        count, first = int(wrong.sum()), frame.index[int(np.argmax(wrong))]
        raise NetworkError(
            reason_zh=f"{count} 个{what_zh}不是点，首个：{first}",
            reason_en=f"{count} rows of the {what_en}s are not points, the first is {first}",
        )
    return shapely.get_coordinates(crs.to_crs(frame, target).geometry.to_numpy())


def _reasons(
    graph: network.Graph,
    sources: network.Snaps,
    points: network.Snaps,
    distance_m: NDArray[np.float64],
    *,
    limited: bool,
) -> pd.Series:
    reason = np.full(len(points), None, dtype=object)
    missing = np.isnan(distance_m)
    served = np.unique(graph.component[graph.start[sources.edge[sources.reached]]])
    here = graph.component[graph.start[np.maximum(points.edge, 0)]]
    # Where one-way streets lead nowhere the part is the same but there is no way: that is another part to a driver.
    reason[missing] = "other_component"
    if limited:
        reason[missing & np.isin(here, served)] = "beyond_limit"
    if not len(served):
        reason[missing] = "no_facility"
    reason[missing & ~points.reached] = "too_far_from_network"
    return pd.Series(reason, dtype="string")


def _column(frame: gpd.GeoDataFrame, name: str) -> pd.Index:
    if name not in frame.columns:
        raise NetworkError(reason_zh=f"设施没有“{name}”列", reason_en=f"the facilities have no column “{name}”")
    named: pd.Index = pd.Index(frame[name])
    return named


def _named(names: pd.Index, positions: NDArray[np.int64]) -> pd.Series:
    """Take labels by position, with gaps; whole numbers stay whole numbers."""
    values = pd.Series(names).reset_index(drop=True)
    if pd.api.types.is_integer_dtype(values.dtype):
        return values.astype("Int64").reindex(positions).reset_index(drop=True)
    taken = values.astype(object).reindex(positions).reset_index(drop=True)
    return taken.where(taken.notna(), None)
