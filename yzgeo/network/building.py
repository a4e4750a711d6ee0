"""From edges in a frame to a `Graph`: checks, switches, barriers, slope, then the joining of ends to nodes."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from yzgeo import crs
from yzgeo.errors import NetworkError

from . import barriers as cutting
from .graph import Floats, Graph, Ints, Shapes
from .slope import Slope, walking_costs

JOIN_M = 0.001
_LINES = (shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING, shapely.GeometryType.LINEARRING)
_ONE_WAY = {"forward": 1, "yes": 1, "true": 1, "1": 1, "backward": -1, "-1": -1, "reverse": -1}


def build(
    edges: gpd.GeoDataFrame,
    *,
    on: date | None = None,
    opened: Collection[Hashable] = (),
    closed: Collection[Hashable] = (),
    barriers: gpd.GeoDataFrame | None = None,
    crossings: gpd.GeoDataFrame | None = None,
    crossing_radius_m: float = 15.0,
    slope: Slope | None = None,
    nodes: tuple[str, str] | None = None,
    length_field: str | None = None,
) -> Graph:
    """
    Join edges to a graph, once, for any number of questions.

    Edges meet where their **ends** coincide (to a millimetre) and nowhere else: a bridge passes over a street
    without touching it. Road lines as people draw them, crossing each other freely, go through `clean` first.

    Parameters
    ----------
    edges
        Lines in a projected system in metres, on any index; the index labels are the edge ids. Optional columns:
        ``oneway`` (``both``, ``forward``, ``backward``), ``open_from`` (date), ``bridge``, ``tunnel`` (true or false)
        and ``level`` (0 is the ground).
    on
        Leave out edges that open later than this day. Without it opening dates do not count.
    opened
        Edge ids that exist whatever their date says: a scenario's overpass.
    closed
        Edge ids that do not exist: a scenario's closed bridge.
    barriers
        Lines or polygons nobody walks across (rivers, railways, walls). They cut the ground-level edges before any
        search, and no access leg crosses them either.
    crossings
        Points where a barrier is open (gates, level crossings).
    crossing_radius_m
        Half-width of such an opening, in metres.
    slope
        Terrain and walking function; without it the ground is level.
    nodes
        Names of two columns with the ids of each edge's first and last node. Then these say what is joined, and not
        the coordinates.
    length_field
        Column with surveyed lengths in metres, used instead of the lengths of the lines.

    Returns
    -------
    Graph
        The network.

    Raises
    ------
    NetworkError
        If there are no edges, or some cannot be used; the sentence says which and why.
    CrsNotProjectedError
        If the coordinates are degrees or Web Mercator.
    """
    _check(edges)
    kept = edges.loc[_present(edges, on=on, opened=opened, closed=closed)]
    if kept.empty:
        raise NetworkError(reason_zh="在所选日期和情景下没有任何开放的道路", reason_en="no edge is open then")
    rows, lines = _single_lines(kept, nodes)
    walls = np.empty(0, dtype=object)
    if barriers is not None:
        walls = cutting.walls(barriers, crossings, target=edges.crs.to_wkt(), crossing_radius_m=crossing_radius_m)
        if nodes is not None:
            raise NetworkError(
                reason_zh="障碍物会切断道路，不能再沿用节点编号列",
                reason_en="barriers cut edges, so node ids no longer hold",
            )
        kept_at, lines = cutting.cut(lines, walls, exempt=_above_ground(kept)[rows])
        rows = rows[kept_at]
        if not len(rows):
            raise NetworkError(reason_zh="障碍物切断了全部道路", reason_en="the barriers leave no edge")
    length = shapely.length(lines)
    if length_field is not None:
        # A cut edge keeps the share of the surveyed length that is left of its line.
        whole = shapely.length(kept.geometry.to_numpy())[rows]
        length = _lengths(kept, length_field)[rows] * np.divide(
            length, whole, out=np.ones_like(length), where=whole > 0
        )
    if nodes is None:
        start, end, xy = _join(lines)
    else:
        start, end, xy = _join_by_id(lines, kept, nodes)
    forward, backward = length.copy(), length.copy()
    if slope is not None:
        factor_along, factor_against = walking_costs(lines, slope, level=_above_ground(kept)[rows])
        forward, backward = length * factor_along, length * factor_against
    if "oneway" in kept.columns:
        way = _one_way(kept["oneway"])[rows]
        forward = np.where(way < 0, np.inf, forward)
        backward = np.where(way > 0, np.inf, backward)
    kept_at, forward, backward = _merge_twins(lines, start, end, forward, backward)
    return Graph(
        crs=edges.crs.to_wkt(),
        edge_ids=kept.index.take(rows[kept_at]),
        geometry=lines[kept_at],
        start=start[kept_at],
        end=end[kept_at],
        length_m=length[kept_at],
        forward_m=forward,
        backward_m=backward,
        node_xy=xy,
        component=_components(start, end, len(xy)),
        barriers=walls,
    )


def _check(edges: gpd.GeoDataFrame) -> None:
    if not isinstance(edges, gpd.GeoDataFrame) or edges.empty:
        raise NetworkError(reason_zh="没有道路", reason_en="there are no edges")
    crs.require_projected(edges)
    unit = edges.crs.axis_info[0].unit_conversion_factor
    if unit != 1.0:
        raise NetworkError(reason_zh="坐标单位不是米", reason_en="the coordinates are not metres")
    shapes = edges.geometry.to_numpy()
    kinds = shapely.get_type_id(shapes)
    # Shapely says -1 for a missing geometry.
    missing = int(((kinds == -1) | shapely.is_empty(shapes)).sum())
    if missing:
        raise NetworkError(reason_zh=f"{missing} 条道路没有几何", reason_en=f"{missing} edges have no geometry")
    wrong = int((~np.isin(kinds, _LINES)).sum())
    if wrong:
        raise NetworkError(reason_zh=f"{wrong} 条道路不是线", reason_en=f"{wrong} edges are not lines")
    if not np.isfinite(shapely.get_coordinates(shapes)).all():
        raise NetworkError(reason_zh="有坐标不是数字", reason_en="some coordinates are not finite numbers")
    if "length_m" in edges.columns:
        _lengths(edges, "length_m", missing_allowed=True)


def _lengths(edges: gpd.GeoDataFrame, field: str, *, missing_allowed: bool = False) -> Floats:
    if field not in edges.columns:
        raise NetworkError(reason_zh=f"没有长度列“{field}”", reason_en=f"there is no length column “{field}”")
    values = pd.to_numeric(edges[field], errors="coerce").to_numpy(dtype=float)
    wrong = (values < 0) | np.isinf(values) | (np.isnan(values) & (not missing_allowed))
    if wrong.any():
        first = edges.index[int(np.argmax(wrong))]
        count = int(wrong.sum())
        raise NetworkError(
            reason_zh=f"{count} 条道路的长度为负或不是数字，首条：{first}",
            reason_en=f"{count} edges have a negative or missing length, the first is {first}",
        )
    lengths: Floats = values
    return lengths


def _present(
    edges: gpd.GeoDataFrame, *, on: date | None, opened: Collection[Hashable], closed: Collection[Hashable]
) -> NDArray[np.bool_]:
    present = np.ones(len(edges), dtype=bool)
    if on is not None and "open_from" in edges.columns:
        opens = pd.to_datetime(edges["open_from"], errors="coerce").to_numpy()
        present = np.isnat(opens) | (opens <= np.datetime64(on))
    for ids, state in ((opened, True), (closed, False)):
        unknown = [label for label in ids if label not in edges.index]
        if unknown:
            raise NetworkError(reason_zh=f"没有道路“{unknown[0]}”", reason_en=f"there is no edge “{unknown[0]}”")
        present[edges.index.isin(list(ids))] = state
    return present


def _single_lines(edges: gpd.GeoDataFrame, nodes: tuple[str, str] | None) -> tuple[Ints, Shapes]:
    shapes = edges.geometry.to_numpy()
    if (shapely.get_type_id(shapes) == shapely.GeometryType.LINESTRING).all():
        return np.arange(len(shapes)), shapes
    parts, rows = shapely.get_parts(shapes, return_index=True)
    if nodes is not None and len(parts) > len(shapes):
        raise NetworkError(reason_zh="多段线不能带节点编号列", reason_en="edges of several parts cannot carry node ids")
    return rows, parts


def _above_ground(edges: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Mark the bridges, the tunnels and whatever else is not at ground level."""
    above = np.zeros(len(edges), dtype=bool)
    for column in ("bridge", "tunnel"):
        if column in edges.columns:
            above |= edges[column].astype("boolean").fillna(value=False).to_numpy(dtype=bool)
    if "level" in edges.columns:
        above |= pd.to_numeric(edges["level"], errors="coerce").fillna(0).to_numpy() != 0
    return above


