"""What an import says of stages: taken in as openings unless people have spoken, and withdrawn when it is undone."""

# ruff: noqa: S608 - names go through identifiers.quote, values are bound

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from yzgeo import stages
from yzgeo.catalogue import Layer, StageTable
from yzgeo.ledger import IMPORTED, Event, opening_for, withdrawal_for

from . import ledger_chain, ledger_projection, ledger_rows
from .base import Batch
from .identifiers import quote


def take_in(
    connection: sqlite3.Connection, layer: Layer, batch: Batch, *, given: Collection[str], now: datetime
) -> None:
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
    known = stages.machine(table).order
    kept = ledger_projection.kept_fields(layer, table)
    openings: list[Event] = []
    overruled: list[str] = []
    for row in _disagreeing(connection, layer, table, batch.revision):
        if row["stage"] is None and row["turned_real"]:
            row["stage"] = stages.machine(table).initial
        if row["stage"] is None or (row["stage"] in known and row["own"] and not row["turned_real"]):
            overruled.append(row["uid"])  # an empty cell is nobody's word
        elif row["stage"] not in known:
            continue
        else:
            told = {name: value for name, value in row.items() if name not in kept or name in given or name == "stage"}
            openings.append(_opening(connection, layer, table, told, batch, now=now))
    sealed = ledger_chain.append(connection, openings, now=now)
    made = {
        event.uid: ledger_projection.project(ledger_rows.of_feature(connection, layer.id, event.uid), table)
        for event in sealed
    }
    ledger_projection.store(connection, layer, made)
    for uid in overruled:
        if events := ledger_rows.of_feature(connection, layer.id, uid):
            made[uid] = ledger_projection.project(events, table)
    ledger_projection.overwrite(connection, layer, ledger_projection.differences(connection, layer, table, made))


def take_back(
    connection: sqlite3.Connection, layer: Layer, target: Batch, batch: Batch, uids: str, *, now: datetime
) -> None:
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
        f"WHERE layer = ? AND uid IN ({uids}) AND kind IN ({kinds}) AND json_extract(payload, '$.batch') = ? "
        "ORDER BY sequence",
        (layer.id, target.id),
    )
    reason = batch.reason
    withdrawals = [withdrawal_for(each, actor=batch.actor, reason=reason, batch=batch.id, now=now) for each in said]
    ledger_chain.append(connection, withdrawals, now=now)
    heard = connection.execute(
        f"SELECT DISTINCT uid FROM yzgeo_ledger WHERE layer = ? AND uid IN ({uids})", (layer.id,)
    ).fetchall()
    made = {
        uid: ledger_projection.project(ledger_rows.of_feature(connection, layer.id, uid), table) for (uid,) in heard
    }
    ledger_projection.store(connection, layer, made)
    speaking = {uid: projection for uid, projection in made.items() if not projection.mute}
    ledger_projection.overwrite(connection, layer, ledger_projection.differences(connection, layer, table, speaking))


def _disagreeing(
    connection: sqlite3.Connection, layer: Layer, table: StageTable, revision: int
) -> Sequence[dict[str, Any]]:
    fields = ledger_projection.kept_fields(layer, table)
    measures = [name for name in fields if name not in ("stage", "stage_date")]
    status = "t.data_status" if "data_status" in layer.fields_by_id else "NULL"
    turned = f"(coalesce(s.illustrative, 0) AND {status} IS NOT 'illustrative')"
    agree = ["coalesce(s.stage, ?) IS t.stage"]
    if "stage_date" in fields:
        agree.append("s.stage_date IS t.stage_date")
    agree += [f"coalesce(json_extract(s.measures, '$.{name}'), 0) IS coalesce(t.{quote(name)}, 0)" for name in measures]
    names = ["uid", "own", "turned_real", "data_status", *fields]
    wanted = ", ".join(f"t.{quote(name)}" for name in fields)
    found = connection.execute(
        f"SELECT t.uid, coalesce(s.own, 0), {turned}, {status}, {wanted} FROM main.{quote(layer.id)} AS t "
        "LEFT JOIN yzgeo_ledger_state AS s ON s.layer = ? AND s.uid = t.uid "
        f"WHERE t.revision = ? AND ({turned} OR NOT ({' AND '.join(agree)})) ORDER BY t.fid",
        (layer.id, revision, stages.machine(table).initial),
    ).fetchall()
    return [dict(zip(names, row, strict=True)) for row in found]


def _opening(
    connection: sqlite3.Connection, layer: Layer, table: StageTable, row: dict[str, Any], batch: Batch, *, now: datetime
) -> Event:
    measures = [measure.field for measure in table.measures]
    return opening_for(
        layer.id,
        row["uid"],
        stage=row["stage"],
        on=row.get("stage_date"),
        measures={name: row[name] for name in measures if row.get(name) is not None},
        existing=ledger_rows.of_feature(connection, layer.id, row["uid"]),
        illustrative=row["data_status"] == "illustrative",
        actor=batch.actor,
        batch=batch.id,
        now=now,
    )
