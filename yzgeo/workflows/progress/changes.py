"""What moved between two days, for the meeting, and what was only reported between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from yzgeo import ledger, stages
from yzgeo.access import Role, own_part
from yzgeo.catalogue import Layer, StageTable
from yzgeo.errors import ParameterError
from yzgeo.ledger import Event, Interval
from yzgeo.store.base import Store
from yzgeo.workflows.overview import own_query, visible_fields

from .figures import staged_layers
from .stories import stage_label


def changes_between(
    store: Store,
    role: Role,
    *,
    start: date,
    end: date,
    layer: str | None = None,
    subdistricts: Sequence[str] = (),
) -> dict[str, Any]:
    """
    Tell what moved since the last meeting.

    Parameters
    ----------
    store
        The store.
    role
        Role of the one who asks.
    start, end
        The state at the end of the first day is compared with that at the end of the second.
    layer
        Only this layer.
    subdistricts
        Street offices of an account of the field, which sees what moved there.

    Returns
    -------
    dict
        ``from``, ``to``, ``moved`` (newest first), ``totals`` by layer, and ``late``: features whose stage on the
        first day is told differently at the end of the second than it was at the end of the first, because moves,
        approvals or corrections were recorded in between.

    Raises
    ------
    ParameterError
        If the days are in the wrong order.
    LayerUnknownError
        If the layer is not there for the role, or keeps no stages.
    """
    if start > end:
        raise ParameterError(name="to", reason_zh="应晚于 from", reason_en="must not be before from")
    moved: list[dict[str, Any]] = []
    late: list[dict[str, Any]] = []
    for each in staged_layers(store, role, layer):
        own = own_part(role, subdistricts, each)
        moved += _described(store, each, _moved(store, each, start, end), role, own)
        late += _described(store, each, _late(store, each, start, end), role, own)
    for found in (moved, late):
        found.sort(key=lambda entry: (entry["on"] or "", entry["layer"], entry["code"] or ""), reverse=True)
    totals: dict[str, int] = {}
    for entry in moved:
        totals[entry["layer"]] = totals.get(entry["layer"], 0) + 1
    return {"from": start.isoformat(), "to": end.isoformat(), "moved": moved, "totals": totals, "late": late}


class _Move(NamedTuple):
    """From which stage to which, since when, by which entry, and when that was recorded."""

    origin: str
    stage: str
    since: date | None
    event: str
    recorded_at: datetime | None = None


def _moved(store: Store, layer: Layer, start: date, end: date) -> dict[str, _Move]:
    before, after = (store.ledger.stages_on(layer.id, day) for day in (start, end))
    initial = stages.machine(layer.stage_table).initial if layer.stage_table else ""
    moved = {}
    for uid, now in after.items():
        origin = before[uid].stage if uid in before else initial
        if now.stage != origin:
            moved[uid] = _Move(origin, now.stage, now.since, now.event)
    return moved


def _late(store: Store, layer: Layer, start: date, end: date) -> dict[str, _Move]:
    """Compare the first day as it was known on its evening with the same day as it was known on the second's."""
    table = layer.stage_table
    known, later = (datetime.combine(day + timedelta(days=1), time.min, ledger.ZONE) for day in (start, end))
    late: dict[str, _Move] = {}
    if table is None:
        return late
    for uid in store.ledger.spoken_of(layer.id, known, later):
        events = [event for event in store.ledger.events(layer.id, uid) if _recorded(event) <= later]
        before = _span_on([event for event in events if _recorded(event) <= known], table, start)
        now = _span_on(events, table, start)
        if now.stage != before.stage:
            late[uid] = _Move(before.stage, now.stage, now.start, now.event, max(map(_recorded, events)))
    return late


def _span_on(events: Sequence[Event], table: StageTable, day: date) -> Interval:
    machine = stages.machine(table)
    spans = ledger.intervals(ledger.fold(events, machine), machine)
    return next(span for span in reversed(spans) if span.start is None or span.start <= day)


def _recorded(event: Event) -> datetime:
    return event.recorded_at or event.valid_at


def _described(
    store: Store, layer: Layer, moves: Mapping[str, _Move], role: Role, own: Sequence[str] | None
) -> Iterator[dict[str, Any]]:
    if not moves:
        return
    fields = list(dict.fromkeys((layer.spec.key, layer.spec.label_field, "subdistrict")))
    shown = [name for name in fields if name in visible_fields(layer, role)]
    rows = store.rows(layer.id, own_query(own), fields=shown)
    for index, uid in enumerate(rows.uids):
        if uid not in moves:
            continue
        move = moves[uid]
        event = store.ledger.event(move.event) if move.event else None
        told = {
            "layer": layer.id,
            "uid": uid,
            "code": rows.columns[layer.spec.key][index] if layer.spec.key in shown else None,
            "name": rows.columns[layer.spec.label_field][index] if layer.spec.label_field in shown else None,
            "subdistrict": rows.columns["subdistrict"][index] if "subdistrict" in shown else None,
            "from_stage": move.origin,
            "to_stage": move.stage,
            "from_label": stage_label(layer, move.origin),
            "to_label": stage_label(layer, move.stage),
            "on": move.since and move.since.isoformat(),
            "actor": event.actor if event is not None and role != "anonymous" else None,
            "event": move.event,
        }
        yield told if move.recorded_at is None else {**told, "recorded_at": move.recorded_at.isoformat()}
