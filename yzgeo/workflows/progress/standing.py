"""Where the district stands on any day: promises, places, what is late, curves, and what moved between two days.

Every figure comes from the same two things: the features as they are registered today and the stages that the ledger
gives them on that day. So the street offices add up to the district, and the board says what the ledger says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any, Literal

import numpy as np
import pandas as pd

from yzgeo import forecast, progress, stages, targets
from yzgeo.access import Role
from yzgeo.catalogue import Layer
from yzgeo.errors import LayerUnknownError, ParameterError
from yzgeo.ledger import ZONE
from yzgeo.store.base import Query, Store
from yzgeo.targets import Target
from yzgeo.workflows.overview import visible_fields, visible_layers

from .days import LayerDays
from .stories import stage_label

By = Literal["subdistrict", "community"]
RULE = {
    "zh": (
        "绿：完成量不低于按时间进度应完成量；黄：不低于其八成；红：低于八成，或已过期限仍未完成；灰：尚未开始。"
        "时间进度按规划期初的存量到期限目标的直线计算。"
    ),
    "en": (
        "Green: at least what is due by time elapsed; amber: at least 80 % of it; red: less, or past the deadline and "
        "unfinished; grey: not begun. Due by time elapsed is the straight line from the stock at the start of the "
        "plan to the promised figure at the deadline."
    ),
}
METHODS = {
    "delivered": {"zh": "已完成", "en": "delivered"},
    "too_little_history": {"zh": "交付次数太少，不作预测", "en": "too few deliveries for a forecast"},
    "standstill": {"zh": "近一年没有交付，无法外推", "en": "nothing delivered in the last year"},
    "pace_of_last_year": {
        "zh": "按近一年速度外推，范围取其中最快和最慢的季度",
        "en": "the pace of the last year; the range is that of its fastest and slowest quarter",
    },
}
_LATE_SHOWN = 500


def reference_day(store: Store) -> date:
    """
    Tell the day that "now" means.

    Parameters
    ----------
    store
        The store.

    Returns
    -------
    datetime.date
        Today; in a demo workspace the last day on which its ledger moved, since its story ends there.
    """
    today = datetime.now(ZONE).date()
    last = store.ledger.last_day() if store.meta("demo") == "1" else None
    return today if last is None else min(last, today)


def progress_on(
    store: Store, role: Role, *, at: date | None = None, layer: str | None = None, by: By | None = None
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

    Returns
    -------
    dict
        ``at``, ``rule``, ``targets``, ``district`` (the same figures as a group), ``groups`` and ``late``.

    Raises
    ------
    LayerUnknownError
        If the layer is not there for the role, or keeps no stages.
    """
    day = at or reference_day(store)
    days = LayerDays(store)
    layers = _layers(store, role, layer)
    promises = list(_promises(store, role, layers))
    late = [entry for each in layers for entry in _late(days, each, day, role)]
    late.sort(key=lambda entry: (-entry["days_late"], entry["layer"], entry["code"] or ""))
    counts = {each.id: sum(1 for entry in late if entry["layer"] == each.id) for each in layers}
    return {
        "at": day.isoformat(),
        "by": by,
        "rule": RULE,
        "targets": [_standing(days, target, day) for target in promises],
        "district": {each.id: _group(days, each, day, None, role) for each in layers},
        "groups": _groups(days, layers, day, by, role) if by else [],
        "late": late[:_LATE_SHOWN],
        "late_total": len(late),
        "late_by_layer": counts,
    }


