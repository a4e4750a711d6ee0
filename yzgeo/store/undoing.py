"""One batch taken back: its features as they were, unless someone has changed them since."""

# ruff: noqa: S608 - names go through identifiers.quote, values are bound

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from yzgeo.catalogue import Catalogue, Layer
from yzgeo.errors import AlreadyUndoneError, BatchUnknownError, UndoRefusedError
from yzgeo.ledger import IMPORTED, TOLD

from . import history, ledger_imports, schema, timestamps, writing
from .base import Batch, LaterEdit, Undone
from .dialect import Connection
from .identifiers import history_table, quote, rtree_table
from .register import LEDGER_MARKS
from .writing import Moment

_UNDO = "yzgeo_undo"


@dataclass(frozen=True, slots=True)
class _Target:
    """The batch to take back: its number, what is known of it, and how long the ledger was when it was written."""

    number: int
    batch: Batch
    heard: int | None


def undo(
    connection: Connection, catalogue: Catalogue, batch_id: str, *, actor: str, reason: str, now: datetime
) -> Undone:
    """
    Take a batch back.

    Parameters
    ----------
    connection
        The writer, inside a transaction.
    catalogue
        The layers.
    batch_id
        Id of the batch; one that is itself an undo may be taken back too.
    actor, reason
        Who takes it back, and why.
    now
        Time to record, in UTC.

    Returns
    -------
    Undone
        What happened. When nothing could be undone its batch has no id and nothing is recorded.

    Raises
    ------
    BatchUnknownError
        If there is no such batch.
    AlreadyUndoneError
        If it was taken back before and that still stands.
    UndoRefusedError
        If the batch follows from the ledger.
    """
    target = _find(connection, batch_id)
    layer = catalogue.layer(target.batch.layer)
    touched = dict(
        connection.execute("SELECT uid, kind FROM yzgeo_change WHERE batch = ? ORDER BY number", (target.number,))
    )
    later = _later_changes(connection, target, touched)
    seen = {edit.event for edit in later}
    later += [edit for edit in _later_events(connection, target, touched) if edit.event not in seen]
    left = {edit.uid for edit in later}
    chosen = {uid: kind for uid, kind in touched.items() if uid not in left}
    restored, removed, brought_back = (
        [uid for uid, kind in chosen.items() if kind == wanted] for wanted in ("update", "insert", "delete")
    )
    current = writing.current_revision(connection, layer)
    batch = Batch(
        id=str(uuid4()) if chosen else "",
        layer=layer.id,
        revision=current + 1 if chosen else current,
        recorded_at=now,
        actor=actor,
        reason=reason,
        inserted=len(brought_back),
        updated=len(restored),
        unchanged=0,
        deleted=len(removed),
        undoes=batch_id if chosen else None,
    )
    if chosen:
        _take_back(connection, layer, target.batch, batch, chosen)
        ledger_imports.take_back(connection, layer, target.batch, batch, f"SELECT uid FROM {_UNDO}", now=now)
        connection.execute(f"DROP TABLE {_UNDO}")
    return Undone(batch, restored, removed, brought_back, sorted(later, key=lambda edit: (edit.uid, edit.recorded_at)))


def _find(connection: Connection, batch_id: str) -> _Target:
    found = connection.execute("SELECT number, ledger_events FROM yzgeo_batch WHERE id = ?", (batch_id,)).fetchone()
    if found is None:
        raise BatchUnknownError(batch=batch_id)
    batch = history.batch(connection, batch_id)
    if batch.undone_by is not None:
        raise AlreadyUndoneError(batch=batch_id, by=batch.undone_by)
    if not batch.choices.keys().isdisjoint(LEDGER_MARKS):
        raise UndoRefusedError(batch=batch_id)
    return _Target(found[0], batch, found[1])


def _later_changes(connection: Connection, target: _Target, touched: Collection[str]) -> list[LaterEdit]:
    """
    List what later batches did to the same features.

    A batch and the one that took it back leave nothing behind, so the two fall out of a feature's list where they
    follow each other.
    """
    meanings = history.meanings(connection)
    found: dict[str, list[tuple[tuple[str, bool], LaterEdit]]] = defaultdict(list)
    rows = connection.execute(
        "SELECT c.uid, c.kind, b.revision, b.recorded_at, b.actor, b.id, "
        f"{connection.dialect.text_at('b.choices', 'event')} "
        "FROM yzgeo_batch AS b JOIN yzgeo_change AS c ON c.batch = b.number WHERE b.layer = ? AND b.revision > ? "
        "ORDER BY b.revision",
        (target.batch.layer, target.batch.revision),
    )
    for uid, kind, revision, recorded_at, actor, batch, event in rows:
        if uid not in touched:
            continue
        origin, done = meanings.get(batch, (batch, True))
        course = found[uid]
        if course and course[-1][0] == (origin, not done):
            course.pop()
            continue
        moment = datetime.fromisoformat(recorded_at)
        course.append(((origin, done), LaterEdit(uid, kind, revision, moment, actor, batch, event)))
    return [edit for course in found.values() for _, edit in course]


