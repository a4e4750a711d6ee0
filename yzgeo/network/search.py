"""Searches: the nearest of many in one pass, many to many, and the way itself.

Points are never moved to nodes. Each source becomes a virtual node with one arc to either end of its edge; a
destination is reached over the ends of its own edge, or directly where a source lies on the same edge.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from yzgeo.errors import NetworkError, ParameterError

from .graph import Floats, Graph, Ints, Shapes
from .snapping import Snaps

Towards = Literal["facility", "demand"]

# Sums of lengths in another order differ in the last digits; a micrometre is on neither side of a limit.
TOLERANCE_M = 1e-6
_PAIRS_AT_ONCE = 4_000_000
_CELLS_AT_ONCE = 20_000_000


@dataclass(frozen=True, eq=False)
class Nearest:
    """The nearest source of each destination: metres (NaN where none) and the source's position (-1 where none)."""

    distance_m: Floats
    source: Ints


@dataclass(frozen=True, eq=False)
class Spread:
    """How far every node is from the nearest of some sources, and which it is (-1 where none)."""

    node_m: Floats
    node_source: Ints
    sources: Snaps
    reverse: bool


def spread(graph: Graph, sources: Snaps, *, limit_m: float | None = None, towards: Towards = "facility") -> Spread:
    """
    Search outwards from all sources at once.

    Parameters
    ----------
    graph
        The network.
    sources
        Snapped facilities.
    limit_m
        Stop there, in metres; None goes as far as the network does.
    towards
        ``"facility"``: people walk to it, so one-way streets and slopes count in that direction. ``"demand"``: it
        goes out to them.

    Returns
    -------
    Spread
        Distances of the nodes, the sources' access legs included.

    Raises
    ------
    ParameterError
        If the limit is negative or not a number.
    """
    bound = _bound(limit_m)
    reverse = towards == "facility"
    used = np.flatnonzero(sources.reached)
    if not len(used):
        return Spread(np.full(graph.nodes, np.inf), np.full(graph.nodes, -1), sources, reverse)
    matrix = _with_sources(graph, sources, used, reverse=reverse)
    distance, _, source = dijkstra(
        matrix,
        directed=True,
        indices=np.arange(graph.nodes, graph.nodes + len(used)),
        limit=bound,
        min_only=True,
        return_predecessors=True,
    )
    node_m: Floats = distance[: graph.nodes]
    numbers = source[: graph.nodes].astype(np.int64) - graph.nodes
    reached = np.isfinite(node_m)
    node_source = np.where(reached, used[np.where(reached, numbers, 0)], -1)
    return Spread(node_m, node_source, sources, reverse)


def arrive(graph: Graph, reach: Spread, destinations: Snaps, *, limit_m: float | None = None) -> Nearest:
    """
    Read off a search where each destination gets.

    Parameters
    ----------
    graph
        The network.
    reach
        A search, see `spread`; its own limit must not be the tighter one.
    destinations
        Snapped demand points.
    limit_m
        Longest way that counts, in metres.

    Returns
    -------
    Nearest
        One entry per destination, both access legs included.

    Raises
    ------
    ParameterError
        If the limit is negative or not a number.
    """
    bound = _bound(limit_m)
    count = len(destinations)
    best, source = np.full(count, np.inf), np.full(count, -1, dtype=np.int64)
    on = np.flatnonzero(destinations.reached)
    edge, fraction = destinations.edge[on], destinations.fraction[on]
    along, against = graph.costs(reverse=reach.reverse)
    over_start = reach.node_m[graph.start[edge]] + _part(along[edge], fraction)
    over_end = reach.node_m[graph.end[edge]] + _part(against[edge], 1.0 - fraction)
    from_start = over_start <= over_end
    best[on] = np.where(from_start, over_start, over_end)
    source[on] = reach.node_source[np.where(from_start, graph.start[edge], graph.end[edge])]
    for there, here, metres in _same_edge(graph, reach.sources, destinations, reverse=reach.reverse):
        # Several sources may share the edge: sorted by distance, the first of each destination is its best.
        order = np.lexsort((there, metres, here))
        here, there, metres = here[order], there[order], metres[order]  # noqa: PLW2901
        first = np.concatenate([[True], here[1:] != here[:-1]])
        here, there, metres = here[first], there[first], metres[first]  # noqa: PLW2901
        nearer = metres < best[here]
        best[here[nearer]] = metres[nearer]
        source[here[nearer]] = there[nearer]
    best[on] += destinations.leg_m[on]
    lost = ~(best <= bound)
    best[lost] = np.nan
    source[lost | np.isnan(best)] = -1
    best[np.isinf(best)] = np.nan
    source[np.isnan(best)] = -1
    return Nearest(distance_m=best, source=source)


