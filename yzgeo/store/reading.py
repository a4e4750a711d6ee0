"""Features read from the database: columns for tiles, frames for analyses, one feature for a card."""

# ruff: noqa: S608 - names go through identifiers.quote, values are bound

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from functools import lru_cache
from typing import Any

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
import shapely

from yzgeo.catalogue import FieldSpec, Layer
from yzgeo.errors import FeatureUnknownError, ParameterError

from . import blobs, selection, timestamps, values
from .base import BBox, Feature, Query, Rows, Value
from .dialect import Connection
from .identifiers import history_table, quote

_SYSTEM_COLUMNS = ("uid", "fid", "revision")


def rows(connection: Connection, layer: Layer, query: Query, fields: Sequence[str] | None) -> Rows:
    """
    Get features in columns.

    Parameters
    ----------
    connection
        A reader.
    layer
        The layer.
    query
        Which features.
    fields
        Ids of the fields wanted; all if not given.

    Returns
    -------
    Rows
        Ordered by fid; one-part multi geometries as their part.

    Raises
    ------
    FieldUnknownError, ParameterError
        If the query or ``fields`` name what is not there.
    """
    specs = layer.fields if fields is None else tuple(layer.field(name) for name in fields)
    spatial = layer.spec.geometry != "none"
    names = [*_SYSTEM_COLUMNS, *(["geom"] if spatial else []), *(spec.id for spec in specs)]
    statement, bound = selection.select(
        connection.dialect, layer, names, query, revision=_state(connection, layer, query)
    )
    return _in_columns(connection.fetch(statement, bound), specs, spatial=spatial)


def rows_of(connection: Connection, layer: Layer, fids: Sequence[int], fields: Sequence[str]) -> Rows:
    """
    Get present features by their numbers, in columns.

    Parameters
    ----------
    connection
        A reader.
    layer
        The layer.
    fids
        Which features; what is not there is left out.
    fields
        Ids of the fields wanted.

    Returns
    -------
    Rows
        As `rows` gives them.
    """
    specs = tuple(layer.field(name) for name in fields)
    spatial = layer.spec.geometry != "none"
    if not fids:
        return _in_columns([], specs, spatial=spatial)
    names = [*_SYSTEM_COLUMNS, *(["geom"] if spatial else []), *fields]
    statement = (
        f"SELECT {', '.join(map(quote, names))} FROM {quote(layer.id)} "
        f"WHERE fid IN ({connection.dialect.among('integer')}) ORDER BY fid"
    )
    return _in_columns(connection.fetch(statement, (orjson.dumps(fids).decode(),)), specs, spatial=spatial)


def _in_columns(found: Sequence[Any], specs: Sequence[FieldSpec], *, spatial: bool) -> Rows:
    columns = list(zip(*found, strict=True)) if found else [()] * (len(_SYSTEM_COLUMNS) + spatial + len(specs))
    uids, fids, revisions = columns[:3]
    geometries = blobs.wkb_of(columns[3]) if spatial else [None] * len(uids)
    own = columns[4:] if spatial else columns[3:]
    decoded = {spec.id: values.decode(column, spec) for spec, column in zip(specs, own, strict=True)}
    return Rows(uids=uids, fids=fids, revisions=revisions, wkb=geometries, columns=decoded)


def frame(connection: Connection, layer: Layer, query: Query, *, crs: str) -> gpd.GeoDataFrame:
    """
    Get features as a frame.

    Parameters
    ----------
    connection
        A reader.
    layer
        The layer.
    query
        Which features.
    crs
        The storage system.

    Returns
    -------
    geopandas.GeoDataFrame
        Indexed by uid, one column per field and ``geometry``; dates are ISO text.
    """
    found = rows(connection, layer, query, None)
    index = pd.Index(list(found.uids), name="uid", dtype=object)
    columns = {name: values.series(found.columns[name], spec, index) for name, spec in layer.fields_by_id.items()}
    wkb = np.empty(len(found.wkb), dtype=object)
    wkb[:] = found.wkb
    return gpd.GeoDataFrame(columns, index=index, geometry=gpd.GeoSeries(shapely.from_wkb(wkb), index=index), crs=crs)


def count(connection: Connection, layer: Layer, query: Query) -> int:
    """
    Count a query's features, without limit and offset.

    Parameters
    ----------
    connection
        A reader.
    layer
        The layer.
    query
        Which features.

    Returns
    -------
    int
        How many.
    """
    statement, bound = selection.count(connection.dialect, layer, query, revision=_state(connection, layer, query))
    return int(connection.execute(statement, bound).fetchone()[0])


def feature(connection: Connection, layer: Layer, uid: str, *, revision: int | None) -> Feature:
    """
    Get one feature.

    Parameters
    ----------
    connection
        A reader.
    layer
        The layer.
    uid
        Its uid.
    revision
        State wanted, None for the present.

    Returns
    -------
    Feature
        The feature in that state.

    Raises
    ------
    FeatureUnknownError
        If it is not there.
    """
    if revision is not None:
        query = Query(equals={"uid": uid}, limit=1, revision=revision)
        found = _features(layer, rows(connection, layer, query, None))
    else:
        found = _present(connection, layer, uid)
    if not found:
        raise FeatureUnknownError(layer=layer.id, uid=uid)
    return found[0]


