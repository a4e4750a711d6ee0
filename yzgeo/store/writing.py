"""One batch written: the features, their history, the log of changes and the spatial index, in one transaction."""

# ruff: noqa: S608 - names go through identifiers.quote, values are bound

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import uuid4

import numpy as np
import orjson
from numpy.typing import NDArray

from yzgeo.catalogue import Layer
from yzgeo.errors import ConflictError, FeatureUnknownError

from . import rtree, schema, timestamps
from .base import Batch, Provenance
from .dialect import Connection
from .identifiers import history_table, quote, rtree_table
from .staging import Staged

# From this many features on, the spatial index is filled in bulk: its triggers call back into Python for each row.
BULK_ROWS = 1_000

_STAGE = "yzgeo_stage"
_VERDICT = "yzgeo_verdict"
_DOOMED = "yzgeo_doomed"


@dataclass(frozen=True, slots=True)
class Moment:
    """The revision being made and its time."""

    revision: int
    recorded_at: str


def write(
    connection: Connection,
    layer: Layer,
    staged: Staged,
    delete: Sequence[str],
    *,
    provenance: Provenance,
    base_revision: int | None,
    now: datetime,
) -> Batch:
    """
    Write one batch.

    Parameters
    ----------
    connection
        The writer, inside a transaction.
    layer
        The layer.
    staged
        Features to be put.
    delete
        Uids to be deleted.
    provenance
        Who writes, why and from what.
    base_revision
        Revision the caller started from, None to write anyway.
    now
        Time to record, in UTC.

    Returns
    -------
    Batch
        What happened. When nothing changed its ``id`` is empty and no batch is recorded.

    Raises
    ------
    ConflictError
        If the layer has moved on from ``base_revision``.
    FeatureUnknownError
        If a feature to be deleted is not there.
    """
    current = current_revision(connection, layer)
    if base_revision is not None and base_revision != current:
        raise ConflictError(what=layer.id, base=base_revision, current=current)
    moment = Moment(current + 1, timestamps.precise(now))
    empty = connection.execute(f"SELECT NOT EXISTS (SELECT 1 FROM {quote(layer.id)})").fetchone()[0]
    removed = _mark_doomed(connection, layer, delete)
    if empty:
        inserted, updated, same = len(staged.uids), 0, 0
    else:
        inserted, updated, same = _stage(connection, layer, staged)
    changed = inserted + updated + removed > 0
    batch = Batch(
        id=str(uuid4()) if changed else "",
        layer=layer.id,
        revision=moment.revision if changed else current,
        recorded_at=now,
        actor=provenance.actor,
        reason=provenance.reason,
        inserted=inserted,
        updated=updated,
        unchanged=same,
        deleted=removed,
        file_name=provenance.file_name,
        file_sha256=provenance.file_sha256,
        choices=dict(provenance.choices),
    )
    if changed:
        number = record_batch(connection, batch)
        touched = _shrinks(connection, layer) if not empty else False
        _remove(connection, layer, moment, number)
        if empty:
            _fill(connection, layer, staged, moment, number)
        else:
            _merge(connection, layer, staged, moment, number)
        connection.execute("UPDATE yzgeo_layer_revision SET revision = ? WHERE layer = ?", (moment.revision, layer.id))
        if touched:
            measure_extent(connection, layer, now=now)
        else:
            _widen_extent(connection, layer, staged, now=now)
    for table in (_STAGE, _VERDICT, _DOOMED):
        connection.execute(f"DROP TABLE IF EXISTS {table}")
    return batch


def current_revision(connection: Connection, layer: Layer) -> int:
    """
    Tell a layer's revision.

    Parameters
    ----------
    connection
        Any connection.
    layer
        The layer.

    Returns
    -------
    int
        0 before the first write.
    """
    found = connection.execute("SELECT revision FROM yzgeo_layer_revision WHERE layer = ?", (layer.id,)).fetchone()
    return int(found[0])


def record_batch(connection: Connection, batch: Batch) -> int:
    """
    Note a batch that changes something.

    Parameters
    ----------
    connection
        The writer, inside a transaction.
    batch
        The batch.

    Returns
    -------
    int
        Its number, which the log of changes refers to.
    """
    made = connection.execute(
        "INSERT INTO yzgeo_batch (id, layer, revision, recorded_at, actor, reason, inserted, updated, unchanged, "
        "deleted, file_name, file_sha256, choices, undoes, ledger_events) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT events FROM yzgeo_ledger_head)) RETURNING number",
        (
            batch.id,
            batch.layer,
            batch.revision,
            timestamps.precise(batch.recorded_at),
            batch.actor,
            batch.reason,
            batch.inserted,
            batch.updated,
            batch.unchanged,
            batch.deleted,
            batch.file_name,
            batch.file_sha256,
            spelled(batch.choices),
            batch.undoes,
        ),
    ).fetchall()
    return int(made[0][0])