def curve_of(
    store: Store,
    role: Role,
    *,
    target: str | None = None,
    layer: str | None = None,
    start: date | None = None,
    end: date | None = None,
    step: Literal["week", "month", "quarter"] = "month",
) -> dict[str, Any]:
    """
    Draw the S-curve of a promise or of a layer.

    Parameters
    ----------
    store
        The store.
    role
        Role of the one who asks.
    target
        Id of the promise, or
    layer
        id of the layer, whose features then count 1 each.
    start, end
        First and last day; the plan's period if not given.
    step
        Distance between the days.

    Returns
    -------
    dict
        ``target``, ``layer``, ``unit``, ``total``, ``days``, ``delivered`` (None after the reference day),
        ``scheduled`` (by the planned dates of the features, or the straight line where too few have one),
        ``schedule_method``, ``line``, ``forecast``, ``source``, ``illustrative``.

    Raises
    ------
    ParameterError, LayerUnknownError
        If there is no such promise or layer for the role.
    """
    promise = _promise(store, role, target, layer)
    spec = store.catalogue.layer(promise.layer or "")
    first, last = store.catalogue.district.plan_period
    begin, finish = start or first, end or max(date(promise.horizon, 12, 31), last)
    if begin >= finish:
        raise ParameterError(name="to", reason_zh="应晚于 from", reason_en="must be after from")
    days = LayerDays(store)
    today = reference_day(store)
    at = sorted({*_steps(begin, finish, step), min(max(today, begin), finish)})
    delivered_on, amounts = days.deliveries(promise)
    done = forecast.accumulated(delivered_on, amounts, at=at)
    figures = _Figures(days, promise, today)
    planned, method = figures.planned(at)
    return {
        "target": target,
        "layer": spec.id,
        "title": promise.title.model_dump(),
        "unit": promise.unit.model_dump(),
        "total": figures.total,
        "at": today.isoformat(),
        "days": [day.isoformat() for day in at],
        "delivered": [value if day <= today else None for day, value in zip(at, done, strict=True)],
        "scheduled": planned,
        "schedule_method": method,
        "line": forecast.straight_line(
            at, total=figures.total, start=first, deadline=figures.deadline, baseline=figures.baseline
        ),
        "forecast": figures.forecast(),
        "source": f"{store.catalogue.district.plan.zh}，{promise.chapter}，{promise.section}"
        if target
        else spec.spec.source.zh,
        "illustrative": bool(days.frame(spec)["data_status"].eq("illustrative").any()),
    }


def changes_between(store: Store, role: Role, *, start: date, end: date, layer: str | None = None) -> dict[str, Any]:
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
    moved = [entry for each in _layers(store, role, layer) for entry in _moved(store, each, start, end, role)]
    moved.sort(key=lambda entry: (entry["on"] or "", entry["layer"], entry["code"] or ""), reverse=True)
    totals: dict[str, int] = {}
    for entry in moved:
        totals[entry["layer"]] = totals.get(entry["layer"], 0) + 1
    return {"from": start.isoformat(), "to": end.isoformat(), "moved": moved, "totals": totals}


class _Figures:
    """The figures of one promise on one day."""

    def __init__(self, days: LayerDays, target: Target, day: date) -> None:
        layer = days.store.catalogue.layer(target.layer or "")
        self.day = day
        self.start = days.store.catalogue.district.plan_period[0]
        self.deadline = date(target.horizon, 12, 31)
        self.frame = days.on(layer, day)
        self.shares = days.contributions(target)
        self.found = progress.measure(target, layer, days.metric_on(target, layer, day))
        self.registered = float(self.shares.sum())
        self.total = target.value if target.value is not None else self.registered
        self._days, self._amounts = days.deliveries(target)
        [self.baseline] = forecast.accumulated(self._days, self._amounts, at=[self.start - timedelta(days=1)])

    @property
    def done(self) -> float:
        return float(self.found.done or 0.0)

    def light(self) -> forecast.Light:
        return forecast.light(
            self.done,
            total=self.total,
            start=self.start,
            deadline=self.deadline,
            today=self.day,
            baseline=min(self.baseline, self.total),
        )

    def forecast(self) -> dict[str, Any]:
        made = forecast.forecast(self._days, self._amounts, total=self.total, today=self.day, deadline=self.deadline)
        return {**_dated(asdict(made)), "method_label": METHODS[made.method]}

    def planned(self, at: Sequence[date]) -> tuple[list[float], str]:
        """Add up what should be finished by each day, as the features' own planned dates have it."""
        known = self.frame.loc[self.shares.index, "planned_finish"]
        undated = float(self.shares[known.isna()].sum())
        # What stood before the plan has no planned date; more gaps than that make the dates no schedule.
        if self.registered <= 0 or undated > self.baseline + 0.1 * self.registered:
            line = forecast.straight_line(
                at, total=self.total, start=self.start, deadline=self.deadline, baseline=self.baseline
            )
            return list(line), "straight_line"
        finish = pd.to_datetime(known).to_numpy().astype("datetime64[D]")
        return list(forecast.accumulated(finish, np.asarray(self.shares, dtype=np.float64), at=at)), "planned_dates"


