"""What is reached: the edges cut exactly at the limit, and a polygon that is only a picture."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
import shapely.ops
from numpy.typing import NDArray

from yzgeo import network
from yzgeo.errors import ParameterError

from .distances import point_coordinates

STAMP = "示意"
STAMP_NOTE = "示意：仅供显示，覆盖与否按每个需求点沿路网的距离判定 (a picture only; coverage is decided point by point)"


def reached_edges(
    graph: network.Graph,
    facilities: gpd.GeoDataFrame,
    *,
    limit_m: float,
    snap_limit_m: float = network.SNAP_LIMIT_M,
    towards: network.Towards = "facility",
) -> gpd.GeoDataFrame:
    """
    Draw the streets within reach, cut where the limit is.

    Parameters
    ----------
    graph
        The network.
    facilities
        Points in any known system.
    limit_m
        Longest way, in metres; the facility's own access leg counts.
    snap_limit_m
        Longest straight way to the network, in metres.
    towards
        As in `nearest`.

    Returns
    -------
    geopandas.GeoDataFrame
        One row per reached stretch, on a fresh index: ``edge`` (the edge's id) and ``whole`` (nothing was cut off).

    Raises
    ------
    ParameterError
        If the limit is negative.
    """
    xy = point_coordinates(facilities, graph.crs, what_zh="设施", what_en="facility")
    sources = network.snap(graph, xy, limit_m=snap_limit_m)
    reach = network.spread(graph, sources, limit_m=limit_m, towards=towards)
    along, against = graph.costs(reverse=reach.reverse)
    # From either end as far as the rest of the limit carries, as fractions of the edge.
    from_start = _carried(limit_m - reach.node_m[graph.start], along)
    from_end = _carried(limit_m - reach.node_m[graph.end], against)
    stretches = [
        np.column_stack([np.arange(graph.edges), np.zeros(graph.edges), from_start]),
        np.column_stack([np.arange(graph.edges), 1.0 - from_end, np.ones(graph.edges)]),
    ]
    on = np.flatnonzero(sources.reached & (sources.leg_m <= limit_m))
    if len(on):
        edge, fraction, rest = sources.edge[on], sources.fraction[on], limit_m - sources.leg_m[on]
        low = np.maximum(fraction - _carried(rest, against[edge]), 0.0)
        stretches.append(np.column_stack([edge, low, np.minimum(fraction + _carried(rest, along[edge]), 1.0)]))
    edge, low, high = _merged(np.concatenate(stretches))
    whole = (low <= 0.0) & (high >= 1.0)
    lines = graph.geometry[edge].copy()
    for row in np.flatnonzero(~whole):
        lines[row] = shapely.ops.substring(lines[row], low[row], high[row], normalized=True)
    return gpd.GeoDataFrame({"edge": graph.edge_ids.take(edge), "whole": whole}, geometry=lines, crs=graph.crs)


def display_polygon(
    reached: gpd.GeoDataFrame, *, width_m: float = 40.0, barriers: NDArray[np.object_] | None = None
) -> gpd.GeoDataFrame:
    """
    Draw an area round the reached streets. It is a picture, says so, and decides nothing.

    Parameters
    ----------
    reached
        What `reached_edges` gave.
    width_m
        How far the picture goes to either side of a street, in metres.
    barriers
        Areas to leave out, such as `Graph.barriers`.

    Returns
    -------
    geopandas.GeoDataFrame
        One row with ``stamp`` (示意) and ``note``; an empty geometry where nothing is reached.

    Raises
    ------
    ParameterError
        If the width is not positive.
    """
    if not width_m > 0:
        raise ParameterError(name="width_m", reason_zh="应为正数", reason_en="it must be positive")
    area = shapely.union_all(shapely.buffer(reached.geometry.to_numpy(), width_m))
    if barriers is not None and len(barriers):
        area = shapely.difference(area, shapely.union_all(barriers))
    return gpd.GeoDataFrame({"stamp": [STAMP], "note": [STAMP_NOTE]}, geometry=[area], crs=reached.crs)


def _carried(rest_m: NDArray[np.float64], cost_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much of an edge a rest of the limit carries; an edge without length is carried whole."""
    rest = np.where(np.isfinite(rest_m), rest_m, -1.0)
    part = np.divide(rest, cost_m, out=np.where(rest >= 0, 1.0, 0.0), where=cost_m > 0)
    return np.clip(np.where(np.isfinite(cost_m), part, 0.0), 0.0, 1.0)


def _merged(
    stretches: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Join stretches of the same edge that touch."""
    stretches = stretches[stretches[:, 2] > stretches[:, 1]]
    edge, low, high = stretches[np.lexsort((stretches[:, 1], stretches[:, 0]))].T
    result: list[tuple[float, float, float]] = []
    for number, begin, finish in zip(edge.tolist(), low.tolist(), high.tolist(), strict=True):
        if result and result[-1][0] == number and begin <= result[-1][2]:
            result[-1] = (number, result[-1][1], max(finish, result[-1][2]))
        else:
            result.append((number, begin, finish))
    merged = np.array(result).reshape(-1, 3)
    return merged[:, 0].astype(np.int64), merged[:, 1], merged[:, 2]
