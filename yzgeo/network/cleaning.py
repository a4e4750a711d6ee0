"""Cleaning: from road lines as people draw them to edges that meet exactly at their ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from yzgeo import crs
from yzgeo.checks import Issue
from yzgeo.errors import NetworkError, ParameterError

from .graph import Floats, Ints, Shapes

Crossings = Literal["all", "vertices"]


@dataclass(frozen=True, eq=False)
class Cleaned:
    """Edges ready for `build`, with the source's columns and ``road``, its index label; and what was noticed."""

    edges: gpd.GeoDataFrame
    issues: tuple[Issue, ...]


@dataclass(frozen=True)
class _Cuts:
    """Where lines are cut: line, metres from its start, and the node's place."""

    line: Ints
    offset: Floats
    xy: Floats


def clean(roads: gpd.GeoDataFrame, *, snap_m: float = 0.5, crossings: Crossings = "all") -> Cleaned:
    """
    Split roads where they meet and pull loose ends together.

    Lines on the same level meet wherever they cross; a bridge (``bridge``, or another ``level``) passes over the
    ground and meets it only at its own ends.

    Parameters
    ----------
    roads
        Lines in a projected system in metres, on any index. Optional columns ``level``, ``bridge``, ``tunnel``.
    snap_m
        Ends this close to each other, or to another line, are taken to meet. 0 leaves them.
    crossings
        ``"all"`` for drawn centre lines; ``"vertices"`` for data that mark each junction with a shared vertex, as
        OpenStreetMap does, where lines that cross without one do not meet.

    Returns
    -------
    Cleaned
        New edges on a fresh index, and the issues found.

    Raises
    ------
    NetworkError
        If there are no usable lines.
    CrsNotProjectedError
        If the coordinates are degrees.
    ParameterError
        If the snapping distance is negative or absurd.
    """
    if not 0 <= snap_m <= 50:
        raise ParameterError(name="snap_m", reason_zh="应在 0 与 50 米之间", reason_en="it must be 0 to 50 metres")
    if roads.empty:
        raise NetworkError(reason_zh="没有道路", reason_en="there are no roads")
    crs.require_projected(roads)
    lines, rows = shapely.get_parts(roads.geometry.to_numpy(), return_index=True)
    usable = (shapely.get_dimensions(lines) == 1) & (shapely.length(lines) > 0)
    issues = [] if usable.all() and len(np.unique(rows)) == len(roads) else [_unusable(roads, rows[usable])]
    lines, rows = shapely.force_2d(lines[usable]), rows[usable]
    if not len(lines):
        raise NetworkError(reason_zh="没有可用的道路线", reason_en="no road is a usable line")
    level = _levels(roads)[rows]
    if snap_m > 0:
        lines, moved = _snap_ends(lines, snap_m)
        if moved:
            issues.append(
                Issue("info", "ends_snapped", "roads", f"{moved} 个端点已对齐", f"{moved} ends were pulled together")
            )
        alive = shapely.length(lines) > 0
        lines, rows, level = lines[alive], rows[alive], level[alive]
    met = _shared_vertices(lines) if crossings == "vertices" else _crossing_points(lines, level)
    touching = _touching_ends(lines, level, max(snap_m, 1e-6))
    cuts = _Cuts(*(np.concatenate([getattr(touching, name), getattr(met, name)]) for name in ("line", "offset", "xy")))
    pieces, owner = _cut(lines, cuts)
    edges = roads.iloc[rows[owner]].reset_index(drop=True)
    edges = edges.set_geometry(gpd.GeoSeries(pieces, crs=roads.crs))
    edges["road"] = roads.index.take(rows[owner])
    return Cleaned(edges=edges, issues=tuple(issues))


def _unusable(roads: gpd.GeoDataFrame, used: Ints) -> Issue:
    lost = sorted(set(range(len(roads))) - set(used.tolist()))
    names = "、".join(str(roads.index[position]) for position in lost[:5])
    count = len(lost)
    return Issue(
        "warning", "road_unusable", names, f"{count} 条道路没有可用的线，未采用", f"{count} roads have no usable line"
    )


def _levels(roads: gpd.GeoDataFrame) -> Ints:
    level = np.zeros(len(roads), dtype=np.int64)
    if "level" in roads.columns:
        level = pd.to_numeric(roads["level"], errors="coerce").fillna(0).to_numpy().astype(np.int64)
    for column, assumed in (("bridge", 1), ("tunnel", -1)):
        if column in roads.columns:
            flagged = roads[column].astype("boolean").fillna(value=False).to_numpy(dtype=bool)
            level = np.where(flagged & (level == 0), assumed, level)
    return level


