"""A run as vector tiles: its buildings with their verdict, its facilities and the streets within reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from yzgeo import crs, tiles

from .answers import Viewer, check_limit, demand_points, reached_lines, tables_of
from .desk import RunDesk

DEMAND, FACILITIES, REACH = "demand", "facilities", "reach"
MIN_ZOOM, MAX_ZOOM = 8, 16
_TITLES = {
    DEMAND: "需求点（是否覆盖） demand points, covered or not",
    FACILITIES: "设施 facilities",
    REACH: "可达道路（按限值截断） streets within reach, cut at the limit",
}
_PLACE = ("lon", "lat")
_MARGIN = tiles.BUFFER / tiles.EXTENT


@dataclass(frozen=True)
class _Drawn:
    """One layer, ready to be cut into tiles."""

    shapes: NDArray[np.object_]
    bounds: NDArray[np.float64]
    columns: dict[str, list[Any]]
    kinds: dict[str, str]

    def tile(self, name: str, place: tuple[int, int, int]) -> bytes:
        """Encode what lies in a tile."""
        z, row, col = place
        west, south, east, north = tiles.tile_bounds(z, row, col, buffer=_MARGIN)
        low_x, low_y, high_x, high_y = self.bounds.T
        rows = np.flatnonzero((low_x <= east) & (high_x >= west) & (low_y <= north) & (high_y >= south))
        if not len(rows):
            return b""
        columns = {column: [values[row] for row in rows] for column, values in self.columns.items()}
        return tiles.encode_layer(name, self.shapes[rows], rows.tolist(), columns, z=z, row=row, col=col)


def run_tile(
    desk: RunDesk,
    run: Mapping[str, Any],
    viewer: Viewer,
    place: tuple[int, int, int],
    *,
    limit_m: float | None = None,
) -> bytes:
    """
    Encode one tile of a run.

    Parameters
    ----------
    desk
        The desk.
    run
        A run that is done.
    viewer
        Who looks.
    place
        Zoom, row and column.
    limit_m
        Another limit than the run's, decided without a search.

    Returns
    -------
    bytes
        Mapbox Vector Tile, not compressed; empty where the run has nothing.

    Raises
    ------
    ParameterError
        If the limit is absurd.
    """
    drawn = _drawn(desk, run, viewer, limit_m)
    return b"".join(layer.tile(name, place) for name, layer in drawn.items())


def run_tilejson(desk: RunDesk, run: Mapping[str, Any], viewer: Viewer, *, template: str) -> dict[str, Any]:
    """
    Describe the tiles of a run.

    Parameters
    ----------
    desk
        The desk.
    run
        A run that is done.
    viewer
        Who looks.
    template
        Address of a tile with ``{z}``, ``{x}`` and ``{y}``.

    Returns
    -------
    dict
        TileJSON 3.0.0.
    """
    drawn = _drawn(desk, run, viewer, None)
    every = np.concatenate([layer.bounds for layer in drawn.values()])
    title = run["circle"]["title"]
    status = "示意数据 Illustrative data" if run["illustrative"] else ""
    return {
        "tilejson": "3.0.0",
        "name": f"{title['zh']} {title['en']}",
        "attribution": "；".join(part for part in (status, run["circle"]["source"]) if part),
        "tiles": [template],
        "bounds": [*every[:, :2].min(axis=0).tolist(), *every[:, 2:].max(axis=0).tolist()] if len(every) else None,
        "minzoom": MIN_ZOOM,
        "maxzoom": MAX_ZOOM,
        "vector_layers": [
            {"id": name, "description": _TITLES[name], "fields": layer.kinds} for name, layer in drawn.items()
        ],
    }


def _drawn(desk: RunDesk, run: Mapping[str, Any], viewer: Viewer, limit_m: float | None) -> dict[str, _Drawn]:
    """Lay a run out once for all of its tiles."""
    if limit_m is not None:
        check_limit(limit_m)
    key = (run["id"], run["result_sha256"], viewer.key, limit_m)

    def lay_out() -> dict[str, _Drawn]:
        homes = demand_points(desk, run["id"], viewer, limit_m=limit_m)
        made = {REACH: _streets(desk, run, limit_m), DEMAND: _points(homes)}
        made[FACILITIES] = _points(tables_of(desk, run["id"])["facilities"])
        return made

    with desk.drawing:  # a map asks for many tiles at once; one of them lays out
        found: dict[str, _Drawn] = desk.drawings.get(key, lay_out)
    return found


def _streets(desk: RunDesk, run: Mapping[str, Any], limit_m: float | None) -> _Drawn:
    lines = reached_lines(desk, run, limit_m=limit_m)
    if lines is None:
        return _layer(np.empty(0, dtype=object), pd.DataFrame())
    degrees = crs.to_crs(lines, desk.catalogue.district.storage_crs)
    shapes: NDArray[np.object_] = np.asarray(degrees.geometry.to_numpy(), dtype=object)
    return _layer(shapes, pd.DataFrame(degrees.drop(columns=degrees.geometry.name)))


def _points(table: pd.DataFrame) -> _Drawn:
    shapes: NDArray[np.object_] = np.asarray(shapely.points(table[list(_PLACE)].to_numpy(dtype=float)), dtype=object)
    return _layer(shapes, table.drop(columns=list(_PLACE)))


def _layer(shapes: NDArray[np.object_], table: pd.DataFrame) -> _Drawn:
    columns = {name: _values(table[name]) for name in table.columns}
    kinds = {name: _kind(values) for name, values in columns.items()}
    return _Drawn(shapes, np.asarray(shapely.bounds(shapes)).reshape(-1, 4), columns, kinds)


def _values(column: pd.Series) -> list[Any]:
    """Give plain values; tiles know no gaps, so None leaves a property out."""
    if pd.api.types.is_float_dtype(column.dtype):
        column = column.round(2)
    values: list[Any] = column.astype(object).where(column.notna(), None).tolist()
    return [value.item() if isinstance(value, np.generic) else value for value in values]


def _kind(values: list[Any]) -> str:
    known = [value for value in values if value is not None]
    if known and all(isinstance(value, bool) for value in known):
        return "Boolean"
    return "Number" if known and all(isinstance(value, int | float) for value in known) else "String"