def spelled(choices: Mapping[str, Any]) -> str:
    """
    Spell the choices of a batch as they are stored.

    Parameters
    ----------
    choices
        By name.

    Returns
    -------
    str
        JSON, in the order given.
    """
    return orjson.dumps(dict(choices)).decode()


def _fill(connection: Connection, layer: Layer, staged: Staged, moment: Moment, batch: int) -> None:
    """Insert into an empty table; its indexes are built afterwards, which is quicker than row by row."""
    if not staged.uids:
        return
    spatial = layer.spec.geometry != "none"
    size = len(staged.uids)
    bulk = size >= BULK_ROWS and connection.dialect.indexes_by_hand
    first = connection.dialect.next_fid(connection, layer.id, size)
    fids = range(first, first + size)
    if bulk:
        _execute(connection, (f"DROP INDEX {quote(name)}" for name in schema.indexes(layer)))
        if spatial:
            _execute(connection, schema.drop_spatial_triggers(layer.id))
    names = ["fid", "uid", "revision", *staged.columns]
    columns: list[Iterable[object]] = [fids, staged.uids, [moment.revision] * size, *staged.columns.values()]
    if staged.geometries is not None:
        names.insert(1, "geom")
        columns.insert(1, staged.geometries.blobs)
    connection.executemany(_insert(layer.id, names), zip(*columns, strict=True))
    if bulk:
        _execute(connection, schema.indexes(layer).values())
        if spatial:
            _index(connection, layer, fids, staged)
            _execute(connection, schema.spatial_triggers(layer.id))
    connection.execute(
        "INSERT INTO yzgeo_change (batch, kind, uid) "
        f"SELECT ?, 'insert', uid FROM {quote(layer.id)} WHERE revision = ? ORDER BY fid",
        (batch, moment.revision),
    )


def _index(connection: Connection, layer: Layer, fids: Sequence[int], staged: Staged) -> None:
    if staged.geometries is None:
        return
    bounds = staged.geometries.bounds
    there = ~np.isnan(bounds[:, 0])
    rtree.fill(connection, layer.id, np.asarray(fids, dtype=np.int64)[there], bounds[there])


def _stage(connection: Connection, layer: Layer, staged: Staged) -> tuple[int, int, int]:
    """Lay the batch beside the stored rows and judge each: insert, update or same."""
    names = [*(["geom"] if staged.geometries is not None else []), *staged.columns]
    # Of the types the stored columns have: without affinity 1 and 1.0 would differ.
    spelt = connection.dialect
    typed = [
        f"{quote(name)} {spelt.geometry_type if name == 'geom' else spelt.column_types[layer.field(name).type]}"
        for name in names
    ]
    connection.execute(
        f"CREATE TEMP TABLE {_STAGE} (position INTEGER PRIMARY KEY, uid TEXT NOT NULL, "
        f"{''.join(f'{column}, ' for column in typed)}"
        "minx DOUBLE PRECISION, miny DOUBLE PRECISION, maxx DOUBLE PRECISION, maxy DOUBLE PRECISION)"
    )
    size = len(staged.uids)
    columns: list[Iterable[object]] = [range(size), staged.uids]
    if staged.geometries is not None:
        columns.append(staged.geometries.blobs)
    columns += staged.columns.values()
    bounds = staged.geometries.bounds if staged.geometries is not None else np.full((size, 4), np.nan)
    columns += _nullable(bounds)
    marks = ", ".join("?" * len(columns))
    connection.executemany(f"INSERT INTO {_STAGE} VALUES ({marks})", zip(*columns, strict=True))
    if size >= BULK_ROWS:
        spelt.settle(connection, [_STAGE, layer.id])
    equal = " AND ".join(f"s.{quote(name)} {spelt.same} t.{quote(name)}" for name in names) or "1 = 1"
    connection.execute(
        f"CREATE TEMP TABLE {_VERDICT} AS SELECT s.position AS position, t.fid AS fid, "
        f"CASE WHEN t.fid IS NULL THEN 'insert' WHEN {equal} THEN 'same' ELSE 'update' END AS kind "
        f"FROM {_STAGE} AS s LEFT JOIN {quote(layer.id)} AS t ON t.uid = s.uid"
    )
    if size >= BULK_ROWS:
        spelt.settle(connection, [_VERDICT])
    counts = dict(connection.execute(f"SELECT kind, count(*) FROM {_VERDICT} GROUP BY kind").fetchall())
    return counts.get("insert", 0), counts.get("update", 0), counts.get("same", 0)


