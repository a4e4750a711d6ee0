"""Features of a layer as they are served: exact boxes, conditions, orders, and the stages of an earlier day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import shapely

from yzgeo.catalogue import Layer
from yzgeo.filters import columns_of, matching
from yzgeo.store.base import BBox, Query, Rows, Store, Value
from yzgeo.store.paging import Known, Page, holds
from yzgeo.store.sqlite import GeoPackageStore

from .registers import register_on
from .tiles import told_on

_STAGE_FIELDS = frozenset({"stage", "stage_date"})


def page(store: Store, layer: Layer, query: Query, *, fields: Sequence[str]) -> tuple[Rows, int]:
    """
    Get a page of features and count all that match.

    Parameters
    ----------
    store
        The store.
    layer
        The layer.
    query
        What is asked. ``bbox`` is met by the geometries themselves, not only by their boxes. With ``on``, features are
        as they were registered on that day, with its stages, which conditions and orders see too.
    fields
        Ids of the fields wanted.

    Returns
    -------
    tuple
        The rows, and the number of matches regardless of limit and offset.
    """
    if query.on is not None and layer.stages:
        return _on_day(store, layer, query, fields)
    exact, matched = _exact(store, layer, query)
    return store.rows(layer.id, exact, fields=fields), matched


def present_page(store: Store, layer: Layer, query: Query, *, fields: Sequence[str], known: Known) -> Page | None:
    """
    Get a page of what is there now, without reading again what the caller knows.

    Parameters
    ----------
    store
        The store.
    layer
        The layer.
    query
        What is asked.
    fields
        Ids of the fields wanted.
    known
        Tells which features the caller knows.

    Returns
    -------
    Page or None
        All from one state; None for an earlier state, and from a store on a server: `page` is the way to ask there.
    """
    if query.on is not None or query.revision is not None or not isinstance(store, GeoPackageStore):
        return None
    return store.page(layer.id, query, fields=fields, known=known)


def _exact(store: Store, layer: Layer, query: Query) -> tuple[Query, int]:
    """Count what matches, and ask for the page in a way that gives only geometries that meet the box.

    The store's index knows the boxes of geometries, and rounds them outwards. Where the box does not hold the whole
    layer, the geometries themselves decide.
    """
    everything = replace(query, limit=None, offset=0)
    if query.bbox is None or layer.spec.geometry == "none" or _holds(query, store.bounds(layer.id)):
        return query, store.count(layer.id, everything)
    found = store.rows(layer.id, everything, fields=())
    shapes = np.asarray(shapely.from_wkb(np.array(found.wkb, dtype=object)), dtype=object)
    met = np.flatnonzero(shapely.intersects(shapes, shapely.box(*query.bbox)))
    chosen = met[query.offset :][: query.limit]
    uids = [found.uids[index] for index in chosen]
    return Query(equals={"uid": uids}, sort=query.sort, revision=query.revision, on=query.on, own=query.own), len(met)


def _holds(query: Query, bounds: BBox | None) -> bool:
    if query.bbox is None or query.on is not None or query.revision is not None:
        return False
    return holds(query.bbox, bounds)


def _on_day(store: Store, layer: Layer, query: Query, fields: Sequence[str]) -> tuple[Rows, int]:
    day = query.on
    assert day is not None and layer.stage_table is not None  # noqa: S101, PT018 - the caller looked
    register = register_on(store, layer, day)
    revision, counted = register.revision, {each.field for each in layer.stage_table.measures if not register.now}
    of_the_day = {name: value for name, value in query.equals.items() if name in _STAGE_FIELDS | counted}
    others = {name: value for name, value in query.equals.items() if name not in of_the_day}
    exact, _ = _exact(store, layer, Query(bbox=query.bbox, equals=others, revision=revision, own=query.own))
    asked = {name for name, _ in query.sort} | (columns_of(query.where) if query.where else set())
    needed = [*fields, *sorted((asked | set(of_the_day)).intersection(layer.fields_by_id) - set(fields))]
    found = store.rows(layer.id, exact, fields=needed)
    told = told_on(store, layer, found.uids, day, [name for name in needed if name in counted])
    columns = {**found.columns, **{name: column for name, column in told.items() if name in needed}, "uid": found.uids}
    kept = np.ones(len(found.uids), dtype=bool)
    for name, value in of_the_day.items():
        kept &= np.array([own == value for own in columns[name]], dtype=bool)
    if query.where is not None:
        shapes = np.asarray(shapely.from_wkb(np.array(found.wkb, dtype=object)), dtype=object)
        kept &= matching(query.where, columns, shapes)
    order = np.flatnonzero(kept).tolist()
    for name, descending in reversed(query.sort):
        order = _sorted(order, columns[name], descending=descending)
    end = None if query.limit is None else query.offset + query.limit
    chosen = order[query.offset : end]
    rows = Rows(
        uids=[found.uids[index] for index in chosen],
        fids=[found.fids[index] for index in chosen],
        revisions=[found.revisions[index] for index in chosen],
        wkb=[found.wkb[index] for index in chosen],
        columns={name: [columns[name][index] for index in chosen] for name in fields},
    )
    return rows, len(order)


def _sorted(order: list[int], column: Sequence[Value], *, descending: bool) -> list[int]:
    """Order positions by a column, what is missing last, what is equal as it was."""
    present = [index for index in order if column[index] is not None]
    missing = [index for index in order if column[index] is None]
    return sorted(present, key=lambda index: column[index], reverse=descending) + missing  # type: ignore[arg-type, return-value]