def _one_way(column: pd.Series) -> Ints:
    text = column.astype("string").str.lower().fillna("both")
    return np.asarray(text.map(_ONE_WAY).fillna(0), dtype=np.int64)


def _join(lines: Shapes) -> tuple[Ints, Ints, Floats]:
    """Number the ends; ends within the same millimetre are one node."""
    coordinates = shapely.get_coordinates(lines)
    last = np.cumsum(shapely.get_num_coordinates(lines)) - 1
    first = np.concatenate([[0], last[:-1] + 1])
    ends = coordinates[np.concatenate([first, last])]
    grid = np.rint((ends - ends.min(axis=0)) / JOIN_M).astype(np.int64)
    width = int(grid[:, 1].max()) + 1
    if int(grid[:, 0].max()) > np.iinfo(np.int64).max // width:
        raise NetworkError(reason_zh="道路的范围超出地球", reason_en="the edges reach beyond the Earth")
    codes, keys = pd.factorize(grid[:, 0] * width + grid[:, 1])
    xy = np.empty((len(keys), 2))
    xy[codes[::-1]] = ends[::-1]
    count = len(lines)
    return codes[:count], codes[count:], xy


def _join_by_id(lines: Shapes, edges: gpd.GeoDataFrame, nodes: tuple[str, str]) -> tuple[Ints, Ints, Floats]:
    for column in nodes:
        if column not in edges.columns or edges[column].isna().any():
            raise NetworkError(
                reason_zh=f"节点编号列“{column}”缺失或有空值",
                reason_en=f"node column “{column}” is missing or has gaps",
            )
    codes, keys = pd.factorize(np.concatenate([edges[column].to_numpy() for column in nodes]))
    ends = np.concatenate(
        [shapely.get_coordinates(shapely.get_point(lines, 0)), shapely.get_coordinates(shapely.get_point(lines, -1))]
    )
    xy = np.empty((len(keys), 2))
    xy[codes[::-1]] = ends[::-1]
    count = len(lines)
    return codes[:count], codes[count:], xy