def _mark_doomed(connection: Connection, layer: Layer, delete: Sequence[str]) -> int:
    connection.execute(f"CREATE TEMP TABLE {_DOOMED} (fid INTEGER PRIMARY KEY, uid TEXT NOT NULL)")
    found = 0
    for uid in delete:
        cursor = connection.execute(
            f"INSERT INTO {_DOOMED} SELECT fid, uid FROM {quote(layer.id)} WHERE uid = ?", (uid,)
        )
        if cursor.rowcount != 1:
            raise FeatureUnknownError(layer=layer.id, uid=uid)
        found += 1
    return found


def _remove(connection: Connection, layer: Layer, moment: Moment, batch: int) -> None:
    archive(connection, layer, moment, f"SELECT fid FROM {_DOOMED}")
    connection.execute(
        f"INSERT INTO yzgeo_change (batch, kind, uid) SELECT ?, 'delete', uid FROM {_DOOMED} ORDER BY fid", (batch,)
    )
    connection.execute(f"DELETE FROM {quote(layer.id)} WHERE fid IN (SELECT fid FROM {_DOOMED})")


def _merge(connection: Connection, layer: Layer, staged: Staged, moment: Moment, batch: int) -> None:
    """Update and insert what was judged so."""
    names = [*(["geom"] if staged.geometries is not None else []), *staged.columns]
    table = quote(layer.id)
    by_hand = connection.dialect.indexes_by_hand
    bulk = by_hand and staged.geometries is not None and len(staged.uids) >= BULK_ROWS
    if bulk:
        _execute(connection, schema.drop_spatial_triggers(layer.id))
    archive(connection, layer, moment, f"SELECT fid FROM {_VERDICT} WHERE kind = 'update'")
    assigned = "".join(f", {quote(name)} = n.{quote(name)}" for name in names)
    chosen = "".join(f", s.{quote(name)}" for name in names)
    connection.execute(
        f"UPDATE {table} SET revision = ?{assigned} FROM (SELECT v.fid{chosen} FROM {_VERDICT} AS v "
        f"JOIN {_STAGE} AS s ON s.position = v.position WHERE v.kind = 'update') AS n WHERE n.fid = {table}.fid",
        (moment.revision,),
    )
    columns = "".join(f", {quote(name)}" for name in names)
    connection.execute(
        f"INSERT INTO {table} (uid, revision{columns}) SELECT s.uid, ?{chosen} FROM {_STAGE} AS s "
        f"JOIN {_VERDICT} AS v ON v.position = s.position WHERE v.kind = 'insert' ORDER BY s.position",
        (moment.revision,),
    )
    if bulk:
        _index_again(connection, layer)
        _execute(connection, schema.spatial_triggers(layer.id))
    connection.execute(
        f"INSERT INTO yzgeo_change (batch, kind, uid) SELECT ?, v.kind, s.uid FROM {_VERDICT} AS v "
        f"JOIN {_STAGE} AS s ON s.position = v.position WHERE v.kind != 'same' ORDER BY v.position",
        (batch,),
    )


def _index_again(connection: Connection, layer: Layer) -> None:
    index = quote(rtree_table(layer.id))
    connection.execute(f"DELETE FROM {index} WHERE id IN (SELECT fid FROM {_VERDICT} WHERE kind = 'update')")
    connection.execute(
        f"INSERT INTO {index} SELECT t.fid, s.minx, s.maxx, s.miny, s.maxy FROM {_STAGE} AS s "
        f"JOIN {_VERDICT} AS v ON v.position = s.position JOIN {quote(layer.id)} AS t ON t.uid = s.uid "
        "WHERE v.kind != 'same' AND s.minx IS NOT NULL"
    )


def archive(connection: Connection, layer: Layer, moment: Moment, fids: str, bound: Sequence[object] = ()) -> None:
    """
    Copy rows about to change into the history.

    Parameters
    ----------
    connection
        The writer, inside a transaction.
    layer
        The layer.
    moment
        The revision that supersedes them.
    fids
        A statement that selects them.
    bound
        Values of its place holders.
    """
    into = _archiving(layer.id, tuple(connection.columns(layer.id)), spatial=layer.spec.geometry != "none")
    connection.execute(f"{into} WHERE fid IN ({fids})", (moment.revision, moment.recorded_at, *bound))


