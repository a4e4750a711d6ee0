"""What follows from the events: stage columns, measures, intervals and what waits for a second person."""

# ruff: noqa: S608 - names go through identifiers.quote, values are bound

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any
from uuid import uuid4

import orjson

from yzgeo import ledger, stages
from yzgeo.catalogue import Layer, StageTable
from yzgeo.ledger import Event

from . import ledger_rows, timestamps, writing
from .base import Batch, Feature, Provenance, Value
from .dialect import Connection
from .identifiers import quote

OPEN_END = "9999-12-31"
# What imports say is no person's word, and what is merely told moves nothing.
SILENT = ledger.IMPORTED | ledger.TOLD
BEGINNING = ""
_PUT_STATE = (
    "INSERT INTO yzgeo_ledger_state (layer, uid, stage, stage_date, measures, own, illustrative) "
    "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (layer, uid) DO UPDATE SET stage = excluded.stage, "
    "stage_date = excluded.stage_date, measures = excluded.measures, own = excluded.own, "
    "illustrative = excluded.illustrative"
)
_PUT_INTERVAL = (
    "INSERT INTO yzgeo_ledger_interval (layer, uid, start_day, end_day, stage, event_id, delta) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_PUT_MEASURE = "INSERT INTO yzgeo_ledger_measure (layer, uid, field, start_day, value) VALUES (?, ?, ?, ?, ?)"
State = tuple[str, str | None, str, int, int]
Intervals = list[tuple[str, str, str, str, int]]


@dataclass(frozen=True)
class Change:
    """Columns of one feature that have to become what the ledger says."""

    fid: int
    uid: str
    values: Mapping[str, Value]
    stored: Mapping[str, Value]


@dataclass(frozen=True)
class Projection:
    """What the events of one feature say, as it is stored."""

    state: State
    """Stage, its date, measures as canonical JSON, whether people have spoken, whether any of it is illustrative."""
    intervals: Intervals
    reports: list[tuple[str, str, float]]
    pending: tuple[str, ...]
    mute: bool
    """Whether everything that was ever said has been taken back, so that the layer may say what it likes."""
    track: tuple[tuple[str, date | None, str], ...] = ()
    """The course of stages that ``intervals`` spell."""

    def columns(self, table: StageTable) -> dict[str, Value]:
        """
        Give the values of the layer's own columns.

        Parameters
        ----------
        table
            The layer's stage table.

        Returns
        -------
        dict
            ``stage``, ``stage_date`` and every measure, None where none was reported.
        """
        measures = orjson.loads(self.state[2])
        own: dict[str, Value] = {measure.field: measures.get(measure.field) for measure in table.measures}
        return {"stage": self.state[0], "stage_date": self.state[1], **own}


_NOTHING = Projection(("", None, "", 0, 0), [], [], (), mute=True)


def project(events: Sequence[Event], table: StageTable, *, before: Projection | None = None) -> Projection:
    """
    Work out what the events of one feature say.

    Parameters
    ----------
    events
        Its events; a `ledger.Story` that has grown by one is quicker.
    table
        The layer's stage table.
    before
        What they said before the last one: spelled already, where it goes on saying the same.

    Returns
    -------
    Projection
        A pure function of the set of events.
    """
    machine = stages.machine(table)
    story = ledger.Story.of(events)
    state = story.state(machine)
    present = [event for event in story if event.id not in story.gone] if story.gone else story
    own = any(event.kind not in SILENT and event.payload.get("illustrative") is not True for event in present)
    made_up = any(event.payload.get("illustrative") is True for event in present)
    spans = before.intervals if before and before.track == state.track else _spans(state, machine)
    measures = spelt(state.measures)
    on = None if state.stage_on is None else state.stage_on.isoformat()
    # The last word of a day stands for the day.
    daily = {(name, BEGINNING if day is None else day.isoformat()): value for name, day, value in state.reports}
    reports = sorted((name, day, value) for (name, day), value in daily.items())
    mute = all(event.kind in {*ledger.TOLD, "withdrawal"} for event in present)
    return Projection(
        (state.stage, on, measures, int(own), int(made_up)), spans, reports, state.pending, mute, state.track
    )


def _spans(state: ledger.State, machine: stages.Machine) -> Intervals:
    return [
        (
            BEGINNING if span.start is None else span.start.isoformat(),
            OPEN_END if span.end is None else span.end.isoformat(),
            span.stage,
            span.event,
            span.delta,
        )
        for span in ledger.intervals(state, machine)
    ]


def store(
    connection: Connection,
    layer: Layer,
    made: Mapping[str, Projection],
    *,
    stored: Mapping[str, Projection] = MappingProxyType({}),
) -> None:
    """
    Put projections in the place of those that are there.

    Parameters
    ----------
    connection
        The writer, inside a transaction.
    layer
        The layer.
    made
        Projection by uid.
    stored
        What stands there now, of features for which that is known: only what differs is written.
    """
    whole = [(layer.id, uid) for uid in made if uid not in stored]
    for table in ("interval", "measure", "pending"):
        ledger_rows.put(connection, f"DELETE FROM yzgeo_ledger_{table} WHERE layer = ? AND uid = ?", whole)
    states, gone, put = [], _Rows(), _Rows()
    for uid, projection in made.items():
        known = stored.get(uid, _NOTHING)
        if projection.state != known.state:
            states.append((layer.id, uid, *projection.state))
        gone.add(layer.id, uid, known, beside=projection)
        put.add(layer.id, uid, projection, beside=known)
    interval = "DELETE FROM yzgeo_ledger_interval WHERE layer = ? AND uid = ? AND start_day = ?"
    measure = "DELETE FROM yzgeo_ledger_measure WHERE layer = ? AND uid = ? AND field = ? AND start_day = ?"
    ledger_rows.put(connection, interval, [row[:3] for row in gone.intervals])
    ledger_rows.put(connection, measure, [row[:4] for row in gone.measures])
    ledger_rows.put(
        connection, "DELETE FROM yzgeo_ledger_pending WHERE event_id = ?", [row[:1] for row in gone.pending]
    )
    ledger_rows.put(connection, _PUT_STATE, states)
    ledger_rows.put(connection, _PUT_INTERVAL, put.intervals)
    ledger_rows.put(connection, _PUT_MEASURE, put.measures)
    ledger_rows.put(connection, "INSERT INTO yzgeo_ledger_pending (event_id, layer, uid) VALUES (?, ?, ?)", put.pending)


class _Rows:
    """Rows of projections that others do not have."""

    def __init__(self) -> None:
        self.intervals: list[tuple[Any, ...]] = []
        self.measures: list[tuple[Any, ...]] = []
        self.pending: list[tuple[Any, ...]] = []

    def add(self, layer: str, uid: str, projection: Projection, *, beside: Projection) -> None:
        spans, reports = set(beside.intervals), set(beside.reports)
        self.intervals += [(layer, uid, *span) for span in projection.intervals if span not in spans]
        self.measures += [(layer, uid, *report) for report in projection.reports if report not in reports]
        self.pending += [(event, layer, uid) for event in projection.pending if event not in beside.pending]


def amend(
    connection: Connection,
    layer: Layer,
    table: StageTable,
    made: Mapping[str, Projection],
    *,
    provenance: Provenance,
    now: datetime,
) -> int:
    """
    Bring the layer's columns to what the projections say, as one batch with history.

    Parameters
    ----------
    connection
        The writer, inside a transaction.
    layer
        The layer.
    table
        Its stage table.
    made
        Projection by uid; features that are not there are passed over.
    provenance
        Who causes it and why.
    now
        Time to record, in UTC.

    Returns
    -------
    int
        The layer's revision; it grows only if a column changes.
    """
    changes = differences(connection, layer, table, made)
    since = writing.current_revision(connection, layer)
    return put_right(connection, layer, changes, provenance=provenance, now=now, since=since)


def put_right(
    connection: Connection,
    layer: Layer,
    changes: Sequence[Change],
    *,
    provenance: Provenance,
    now: datetime,
    since: int,
) -> int:
    """
    Write columns as one batch with history.

    Parameters
    ----------
    connection
        The writer, inside a transaction.
    layer
        The layer.
    changes
        New values.
    provenance
        Who causes it and why.
    now
        Time to record, in UTC.
    since
        The layer's revision.

    Returns
    -------
    int
        Its new revision; the same one if nothing changes.
    """
    if not changes:
        return since
    moment = writing.Moment(since + 1, timestamps.precise(now))
    batch = Batch(
        id=str(uuid4()),
        layer=layer.id,
        revision=moment.revision,
        recorded_at=now,
        actor=provenance.actor,
        reason=provenance.reason,
        inserted=0,
        updated=len(changes),
        unchanged=0,
        deleted=0,
        choices=dict(provenance.choices),
    )
    number = writing.record_batch(connection, batch)
    fids = orjson.dumps([change.fid for change in changes]).decode()
    writing.archive(connection, layer, moment, connection.dialect.among("integer"), (fids,))
    overwrite(connection, layer, changes, revision=moment.revision)
    put_change = "INSERT INTO yzgeo_change (batch, kind, uid) VALUES (?, 'update', ?)"
    ledger_rows.put(connection, put_change, [(number, change.uid) for change in changes])
    connection.execute("UPDATE yzgeo_layer_revision SET revision = ? WHERE layer = ?", (moment.revision, layer.id))
    connection.execute(
        f"UPDATE {connection.dialect.contents} SET last_change = ? WHERE table_name = ?",
        (timestamps.standard(now), layer.id),
    )
    return moment.revision


def overwrite(connection: Connection, layer: Layer, changes: Sequence[Change], *, revision: int | None = None) -> None:
    """
    Write columns without history.

    Parameters
    ----------
    connection
        The writer, inside a transaction.
    layer
        The layer.
    changes
        New values.
    revision
        Revision of the new versions; the rows keep theirs if not given.
    """
    for change in changes:
        values = dict(change.values) if revision is None else {"revision": revision, **change.values}
        assigned = ", ".join(f"{quote(name)} = ?" for name in values)
        connection.execute(f"UPDATE {quote(layer.id)} SET {assigned} WHERE fid = ?", (*values.values(), change.fid))


def differences(
    connection: Connection,
    layer: Layer,
    table: StageTable,
    made: Mapping[str, Projection],
    *,
    features: Sequence[Feature] | None = None,
) -> list[Change]:
    """
    Compare the layer's columns with projections.

    Parameters
    ----------
    connection
        Any connection.
    layer
        The layer.
    table
        Its stage table.
    made
        Projection by uid; features that are not there are passed over.
    features
        The features themselves, if they were read already.

    Returns
    -------
    list of Change
        What would have to be written where they differ.
    """
    names = stages.kept_fields(layer, table)
    found = []
    if features is None:
        there = _standing(connection, layer, names, made)
    else:
        there = ((each.uid, each.fid, {name: each.properties[name] for name in names}) for each in features)
    for uid, fid, stored in there:
        projection = made[uid]
        target = projection.columns(table)
        judged = names
        if projection.mute:
            judged = [] if stored["stage"] is None else ["stage"]
        # Nobody has reported anything yet, and a table of the bureau says 0: that is no contradiction.
        values = {
            name: target[name] for name in judged if stored[name] != target[name] and (stored[name] or target[name])
        }
        if values:
            found.append(Change(fid, uid, values, {name: stored[name] for name in values}))
    return found


def _standing(
    connection: Connection, layer: Layer, names: Sequence[str], uids: Iterable[str]
) -> Iterator[tuple[str, int, dict[str, Value]]]:
    wanted = ", ".join(quote(name) for name in ("fid", *names))
    for uid in uids:
        row = connection.execute(f"SELECT {wanted} FROM {quote(layer.id)} WHERE uid = ?", (uid,)).fetchone()
        if row is not None:
            yield uid, row[0], dict(zip(names, row[1:], strict=True))


def spelt(measures: Mapping[str, float]) -> str:
    """
    Spell quantities as the state keeps them.

    Parameters
    ----------
    measures
        Value by field.

    Returns
    -------
    str
        JSON in the order of the names, every value as a decimal number.
    """
    named = {name: float(value) for name, value in measures.items()}
    return orjson.dumps(named, option=orjson.OPT_SORT_KEYS).decode() if named else "{}"