def pairs(
    graph: Graph, sources: Snaps, destinations: Snaps, *, limit_m: float, towards: Towards = "facility"
) -> pd.DataFrame:
    """
    Measure every source to every destination within a limit.

    Parameters
    ----------
    graph
        The network.
    sources
        Snapped facilities or candidate sites.
    destinations
        Snapped demand points.
    limit_m
        Longest way that is listed, in metres.
    towards
        As in `spread`.

    Returns
    -------
    pandas.DataFrame
        One row per pair: ``source`` and ``destination`` (positions) and ``distance_m``; by source, then destination.

    Raises
    ------
    ParameterError
        If the limit is negative or not a number.
    """
    bound = _bound(limit_m)
    reverse = towards == "facility"
    used = np.flatnonzero(sources.reached)
    on = np.flatnonzero(destinations.reached)
    edge, fraction, legs = destinations.edge[on], destinations.fraction[on], destinations.leg_m[on]
    along, against = graph.costs(reverse=reverse)
    to_start, to_end = _part(along[edge], fraction) + legs, _part(against[edge], 1.0 - fraction) + legs
    matrix = _with_sources(graph, sources, used, reverse=reverse) if len(used) else csr_matrix((0, 0))
    found: list[pd.DataFrame] = []
    for there, here, metres in _same_edge(graph, sources, destinations, reverse=reverse):
        direct = metres + destinations.leg_m[here]
        within = direct <= bound
        found.append(_pair_rows(there[within], here[within], direct[within]))
    step = max(1, _CELLS_AT_ONCE // max(matrix.shape[0], len(on), 1))
    for begin in range(0, len(used), step):
        chunk = used[begin : begin + step]
        numbers = graph.nodes + np.arange(begin, begin + len(chunk))
        node_m = dijkstra(matrix, directed=True, indices=numbers, limit=bound)
        metres = np.minimum(node_m[:, graph.start[edge]] + to_start, node_m[:, graph.end[edge]] + to_end)
        row, column = np.nonzero(metres <= bound)
        found.append(_pair_rows(chunk[row], on[column], metres[row, column]))
    if not found:
        return _pair_rows(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0))
    rows = pd.concat(found).sort_values(["source", "destination", "distance_m"], kind="stable")
    return rows.drop_duplicates(["source", "destination"]).reset_index(drop=True)


def route(graph: Graph, source: Snaps, destination: Snaps, *, towards: Towards = "facility") -> tuple[Floats, Shapes]:
    """
    Draw the shortest way between one point and another.

    Parameters
    ----------
    graph
        The network.
    source
        One snapped facility.
    destination
        One snapped demand point.
    towards
        As in `spread`; the line runs in that direction.

    Returns
    -------
    numpy.ndarray
        Length in metres as `arrive` gives it, shape (1,); NaN if there is no way.
    numpy.ndarray
        The line with both access legs, shape (1,); None if there is no way.

    Raises
    ------
    NetworkError
        If not exactly one point is given on either side.
    """
    if len(source) != 1 or len(destination) != 1:
        raise NetworkError(reason_zh="路径只在一对点之间", reason_en="a route runs between one point and another")
    reverse = towards == "facility"
    total = arrive(graph, spread(graph, source, towards=towards), destination).distance_m
    if np.isnan(total[0]):
        return total, np.array([None], dtype=object)
    legs = [_spot(graph, source), *_middle(graph, source, destination, total[0], reverse=reverse)]
    coordinates = [source.xy, *(shapely.get_coordinates(piece) for piece in legs), destination.xy]
    points = np.concatenate(coordinates)
    keep = np.concatenate([[True], (np.diff(points, axis=0) != 0).any(axis=1)])
    points = points[keep] if keep.sum() > 1 else points[:2]
    return total, np.array([shapely.LineString(points[::-1] if reverse else points)], dtype=object)


def _middle(
    graph: Graph, source: Snaps, destination: Snaps, total_m: float, *, reverse: bool
) -> Iterator[shapely.Geometry]:
    """Yield the pieces of line between the two snapped spots, in walking order from the source."""
    e_from, f_from = int(source.edge[0]), float(source.fraction[0])
    e_to, f_to = int(destination.edge[0]), float(destination.fraction[0])
    for _, _, metres in _same_edge(graph, source, destination, reverse=reverse):
        if len(metres) and metres[0] + destination.leg_m[0] <= total_m + TOLERANCE_M:
            yield _stretch(graph, e_from, f_from, f_to)
            return
    matrix = _with_sources(graph, source, np.array([0]), reverse=reverse)
    node_m, before = dijkstra(matrix, directed=True, indices=np.array([graph.nodes]), return_predecessors=True)
    node_m, before = node_m[0], before[0]
    along, against = graph.costs(reverse=reverse)
    over_start = node_m[graph.start[e_to]] + _part(along[[e_to]], np.array([f_to]))[0]
    over_end = node_m[graph.end[e_to]] + _part(against[[e_to]], np.array([1.0 - f_to]))[0]
    by_start = over_start <= over_end
    chain = [int(graph.start[e_to] if by_start else graph.end[e_to])]
    while before[chain[-1]] != graph.nodes:
        chain.append(int(before[chain[-1]]))
    chain.reverse()
    leave_start = node_m[chain[0]] == source.leg_m[0] + _part(against[[e_from]], np.array([f_from]))[0]
    is_start = chain[0] == graph.start[e_from] and (leave_start or graph.start[e_from] != graph.end[e_from])
    yield _stretch(graph, e_from, f_from, 0.0 if is_start else 1.0)
    step_costs, step_edges = graph.adjacency(reverse=reverse)
    for tail, head in pairwise(chain):
        entries = np.arange(step_costs.indptr[tail], step_costs.indptr[tail + 1])
        entries = entries[step_costs.indices[entries] == head]
        edge = int(step_edges[entries[np.argmin(step_costs.data[entries])]])
        yield _stretch(graph, edge, 0.0, 1.0) if graph.start[edge] == tail else _stretch(graph, edge, 1.0, 0.0)
    yield _stretch(graph, e_to, 0.0 if by_start else 1.0, f_to)


