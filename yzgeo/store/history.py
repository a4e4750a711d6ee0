"""What happened to a layer: its batches and the log of changes."""

# ruff: noqa: S608 - names go through identifiers.quote, values are bound

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from yzgeo.catalogue import Layer
from yzgeo.errors import BatchUnknownError

from . import blobs
from .base import Batch, ChangeRecord, Rows, Superseded
from .dialect import Connection
from .identifiers import history_table, quote
from .selection import still_own
from .values import decode

_COLUMNS = (
    "id, layer, revision, recorded_at, actor, reason, inserted, updated, unchanged, deleted, file_name, file_sha256, "
    "choices, undoes"
)


def batches(connection: Connection, layer: str | None) -> list[Batch]:
    """
    List the batches.

    Parameters
    ----------
    connection
        A reader.
    layer
        Id of a layer, None for all.

    Returns
    -------
    list of Batch
        Newest first.
    """
    found = connection.execute(
        f"SELECT {_COLUMNS} FROM yzgeo_batch WHERE CAST(?1 AS TEXT) IS NULL OR layer = ?1 ORDER BY number DESC",
        (layer,),
    ).fetchall()
    taken = _taken_back(connection)
    return [_batch(row, taken) for row in found]


def batch(connection: Connection, batch_id: str) -> Batch:
    """
    Get one batch.

    Parameters
    ----------
    connection
        Any connection.
    batch_id
        Its id.

    Returns
    -------
    Batch
        The batch.

    Raises
    ------
    BatchUnknownError
        If there is none with that id.
    """
    row = connection.execute(f"SELECT {_COLUMNS} FROM yzgeo_batch WHERE id = ?", (batch_id,)).fetchone()
    if row is None:
        raise BatchUnknownError(batch=batch_id)
    return _batch(row, _taken_back(connection))


def meanings(connection: Connection) -> dict[str, tuple[str, bool]]:
    """
    Tell what the batches that take others back amount to.

    Parameters
    ----------
    connection
        Any connection.

    Returns
    -------
    dict
        Id of a batch to the batch it goes back to, and whether that one is done again (True) or undone by it. Every
        other batch is missing: it does what it says.
    """
    found: dict[str, tuple[str, bool]] = {}
    for each, undoes in _undoings(connection):
        origin, done = found.get(undoes, (undoes, True))
        found[each] = (origin, not done)
    return found


def changes(connection: Connection, layer: str, *, since: int) -> list[ChangeRecord]:
    """
    List the changes after a revision.

    Parameters
    ----------
    connection
        A reader.
    layer
        Id of the layer.
    since
        Revision already known.

    Returns
    -------
    list of ChangeRecord
        Oldest first, tombstones included.
    """
    found = connection.execute(
        "SELECT c.uid, b.revision, c.kind, b.id, b.recorded_at FROM yzgeo_batch AS b "
        "JOIN yzgeo_change AS c ON c.batch = b.number WHERE b.layer = ? AND b.revision > ? "
        "ORDER BY b.revision, c.number",
        (layer, since),
    )
    return [
        ChangeRecord(layer, uid, revision, kind, batch, datetime.fromisoformat(recorded_at))
        for uid, revision, kind, batch, recorded_at in found
    ]


def superseded(
    connection: Connection,
    layer: Layer,
    fields: Sequence[str],
    *,
    until: int,
    after: int,
    limit: int,
    own: Sequence[str] | None,
) -> Superseded:
    """
    List a page of the versions that others took the place of.

    Parameters
    ----------
    connection
        A reader.
    layer
        The layer.
    fields
        Ids of the fields wanted.
    until
        Only versions that ended by this revision.
    after
        Only places after this one.
    limit
        Most versions wanted.
    own
        Only versions in these street offices, of features that are in one of them now or, where they were deleted,
        were at last; None for everyone's.

    Returns
    -------
    Superseded
        In the order in which they ended.
    """
    specs = [layer.field(name) for name in fields]
    spatial = layer.spec.geometry != "none"
    names = ["uid", "fid", "revision", "until_revision", "history_number", *(["geom"] if spatial else [])]
    statement = (
        f"SELECT {', '.join(map(quote, [*names, *fields]))} FROM {quote(history_table(layer.id))} "
        "WHERE history_number > ? AND until_revision <= ?"
    )
    bound: list[Any] = [after, until]
    if own is not None:
        piece, *values = still_own(connection.dialect, layer, own)
        statement += f" AND subdistrict IN ({connection.dialect.among('text')}) AND {piece}"
        bound += [json.dumps(list(own)), *values]
    found = connection.execute(f"{statement} ORDER BY history_number LIMIT ?", (*bound, limit)).fetchall()
    columns = list(zip(*found, strict=True)) if found else [()] * (len(names) + len(fields))
    geometries = blobs.wkb_of(columns[5]) if spatial else [None] * len(found)
    decoded = {spec.id: decode(column, spec) for spec, column in zip(specs, columns[len(names) :], strict=True)}
    uids, fids, revisions, until_revisions, numbers = columns[:5]
    return Superseded(Rows(uids, fids, revisions, geometries, decoded), until_revisions, numbers)


def moments(connection: Connection, layer: str, revisions: Collection[int]) -> dict[int, tuple[datetime, str]]:
    """
    Tell when revisions of a layer were written, and by whom.

    Parameters
    ----------
    connection
        A reader.
    layer
        Id of the layer.
    revisions
        Which.

    Returns
    -------
    dict
        Record time and actor, by revision.
    """
    found = connection.execute(
        "SELECT revision, recorded_at, actor FROM yzgeo_batch "
        f"WHERE layer = ? AND revision IN ({connection.dialect.among('integer')})",
        (layer, json.dumps(sorted(set(revisions)))),
    )
    return {revision: (datetime.fromisoformat(at), actor) for revision, at, actor in found}


def _undoings(connection: Connection) -> list[tuple[str, str]]:
    return connection.execute("SELECT id, undoes FROM yzgeo_batch WHERE undoes IS NOT NULL ORDER BY number").fetchall()


def _taken_back(connection: Connection) -> dict[str, str]:
    """Tell by which batch each was taken back, where that still stands: an undo may have been undone."""
    taken: dict[str, str] = {}
    for each, undoes in reversed(_undoings(connection)):
        if each not in taken:
            taken[undoes] = each
    return taken


def _batch(row: tuple[Any, ...], taken: Mapping[str, str]) -> Batch:
    return Batch(
        id=row[0],
        layer=row[1],
        revision=row[2],
        recorded_at=datetime.fromisoformat(row[3]),
        actor=row[4],
        reason=row[5],
        inserted=row[6],
        updated=row[7],
        unchanged=row[8],
        deleted=row[9],
        file_name=row[10],
        file_sha256=row[11],
        choices=json.loads(row[12]),
        undoes=row[13],
        undone_by=taken.get(row[0]),
    )
