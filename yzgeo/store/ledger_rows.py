"""Events between the ledger's table and Python: every column has exactly one spelling, so a changed byte shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import astuple
from datetime import datetime
from typing import Any, cast

import orjson

from yzgeo.ledger import Event, Kind, Place

from . import timestamps
from .dialect import Connection

COLUMNS = (
    "event_id, layer, uid, kind, valid_at, recorded_at, actor, role, payload, base_revision, place, payload_version, "
    "previous_hash, hash"
)
INSERT = f"INSERT INTO yzgeo_ledger ({COLUMNS}) VALUES ({', '.join('?' * 14)})"  # noqa: S608 - constants
_SELECT = f"SELECT {COLUMNS} FROM yzgeo_ledger"  # noqa: S608 - constants


def to_row(event: Event) -> tuple[Any, ...]:
    """
    Spell an event as it is stored.

    Parameters
    ----------
    event
        A sealed event.

    Returns
    -------
    tuple
        Values in the order of `COLUMNS`.
    """
    return (
        event.id,
        event.layer,
        event.uid,
        event.kind,
        event.valid_at.isoformat(),
        None if event.recorded_at is None else timestamps.precise(event.recorded_at),
        event.actor,
        event.role,
        orjson.dumps(dict(event.payload), option=orjson.OPT_SORT_KEYS).decode(),
        event.base_revision,
        None if event.place is None else orjson.dumps(astuple(event.place)).decode(),
        event.payload_version,
        event.previous_hash,
        event.hash,
    )


def from_row(row: Sequence[Any]) -> Event:
    """
    Read an event.

    Parameters
    ----------
    row
        Values in the order of `COLUMNS`.

    Returns
    -------
    Event
        The event; its hash is not checked here.

    Raises
    ------
    ValueError, TypeError
        If the row was not written by us.
    """
    return Event(
        id=row[0],
        layer=row[1],
        uid=row[2],
        kind=cast("Kind", row[3]),
        valid_at=datetime.fromisoformat(row[4]),
        recorded_at=datetime.fromisoformat(row[5]),
        actor=row[6],
        role=row[7],
        payload=orjson.loads(row[8]),
        base_revision=row[9],
        place=None if row[10] is None else Place(*orjson.loads(row[10])),
        payload_version=row[11],
        previous_hash=row[12],
        hash=row[13],
    )


def select(connection: Connection, condition: str, bound: Sequence[Any] = ()) -> Iterator[Event]:
    """
    Read events.

    Parameters
    ----------
    connection
        Any connection.
    condition
        The rest of the statement, made of constants.
    bound
        Values of its place holders.

    Yields
    ------
    Event
        One after the other.
    """
    for row in connection.execute(f"{_SELECT} {condition}", bound):
        yield from_row(row)


def of_feature(connection: Connection, layer: str, uid: str) -> list[Event]:
    """
    Read the events of one feature.

    Parameters
    ----------
    connection
        Any connection.
    layer
        Id of the layer.
    uid
        The feature's uid.

    Returns
    -------
    list of Event
        In the order of recording.
    """
    return list(select(connection, "WHERE layer = ? AND uid = ? ORDER BY sequence", (layer, uid)))


def of_features(connection: Connection, layer: str, uids: Sequence[str]) -> dict[str, list[Event]]:
    """
    Read the events of many features.

    Parameters
    ----------
    connection
        Any connection.
    layer
        Id of the layer.
    uids
        The features.

    Returns
    -------
    dict
        By uid, in the order of recording; empty lists where there are none.
    """
    found: dict[str, list[Event]] = {uid: [] for uid in uids}
    wanted = orjson.dumps(list(uids)).decode()
    condition = f"WHERE layer = ? AND uid IN ({connection.dialect.among('text')}) ORDER BY sequence"
    for event in select(connection, condition, (layer, wanted)):
        found[event.uid].append(event)
    return found


def stories(connection: Connection, layer: str, *, after: str, limit: int, until: int) -> dict[str, list[Event]]:
    """
    Read the events of a page of features.

    Parameters
    ----------
    connection
        Any connection.
    layer
        Id of the layer.
    after
        Only features after this uid.
    limit
        Most features wanted.
    until
        Only events up to this place in the chain.

    Returns
    -------
    dict
        By uid, in their order; features without events up to there have empty lists.
    """
    page = connection.execute(
        "SELECT DISTINCT uid FROM yzgeo_ledger WHERE layer = ? AND uid > ? ORDER BY uid LIMIT ?", (layer, after, limit)
    )
    uids = [str(uid) for (uid,) in page.fetchall()]
    found: dict[str, list[Event]] = {uid: [] for uid in uids}
    condition = f"WHERE layer = ? AND uid IN ({connection.dialect.among('text')}) AND sequence <= ? ORDER BY sequence"
    for event in select(connection, condition, (layer, orjson.dumps(uids).decode(), until)):
        found[event.uid].append(event)
    return found


def find(connection: Connection, event_id: str) -> Event | None:
    """
    Look an event up.

    Parameters
    ----------
    connection
        Any connection.
    event_id
        Its id.

    Returns
    -------
    Event or None
        The event.
    """
    return next(select(connection, "WHERE event_id = ?", (event_id,)), None)


def put(connection: Connection, statement: str, rows: Sequence[Sequence[Any]]) -> None:
    """
    Execute a statement once for each row; for one row, as most often, at half the price.

    Parameters
    ----------
    connection
        The writer, inside a transaction.
    statement
        With place holders.
    rows
        Their values; there may be none.
    """
    if len(rows) == 1:
        connection.execute(statement, rows[0])
    elif rows:
        connection.executemany(statement, rows)