def _snap_ends(lines: Shapes, snap_m: float) -> tuple[Shapes, int]:
    count = len(lines)
    ends = np.concatenate(
        [shapely.get_coordinates(shapely.get_point(lines, 0)), shapely.get_coordinates(shapely.get_point(lines, -1))]
    )
    close = cKDTree(ends).query_pairs(snap_m, output_type="ndarray")
    links = coo_matrix((np.ones(len(close)), (close[:, 0], close[:, 1])), shape=(2 * count, 2 * count))
    _, cluster = connected_components(links, directed=False)
    _, first = np.unique(cluster, return_index=True)
    target = ends[first[cluster]]
    different = (target != ends).any(axis=1)
    snapped = lines.copy()
    for line in np.unique(np.flatnonzero(different) % count):
        points = shapely.get_coordinates(lines[line])
        points[0], points[-1] = target[line], target[line + count]
        snapped[line] = shapely.LineString(points)
    return snapped, int(different.sum())


def _touching_ends(lines: Shapes, level: Ints, snap_m: float) -> _Cuts:
    """Find ends that lie on, or nearly on, another line. Bridges land on the ground; the ground does not rise."""
    count = len(lines)
    ends = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
    end_at, line_at = shapely.STRtree(lines).query(ends, predicate="dwithin", distance=snap_m)
    end_level = level[end_at % count]
    joins = (line_at != end_at % count) & ((level[line_at] == 0) | (level[line_at] == end_level))
    end_at, line_at = end_at[joins], line_at[joins]
    offset = shapely.line_locate_point(lines[line_at], ends[end_at])
    return _Cuts(line_at, offset, shapely.get_coordinates(ends[end_at]).reshape(-1, 2))


def _crossing_points(lines: Shapes, level: Ints) -> _Cuts:
    one, other = shapely.STRtree(lines).query(lines, predicate="intersects")
    pair = (one < other) & (level[one] == level[other])
    one, other = one[pair], other[pair]
    shared = shapely.intersection(lines[one], lines[other])
    # Where lines run together for a while, they meet at both ends of the common stretch.
    points, at = shapely.get_coordinates(shared, return_index=True)
    line = np.concatenate([one[at], other[at]])
    xy = np.concatenate([points, points])
    return _Cuts(line, shapely.line_locate_point(lines[line], shapely.points(xy)), xy)


def _shared_vertices(lines: Shapes) -> _Cuts:
    points, owner = shapely.get_coordinates(lines, return_index=True)
    codes = pd.factorize(pd.MultiIndex.from_arrays([points[:, 0], points[:, 1]]))[0]
    shared = np.flatnonzero(np.bincount(codes)[codes] > 1)
    line = owner[shared]
    xy = points[shared]
    return _Cuts(line, shapely.line_locate_point(lines[line], shapely.points(xy)), xy)


def _cut(lines: Shapes, cuts: _Cuts) -> tuple[Shapes, Ints]:
    order = np.lexsort((cuts.offset, cuts.line))
    line, offset, xy = cuts.line[order], cuts.offset[order], cuts.xy[order]
    bounds = np.searchsorted(line, np.arange(len(lines) + 1))
    pieces: list[shapely.Geometry] = []
    owner: list[int] = []
    for number, shape in enumerate(lines):
        begin, finish = bounds[number], bounds[number + 1]
        parts = [shape] if begin == finish else _cut_one(shape, offset[begin:finish], xy[begin:finish])
        pieces.extend(parts)
        owner.extend([number] * len(parts))
    return np.array(pieces, dtype=object), np.array(owner, dtype=np.int64)


def _cut_one(line: shapely.Geometry, offset: Floats, xy: Floats) -> list[shapely.Geometry]:
    points = shapely.get_coordinates(line)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    inner = (offset > 1e-6) & (offset < along[-1] - 1e-6)
    offset, xy = offset[inner], xy[inner]
    apart = np.concatenate([[True], np.diff(offset) > 1e-6])[: len(offset)]
    offset, xy = offset[apart], xy[apart]
    pieces: list[shapely.Geometry] = []
    start, begin = points[:1], 0.0
    for stop, node in [*zip(offset, xy[:, None, :], strict=True), (along[-1], points[-1:])]:
        between = points[(along > begin + 1e-9) & (along < stop - 1e-9)]
        pieces.append(shapely.LineString(np.concatenate([start, between, node])))
        start, begin = node, stop
    return pieces
