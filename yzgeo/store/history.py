"""What happened to a layer: its batches and the log of changes."""

# ruff: noqa: S608 - names go through identifiers.quote, values are bound

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from typing import Any

from .base import Batch, ChangeRecord

_COLUMNS = (
    "id, layer, revision, recorded_at, actor, reason, inserted, updated, unchanged, deleted, file_name, file_sha256, "
    "choices"
)


def batches(connection: sqlite3.Connection, layer: str | None) -> list[Batch]:
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
        f"SELECT {_COLUMNS} FROM yzgeo_batch WHERE ?1 IS NULL OR layer = ?1 ORDER BY number DESC", (layer,)
    ).fetchall()
    return [_batch(row) for row in found]


def changes(connection: sqlite3.Connection, layer: str, *, since: int) -> list[ChangeRecord]:
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


def _batch(row: tuple[Any, ...]) -> Batch:
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
    )
