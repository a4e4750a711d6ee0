"""Leaving out vertices that nobody can see, the same ones on both sides of a border that two areas share."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Objects = NDArray[np.object_]

UNITS = 1.0
"""What counts as invisible, in the units of the coordinates."""
_FEW_VERTICES = 8
_SNAP_UNITS = 0.5


def simplify(geometries: Objects) -> Objects:
    """
    Leave out vertices that nobody can see.

    Parameters
    ----------
    geometries
        Geometries in tile coordinates, none of them empty, shape (n,).

    Returns
    -------
    numpy.ndarray
        Geometries of the same kinds, shape (n,). What has few vertices stays as it is, next to areas with many of
        them perhaps without some. Areas that shared a border before share one afterwards.
    """
    dimensions = shapely.get_dimensions(geometries)
    heavy = shapely.get_num_coordinates(geometries) > _FEW_VERTICES
    lines, surfaces = heavy & (dimensions == 1), np.flatnonzero(dimensions == 2)
    thinned = geometries.copy()
    if lines.any():
        thinned[lines] = shapely.simplify(geometries[lines], UNITS, preserve_topology=True)
    if heavy[surfaces].any():
        # A border that two areas share is one arc, which is thinned once for both.
        thinned[surfaces] = shapely.coverage_simplify(_with_all_corners(geometries[surfaces]), UNITS)
    return thinned


def _with_all_corners(areas: Objects) -> Objects:
    """
    Put the corners of neighbours on an area's border where it lacks them.

    Three areas meet where only two have a corner: without it the long border and the two short ones are different
    arcs, and each would be thinned in its own way.
    """
    edges = shapely.coverage_invalid_edges(areas)
    odd = np.flatnonzero(~shapely.is_empty(edges))
    if not len(odd):
        return areas
    corners: Any = shapely.points(np.unique(shapely.get_coordinates(edges[odd]), axis=0))
    which, near = shapely.STRtree(corners).query(areas[odd], predicate="dwithin", distance=_SNAP_UNITS)
    # Only those along the border: the query also tells what lies inside of an area.
    rims: Any = shapely.boundary(areas[odd])
    close = shapely.distance(rims[which], corners[near]) <= _SNAP_UNITS
    which, near = which[close], near[close]
    touched = np.unique(which)
    targets = np.asarray(shapely.multipoints(corners[near], indices=np.searchsorted(touched, which)), dtype=object)
    completed = areas.copy()
    snapped = shapely.snap(areas[odd[touched]], targets, _SNAP_UNITS)
    # A snap that tears a narrow area is worth less than an exact border.
    sound = shapely.is_valid(snapped) & ~shapely.is_empty(snapped) & (shapely.get_dimensions(snapped) == 2)
    completed[odd[touched][sound]] = snapped[sound]
    return completed