def _merge_twins(
    lines: Shapes, start: Ints, end: Ints, forward: Floats, backward: Floats
) -> tuple[Ints, Floats, Floats]:
    """
    Make one edge of lines that lie exactly on each other.

    Directed sources write a two-way street as two opposite edges. A facility on one and a home on the other would then
    not see each other.
    """
    everyone = np.arange(len(lines))
    low, high = np.minimum(start, end), np.maximum(start, end)
    suspects = np.flatnonzero(pd.Series(low * (int(high.max()) + 1) + high).duplicated(keep=False))
    if not len(suspects):
        return everyone, forward, backward
    middle = shapely.get_coordinates(shapely.line_interpolate_point(lines[suspects], 0.5, normalized=True))
    look = pd.DataFrame({"low": low[suspects], "high": high[suspects]})
    look[["x", "y"]] = np.rint(middle / JOIN_M)
    group = look.groupby(list(look.columns), sort=False).ngroup().to_numpy()
    _, first = np.unique(group, return_index=True)
    keeper = suspects[first[group]]
    shapes = lines[suspects]
    same_way = shapely.equals_exact(shapes, lines[keeper], JOIN_M)
    turned = ~same_way & shapely.equals_exact(shapely.reverse(shapes), lines[keeper], JOIN_M)
    twins = (same_way | turned) & (keeper != suspects)
    merged_forward, merged_backward = forward.copy(), backward.copy()
    for here, (along, against) in ((same_way, (forward, backward)), (turned, (backward, forward))):
        twin, into = suspects[twins & here], keeper[twins & here]
        np.minimum.at(merged_forward, into, along[twin])
        np.minimum.at(merged_backward, into, against[twin])
    kept = np.setdiff1d(everyone, suspects[twins], assume_unique=True)
    return kept, merged_forward[kept], merged_backward[kept]


def _components(start: Ints, end: Ints, nodes: int) -> Ints:
    links = coo_matrix((np.ones(len(start), dtype=np.int8), (start, end)), shape=(nodes, nodes))
    _, labels = connected_components(links, directed=False)
    return np.asarray(labels, dtype=np.int64)
