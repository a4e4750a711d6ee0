"""Barriers: what nobody walks across, cut out of the streets before any search."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from yzgeo import crs
from yzgeo.errors import NetworkError, ParameterError

from .graph import Ints, Shapes

# Each side of a barrier line. Wide enough that the two stumps do not meet again in one node, far below survey error.
GAP_M = 0.005


def walls(
    barriers: gpd.GeoDataFrame, crossings: gpd.GeoDataFrame | None, *, target: str, crossing_radius_m: float
) -> Shapes:
    """
    Turn barriers into thin areas, with openings at the crossings.

    Parameters
    ----------
    barriers
        Lines or polygons.
    crossings
        Points where a barrier is open.
    target
        The network's coordinate system, as text.
    crossing_radius_m
        Half-width of an opening, in metres.

    Returns
    -------
    numpy.ndarray
        Polygons, shape (n,), in ``target``.

    Raises
    ------
    ParameterError
        If the half-width is not a positive number.
    NetworkError
        If a barrier is a point.
    """
    if not np.isfinite(crossing_radius_m) or crossing_radius_m <= 0:
        raise ParameterError(name="crossing_radius_m", reason_zh="应为正数", reason_en="it must be positive")
    shapes = crs.to_crs(barriers, target).geometry.to_numpy()
    shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    if (shapely.get_dimensions(shapes) == 0).any():
        raise NetworkError(reason_zh="障碍物应为线或面", reason_en="barriers must be lines or polygons")
    thin: Shapes = shapes.copy()
    drawn = shapely.get_dimensions(shapes) == 1
    thin[drawn] = shapely.buffer(shapes[drawn], GAP_M, cap_style="flat", join_style="mitre")
    if crossings is not None and not crossings.empty:
        openings = shapely.union_all(
            shapely.buffer(crs.to_crs(crossings, target).geometry.to_numpy(), crossing_radius_m)
        )
        thin = shapely.difference(thin, openings)
    return thin[~shapely.is_empty(thin)]


def cut(lines: Shapes, areas: Shapes, *, exempt: NDArray[np.bool_]) -> tuple[Ints, Shapes]:
    """
    Remove from lines what lies inside the barriers.

    Parameters
    ----------
    lines
        Lines, shape (n,).
    areas
        Barriers as areas, see `walls`.
    exempt
        Lines that pass over or under, shape (n,).

    Returns
    -------
    numpy.ndarray
        Position of the line that each remaining piece comes from, shape (m,).
    numpy.ndarray
        The pieces, shape (m,).
    """
    if not len(areas):
        return np.arange(len(lines)), lines
    tree = shapely.STRtree(areas)
    line_at, area_at = tree.query(lines, predicate="intersects")
    meets = ~exempt[line_at]
    line_at, area_at = line_at[meets], area_at[meets]
    remaining = lines.copy()
    for line in np.unique(line_at):
        remaining[line] = shapely.difference(lines[line], shapely.union_all(areas[area_at[line_at == line]]))
    pieces, rows = shapely.get_parts(remaining, return_index=True)
    solid = shapely.length(pieces) > 0
    touched = np.isin(rows, line_at)
    keep = solid | ~touched
    return rows[keep], pieces[keep]


def blocked(legs: Shapes, tree: shapely.STRtree) -> NDArray[np.bool_]:
    """
    Tell which straight legs would cross a barrier.

    Parameters
    ----------
    legs
        Lines, shape (n,).
    tree
        Index over the barriers.

    Returns
    -------
    numpy.ndarray
        True where a leg crosses, shape (n,).
    """
    result = np.zeros(len(legs), dtype=bool)
    result[np.unique(tree.query(legs, predicate="intersects")[0])] = True
    return result