@lru_cache(maxsize=256)
def _archiving(layer: str, columns: tuple[str, ...], *, spatial: bool) -> str:
    """Spell the first half of `archive`, once for a layer: every entry of the ledger needs it."""
    names = ", ".join(map(quote, columns))
    bounds = ", min_x, max_x, min_y, max_y" if spatial else ""
    measured = ", ST_MinX(geom), ST_MaxX(geom), ST_MinY(geom), ST_MaxY(geom)" if spatial else ""
    return (
        f"INSERT INTO {quote(history_table(layer))} ({names}, until_revision, until_at{bounds}) "
        f"SELECT {names}, ?, ?{measured} FROM {quote(layer)}"
    )


def _shrinks(connection: Connection, layer: Layer) -> bool:
    """Tell whether a feature about to change touches the extent, which then may become smaller."""
    if layer.spec.geometry == "none":
        return False
    verdict = f"SELECT fid FROM {_VERDICT} WHERE kind = 'update' UNION ALL "
    found = connection.execute(
        f"SELECT EXISTS (SELECT 1 FROM {quote(layer.id)} AS t, {connection.dialect.contents} AS c "
        f"WHERE c.table_name = ? AND t.fid IN ({verdict}SELECT fid FROM {_DOOMED}) AND (ST_MinX(t.geom) <= c.min_x "
        "OR ST_MinY(t.geom) <= c.min_y OR ST_MaxX(t.geom) >= c.max_x OR ST_MaxY(t.geom) >= c.max_y))",
        (layer.id,),
    ).fetchone()
    return bool(found[0])


def measure_extent(connection: Connection, layer: Layer, *, now: datetime) -> None:
    """
    Note the extent of a layer whose features may cover less than before, and that it changed.

    Parameters
    ----------
    connection
        The writer, inside a transaction.
    layer
        The layer.
    now
        Time of the change, with zone.
    """
    extent: tuple[float | None, ...] = (None, None, None, None)
    if layer.spec.geometry != "none":
        extent = connection.execute(
            "SELECT min(ST_MinX(geom)), min(ST_MinY(geom)), max(ST_MaxX(geom)), max(ST_MaxY(geom)) "
            f"FROM {quote(layer.id)}"
        ).fetchone()
    _put_extent(connection, layer, extent, now=now)


def _widen_extent(connection: Connection, layer: Layer, staged: Staged, *, now: datetime) -> None:
    before = connection.execute(
        f"SELECT min_x, min_y, max_x, max_y FROM {connection.dialect.contents} WHERE table_name = ?", (layer.id,)
    ).fetchone()
    _put_extent(connection, layer, _joined(before, staged), now=now)


def _put_extent(connection: Connection, layer: Layer, extent: tuple[float | None, ...], *, now: datetime) -> None:
    connection.execute(
        f"UPDATE {connection.dialect.contents} SET last_change = ?, min_x = ?, min_y = ?, max_x = ?, max_y = ? "
        "WHERE table_name = ?",
        (timestamps.standard(now), *extent, layer.id),
    )


def _joined(before: tuple[float | None, ...], staged: Staged) -> tuple[float | None, ...]:
    """Widen an extent by the features put."""
    if staged.geometries is None:
        return before
    there = staged.geometries.bounds[~np.isnan(staged.geometries.bounds[:, 0])]
    if before[0] is not None:
        there = np.vstack([there, np.asarray(before, dtype=np.float64)])
    if len(there) == 0:
        return (None, None, None, None)
    return (
        float(there[:, 0].min()),
        float(there[:, 1].min()),
        float(there[:, 2].max()),
        float(there[:, 3].max()),
    )


def _nullable(bounds: NDArray[np.float64]) -> list[list[float | None]]:
    """Give the four columns of bounds as lists with None for NaN."""
    holes = np.isnan(bounds)
    table = bounds.astype(object)
    table[holes] = None
    return [column.tolist() for column in table.T]


def _insert(table: str, names: Sequence[str]) -> str:
    columns = ", ".join(quote(name) for name in names)
    return f"INSERT INTO {quote(table)} ({columns}) VALUES ({', '.join('?' * len(names))})"


def _execute(connection: Connection, statements: Iterable[str]) -> None:
    for statement in statements:
        connection.execute(statement)
