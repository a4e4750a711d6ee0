"""Layers on their way out of the house: the rows that someone may see, chunk by chunk, all of one revision."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from yzgeo.access import Role, own_part
from yzgeo.catalogue import Layer
from yzgeo.report import tables
from yzgeo.store.base import Rows, Store

from .overview import own_query

CHUNK_ROWS = 5000


def pages(
    store: Store,
    layer: str,
    fields: Sequence[str],
    *,
    own: Sequence[str] | None = None,
    revision: int | None = None,
) -> Iterator[Rows]:
    """
    Go through a layer in chunks that all show the same revision, whoever writes meanwhile.

    Parameters
    ----------
    store
        Store of the workspace.
    layer
        Id of the layer.
    fields
        Ids of the fields wanted.
    own
        Only this part of the layer (`yzgeo.access.own_part`).
    revision
        State wanted; the present one if not given.

    Yields
    ------
    Rows
        At most `CHUNK_ROWS` rows.
    """
    revision = store.revision(layer) if revision is None else revision
    offset = 0
    while revision:
        query = replace(own_query(own), limit=CHUNK_ROWS, offset=offset)
        rows = store.rows(layer, query, fields=fields)
        if store.revision(layer) != revision:  # ask history for what the layer was when we began
            rows = store.rows(layer, replace(query, revision=revision), fields=fields)
        if rows.uids:
            yield rows
        if len(rows.uids) < CHUNK_ROWS:
            return
        offset += CHUNK_ROWS


def table_of(
    store: Store, layer: Layer, role: Role, *, subdistricts: Sequence[str] = (), revision: int | None = None
) -> tables.Table:
    """
    Put a layer on its way out: the fields and the rows that someone may see.

    Parameters
    ----------
    store
        Store of the workspace.
    layer
        A layer the role may see.
    role
        Who gets it.
    subdistricts
        Street offices of an account of the field.
    revision
        State wanted; the present one if not given.

    Returns
    -------
    Table
        Ready for any format.
    """
    fields, own = tables.visible_fields(layer, role), own_part(role, subdistricts, layer)
    ids = tuple(spec.id for spec in fields)
    return tables.Table(
        layer,
        fields,
        store.catalogue.district.storage_crs,
        lambda: pages(store, layer.id, ids, own=own, revision=revision),
    )
