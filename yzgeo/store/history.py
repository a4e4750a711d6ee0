"""What happened to a layer: its batches and the log of changes."""

# ruff: noqa: S608 - names go through identifiers.quote, values are bound

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from yzgeo.errors import BatchUnknownError

from .base import Batch, ChangeRecord
from .dialect import Connection

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