def _later_events(connection: Connection, target: _Target, touched: Mapping[str, str]) -> Iterator[LaterEdit]:
    """List what people have said of the same features since; mere notes hold back only what would be removed."""
    since: tuple[str, int | str] = ("e.sequence > ?", target.heard or 0)
    if target.heard is None:  # the batch is older than the column that tells
        since = ("e.recorded_at > ?", timestamps.precise(target.batch.recorded_at))
    silent = ", ".join(repr(kind) for kind in sorted(IMPORTED))
    layer = target.batch.layer
    rows = connection.execute(
        f"SELECT e.uid, e.kind, t.revision, e.recorded_at, e.actor, e.event_id FROM yzgeo_ledger AS e "
        f"LEFT JOIN {quote(layer)} AS t ON t.uid = e.uid "
        f"WHERE e.layer = ? AND {since[0]} AND e.kind NOT IN ({silent}) ORDER BY e.sequence",
        (layer, since[1]),
    )
    for uid, kind, revision, recorded_at, actor, event in rows:
        if uid in touched and (kind not in TOLD or touched[uid] == "insert"):
            yield LaterEdit(uid, kind, revision or 0, datetime.fromisoformat(recorded_at), actor, event=event)


def _take_back(connection: Connection, layer: Layer, target: Batch, batch: Batch, chosen: Mapping[str, str]) -> None:
    moment = Moment(batch.revision, timestamps.precise(batch.recorded_at))
    number = writing.record_batch(connection, batch)
    connection.execute(f"CREATE TEMP TABLE {_UNDO} (uid TEXT PRIMARY KEY, kind TEXT NOT NULL)")
    connection.executemany(f"INSERT INTO {_UNDO} VALUES (?, ?)", chosen.items())
    if len(chosen) >= writing.BULK_ROWS:
        connection.dialect.settle(connection, [_UNDO, layer.id, history_table(layer.id)])
    writing.archive(
        connection, layer, moment, f"SELECT fid FROM {quote(layer.id)} WHERE uid IN (SELECT uid FROM {_UNDO})"
    )
    with _index_kept(connection, layer, target.revision):
        connection.execute(
            f"DELETE FROM {quote(layer.id)} WHERE uid IN (SELECT uid FROM {_UNDO} WHERE kind = 'insert')"
        )
        _put_back(connection, layer, target.revision, moment)
    undone = {"update": "update", "insert": "delete", "delete": "insert"}
    connection.executemany(
        "INSERT INTO yzgeo_change (batch, kind, uid) VALUES (?, ?, ?)",
        ((number, undone[kind], uid) for uid, kind in chosen.items()),
    )
    connection.execute("UPDATE yzgeo_layer_revision SET revision = ? WHERE layer = ?", (moment.revision, layer.id))
    writing.measure_extent(connection, layer, now=batch.recorded_at)


@contextmanager
def _index_kept(connection: Connection, layer: Layer, revision: int) -> Iterator[None]:
    """Bring the spatial index along in two statements: its triggers would call back into Python for each row."""
    if layer.spec.geometry == "none" or not connection.dialect.indexes_by_hand:
        yield
        return
    table, rtree = f"{quote(layer.id)}", f"{quote(rtree_table(layer.id))}"
    for statement in schema.drop_spatial_triggers(layer.id):
        connection.execute(statement)
    connection.execute(
        f"DELETE FROM {rtree} WHERE id IN (SELECT fid FROM {table} WHERE uid IN (SELECT uid FROM {_UNDO}))"
    )
    yield
    connection.execute(
        f"INSERT INTO {rtree} SELECT t.fid, h.min_x, h.max_x, h.min_y, h.max_y FROM {_UNDO} AS u "
        f"JOIN {table} AS t ON t.uid = u.uid JOIN {quote(history_table(layer.id))} AS h ON h.uid = u.uid "
        "WHERE u.kind != 'insert' AND h.until_revision = ? AND h.min_x IS NOT NULL",
        (revision,),
    )
    for statement in schema.spatial_triggers(layer.id):
        connection.execute(statement)


def _put_back(connection: Connection, layer: Layer, revision: int, moment: Moment) -> None:
    """Copy the versions that a revision superseded out of the history, each with the fid it had."""
    table, past = f"{quote(layer.id)}", f"{quote(history_table(layer.id))}"
    own = [name for name in connection.dialect.columns(connection, layer.id) if name not in ("fid", "uid", "revision")]
    assigned = "".join(f", {quote(name)} = h.{quote(name)}" for name in own)
    connection.execute(
        f"UPDATE {table} SET revision = ?{assigned} FROM {past} AS h WHERE h.uid = {quote(layer.id)}.uid "
        f"AND h.until_revision = ? AND {quote(layer.id)}.uid IN (SELECT uid FROM {_UNDO} WHERE kind = 'update')",
        (moment.revision, revision),
    )
    columns = "".join(f", {quote(name)}" for name in own)
    kept = "".join(f", h.{quote(name)}" for name in own)
    connection.execute(
        f"INSERT INTO {table} (fid, uid, revision{columns}) SELECT h.fid, h.uid, ?{kept} FROM {_UNDO} AS u "
        f"JOIN {past} AS h ON h.uid = u.uid WHERE u.kind = 'delete' AND h.until_revision = ? ORDER BY h.fid",
        (moment.revision, revision),
    )
