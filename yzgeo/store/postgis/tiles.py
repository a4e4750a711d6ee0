"""Vector tiles encoded by PostGIS, where shapes are only clipped and rounded."""

# ruff: noqa: S608 - names go through identifiers.quote, values are bound

from __future__ import annotations

from collections.abc import Sequence

from yzgeo import tiles
from yzgeo.catalogue import Layer
from yzgeo.store.dialect import Connection
from yzgeo.store.identifiers import quote

from .dialect import column

# From this zoom on a straight line in degrees is less than a seventh of a tile unit off Mercator's curve, so that
# degrees can be mapped to the tile directly: projecting each geometry costs ten times as much as the rest of a tile.
LEAST_ZOOM = 14


def encode(
    connection: Connection,
    layer: Layer,
    place: tuple[int, int, int],
    *,
    fields: Sequence[str],
    own: Sequence[str] | None,
) -> tuple[int, bytes | None]:
    """
    Encode the present state of one tile in one statement, which sees one state only.

    Parameters
    ----------
    connection
        A reader.
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
        The layer's revision, and the tile, empty if nothing lies in it. None where a shape is too small for the grid
        and would vanish: our own encoder keeps it.
    """
    shown = ", ".join(column(layer, name) for name in fields)
    table, srs = quote(layer.id), connection.dialect.srs_id  # type: ignore[attr-defined]
    box = f"ST_MakeEnvelope(?1, ?2, ?3, ?4, {srs})"
    wide = f"ST_MakeEnvelope(?5, ?6, ?7, ?8, {srs})"
    limits = "" if own is None else " AND subdistrict = ANY(?11)"
    statement = (
        f"WITH met AS MATERIALIZED (SELECT fid, {shown + ', ' if shown else ''}uid, geom, "
        f"ST_AsMVTGeom(geom, {box}, {tiles.EXTENT}, {tiles.BUFFER}, true) AS yzgeo_shape "
        f"FROM {table} WHERE geom && {wide}{limits}) "
        "SELECT (SELECT revision FROM yzgeo_layer_revision WHERE layer = ?9), "
        f"(SELECT count(*) FROM met WHERE yzgeo_shape IS NULL AND ST_Intersects(geom, {wide})), "
        f"(SELECT ST_AsMVT(found, ?10, {tiles.EXTENT}, 'yzgeo_shape', 'fid') FROM (SELECT fid, "
        f"{''.join(quote(name) + ', ' for name in fields)}uid, yzgeo_shape FROM met "
        "WHERE yzgeo_shape IS NOT NULL ORDER BY fid) AS found)"
    )
    bound: list[object] = [*tiles.tile_bounds(*place), *tiles.tile_bounds(*place, buffer=tiles.BUFFER / tiles.EXTENT)]
    bound += [layer.id, layer.id, *([] if own is None else [list(own)])]
    revision, lost, data = connection.execute(statement, bound).fetchone()
    return int(revision), None if lost else bytes(data or b"")
