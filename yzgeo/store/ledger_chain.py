"""The chain: events appended one after the other, and the walk that finds where it was touched."""

# ruff: noqa: S608 - only constants of ours stand in the statements, values are bound

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from yzgeo.ledger import GENESIS, Event, digest, sealed

from . import ledger_rows
from .base import ChainBreak
from .dialect import Connection

_HEAD = "SELECT events, hash FROM yzgeo_ledger_head"


def head(connection: Connection) -> tuple[int, str]:
    """
    Find the end of the chain; nobody else adds to it before this transaction ends.

    Parameters
    ----------
    connection
        The writer, inside a transaction.

    Returns
    -------
    tuple of int and str
        How many events there are, and the hash of the last one.
    """
    count, last = connection.execute(f"{_HEAD}{connection.dialect.locked}").fetchone()
    return count, last


def append(
    connection: Connection, events: Sequence[Event], *, now: datetime, at: tuple[int, str] | None = None
) -> list[Event]:
    """
    Seal events and put them at the end of the chain.

    Parameters
    ----------
    connection
        The writer, inside a transaction.
    events
        Accepted events; one that names its record time keeps it.
    now
        Record time of the others, with zone.
    at
        The chain's `head`, if this transaction has looked it up.

    Returns
    -------
    list of Event
        The same events, sealed.
    """
    count, previous = at or head(connection)
    made = []
    for event in events:
        entry = sealed(event, previous, event.recorded_at or now)
        previous = entry.hash
        made.append(entry)
    ledger_rows.put(connection, ledger_rows.INSERT, [ledger_rows.to_row(entry) for entry in made])
    connection.execute("UPDATE yzgeo_ledger_head SET events = ?, hash = ?", (count + len(made), previous))
    return made


def first_break(connection: Connection) -> ChainBreak | None:
    """
    Walk the whole chain.

    Parameters
    ----------
    connection
        A reader.

    Returns
    -------
    ChainBreak or None
        The first place where what is stored is not what was recorded.
    """
    previous, position = GENESIS, 0
    statement = f"SELECT sequence, {ledger_rows.COLUMNS} FROM yzgeo_ledger ORDER BY sequence"
    for sequence, *row in connection.execute(statement):
        reason = _fault(tuple(row), previous)
        if reason is not None:
            return ChainBreak(position, sequence, str(row[0]), reason)
        previous = row[-1]
        position += 1
    count, head = connection.execute(_HEAD).fetchone()
    if (count, head) != (position, previous):
        return ChainBreak(position, None, "", "tail")
    return None


def _fault(row: tuple[object, ...], previous: str) -> Literal["content", "predecessor"] | None:
    try:
        event = ledger_rows.from_row(row)
        respelt = ledger_rows.to_row(event)
        proof = digest(event)
    except (ValueError, TypeError, AttributeError):
        return "content"
    if event.previous_hash != previous:
        return "predecessor"
    return "content" if respelt != row or proof != event.hash else None