def _present(connection: Connection, layer: Layer, uid: str) -> list[Feature]:
    """Read one feature as it is now: every entry of the ledger does, so the statement is written once a layer."""
    spatial = layer.spec.geometry != "none"
    names = (*_SYSTEM_COLUMNS, *(("geom",) if spatial else ()), *layer.fields_by_id)
    row = connection.execute(_one_of(layer.id, names), (uid,)).fetchone()
    if row is None:
        return []
    wkb = blobs.wkb_of(row[3:4]) if spatial else [None]
    properties = dict(zip(layer.fields_by_id, row[4 if spatial else 3 :], strict=True))
    for spec in layer.fields:
        if spec.type == "boolean":
            [properties[spec.id]] = values.decode((properties[spec.id],), spec)
    geometry = shapely.from_wkb(wkb[0]) if wkb[0] is not None else None
    return [Feature(layer.id, row[0], row[1], row[2], properties, geometry)]


@lru_cache(maxsize=256)
def _one_of(table: str, names: tuple[str, ...]) -> str:
    return f"SELECT {', '.join(map(quote, names))} FROM {quote(table)} WHERE uid = ?"


def versions(connection: Connection, layer: Layer, uid: str) -> list[Feature]:
    """
    List every version of a feature.

    Parameters
    ----------
    connection
        A reader.
    layer
        The layer.
    uid
        Its uid.

    Returns
    -------
    list of Feature
        Newest first; empty if there never was such a feature.
    """
    spatial = layer.spec.geometry != "none"
    names = [*_SYSTEM_COLUMNS, *(["geom"] if spatial else []), *layer.fields_by_id]
    wanted = ", ".join(quote(name) for name in names)
    found = connection.execute(
        f"SELECT {wanted} FROM {quote(layer.id)} WHERE uid = ? UNION ALL "
        f"SELECT {wanted} FROM {quote(history_table(layer.id))} WHERE uid = ? ORDER BY revision DESC",
        (uid, uid),
    ).fetchall()
    columns = list(zip(*found, strict=True)) if found else [() for _ in names]
    geometries = blobs.wkb_of(columns[3]) if spatial else [None] * len(found)
    own = dict(zip(layer.fields, columns[4:] if spatial else columns[3:], strict=True))
    decoded = {spec.id: values.decode(column, spec) for spec, column in own.items()}
    return _features(layer, Rows(columns[0], columns[1], columns[2], geometries, decoded))


def tally(connection: Connection, layer: Layer, field: str) -> dict[Value, int]:
    """
    Count the present features by one field's values.

    Parameters
    ----------
    connection
        A reader.
    layer
        The layer.
    field
        Id of the field.

    Returns
    -------
    dict
        Value to number, most frequent first.
    """
    spec = layer.field(field)
    found = connection.execute(
        f"SELECT {quote(field)}, count(*) FROM {quote(layer.id)} GROUP BY 1 ORDER BY 2 DESC, 1 NULLS FIRST"
    ).fetchall()
    seen = values.decode([row[0] for row in found], spec)
    return {value: int(row[1]) for value, row in zip(seen, found, strict=True)}


def bounds(connection: Connection, layer: Layer) -> BBox | None:
    """
    Tell the extent of the present features.

    Parameters
    ----------
    connection
        A reader.
    layer
        The layer.

    Returns
    -------
    tuple or None
        West, south, east, north in the storage system.
    """
    found = connection.execute(
        f"SELECT min_x, min_y, max_x, max_y FROM {connection.dialect.contents} WHERE table_name = ?", (layer.id,)
    ).fetchone()
    return None if found is None or found[0] is None else (found[0], found[1], found[2], found[3])


def _features(layer: Layer, found: Rows) -> list[Feature]:
    names = list(found.columns)
    geometries = [None if wkb is None else shapely.from_wkb(wkb) for wkb in found.wkb]
    properties: list[Mapping[str, Value]] = [
        dict(zip(names, row, strict=True)) for row in zip(*found.columns.values(), strict=True)
    ]
    return [
        Feature(layer=layer.id, uid=uid, fid=fid, revision=revision, properties=own, geometry=geometry)
        for uid, fid, revision, own, geometry in zip(
            found.uids, found.fids, found.revisions, properties, geometries, strict=True
        )
    ]


def _state(connection: Connection, layer: Layer, query: Query) -> int | None:
    """Find the revision a query speaks of; None is the present."""
    if query.revision is not None and query.on is not None:
        raise ParameterError(
            name="on", reason_zh="不能同时指定 revision 和 on", reason_en="revision and on exclude each other"
        )
    if query.on is None:
        return query.revision
    end = datetime.combine(query.on, time.max, tzinfo=UTC)
    latest = connection.execute(
        "SELECT coalesce(max(revision), 0) FROM yzgeo_batch WHERE layer = ? AND recorded_at <= ?",
        (layer.id, timestamps.precise(end)),
    ).fetchone()
    return int(latest[0])
