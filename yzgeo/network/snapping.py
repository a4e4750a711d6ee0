"""Snapping: where a point gets onto the network, anywhere along an edge, and how far it has to go for that."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from yzgeo.errors import NetworkError, ParameterError

from .barriers import blocked
from .graph import Floats, Graph, Ints, Shapes

SNAP_LIMIT_M = 1000.0
"""Longer than the radius of any circle: the access leg is counted in full, so it cannot make a point covered."""

# Points are looked up in strips of this height, so that the index's pages stay in the processor's cache.
_STRIP_M = 500.0
_BLOCK = 10_000


@dataclass(frozen=True, eq=False)
class Snaps:
    """Where points get onto a network, one entry per point.

    ``edge`` is -1 for points that are too far away; ``fraction`` runs from 0 at the edge's first node to 1 at its
    last; ``leg_m`` is the straight way from the point to the edge.
    """

    xy: Floats
    edge: Ints
    fraction: Floats
    leg_m: Floats

    def __len__(self) -> int:
        return len(self.edge)

    @property
    def reached(self) -> NDArray[np.bool_]:
        """Which points got onto the network."""
        return self.edge >= 0


def snap(graph: Graph, xy: Floats, *, limit_m: float = SNAP_LIMIT_M) -> Snaps:
    """
    Put points on the nearest spot of the network.

    Where the network has barriers, no leg crosses one: such a point goes to the nearest edge on its own side.

    Parameters
    ----------
    graph
        The network.
    xy
        Coordinates in the network's system, shape (n, 2).
    limit_m
        Longest leg, in metres.

    Returns
    -------
    Snaps
        One entry per point, in order.

    Raises
    ------
    ParameterError
        If the limit is not positive.
    NetworkError
        If a coordinate is not a finite number.
    """
    if not limit_m > 0:
        raise ParameterError(name="snap_limit_m", reason_zh="应为正数", reason_en="it must be positive")
    if not np.isfinite(xy).all():
        raise NetworkError(reason_zh="有点没有坐标", reason_en="some points have no coordinates")
    count = len(xy)
    edge = np.full(count, -1, dtype=np.int64)
    fraction, leg = np.zeros(count), np.full(count, np.nan)
    if not count:
        return Snaps(xy=xy, edge=edge, fraction=fraction, leg_m=leg)
    # Sorting by strips makes neighbours in space neighbours in time; measured, it nearly halves the look-up.
    order = np.lexsort((xy[:, 0], xy[:, 1] // _STRIP_M))
    # In blocks, since a point as an object weighs more than all that is kept of it.
    for block in np.array_split(order, -(-count // _BLOCK)):
        points: Shapes = np.asarray(shapely.points(xy[block]), dtype=object)
        nearest = graph.tree.query_nearest(points, all_matches=False)[1]
        lines = graph.geometry[nearest]
        edge[block] = nearest
        leg[block] = shapely.distance(lines, points)
        fraction[block] = shapely.line_locate_point(lines, points, normalized=True)
    too_far = leg > limit_m
    edge[too_far] = -1
    leg[too_far] = np.nan
    snaps = Snaps(xy=xy, edge=edge, fraction=fraction, leg_m=leg)
    return _respect_barriers(graph, snaps, limit_m) if len(graph.barriers) else snaps


def _respect_barriers(graph: Graph, snaps: Snaps, limit_m: float) -> Snaps:
    """Move the points whose leg crosses a barrier to the nearest edge that they can walk to."""
    xy, edge, fraction, leg = snaps.xy, snaps.edge.copy(), snaps.fraction.copy(), snaps.leg_m.copy()
    snapped = np.flatnonzero(edge >= 0)
    lines = graph.geometry[edge[snapped]]
    spots = shapely.get_coordinates(shapely.line_interpolate_point(lines, fraction[snapped], normalized=True))
    legs: Shapes = np.asarray(shapely.linestrings(np.stack([xy[snapped], spots], axis=1)), dtype=object)
    for position in snapped[blocked(legs, graph.barrier_tree)]:
        point = shapely.Point(xy[position])
        near = graph.tree.query(point, predicate="dwithin", distance=limit_m)
        candidates = graph.geometry[near]
        distances = shapely.distance(candidates, point)
        order = np.argsort(distances, kind="stable")
        ways: Shapes = shapely.shortest_line(candidates[order], point)
        clear = np.flatnonzero(~blocked(ways, graph.barrier_tree))
        if len(clear):
            chosen = order[clear[0]]
            edge[position] = near[chosen]
            leg[position] = distances[chosen]
            fraction[position] = shapely.line_locate_point(candidates[chosen], point, normalized=True)
        else:
            edge[position] = -1
            leg[position] = np.nan
    return Snaps(xy=xy, edge=edge, fraction=fraction, leg_m=leg)
