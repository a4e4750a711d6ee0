"""Statements by which PostGIS writes features as GeoJSON: pages with the number of matches, and single ones."""

# ruff: noqa: S608 - names go through identifiers.quote, values are bound

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from yzgeo.catalogue import Layer
from yzgeo.store import selection
from yzgeo.store.base import Query
from yzgeo.store.identifiers import quote

from .dialect import ServerDialect, column

DECIMALS = 8
ALL_DECIMALS = 15
_REVISION = "(SELECT revision FROM yzgeo_layer_revision WHERE layer = ?1)"
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


def is_everything(query: Query) -> bool:
    """
    Tell whether all features match.

    Parameters
    ----------
    query
        What is asked.

    Returns
    -------
    bool
        True where it limits nothing but the page.
    """
    limits = (query.bbox, query.where, query.search, query.revision, query.on)
    return not query.equals and all(limit is None for limit in limits)


def page(dialect: ServerDialect, layer: Layer, query: Query, *, counted: int) -> tuple[str, list[object]]:
    """
    Write the statement that names the features of a page, which sees one state only.

    Parameters
    ----------
    dialect
        How the server spells it.
    layer
        The layer, its geometries in degrees.
    query
        What is asked; `takes` said yes. The geometries themselves meet ``bbox``.
    counted
        A revision at which all features were counted before: they are not counted again.

    Returns
    -------
    tuple
        Statement and values. It gives one row: the layer's revision, the number of matches (nothing where all features
        match and are as they were ``counted``), the fids in their order, and the revision of each; nothing for those
        two where the page is empty.
    """
    window = [query.limit if query.limit is not None else 2**62, query.offset]
    named = "array_agg(fid), array_agg(revision)"
    if is_everything(query):
        table = quote(layer.id)
        statement = (
            f"SELECT {_REVISION}, CASE WHEN {_REVISION} = ?2 THEN NULL ELSE (SELECT count(*) FROM {table}) END, "
            f"{named} FROM (SELECT fid, revision FROM {table} ORDER BY fid LIMIT ?3 OFFSET ?4) AS page"
        )
        return statement, [layer.id, counted, *window]
    met, bound = _met(dialect, layer, replace(query, limit=None, offset=0))
    statement = (
        f"WITH met AS MATERIALIZED ({met}) SELECT {_REVISION.replace('?1', '?')}, (SELECT count(*) FROM met), {named} "
        "FROM (SELECT fid, revision FROM met ORDER BY fid LIMIT ? OFFSET ?) AS page"
    )
    return statement, [*bound, layer.id, *window]


def versions(layer: Layer, fids: Sequence[int], *, feature: str) -> tuple[str, list[object]]:
    """
    Write the statement for features that were named before.

    Parameters
    ----------
    layer
        The layer, its geometries in degrees.
    fids
        The features.
    feature
        What `feature` writes for the fields wanted.

    Returns
    -------
    tuple
        Statement and values. It gives a row for each that is still there: fid, revision and the feature.
    """
    # As one text, since the driver takes its time over an array of thousands.
    statement = f"SELECT fid, revision, {feature} FROM {quote(layer.id)} WHERE fid = ANY(?::text::bigint[])"
    return statement, [f"{{{','.join(map(str, fids))}}}"]


def some(layer: Layer, uids: Sequence[str], *, feature: str, own: Sequence[str] | None) -> tuple[str, list[object]]:
    """
    Write the statement for single features as they are now.

    Parameters
    ----------
    layer
        The layer, its geometries in degrees.
    uids
        Ids of the features.
    feature
        What `feature` writes for the fields wanted.
    own
        Only if they lie in one of these street offices; anywhere if not given.

    Returns
    -------
    tuple
        Statement and values. It gives a row for each that is there: its id, its revision and the feature.
    """
    # An array is planned anew each time, which takes longer than to find one feature.
    named, bound = ("uid = ?", [uids[0]]) if len(uids) == 1 else ("uid = ANY(?)", [list(uids)])
    limits = "" if own is None else " AND subdistrict = ANY(?)"
    statement = f"SELECT uid, revision, {feature} FROM {quote(layer.id)} WHERE {named}{limits}"
    return statement, [*bound, *([] if own is None else [list(own)])]


def _met(dialect: ServerDialect, layer: Layer, query: Query) -> tuple[str, list[object]]:
    spatial = layer.spec.geometry != "none"
    names = ["fid", "revision", *(["geom"] if spatial else [])]
    boxed, bound = selection.select(dialect, layer, names, query, revision=None)
    if query.bbox is None or not spatial:
        return boxed, list(bound)
    west, south, east, north = query.bbox
    margin = _MARGIN * max(map(abs, query.bbox))
    inner = [west + margin, south + margin, east - margin, north - margin]
    box = f"ST_MakeEnvelope(?, ?, ?, ?, {dialect.srs_id})"
    test, values = f"ST_Intersects(geom, {box})", [*query.bbox]
    if inner[0] < inner[2] and inner[1] < inner[3]:
        # With OR, the planner would walk through the index twice.
        test, values = f"CASE WHEN geom @ {box} THEN TRUE ELSE {test} END", [*inner, *values]
    return f"SELECT fid, revision FROM ({boxed}) AS boxed WHERE {test}", [*bound, *values]


def feature(layer: Layer, fields: Sequence[str], *, decimals: int) -> str:
    """
    Write what writes a feature as GeoJSON.

    Parameters
    ----------
    layer
        The layer, its geometries in degrees.
    fields
        Ids of the fields wanted; no other is read but ``uid`` and the geometry.
    decimals
        Of the coordinates.

    Returns
    -------
    str
        An expression that gives text.
    """
    shape = (
        "ST_AsGeoJSON(CASE ST_NumGeometries(geom) WHEN 0 THEN NULL WHEN 1 THEN ST_GeometryN(geom, 1) ELSE geom END, "
        f"{decimals}, 0)"
        if layer.spec.geometry != "none"
        else "NULL"
    )
    shown = ", ".join(column(layer, name) for name in fields)
    properties = f"(SELECT row_to_json(p) FROM (SELECT {shown}) AS p)::text" if shown else "'{}'"
    return (
        f"""'{{"type":"Feature","id":' || to_json(uid)::text || ',"geometry":' || coalesce({shape}, 'null') || """
        f"""',"properties":' || {properties} || '}}'"""
    )
