"""Vector tiles encoded by PostGIS, where shapes are only clipped and rounded."""

# ruff: noqa: S608 - names go through identifiers.quote, values are bound

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from yzgeo import tiles
from yzgeo.catalogue import Layer
from yzgeo.store.identifiers import quote

from .dialect import ServerDialect, column

# From this zoom on a straight line in degrees is less than a seventh of a tile unit off Mercator's curve, so that
# degrees can be mapped to the tile directly: projecting each geometry costs ten times as much as the rest of a tile.
LEAST_ZOOM = 14
# What only reaches into so many units of the margin's rim is cut off with it, and nobody misses it.
_RIM = 2


def encoded(
    dialect: ServerDialect,
    layer: Layer,
    place: tuple[int, int, int],
    *,
    fields: Sequence[str],
    own: Sequence[str] | None,
) -> tuple[str, list[object]]:
    """
    Write the statement that encodes the present state of one tile, and sees one state only.

    Parameters
    ----------
    dialect
        How the server spells it.
    layer
        A layer with geometries in degrees.
    place
        Zoom, at least `LEAST_ZOOM`, row and column.
    fields
        Ids of the fields that become properties, and nothing else is read; ``uid`` always is.
    own
        Only features in these street offices; all if not given.

    Returns
    -------
    tuple
        Statement and values. It gives one row: the layer's revision, how many shapes are too small for the grid and
        would vanish, and the tile, empty if nothing lies in it.
    """
    shown = "".join(f"{column(layer, name)}, " for name in fields)
    box = f"ST_MakeEnvelope(?1, ?2, ?3, ?4, {dialect.srs_id})"
    wide = f"ST_MakeEnvelope(?5, ?6, ?7, ?8, {dialect.srs_id})"
    inner = f"ST_MakeEnvelope(?9, ?10, ?11, ?12, {dialect.srs_id})"
    limits = "" if own is None else " AND met.subdistrict = ANY(?14)"
    # OFFSET 0 keeps the planner from shaping each feature twice, once for the count and once for the tile.
    statement = (
        "SELECT (SELECT revision FROM yzgeo_layer_revision WHERE layer = ?13), "
        f"count(*) FILTER (WHERE made.yzgeo_shape IS NULL AND ST_Intersects(met.geom, {inner})), "
        f"ST_AsMVT(made, ?13, {tiles.EXTENT}, 'yzgeo_shape', 'fid' ORDER BY made.fid) "
        f"FROM {quote(layer.id)} AS met CROSS JOIN LATERAL (SELECT fid, {shown}uid, "
        f"ST_AsMVTGeom(geom, {box}, {tiles.EXTENT}, {tiles.BUFFER}, true) AS yzgeo_shape OFFSET 0) AS made "
        f"WHERE met.geom && {wide}{limits}"
    )
    margins = (0, tiles.BUFFER, tiles.BUFFER - _RIM)
    bound = [edge for margin in margins for edge in tiles.tile_bounds(*place, buffer=margin / tiles.EXTENT)]
    return statement, [*bound, layer.id, *([] if own is None else [list(own)])]


def told(row: Sequence[Any] | None) -> tuple[int, bytes | None]:
    """
    Read what the statement gave.

    Parameters
    ----------
    row
        Its row.

    Returns
    -------
    tuple
        The layer's revision, and the tile; None where a shape would vanish, which our own encoder keeps.
    """
    revision, lost, data = row or (0, 1, None)
    return int(revision or 0), None if lost else bytes(data or b"")
