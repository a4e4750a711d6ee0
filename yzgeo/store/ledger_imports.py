"""What an import says of stages: taken in as openings unless people have spoken, and withdrawn when it is undone."""

# ruff: noqa: S608 - names go through identifiers.quote, values are bound

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from yzgeo import stages
from yzgeo.catalogue import Layer, StageTable
from yzgeo.ledger import IMPORTED, Event, Told, opening_for, openings_for, withdrawal_for
from yzgeo.stages import Machine

from . import ledger_chain, ledger_openings, ledger_projection, ledger_rows
from .base import Batch
from .dialect import Connection
from .identifiers import quote

Row = dict[str, Any]


def take_in(connection: Connection, layer: Layer, batch: Batch, *, given: Collection[str], now: datetime) -> None:
    """
    Make the ledger and the rows of a batch agree, in the transaction of the batch.

    Where people have recorded progress the ledger stands and the row is put right; elsewhere the import's word becomes
    an opening entry. A feature that turns from illustrative into real always starts anew.

    Parameters
    ----------
    connection
        The writer, inside a transaction.
    layer
        The layer.
    batch
        The batch that was just written.
    given
        Fields that the batch named; the others kept what was stored, which is no word of the import.
    now
        Record time, in UTC.
    """
    table = layer.stage_table
    if table is None or "stage" not in layer.fields_by_id or not batch.id:
        return
    names, rows = _disagreeing(connection, layer, table, batch.revision)
    fresh, heard = _split(names, rows, stages.machine(table))
    if fresh:
        _open_fresh(connection, layer, table, batch, fresh, names=names, given=given, now=now)
    if heard:
        _reconcile(connection, layer, table, batch, heard, given=given, now=now)


def _open_fresh(
    connection: Connection,
    layer: Layer,
    table: StageTable,
    batch: Batch,
    rows: list[tuple[Any, ...]],
    *,
    names: Sequence[str],
    given: Collection[str],
    now: datetime,
) -> None:
    """Take features in of which the ledger has never heard, in columns: an import may bring all of a layer."""
    kept = stages.kept_fields(layer, table)
    measures = [name for name in kept if name not in ("stage", "stage_date") and name in given]
    dated = "stage_date" in kept and "stage_date" in given
    # What the batch did not name is no word of the import, and the ledger has none of it.
    silent = [names.index(name) for name in kept if name != "stage" and name not in given]
    wrong = [row[0] for row in rows if any(row[place] for place in silent)] if silent else []
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    rows.clear()
    told = Told(
        uids=columns["uid"],
        stages=columns["stage"],
        days=columns["stage_date"] if dated else [None] * len(columns["uid"]),
        measures=_measures(measures, columns),
        illustrative=[status == "illustrative" for status in columns["data_status"]],
    )
    columns.clear()
    openings = openings_for(layer.id, told, actor=batch.actor, batch=batch.id, now=now)
    with ledger_openings.quickly(connection, len(told.uids)):
        ledger_openings.append(connection, openings, now=now)
        ledger_openings.store(connection, layer, table, openings)
    if wrong:
        made = _projections(connection, layer, table, wrong)
        ledger_projection.overwrite(connection, layer, ledger_projection.differences(connection, layer, table, made))


def _reconcile(
    connection: Connection,
    layer: Layer,
    table: StageTable,
    batch: Batch,
    rows: Sequence[Row],
    *,
    given: Collection[str],
    now: datetime,
) -> None:
    """Weigh the import's word against what the ledger has heard of each feature."""
    kept = stages.kept_fields(layer, table)
    openings: list[Event] = []
    existing = ledger_rows.of_features(connection, layer.id, [row["uid"] for row in rows])
    for row in rows:
        if row["stage"] is None and row["turned_real"]:
            row["stage"] = stages.machine(table).initial
        if row["stage"] is None or (row["own"] and not row["turned_real"]):
            continue  # people have spoken, or the cell is empty and nobody's word
        told = {name: value for name, value in row.items() if name not in kept or name in given or name == "stage"}
        openings.append(_opening(layer, table, told, batch, existing[row["uid"]], now=now))
    for event in ledger_chain.append(connection, openings, now=now):
        existing[event.uid].append(event)
    moved = {event.uid for event in openings}
    made = {uid: ledger_projection.project(events, table) for uid, events in existing.items()}
    ledger_projection.store(connection, layer, {uid: made[uid] for uid in made if uid in moved})
    ledger_projection.overwrite(connection, layer, ledger_projection.differences(connection, layer, table, made))


def _projections(
    connection: Connection, layer: Layer, table: StageTable, uids: Sequence[str]
) -> dict[str, ledger_projection.Projection]:
    events = ledger_rows.of_features(connection, layer.id, uids)
    return {uid: ledger_projection.project(events[uid], table) for uid in uids if events[uid]}


