"""Openings by the hundred thousand, as an import makes them: appended and projected in columns, not one by one."""

# ruff: noqa: S608 - only constants of ours stand in the statements, values are bound

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain, repeat
from typing import Any

from yzgeo.catalogue import Layer, StageTable
from yzgeo.ledger import Openings, chained

from . import ledger_rows
from .dialect import Connection
from .identifiers import quote
from .ledger_projection import BEGINNING, Projection, project, spelt

# From this many on it pays to build the ledger's indexes afterwards; the ledger must not be much longer than that.
_BULK_ROWS = 1_000
# Asked of every row: the trigger that the plain INSERT below cannot offend (it names no sequence and REPLACEs nothing,
# and the unique index refuses a known id), and indexes that are quicker built than kept.
_SET_ASIDE = ("yzgeo_ledger_no_replace", "yzgeo_ledger_feature", "yzgeo_ledger_delivery")

_TOLD = "yzgeo_told"
_COURSE = "yzgeo_course"
_ITSELF = "="
_DAY = "2000-01-01"
_PLAIN = re.compile(r"[A-Za-z0-9_.:+-]*")


def append(connection: Connection, openings: Openings, *, now: datetime) -> None:
    """
    Put many openings at the end of the chain, straight from their columns.

    Parameters
    ----------
    connection
        The writer, inside a transaction.
    openings
        The entries; their ids are in the ledger for the first time.
    now
        Record time, with zone.
    """
    head = connection.execute(f"SELECT events, hash FROM yzgeo_ledger_head{connection.dialect.locked}").fetchone()
    hashes = list(chained(openings, head[1], now))
    if not hashes:
        return
    shared = ledger_rows.to_row(replace(openings.sample, recorded_at=now.astimezone(UTC)))
    names = ledger_rows.COLUMNS.split(", ")
    differing: dict[str, Iterable[object]] = {
        "event_id": openings.ids,
        "uid": openings.told.uids,
        "valid_at": openings.valid_at,
        "payload": (payload.decode() for payload in openings.payloads),
        "previous_hash": chain((head[1],), hashes),
        "hash": hashes,
    }
    written, bound = [], []
    for name, value in zip(names, shared, strict=True):
        literal = None if name in differing else _literal(value)
        written.append(literal or "?")
        if literal is None:
            bound.append(differing.get(name, repeat(value)))
    connection.executemany(
        f"INSERT INTO yzgeo_ledger ({ledger_rows.COLUMNS}) VALUES ({', '.join(written)})", zip(*bound, strict=False)
    )
    connection.execute("UPDATE yzgeo_ledger_head SET events = ?, hash = ?", (head[0] + len(hashes), hashes[-1]))


def store(connection: Connection, layer: Layer, table: StageTable, openings: Openings) -> None:
    """
    Store what follows from openings that are the first word on their features.

    Parameters
    ----------
    connection
        The writer, inside a transaction.
    layer
        The layer.
    table
        Its stage table.
    openings
        The entries.
    """
    told = openings.told
    names = sorted({name for measures in _distinct(told.measures) for name in measures})
    _put_courses(connection, table, openings)
    numbers = {key: number for number, key in enumerate(_days(openings))}
    connection.execute(
        f"CREATE TEMP TABLE {_TOLD} (uid TEXT, course INTEGER, event_id TEXT, made_up INTEGER, measures TEXT"
        f"{''.join(f', m{place} DOUBLE PRECISION' for place in range(len(names)))})"
    )
    columns: list[Sequence[Any]] = [
        told.uids,
        [numbers[key] for key in zip(told.stages, told.days, strict=True)],
        openings.ids,
        list(map(int, told.illustrative)),
        _spelt(told.measures),
        *([measures.get(name) for measures in told.measures] for name in names),
    ]
    # In the order of the tables' keys, which spares the database half of the work.
    order = sorted(range(len(told.uids)), key=told.uids.__getitem__)
    connection.executemany(
        f"INSERT INTO {_TOLD} VALUES ({', '.join('?' * len(columns))})",
        zip(*(map(column.__getitem__, order) for column in columns), strict=True),
    )
    joined = f"FROM {_TOLD} AS t CROSS JOIN {_COURSE} AS c WHERE c.course = t.course"
    connection.execute(
        "INSERT INTO yzgeo_ledger_state (layer, uid, stage, stage_date, measures, own, illustrative) "
        f"SELECT ?, t.uid, c.stage, c.stage_date, coalesce(t.measures, '{{}}'), 0, t.made_up {joined} AND c.place = 0",
        (layer.id,),
    )
    connection.execute(
        "INSERT INTO yzgeo_ledger_interval (layer, uid, start_day, end_day, stage, event_id, delta) "
        f"SELECT ?, t.uid, c.start_day, c.end_day, c.stage, coalesce(c.event_id, t.event_id), c.delta {joined} "
        "AND c.place > 0",
        (layer.id,),
    )
    for place, name in enumerate(names):
        connection.execute(
            "INSERT INTO yzgeo_ledger_measure (layer, uid, field, start_day, value) "
            f"SELECT ?, t.uid, ?, coalesce(c.stage_date, ?), t.m{place} {joined} AND c.place = 0 "
            f"AND t.m{place} IS NOT NULL",
            (layer.id, name, BEGINNING),
        )
    for name in (_TOLD, _COURSE):
        connection.execute(f"DROP TABLE {name}")