def _stretch(graph: Graph, edge: int, begin: float, finish: float) -> shapely.Geometry:
    line: shapely.LineString = graph.geometry[edge]
    low, high = sorted((begin, finish))
    length = line.length
    inner = [(float(line.project(shapely.Point(xy))), xy) for xy in line.coords[1:-1]]
    ends = shapely.get_coordinates(shapely.line_interpolate_point(line, [low, high], normalized=True))
    kept = [xy for offset, xy in inner if low * length < offset < high * length]
    points = np.concatenate([ends[:1], np.array(kept, dtype=float).reshape(-1, 2), ends[1:]])
    return shapely.LineString(points if begin <= finish else points[::-1])


def _spot(graph: Graph, point: Snaps) -> shapely.Geometry:
    spot: shapely.Geometry = shapely.line_interpolate_point(
        graph.geometry[point.edge[0]], point.fraction[0], normalized=True
    )
    return spot


def _with_sources(graph: Graph, sources: Snaps, used: Ints, *, reverse: bool) -> csr_matrix:
    """Append a virtual node per source, with an arc to either end of its edge that is open that way."""
    matrix, _ = graph.adjacency(reverse=reverse)
    along, against = graph.costs(reverse=reverse)
    edge, fraction, leg = sources.edge[used], sources.fraction[used], sources.leg_m[used]
    heads = np.stack([graph.start[edge], graph.end[edge]], axis=1).ravel()
    costs = np.stack([leg + _part(against[edge], fraction), leg + _part(along[edge], 1.0 - fraction)], axis=1).ravel()
    passable = np.isfinite(costs)
    per_source = passable.reshape(-1, 2).sum(axis=1)
    size = graph.nodes + len(used)
    return csr_matrix(
        (
            np.concatenate([matrix.data, costs[passable]]),
            np.concatenate([matrix.indices, heads[passable].astype(matrix.indices.dtype)]),
            np.concatenate([matrix.indptr, matrix.indptr[-1] + np.cumsum(per_source)]).astype(matrix.indptr.dtype),
        ),
        shape=(size, size),
    )


def _same_edge(
    graph: Graph, sources: Snaps, destinations: Snaps, *, reverse: bool
) -> Iterator[tuple[Ints, Ints, Floats]]:
    """Yield source, destination and metres (without the destination's leg) for points that share an edge."""
    along, against = graph.costs(reverse=reverse)
    by_edge = np.flatnonzero(sources.reached)
    by_edge = by_edge[np.argsort(sources.edge[by_edge], kind="stable")]
    source_edges = sources.edge[by_edge]
    low = np.searchsorted(source_edges, destinations.edge, side="left")
    many = np.searchsorted(source_edges, destinations.edge, side="right") - low
    many[~destinations.reached] = 0
    shared = np.flatnonzero(many)
    total = np.cumsum(many[shared])
    begin = 0
    while begin < len(shared):
        done = total[begin - 1] if begin else 0
        finish = max(begin + 1, int(np.searchsorted(total, done + _PAIRS_AT_ONCE, side="right")))
        block = shared[begin:finish]
        here = np.repeat(block, many[block])
        rank = np.arange(len(here)) - np.repeat(np.cumsum(many[block]) - many[block], many[block])
        there = by_edge[np.repeat(low[block], many[block]) + rank]
        edge = destinations.edge[here]
        ahead = destinations.fraction[here] - sources.fraction[there]
        metres = np.where(ahead >= 0, _part(along[edge], np.abs(ahead)), _part(against[edge], np.abs(ahead)))
        yield there, here, sources.leg_m[there] + metres
        begin = finish


def _part(costs: Floats, fraction: Floats) -> Floats:
    """Cost of a part of an edge; nothing of a closed direction costs nothing."""
    return np.multiply(costs, fraction, out=np.zeros(len(costs)), where=fraction > 0)


def _pair_rows(source: Ints, destination: Ints, metres: Floats) -> pd.DataFrame:
    return pd.DataFrame({"source": source, "destination": destination, "distance_m": metres})


def _bound(limit_m: float | None) -> float:
    if limit_m is None:
        return np.inf
    if not limit_m >= 0:
        raise ParameterError(name="limit_m", reason_zh="应为非负数", reason_en="it must not be negative")
    return float(limit_m) + TOLERANCE_M
