"""The audit in the GeoPackage: who came in, what was taken out, who was let in. Triggers keep it append-only."""

# ruff: noqa: S608 - conditions are constants, values are bound

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from . import timestamps
from .dialect import Connection
from .people import AuditLine, Deed

_COLUMNS = "number, at, kind, actor, role, address, subject, details"


def append(connection: Connection, deed: Deed, *, now: datetime) -> AuditLine:
    """
    Add a line.

    Parameters
    ----------
    connection
        The writer, inside a transaction.
    deed
        What happened.
    now
        When, with zone.

    Returns
    -------
    AuditLine
        The line as stored.
    """
    details = json.dumps(dict(deed.details), ensure_ascii=False, sort_keys=True, default=str)
    added = connection.execute(
        "INSERT INTO yzgeo_audit (at, kind, actor, role, address, subject, details) VALUES (?, ?, ?, ?, ?, ?, ?) "
        "RETURNING number",
        (timestamps.precise(now), deed.kind, deed.actor, deed.role, deed.address, deed.subject, details),
    ).fetchall()
    return AuditLine(int(added[0][0]), now, deed)


def lines(
    connection: Connection,
    limit: int,
    *,
    before: int | None = None,
    since: datetime | None = None,
    actor: str | None = None,
    kind: str | None = None,
) -> Sequence[AuditLine]:
    """
    List lines, newest first.

    Parameters
    ----------
    connection
        A reader.
    limit
        Most lines wanted.
    before
        Only lines below this number.
    since
        Only lines from this moment on, with zone.
    actor
        Only what this account did.
    kind
        Only this kind.

    Returns
    -------
    sequence of AuditLine
        Newest first.
    """
    asked: list[tuple[str, Any]] = [
        ("number < ?", before),
        ("at >= ?", None if since is None else timestamps.precise(since)),
        ("actor = ?", actor),
        ("kind = ?", kind),
    ]
    conditions = [text for text, value in asked if value is not None]
    where = f"WHERE {' AND '.join(conditions)} " if conditions else ""
    bound = [value for _, value in asked if value is not None]
    statement = f"SELECT {_COLUMNS} FROM yzgeo_audit {where}ORDER BY number DESC LIMIT ?"
    return [_line(row) for row in connection.execute(statement, (*bound, limit))]


def _line(row: tuple[Any, ...]) -> AuditLine:
    number, at, kind, actor, role, address, subject, details = row
    return AuditLine(number, datetime.fromisoformat(at), Deed(kind, actor, role, address, subject, json.loads(details)))
