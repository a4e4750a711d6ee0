"""A district copied from one store to another, with its history, ledger and accounts; and a sum to prove it."""

# ruff: noqa: S608 - names go through identifiers.quote, values are bound

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
import shapely

from yzgeo.catalogue import Layer
from yzgeo.checks import Progress, silent
from yzgeo.errors import WorkspaceExistsError

from . import blobs
from .dialect import Connection
from .identifiers import history_table, quote
from .tables import TableStore

# Every table that both stores have, with the columns that order it; a table comes after those it refers to.
TABLES: tuple[tuple[str, str], ...] = (
    ("yzgeo_layer_revision", "layer"),
    ("yzgeo_batch", "number"),
    ("yzgeo_change", "number"),
    ("yzgeo_ledger", "sequence"),
    ("yzgeo_ledger_head", "one"),
    ("yzgeo_ledger_state", "layer, uid"),
    ("yzgeo_ledger_interval", "layer, uid, start_day"),
    ("yzgeo_ledger_measure", "layer, uid, field, start_day"),
    ("yzgeo_ledger_pending", "event_id"),
    ("yzgeo_attachment", "sha256"),
    ("yzgeo_attachment_sender", "sha256, actor"),
    ("yzgeo_evidence", "sha256, event_id"),
    ("yzgeo_account", "name"),
    ("yzgeo_session", "created_at, token_hash"),
    ("yzgeo_audit", "number"),
    ("yzgeo_conflict", "number"),
    ("yzgeo_conflict_evidence", "sha256, id"),
    ("yzgeo_device", "id, actor"),
)
_PAGE = 5_000
_OWN_META = frozenset({"catalogue_digest"})  # how a store was brought up to the catalogue is its own matter


def copy(source: TableStore, target: TableStore, *, progress: Progress = silent) -> None:
    """
    Fill an empty store with everything another one holds, in one transaction of each.

    Parameters
    ----------
    source
        Nobody writes to it meanwhile.
    target
        Just made, of the same catalogue.
    progress
        Told what is being done.

    Raises
    ------
    WorkspaceExistsError
        If the target holds anything yet.
    """
    catalogue = source.catalogue
    with source.access.write() as given, target.access.write() as taken:
        if taken.execute("SELECT count(*) FROM yzgeo_batch").fetchone()[0]:
            raise WorkspaceExistsError(path="yzgeo_batch")
        again = taken.dialect.silence(taken, [table for table, _ in TABLES])
        for table, _ in reversed(TABLES):
            taken.execute(f"DELETE FROM {table}")
        for table, order in TABLES:
            _copy_table(given, taken, table, order)
        for at, layer in enumerate(catalogue.layers.values()):
            progress(layer.spec.title.zh, at / len(catalogue.layers))
            _copy_layer(given, taken, layer, srs_id=source.srs_id)
        for key, value in given.execute("SELECT key, value FROM yzgeo_meta").fetchall():
            if key not in _OWN_META:
                taken.execute(
                    "INSERT INTO yzgeo_meta (key, value) VALUES (?, ?) "
                    "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                    (key, value),
                )
        for statement in again:
            taken.execute(statement)
        taken.dialect.count_on(taken, [table for table, _ in TABLES])
    progress("完成", 1.0)


def content_sum(store: TableStore) -> str:
    """
    Sum up everything a store holds, however it holds it.

    Parameters
    ----------
    store
        The store.

    Returns
    -------
    str
        SHA-256 in hexadecimal: equal sums mean equal districts, with history, ledger and accounts.
    """
    seen = hashlib.sha256()
    with store.access.write() as connection:
        for table, order in TABLES:
            columns = _columns(connection, table)
            _add(seen, table, columns, _rows(connection, table, columns, order))
        meta = connection.execute("SELECT key, value FROM yzgeo_meta ORDER BY key").fetchall()
        _add(seen, "yzgeo_meta", ["key", "value"], (row for row in meta if row[0] not in _OWN_META))
        for layer in store.catalogue.layers.values():
            for table, key in ((layer.id, "fid"), (history_table(layer.id), "history_number")):
                columns = _of_layer(layer, connection, table)
                rows = _rows(connection, table, columns, key)
                _add(seen, table, columns, (_plain(row, columns) for row in rows))
    return seen.hexdigest()