def take_back(connection: Connection, layer: Layer, target: Batch, batch: Batch, uids: str, *, now: datetime) -> None:
    """
    Withdraw from the ledger what a batch said of stages, in the transaction of the batch that undoes it.

    Parameters
    ----------
    connection
        The writer, inside a transaction.
    layer
        The layer.
    target
        The batch being undone.
    batch
        The batch that undoes it, just written.
    uids
        A statement that selects the features that are taken back.
    now
        Record time, in UTC.
    """
    table = layer.stage_table
    if table is None or "stage" not in layer.fields_by_id:
        return
    kinds = ", ".join(repr(kind) for kind in sorted(IMPORTED))
    said = ledger_rows.select(
        connection,
        f"WHERE layer = ? AND uid IN ({uids}) AND kind IN ({kinds}) "
        f"AND {connection.dialect.text_at('payload', 'batch')} = ? "
        "ORDER BY sequence",
        (layer.id, target.id),
    )
    reason = batch.reason
    withdrawals = [withdrawal_for(each, actor=batch.actor, reason=reason, batch=batch.id, now=now) for each in said]
    ledger_chain.append(connection, withdrawals, now=now)
    made = _projections(connection, layer, table, [uid for (uid,) in connection.execute(uids)])
    ledger_projection.store(connection, layer, made)
    speaking = {uid: projection for uid, projection in made.items() if not projection.mute}
    ledger_projection.overwrite(connection, layer, ledger_projection.differences(connection, layer, table, speaking))


def _measures(names: Sequence[str], columns: Mapping[str, Sequence[Any]]) -> list[Mapping[str, float]]:
    """Give the quantities of each feature; those that say the same share one mapping."""
    if not names:
        return [{}] * len(columns["uid"])
    seen: dict[tuple[Any, ...], Mapping[str, float]] = {}
    found = []
    for values in zip(*(columns[name] for name in names), strict=True):
        said = seen.get(values)
        if said is None:
            said = {name: value for name, value in zip(names, values, strict=True) if value is not None}
            seen[values] = said
        found.append(said)
    return found


def _split(
    names: Sequence[str], rows: Iterable[tuple[Any, ...]], machine: Machine
) -> tuple[list[tuple[Any, ...]], list[Row]]:
    """Part the features of which the ledger has never heard from the others; unknown stages are left alone."""
    place, known = names.index("stage"), machine.order
    fresh: list[tuple[Any, ...]] = []
    heard: list[Row] = []
    for row in rows:
        stage = row[place]
        if row[1] and (stage is None or stage in known):
            heard.append(dict(zip(names, row, strict=True)))
        elif stage in known:
            fresh.append(row)
    return fresh, heard


def _disagreeing(
    connection: Connection, layer: Layer, table: StageTable, revision: int
) -> tuple[list[str], Iterable[tuple[Any, ...]]]:
    fields = stages.kept_fields(layer, table)
    measures = [name for name in fields if name not in ("stage", "stage_date")]
    status = "t.data_status" if "data_status" in layer.fields_by_id else "NULL"
    spelt = connection.dialect
    turned = f"(coalesce(s.illustrative, 0) = 1 AND {status} {spelt.differs} 'illustrative')"
    agree = [f"coalesce(s.stage, ?3) {spelt.same} t.stage"]
    if "stage_date" in fields:
        agree.append(f"s.stage_date {spelt.same} t.stage_date")
    agree += [
        f"coalesce({spelt.number_at('s.measures', name)}, 0) {spelt.same} coalesce(t.{quote(name)}, 0)"
        for name in measures
    ]
    names = ["uid", "heard", "own", "turned_real", "data_status", *fields]
    wanted = ", ".join(f"t.{quote(name)}" for name in fields)
    heard = "EXISTS (SELECT 1 FROM yzgeo_ledger AS e WHERE e.layer = ?1 AND e.uid = t.uid)"
    found = connection.execute(
        f"SELECT t.uid, {heard}, coalesce(s.own, 0), {turned}, {status}, {wanted} FROM {quote(layer.id)} AS t "
        "LEFT JOIN yzgeo_ledger_state AS s ON s.layer = ?1 AND s.uid = t.uid "
        f"WHERE t.revision = ?2 AND ({turned} OR NOT ({' AND '.join(agree)})) ORDER BY t.fid",
        (layer.id, revision, stages.machine(table).initial),
    )
    return names, found


def _opening(
    layer: Layer, table: StageTable, row: Row, batch: Batch, existing: Sequence[Event], *, now: datetime
) -> Event:
    measures = [measure.field for measure in table.measures]
    return opening_for(
        layer.id,
        row["uid"],
        stage=row["stage"],
        on=row.get("stage_date"),
        measures={name: row[name] for name in measures if row.get(name) is not None},
        existing=existing,
        illustrative=row["data_status"] == "illustrative",
        actor=batch.actor,
        batch=batch.id,
        now=now,
    )
