"""Where the district stands on any day: promises, places and what is late.

Every figure comes from the same two things: the features as they were registered on that day, and the stages and
quantities that the ledger gives them. So the street offices add up to the district, and the board says what the ledger
says. A day before the first record has the features that were recorded first, and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Literal

from yzgeo.access import Role
from yzgeo.catalogue import Layer
from yzgeo.store.base import Query, Store
from yzgeo.targets import Target
from yzgeo.workflows.overview import own_query, visible_fields
from yzgeo.workflows.registers import reference_day

from .days import LayerDays
from .figures import RULE, Figures, is_late, promises_of, staged_layers
from .stories import stage_label

By = Literal["subdistrict", "community"]
_LATE_SHOWN = 500


def progress_on(
    store: Store,
    role: Role,
    *,
    at: date | None = None,
    layer: str | None = None,
    by: By | None = None,
    subdistricts: Sequence[str] = (),
) -> dict[str, Any]:
    """
    Tell where the district stands at the end of a day, as known today.

    Parameters
    ----------
    store
        The store.
    role
        Role of the one who asks.
    at
        The day; `reference_day` if not given.
    layer
        Only this layer.
    by
        Also by street office or by community.
    subdistricts
        Street offices of an account of the field; every figure then speaks of their part of the layers alone.

    Returns
    -------
    dict
        ``at``, ``rule``, ``registers`` (what the figures of each layer rest on), ``targets``, ``district`` (the same
        figures as a group), ``groups`` and ``late``.

    Raises
    ------
    LayerUnknownError
        If the layer is not there for the role, or keeps no stages.
    """
    day = at or reference_day(store)
    days = LayerDays(store, role, subdistricts)
    layers = staged_layers(store, role, layer)
    promises = list(promises_of(store, role, layers))
    late = [entry for each in layers for entry in _late(days, each, day, role)]
    late.sort(key=lambda entry: (-entry["days_late"], entry["layer"], entry["code"] or ""))
    counts = {each.id: sum(1 for entry in late if entry["layer"] == each.id) for each in layers}
    return {
        "at": day.isoformat(),
        "by": by,
        "rule": RULE,
        "registers": {each.id: days.register(each, day).told(each) for each in layers},
        "targets": [_standing(days, target, day) for target in promises],
        "district": {each.id: _group(days, each, day, None, role) for each in layers},
        "groups": _groups(days, layers, day, by, role) if by else [],
        "late": late[:_LATE_SHOWN],
        "late_total": len(late),
        "late_by_layer": counts,
    }


def stage_counts(
    store: Store, role: Role, *, at: date | None = None, subdistricts: Sequence[str] = ()
) -> dict[str, Any]:
    """
    Count the features of every layer by their stage at the end of a day, for a legend: no more than is asked.

    Parameters
    ----------
    store
        The store.
    role
        Role of the one who asks.
    at
        The day; `reference_day` if not given.
    subdistricts
        Street offices of an account of the field.

    Returns
    -------
    dict
        ``at`` and ``layers``: layer to stage to number of features.
    """
    day = at or reference_day(store)
    days = LayerDays(store, role, subdistricts)
    found = {}
    for layer in staged_layers(store, role, None):
        known = store.ledger.stages_on(layer.id, day)
        initial = layer.stages[0].id
        tally = dict.fromkeys((stage.id for stage in layer.stages), 0)
        there = replace(own_query(days.limits(layer)), revision=days.register(layer, day).revision)
        for uid in store.rows(layer.id, there, fields=()).uids:
            stage = known[uid].stage if uid in known else initial
            tally[stage] = tally.get(stage, 0) + 1
        found[layer.id] = tally
    return {"at": day.isoformat(), "layers": found}


def _standing(days: LayerDays, target: Target, day: date) -> dict[str, Any]:
    layer = days.store.catalogue.layer(target.layer or "")
    figures = Figures(days, target, day)
    [scheduled], method = figures.planned([day])
    counted = figures.frame.loc[figures.shares.index]
    late = int(is_late(counted, layer, day).sum())
    return {
        "id": target.id,
        "title": target.title.model_dump(),
        "layer": layer.id,
        "unit": target.unit.model_dump(),
        "figure": target.figure,
        "value": None if figures.limited else target.value,
        "registered": figures.found.registered,
        "done": figures.found.done,
        "share": figures.share,
        "scheduled": scheduled,
        "scheduled_share": scheduled / figures.total if figures.total else None,
        "schedule_method": method,
        "light": figures.light(),
        "late": late,
        "forecast": figures.forecast(),
        "denominator": figures.denominator,
        "own_part": figures.limited,
        "source": f"{days.store.catalogue.district.plan.zh}，{target.chapter}，{target.section}",
        "illustrative": bool(figures.found.data_status.get("illustrative")),
    }


def _late(days: LayerDays, layer: Layer, day: date, role: Role) -> list[dict[str, Any]]:
    frame = days.on(layer, day)
    if "planned_finish" not in frame:
        return []
    names = [name for name in (layer.spec.key, layer.spec.label_field) if name in visible_fields(layer, role)]
    found = []
    for uid, row in frame[is_late(frame, layer, day)].iterrows():
        values = {name: row[name] for name in names}
        found.append(
            {
                "layer": layer.id,
                "uid": uid,
                "code": values.get(layer.spec.key),
                "name": values.get(layer.spec.label_field),
                "subdistrict": row["subdistrict"],
                "community": row["community"],
                "stage": row["stage"],
                "stage_label": stage_label(layer, row["stage"]),
                "planned_finish": row["planned_finish"],
                "days_late": (day - date.fromisoformat(row["planned_finish"])).days,
            }
        )
    return found


def _groups(days: LayerDays, layers: Sequence[Layer], day: date, by: By, role: Role) -> list[dict[str, Any]]:
    names = _unit_names(days.store, by)
    codes = set(names)
    for layer in layers:
        codes |= {code or "" for code in days.on(layer, day)[by].where(lambda column: column.notna(), "")}
    found = []
    for code in sorted(codes, key=lambda each: (each == "", each)):
        own = {each.id: figures for each in layers if (figures := _group(days, each, day, (by, code), role))["count"]}
        if own:
            found.append({"code": code or None, "name": names.get(code), "layers": own})
    return found


def _group(days: LayerDays, layer: Layer, day: date, where: tuple[By, str] | None, role: Role) -> dict[str, Any]:
    """Count one layer in the district or in one unit of it."""
    frame = days.on(layer, day)
    if where is not None:
        frame = frame[frame[where[0]].fillna("").astype(str) == where[1]]
    done = frame["stage"].isin(layer.done_stages)
    tally = frame["stage"].value_counts()
    amounts, unit = days.quantity(layer, day)
    own = amounts.reindex(frame.index)
    visible = visible_fields(layer, role)
    reported = days.measures(layer, day)
    table = layer.stage_table
    households = {
        measure.field: float(sum(reported.get(uid, {}).get(measure.field, 0.0) for uid in frame.index))
        for measure in (table.measures if table else ())
        if measure.field in visible
    }
    return {
        "count": len(frame),
        "done": int(done.sum()),
        "late": int(is_late(frame, layer, day).sum()) if "planned_finish" in frame else 0,
        "stages": {stage.id: int(tally.get(stage.id, 0)) for stage in layer.stages},
        "amount": float(own.sum()),
        "amount_done": float(own[done].sum()),
        "unit": unit,
        "measures": households,
    }


def _unit_names(store: Store, by: By) -> dict[str, str]:
    layer = {"subdistrict": "admin_subdistrict", "community": "community"}[by]
    if layer not in store.catalogue.layers:
        return {}
    rows = store.rows(layer, Query(), fields=["code", "name"])
    return {str(code): str(name) for code, name in zip(rows.columns["code"], rows.columns["name"], strict=True)}
