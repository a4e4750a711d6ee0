"""Pages of features written as GeoJSON by PostGIS, with the number of matches, in one statement."""

# ruff: noqa: S608 - names go through identifiers.quote, values are bound

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from yzgeo.catalogue import Layer
from yzgeo.store import selection
from yzgeo.store.base import Query
from yzgeo.store.dialect import Connection
from yzgeo.store.identifiers import quote

from .dialect import column

DECIMALS = 8
# The index and the operator @ know boxes in single precision, rounded outwards: what lies this far inside the asked
# box (in shares of the largest coordinate) meets it for certain, and its vertices need not be looked at.
_MARGIN = 4 * 2.0**-23


def takes(query: Query) -> bool:
    """
    Tell whether a page can be written here.

    Parameters
    ----------
    query
        What is asked.

    Returns
    -------
    bool
        True for the present state in the order of entry, and a box that is an area: of one without width the two
        geometry engines think differently.
    """
    flat = query.bbox is not None and (query.bbox[0] >= query.bbox[2] or query.bbox[1] >= query.bbox[3])
    return query.revision is None and query.on is None and not query.sort and not flat


def page(connection: Connection, layer: Layer, query: Query, *, fields: Sequence[str]) -> tuple[int, int, bytes]:
    """
    Write a page of features.

    Parameters
    ----------
    connection
        A reader.
    layer
        The layer, its geometries in degrees.
    query
        What is asked; `takes` said yes. The geometries themselves meet ``bbox``.
    fields
        Ids of the fields wanted; no other is read for the answer.

    Returns
    -------
    tuple
        The number of matches, the number of features, and the features, separated by commas.
    """
    table, feature = quote(layer.id), _feature(layer, fields)
    bound: list[object] = [query.limit if query.limit is not None else 2**62, query.offset]
    everything = replace(query, limit=None, offset=0, bbox=None)
    if query.bbox is None and everything == Query():
        statement = (
            f"SELECT (SELECT count(*) FROM {table}), count(*), string_agg(feature, ',') FROM "
            f"(SELECT {feature} AS feature FROM {table} ORDER BY fid LIMIT ? OFFSET ?) AS page"
        )
    else:
        met, exact = _met(connection, layer, replace(query, limit=None, offset=0))
        statement = (
            f"WITH met AS MATERIALIZED ({met}), "
            "page AS MATERIALIZED (SELECT fid FROM met ORDER BY fid LIMIT ? OFFSET ?) "
            "SELECT (SELECT count(*) FROM met), count(*), string_agg(feature, ',' ORDER BY fid) FROM "
            f"(SELECT fid, {feature} AS feature FROM page JOIN {table} USING (fid)) AS shown"
        )
        bound = [*exact, *bound]
    matched, returned, features = connection.execute(statement, bound).fetchone()
    return int(matched), int(returned), (features or "").encode()


def _met(connection: Connection, layer: Layer, query: Query) -> tuple[str, list[object]]:
    spatial = layer.spec.geometry != "none"
    names = ["fid", *(["geom"] if spatial else [])]
    boxed, bound = selection.select(connection.dialect, layer, names, query, revision=None)
    if query.bbox is None or not spatial:
        return boxed, list(bound)
    west, south, east, north = query.bbox
    margin = _MARGIN * max(map(abs, query.bbox))
    inner = [west + margin, south + margin, east - margin, north - margin]
    srs = connection.dialect.srs_id  # type: ignore[attr-defined]
    box = f"ST_MakeEnvelope(?, ?, ?, ?, {srs})"
    test, values = f"ST_Intersects(geom, {box})", [*query.bbox]
    if inner[0] < inner[2] and inner[1] < inner[3]:
        test, values = f"(geom @ {box} OR {test})", [*inner, *values]
    return f"SELECT fid FROM ({boxed}) AS boxed WHERE {test}", [*bound, *values]


def _feature(layer: Layer, fields: Sequence[str]) -> str:
    shape = (
        "ST_AsGeoJSON(CASE ST_NumGeometries(geom) WHEN 0 THEN NULL WHEN 1 THEN ST_GeometryN(geom, 1) ELSE geom END, "
        f"{DECIMALS}, 0)"
        if layer.spec.geometry != "none"
        else "NULL"
    )
    shown = ", ".join(column(layer, name) for name in fields)
    properties = f"(SELECT row_to_json(p) FROM (SELECT {shown}) AS p)::text" if shown else "'{}'"
    return (
        f"""'{{"type":"Feature","id":' || to_json(uid)::text || ',"geometry":' || coalesce({shape}, 'null') || """
        f"""',"properties":' || {properties} || '}}'"""
    )
