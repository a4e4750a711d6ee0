"""What moved between two days, for the meeting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from yzgeo import stages
from yzgeo.access import Role, own_part
from yzgeo.catalogue import Layer
from yzgeo.errors import ParameterError
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
        ``from``, ``to``, ``moved`` (newest first) and ``totals`` by layer.

    Raises
    ------
    ParameterError
        If the days are in the wrong order.
    LayerUnknownError
        If the layer is not there for the role, or keeps no stages.
    """
    if start > end:
        raise ParameterError(name="to", reason_zh="应晚于 from", reason_en="must not be before from")
    moved = [
        entry
        for each in staged_layers(store, role, layer)
        for entry in _moved(store, each, (start, end), role, own_part(role, subdistricts, each))
    ]
    moved.sort(key=lambda entry: (entry["on"] or "", entry["layer"], entry["code"] or ""), reverse=True)
    totals: dict[str, int] = {}
    for entry in moved:
        totals[entry["layer"]] = totals.get(entry["layer"], 0) + 1
    return {"from": start.isoformat(), "to": end.isoformat(), "moved": moved, "totals": totals}


def _moved(
    store: Store, layer: Layer, between: tuple[date, date], role: Role, own: Sequence[str] | None
) -> Iterator[dict[str, Any]]:
    before, after = (store.ledger.stages_on(layer.id, day) for day in between)
    table = layer.stage_table
    initial = stages.machine(table).initial if table else ""
    moved = {uid: now for uid, now in after.items() if now.stage != (before[uid].stage if uid in before else initial)}
    if not moved:
        return
    fields = list(dict.fromkeys((layer.spec.key, layer.spec.label_field, "subdistrict")))
    shown = [name for name in fields if name in visible_fields(layer, role)]
    rows = store.rows(layer.id, own_query(own), fields=shown)
    for index, uid in enumerate(rows.uids):
        if uid not in moved:
            continue
        now = moved[uid]
        origin = before[uid].stage if uid in before else initial
        event = store.ledger.event(now.event)
        yield {
            "layer": layer.id,
            "uid": uid,
            "code": rows.columns[layer.spec.key][index] if layer.spec.key in shown else None,
            "name": rows.columns[layer.spec.label_field][index] if layer.spec.label_field in shown else None,
            "subdistrict": rows.columns["subdistrict"][index] if "subdistrict" in shown else None,
            "from_stage": origin,
            "to_stage": now.stage,
            "from_label": stage_label(layer, origin),
            "to_label": stage_label(layer, now.stage),
            "on": now.since and now.since.isoformat(),
            "actor": event.actor if event is not None and role != "anonymous" else None,
            "event": now.event,
        }
