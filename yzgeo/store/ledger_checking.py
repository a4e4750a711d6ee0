"""Whether the ledger holds, and whether the layers say what it says."""

# ruff: noqa: S608 - names go through identifiers.quote, values are bound

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby

from yzgeo import stages
from yzgeo.catalogue import Catalogue, Layer, StageTable
from yzgeo.ledger import TOLD

from . import ledger_chain, ledger_projection, ledger_rows
from .base import Difference, Provenance, Verification
from .dialect import Connection
from .identifiers import quote
from .ledger_projection import Projection

_GROUP = 500
_MOVING = f"AND kind NOT IN ({', '.join(repr(kind) for kind in sorted(TOLD))})"


def verify(connection: Connection, catalogue: Catalogue) -> Verification:
    """
    Walk the chain, and where it holds compare everything that follows from it.

    Parameters
    ----------
    connection
        A reader.
    catalogue
        The layers.

    Returns
    -------
    Verification
        Differences are looked for only if the chain holds: a broken one proves nothing.
    """
    count, head = connection.execute("SELECT events, hash FROM yzgeo_ledger_head").fetchone()
    broken = ledger_chain.first_break(connection)
    found: list[Difference] = []
    if broken is None:
        for layer, table in _staged(catalogue):
            for made in _projections(connection, layer, table):
                found += _columns(connection, layer, table, made)
                found += _parts(connection, layer, made)
            found += _without_events(connection, layer, table)
    return Verification(count, head, broken, found)


def rebuild(connection: Connection, catalogue: Catalogue, *, now: datetime) -> int:
    """
    Make the projection again.

    Parameters
    ----------
    connection
        The writer, inside a transaction.
    catalogue
        The layers.
    now
        Record time, in UTC.

    Returns
    -------
    int
        How many features had columns put right.
    """
    mended = 0
    for layer, table in _staged(catalogue):
        for name in ("state", "interval", "measure", "pending"):
            connection.execute(f"DELETE FROM yzgeo_ledger_{name} WHERE layer = ?", (layer.id,))
        everything: dict[str, Projection] = {}
        for made in _projections(connection, layer, table):
            ledger_projection.store(connection, layer, made)
            everything |= made
        wrong = {change.uid for change in ledger_projection.differences(connection, layer, table, everything)}
        for difference in _without_events(connection, layer, table):
            wrong.add(difference.uid)
            everything[difference.uid] = ledger_projection.project([], table)
        provenance = Provenance("yzgeo", "ledger rebuild", choices={"rebuild": True})
        ledger_projection.amend(connection, layer, table, everything, provenance=provenance, now=now)
        mended += len(wrong)
    return mended


def _staged(catalogue: Catalogue) -> Iterator[tuple[Layer, StageTable]]:
    for layer in catalogue.layers.values():
        if layer.stage_table is not None and "stage" in layer.fields_by_id:
            yield layer, layer.stage_table


def _projections(connection: Connection, layer: Layer, table: StageTable) -> Iterator[dict[str, Projection]]:
    """Fold feature by feature, a group at a time, so that a long ledger needs little memory."""
    cursor = ledger_rows.select(connection, f"WHERE layer = ? {_MOVING} ORDER BY layer, uid, sequence", (layer.id,))
    made: dict[str, Projection] = {}
    for uid, events in groupby(cursor, key=lambda event: event.uid):
        made[uid] = ledger_projection.project(list(events), table)
        if len(made) >= _GROUP:
            yield made
            made = {}
    if made:
        yield made


def _columns(connection: Connection, layer: Layer, table: StageTable, made: dict[str, Projection]) -> list[Difference]:
    return [
        Difference(layer.id, change.uid, name, change.stored[name], expected)
        for change in ledger_projection.differences(connection, layer, table, made)
        for name, expected in change.values.items()
    ]


def _parts(connection: Connection, layer: Layer, made: dict[str, Projection]) -> list[Difference]:
    """Compare the tables that answer for a day and the list of what waits."""
    found = []
    for uid, projection in made.items():
        key = (layer.id, uid)
        state = connection.execute(
            "SELECT stage, stage_date, measures, own, illustrative FROM yzgeo_ledger_state WHERE layer = ? AND uid = ?",
            key,
        ).fetchone()
        spans = connection.execute(
            "SELECT start_day, end_day, stage, event_id, delta FROM yzgeo_ledger_interval "
            "WHERE layer = ? AND uid = ? ORDER BY start_day",
            key,
        ).fetchall()
        reports = connection.execute(
            "SELECT field, start_day, value FROM yzgeo_ledger_measure WHERE layer = ? AND uid = ? "
            "ORDER BY field, start_day",
            key,
        ).fetchall()
        waiting = connection.execute(
            "SELECT event_id FROM yzgeo_ledger_pending WHERE layer = ? AND uid = ? ORDER BY event_id", key
        ).fetchall()
        pairs = {
            "ledger_state": (state, projection.state),
            "ledger_interval": (spans, projection.intervals),
            "ledger_measure": (reports, projection.reports),
            "ledger_pending": ([row[0] for row in waiting], sorted(projection.pending)),
        }
        found += [
            Difference(layer.id, uid, name, str(stored), str(expected))
            for name, (stored, expected) in pairs.items()
            if stored != expected
        ]
    return found


def _without_events(connection: Connection, layer: Layer, table: StageTable) -> list[Difference]:
    """A feature nobody has said anything about is at the first stage."""
    initial = stages.machine(table).initial
    rows = connection.execute(
        f"SELECT t.uid, t.stage FROM {quote(layer.id)} AS t WHERE t.stage IS NOT NULL AND t.stage != ? "
        f"AND NOT EXISTS (SELECT 1 FROM yzgeo_ledger AS e WHERE e.layer = ? AND e.uid = t.uid {_MOVING})",
        (initial, layer.id),
    ).fetchall()
    return [Difference(layer.id, uid, "stage", stage, initial) for uid, stage in rows]
