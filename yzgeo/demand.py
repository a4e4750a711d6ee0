"""Demand (需求点): where the people are, as points with weights.

Four weights, so that every share names its denominator: ``buildings``, ``dwellings``, ``people`` and ``land_m2``. A
weight that nobody knows stays missing; it is never taken to be nought.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from yzgeo import crs
from yzgeo.errors import InputError, ParameterError

WEIGHTS = ("people", "dwellings", "buildings", "land_m2")
GROUPS = ("subdistrict", "community", "compound")
_MOST_POINTS = 5_000_000


def from_buildings(
    buildings: gpd.GeoDataFrame, *, dwellings: str = "dwellings", people: str = "residents"
) -> gpd.GeoDataFrame:
    """
    Make one demand point per building.

    Parameters
    ----------
    buildings
        Polygons or points on any index, in a projected system. Other columns are kept.
    dwellings
        Column with the number of dwellings; may be absent.
    people
        Column with the number of residents; may be absent.

    Returns
    -------
    geopandas.GeoDataFrame
        A point inside each building, on the same index, with ``buildings`` (1), ``dwellings`` and ``people``.

    Raises
    ------
    InputError
        If there is no building, or a weight is negative.
    CrsNotProjectedError
        If the coordinates are degrees.
    """
    _require(buildings, "建筑", "buildings")
    points = gpd.GeoSeries(
        shapely.point_on_surface(buildings.geometry.to_numpy()), index=buildings.index, crs=buildings.crs
    )
    made = buildings.set_geometry(points)
    made["buildings"] = 1.0
    for weight, column in (("dwellings", dwellings), ("people", people)):
        made[weight] = _numbers(buildings, column)
    return made


def from_land(areas: gpd.GeoDataFrame, *, spacing_m: float = 20.0) -> gpd.GeoDataFrame:
    """
    Sample land by a regular grid of points, for shares by area.

    The grid hangs on round coordinates, so the same land gives the same points whatever lies beside it. Each point
    stands for an equal part of its own area, so the weights add up to the true area.

    Parameters
    ----------
    areas
        Polygons in a projected system.
    spacing_m
        Distance between grid points, in metres. An area too small to hold one gets a point inside it.

    Returns
    -------
    geopandas.GeoDataFrame
        Points with the columns of their area, on its index label repeated, and ``land_m2``.

    Raises
    ------
    InputError
        If there is no area.
    CrsNotProjectedError
        If the coordinates are degrees.
    ParameterError
        If the spacing is not positive, or so small that millions of points would come out.
    """
    if not spacing_m > 0:
        raise ParameterError(name="spacing_m", reason_zh="应为正数", reason_en="it must be positive")
    _require(areas, "用地", "areas")
    shapes = areas.geometry.to_numpy()
    land = shapely.area(shapes)
    if land.sum() / spacing_m**2 > _MOST_POINTS:
        raise ParameterError(name="spacing_m", reason_zh="太小，点数过多", reason_en="too small, too many points")
    xy, owner = [], []
    for position, shape in enumerate(shapes):
        inside = _grid_inside(shape, spacing_m)
        xy.append(inside)
        owner.append(np.full(len(inside), position))
    at = np.concatenate(owner)
    per_area = np.bincount(at, minlength=len(shapes))
    rows = areas.iloc[at]
    made = rows.set_geometry(gpd.GeoSeries(shapely.points(np.concatenate(xy)), index=rows.index, crs=areas.crs))
    made["land_m2"] = (land / per_area)[at]
    return made


def share_out(
    points: gpd.GeoDataFrame, totals: pd.Series, *, by: str, weight: str = "dwellings", into: str = "people"
) -> gpd.GeoDataFrame:
    """
    Share known totals among points in proportion to a weight.

    Census figures are known per street office, not per house. What comes out is an estimate and its ``data_status``
    must say ``derived``.

    Parameters
    ----------
    points
        Demand points.
    totals
        Total per group, for instance residents per street office, on the group's code.
    by
        Column of the points with the group's code.
    weight
        Column to share in proportion to.
    into
        Column to write.

    Returns
    -------
    geopandas.GeoDataFrame
        The points with the new column; groups without a total get missing values.

    Raises
    ------
    InputError
        If a column is missing, or a total has no point to go to.
    """
    for column in (by, weight):
        if column not in points.columns:
            raise InputError(what=column, reason_zh="需求点没有这一列", reason_en="the demand points lack this column")
    weights = _numbers(points, weight).fillna(0.0)
    sums = weights.groupby(points[by]).sum()
    lost = [group for group, total in totals.items() if total > 0 and not sums.get(group, 0.0) > 0]
    if lost:
        raise InputError(
            what=str(lost[0]),
            reason_zh="有总数却没有可分配的需求点",
            reason_en="it has a total and no point to share it among",
        )
    made = points.copy()
    made[into] = weights / points[by].map(sums) * points[by].map(totals)
    return made


def _require(frame: gpd.GeoDataFrame, what_zh: str, what_en: str) -> None:
    if frame.empty:
        raise InputError(what=what_zh, reason_zh="没有数据。", reason_en=f"there are no {what_en}.")
    crs.require_projected(frame)
    shapes = frame.geometry.to_numpy()
    missing = int((shapely.is_missing(shapes) | shapely.is_empty(shapes)).sum())
    if missing:
        raise InputError(
            what=what_zh, reason_zh=f"{missing} 个没有几何。", reason_en=f"{missing} {what_en} have no geometry."
        )


def _numbers(frame: gpd.GeoDataFrame, column: str) -> pd.Series:
    if column not in frame.columns:
        return pd.Series(np.nan, index=frame.index, dtype=float)
    values: pd.Series = pd.to_numeric(frame[column], errors="coerce").astype(float)
    if (values < 0).any():
        first = values.index[int(np.argmax(values.to_numpy() < 0))]
        raise InputError(
            what=column,
            reason_zh=f"有负数，首个：{first}。",
            reason_en=f"it has negative values, the first is {first}.",
        )
    return values


def _grid_inside(shape: shapely.Geometry, spacing_m: float) -> NDArray[np.float64]:
    west, south, east, north = shapely.bounds(shape)
    columns = np.arange(np.ceil(west / spacing_m), np.floor(east / spacing_m) + 1) * spacing_m
    rows = np.arange(np.ceil(south / spacing_m), np.floor(north / spacing_m) + 1) * spacing_m
    x, y = (axis.ravel() for axis in np.meshgrid(columns, rows))
    inside = shapely.contains_xy(shape, x, y)
    if not inside.any():
        return shapely.get_coordinates(shapely.point_on_surface(shape))
    return np.column_stack([x[inside], y[inside]])