@contextmanager
def quickly(connection: Connection, rows: int) -> Iterator[None]:
    """
    Set aside what the ledger's tables ask of every row, where so many come that it is quicker made up for at the end.

    Parameters
    ----------
    connection
        The writer, inside a transaction, so that nobody else ever misses anything.
    rows
        How many entries come.

    Yields
    ------
    None
    """
    [events] = connection.execute("SELECT events FROM yzgeo_ledger_head").fetchone()
    if not connection.dialect.indexes_by_hand or rows < max(_BULK_ROWS, events):
        yield
        return
    marks = ", ".join("?" * len(_SET_ASIDE))
    found = connection.execute(
        f"SELECT type, name, sql FROM sqlite_master WHERE name IN ({marks})", _SET_ASIDE
    ).fetchall()
    for kind, name, _ in found:
        connection.execute(f"DROP {kind} {quote(name)}")
    yield
    for _, _, statement in found:
        connection.execute(statement)


def _put_courses(connection: Connection, table: StageTable, openings: Openings) -> None:
    """Lay down what follows from each stage and day: first the state, then the intervals."""
    connection.execute(
        f"CREATE TEMP TABLE {_COURSE} (course INTEGER, place INTEGER, stage TEXT, stage_date TEXT, start_day TEXT, "
        "end_day TEXT, event_id TEXT, delta INTEGER, PRIMARY KEY (course, place))"
    )
    rows: list[tuple[object, ...]] = []
    folded: dict[tuple[str, bool], Projection] = {}
    for number, (stage, day) in enumerate(_days(openings)):
        # One fold for each stage, with a day and without: another day is just another day, and the quantities told
        # change nothing but themselves.
        key = (stage, day is not None)
        if key not in folded:
            payload = {"stage": stage, "on": None if day is None else _DAY}
            folded[key] = project([replace(openings.sample, id=_ITSELF, payload=payload)], table)
        moved = {_DAY: day}
        now, on, *_ = folded[key].state
        rows.append((number, 0, now, on and day, None, None, None, None))
        for place, (start, end, name, cause, delta) in enumerate(folded[key].intervals, 1):
            event = None if cause == _ITSELF else cause
            rows.append((number, place, name, None, moved.get(start, start), moved.get(end, end), event, delta))
    connection.executemany(f"INSERT INTO {_COURSE} VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)


def _days(openings: Openings) -> Iterable[tuple[str, str | None]]:
    return dict.fromkeys(zip(openings.told.stages, openings.told.days, strict=True))


def _distinct(measures: Sequence[Mapping[str, float]]) -> Iterable[Mapping[str, float]]:
    """Features that say the same may share one mapping."""
    return {id(each): each for each in measures}.values()


def _spelt(measures: Sequence[Mapping[str, float]]) -> list[str | None]:
    known = {id(each): spelt(each) if each else None for each in _distinct(measures)}
    return [known[id(each)] for each in measures]


def _literal(value: object) -> str | None:
    """Write a value into the statement, which is quicker than to bind it to every row; None if it is not that plain."""
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    return f"'{value}'" if isinstance(value, str) and _PLAIN.fullmatch(value) else None
