"""A page of the present features of a layer, from one state of the file; what the caller knows is not read again."""

# ruff: noqa: S608 - names go through identifiers.quote, values are bound

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import orjson
import shapely

from yzgeo.catalogue import Layer

from . import blobs, reading, selection
from .base import BBox, Query, Rows, Value
from .connections import FileConnection, Reader
from .identifiers import quote

_WORTH_REMEMBERING = 50
_MOST_REMEMBERED = 2_000

Known = Callable[[Sequence[int], Sequence[int]], Sequence[object]]
"""Tells of features, by fid and by the revision of each, what is known: those of whom nothing is will be read."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of features in its order, and how many match in all."""

    revision: int
    """The layer's revision."""
    matched: int
    fids: Sequence[int]
    revisions: Sequence[int]
    """Revision of each feature."""
    rows: Rows
    """Those that were not known, ordered by fid."""


def page(reader: Reader, layer: Layer, query: Query, *, fields: Sequence[str], known: Known) -> Page:
    """
    Get a page of features.

    Parameters
    ----------
    reader
        A reader.
    layer
        The layer.
    query
        What is asked of the present state. ``bbox`` is met by the geometries themselves, not only by their boxes.
    fields
        Ids of the fields wanted.
    known
        Is asked once.

    Returns
    -------
    Page
        All of it, revisions too, from one state of the file.
    """
    connection = reader.connection
    fids: Sequence[int]
    revisions: Sequence[int]
    with connection.steady():
        revision = _revision(connection, layer)
        bounds = reader.remember(("bounds", layer.id), lambda found: reading.bounds(found, layer))
        if query.bbox is None or layer.spec.geometry == "none" or holds(query.bbox, bounds):
            fids, revisions = _named(reader, layer, query)
            matched = reading.count(connection, layer, query)
        else:
            fids, revisions, matched = _met(connection, layer, query, query.bbox)
        unknown = [fid for fid, there in zip(fids, known(fids, revisions), strict=True) if there is None]
        return Page(revision, matched, fids, revisions, reading.rows_of(connection, layer, unknown, fields))


def holds(box: BBox, bounds: BBox | None) -> bool:
    """
    Tell whether a box holds everything within bounds, so that nothing has to be looked at one by one.

    Parameters
    ----------
    box
        West, south, east, north.
    bounds
        The same of a layer; None if it has none.

    Returns
    -------
    bool
        True if the bounds lie inside the box.
    """
    if bounds is None:
        return False
    return box[0] < bounds[0] and box[1] < bounds[1] and box[2] > bounds[2] and box[3] > bounds[3]


def _revision(connection: FileConnection, layer: Layer) -> int:
    found = connection.execute("SELECT revision FROM yzgeo_layer_revision WHERE layer = ?", (layer.id,)).fetchone()
    return int(found[0])


def _named(reader: Reader, layer: Layer, query: Query) -> tuple[list[int], list[int]]:
    """Name the features of a page, in one row: the driver would let go of the interpreter at each of thousands."""
    connection = reader.connection
    plain = replace(query, limit=None, offset=0) == Query()
    # Who asks for page after page shall not pay for the pages before, so the last fid of each is remembered.
    ends: dict[int, int] = reader.remember(("ends", layer.id), lambda _: {})
    if plain and query.limit is not None and query.offset in ends:
        statement = f"SELECT fid, revision FROM {quote(layer.id)} WHERE fid > ? ORDER BY fid LIMIT ?"
        bound: Sequence[Value | bytes] = (ends[query.offset], query.limit)
    else:
        statement, bound = selection.select(connection.dialect, layer, ("fid", "revision"), query, revision=None)
    asked = f"SELECT json_group_array(fid), json_group_array(revision) FROM ({statement})"
    fids, revisions = map(orjson.loads, connection.execute(asked, bound).fetchone())
    if plain and len(fids) >= _WORTH_REMEMBERING and len(ends) < _MOST_REMEMBERED:
        ends[query.offset + len(fids)] = fids[-1]
    return fids, revisions


def _met(connection: FileConnection, layer: Layer, query: Query, box: BBox) -> tuple[Sequence[int], Sequence[int], int]:
    """Name the features of a page that meet a box, and count all: the index rounds the boxes of geometries outwards."""
    everything = replace(query, limit=None, offset=0)
    names = ("fid", "revision", "geom")
    found = connection.fetch(*selection.select(connection.dialect, layer, names, everything, revision=None))
    if not found:
        return (), (), 0
    fids, revisions, stored = zip(*found, strict=True)
    shapes = shapely.from_wkb(np.array(blobs.wkb_of(stored), dtype=object))
    met = np.flatnonzero(shapely.intersects(shapes, shapely.box(*box)))
    chosen = met[query.offset :][: query.limit].tolist()
    return [fids[index] for index in chosen], [revisions[index] for index in chosen], len(met)