def _standing(days: LayerDays, target: Target, day: date) -> dict[str, Any]:
    layer = days.store.catalogue.layer(target.layer or "")
    figures = _Figures(days, target, day)
    [scheduled], method = figures.planned([day])
    counted = figures.frame.loc[figures.shares.index]
    late = int(_is_late(counted, layer, day).sum())
    return {
        "id": target.id,
        "title": target.title.model_dump(),
        "layer": layer.id,
        "unit": target.unit.model_dump(),
        "figure": target.figure,
        "value": target.value,
        "registered": figures.found.registered,
        "done": figures.found.done,
        "share": figures.found.share,
        "scheduled": scheduled,
        "scheduled_share": scheduled / figures.total if figures.total else None,
        "schedule_method": method,
        "light": figures.light(),
        "late": late,
        "forecast": figures.forecast(),
        "denominator": figures.found.denominator.model_dump(),
        "source": f"{days.store.catalogue.district.plan.zh}，{target.chapter}，{target.section}",
        "illustrative": bool(figures.found.data_status.get("illustrative")),
    }


def _layers(store: Store, role: Role, layer: str | None) -> list[Layer]:
    found = [each for each in visible_layers(store.catalogue, role) if each.stages]
    if layer is None:
        return found
    named = [each for each in found if each.id == layer]
    if not named:
        raise LayerUnknownError(layer=layer)
    return named


def _promises(store: Store, role: Role, layers: Sequence[Layer]) -> Iterator[Target]:
    """Choose the promises that stages can tell about, on what the role may see."""
    seen = {layer.id: set(visible_fields(layer, role)) for layer in layers}
    for target in targets.load(store.catalogue):
        how = target.measure
        fields = {*([how.field] if how.field else []), *how.where}
        by_stage = how.kind not in ("manual", "coverage") and not how.done_where and target.direction == "at_least"
        if by_stage and target.layer in seen and fields <= seen[target.layer]:
            yield target


def _promise(store: Store, role: Role, target: str | None, layer: str | None) -> Target:
    if target is not None:
        for each in _promises(store, role, _layers(store, role, None)):
            if each.id == target:
                return each
        raise ParameterError(
            name="target", reason_zh=f"没有按阶段计量的目标“{target}”", reason_en=f"no target “{target}” goes by stages"
        )
    if layer is None:
        raise ParameterError(name="target", reason_zh="请给出目标或图层", reason_en="name a target or a layer")
    [spec] = _layers(store, role, layer)
    return Target(
        id=spec.id,
        title=spec.spec.title,
        quote=spec.spec.title.zh,
        figure="-",
        unit={"zh": "个", "en": "features"},
        horizon=store.catalogue.district.plan_period[1].year,
        layer=spec.id,
        measure={"kind": "count"},
        chapter="-",
        section="-",
    )


def _is_late(frame: pd.DataFrame, layer: Layer, day: date) -> pd.Series[bool]:
    # ISO dates sort as text; a feature set aside for good is not late any more than one delivered.
    finish = frame["planned_finish"].fillna("9999-12-31").astype(str)
    return (finish < day.isoformat()) & ~frame["stage"].isin(layer.done_stages)


def _late(days: LayerDays, layer: Layer, day: date, role: Role) -> list[dict[str, Any]]:
    frame = days.on(layer, day)
    if "planned_finish" not in frame:
        return []
    names = [name for name in (layer.spec.key, layer.spec.label_field) if name in visible_fields(layer, role)]
    found = []
    for uid, row in frame[_is_late(frame, layer, day)].iterrows():
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
    amounts, unit = days.quantity(layer)
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
        "late": int(_is_late(frame, layer, day).sum()) if "planned_finish" in frame else 0,
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


def _moved(store: Store, layer: Layer, start: date, end: date, role: Role) -> Iterator[dict[str, Any]]:
    before, after = store.ledger.stages_on(layer.id, start), store.ledger.stages_on(layer.id, end)
    table = layer.stage_table
    initial = stages.machine(table).initial if table else ""
    moved = {uid: now for uid, now in after.items() if now.stage != (before[uid].stage if uid in before else initial)}
    if not moved:
        return
    fields = list(dict.fromkeys((layer.spec.key, layer.spec.label_field, "subdistrict")))
    shown = [name for name in fields if name in visible_fields(layer, role)]
    rows = store.rows(layer.id, Query(), fields=shown)
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


def _steps(start: date, end: date, step: str) -> Iterator[date]:
    """Give the first day, the ends of the weeks, months or quarters between, and the last day."""
    yield start
    marks = pd.date_range(start, end, freq={"week": "W-SUN", "month": "ME", "quarter": "QE"}[step])
    for mark in marks:
        if start < mark.date() < end:
            yield mark.date()
    yield end


def _dated(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in values.items()}