def _add(seen: Any, table: str, columns: Sequence[str], rows: Iterator[Sequence[Any]]) -> None:
    seen.update(json.dumps([table, *columns]).encode())
    for row in rows:
        seen.update(json.dumps(list(row), ensure_ascii=False).encode())


def _plain(row: Sequence[Any], columns: Sequence[str]) -> list[Any]:
    """Write the geometry of a row as WKB in hexadecimal, which both stores give alike."""
    plain = list(row)
    if "geom" in columns:
        at = columns.index("geom")
        (wkb,) = blobs.wkb_of([plain[at]])
        plain[at] = None if wkb is None else shapely.to_wkb(shapely.from_wkb(wkb), hex=True, byte_order=1)
    return plain


def _columns(connection: Connection, table: str) -> list[str]:
    """Name a table's columns in an order both stores agree on, without what only one of them needs."""
    hidden = {"number"} if table == "yzgeo_session" else set()
    return sorted(set(connection.dialect.columns(connection, table)) - hidden)


def _of_layer(layer: Layer, connection: Connection, table: str) -> list[str]:
    """Leave out columns of fields that the catalogue has lost."""
    own = {"fid", "geom", "uid", "revision", "until_revision", "until_at", "min_x", "max_x", "min_y", "max_y"}
    known = own | {"history_number"} | set(layer.fields_by_id)
    return sorted(known.intersection(connection.dialect.columns(connection, table)))


def _rows(connection: Connection, table: str, columns: Sequence[str], order: str) -> Iterator[Any]:
    names = ", ".join(quote(name) for name in columns)
    yield from connection.execute(f"SELECT {names} FROM {quote(table)} ORDER BY {order}")


def _insert(table: str, columns: Sequence[str]) -> str:
    names = ", ".join(quote(name) for name in columns)
    return f"INSERT INTO {quote(table)} ({names}) VALUES ({', '.join('?' * len(columns))})"


def _copy_table(given: Connection, taken: Connection, table: str, order: str) -> None:
    columns = _columns(taken, table)
    taken.executemany(_insert(table, columns), _rows(given, table, columns, order))


def _copy_layer(given: Connection, taken: Connection, layer: Layer, *, srs_id: int) -> None:
    for table, key in ((layer.id, "fid"), (history_table(layer.id), "history_number")):
        columns = _of_layer(layer, taken, table)
        rows = _rows(given, table, columns, key)
        while page := list(islice(rows, _PAGE)):
            taken.executemany(_insert(table, columns), _converted(page, columns, layer, taken, srs_id=srs_id))
        taken.dialect.count_on(taken, [table])
    last = given.dialect.last_fid(given, layer.id)
    taken.dialect.use_fids_after(taken, layer.id, last)
    extent = given.execute(
        f"SELECT last_change, min_x, min_y, max_x, max_y FROM {given.dialect.contents} WHERE table_name = ?",
        (layer.id,),
    ).fetchone()
    taken.execute(
        f"UPDATE {taken.dialect.contents} SET last_change = ?, min_x = ?, min_y = ?, max_x = ?, max_y = ? "
        "WHERE table_name = ?",
        (*extent, layer.id),
    )


def _converted(
    page: Sequence[Sequence[Any]], columns: Sequence[str], layer: Layer, taken: Connection, *, srs_id: int
) -> Iterator[Sequence[Any]]:
    """Put the geometries of rows into the form of the store that takes them."""
    if "geom" not in columns:
        yield from page
        return
    at = columns.index("geom")
    wkb = np.empty(len(page), dtype=object)
    wkb[:] = blobs.wkb_of([row[at] for row in page])
    form = taken.dialect.form
    encoded = blobs.encode(shapely.from_wkb(wkb), kind=layer.spec.geometry, srs_id=srs_id, layer=layer.id, form=form)
    for row, blob in zip(page, encoded.blobs, strict=True):
        yield (*row[:at], blob, *row[at + 1 :])
