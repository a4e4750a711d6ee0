"""The figures of one promise on one day, and which promises and layers stages can tell about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from yzgeo import forecast, progress
from yzgeo.access import Role
from yzgeo.catalogue import Layer
from yzgeo.errors import LayerUnknownError, ParameterError
from yzgeo.store.base import Store
from yzgeo.targets import Target
from yzgeo.workflows.overview import visible_fields, visible_layers
from yzgeo.workflows.registers import reference_day

from .days import LayerDays, promised

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
OWN_PART = {"zh": "本街道登记的数量", "en": "what is registered in one's own street offices"}
METHODS = {
    "delivered": {"zh": "已完成", "en": "delivered"},
    "too_little_history": {"zh": "交付次数太少，不作预测", "en": "too few deliveries for a forecast"},
    "standstill": {"zh": "近一年没有交付，无法外推", "en": "nothing delivered in the last year"},
    "pace_of_last_year": {
        "zh": "按近一年速度外推，范围取其中最快和最慢的季度",
        "en": "the pace of the last year; the range is that of its fastest and slowest quarter",
    },
}


def period_told(store: Store) -> dict[str, Any]:
    """
    Tell between which days the district can be looked at.

    Parameters
    ----------
    store
        The store.

    Returns
    -------
    dict
        ``first``, the first day of the plan, ``last``, the `reference_day`, and ``ledger``, the ledger's revision,
        which addresses of an earlier day's tiles carry.
    """
    last = reference_day(store)
    first = min(store.catalogue.district.plan_period[0], last)
    return {"first": first.isoformat(), "last": last.isoformat(), "ledger": store.ledger.revision()}


class Figures:
    """The figures of one promise on one day."""

    def __init__(self, days: LayerDays, target: Target, day: date) -> None:
        layer = days.store.catalogue.layer(target.layer or "")
        self.limited = days.limits(layer) is not None
        self.day = day
        self.start = days.store.catalogue.district.plan_period[0]
        self.deadline = date(target.horizon, 12, 31)
        self.frame = days.on(layer, day)
        self.shares = days.contributions(target, day)
        self.found = progress.measure(target, layer, days.metric_on(target, layer, day))
        self.registered = float(self.shares.sum())
        # What the district promised is not what one street office has to deliver: there, all that is registered counts.
        self.total = self.registered if self.limited or target.value is None else target.value
        self._days, self._amounts = days.deliveries(target, day)
        [self.baseline] = forecast.accumulated(self._days, self._amounts, at=[self.start - timedelta(days=1)])

    @property
    def done(self) -> float:
        """What is delivered, in the unit of the promise."""
        return float(self.found.done or 0.0)

    @property
    def share(self) -> float | None:
        """What is delivered of `total`, for someone limited to a part; else of what was promised."""
        if not self.limited:
            return self.found.share
        return self.done / self.total if self.total > 0 else None

    @property
    def denominator(self) -> dict[str, str]:
        """What the share is a share of, in words."""
        return OWN_PART if self.limited else self.found.denominator.model_dump()

    def light(self) -> forecast.Light:
        """
        Colour the promise by `RULE`.

        Returns
        -------
        {"green", "amber", "red", "grey"}
            Grey too where nothing was promised in numbers and nothing is registered.
        """
        if self.total <= 0:
            return "grey"
        return forecast.light(
            self.done,
            total=self.total,
            start=self.start,
            deadline=self.deadline,
            today=self.day,
            baseline=min(self.baseline, self.total),
        )

    def forecast(self) -> dict[str, Any]:
        """
        Say when the rest will be delivered, and by which method.

        Returns
        -------
        dict
            Fields of `yzgeo.forecast.Forecast` with dates as text, and ``method_label``.
        """
        if self.total <= 0:
            made = forecast.Forecast("too_little_history", None, None, None, None, None)
            return {**_dated(asdict(made)), "method_label": METHODS[made.method]}
        made = forecast.forecast(self._days, self._amounts, total=self.total, today=self.day, deadline=self.deadline)
        return {**_dated(asdict(made)), "method_label": METHODS[made.method]}

    def planned(self, at: Sequence[date]) -> tuple[list[float], str]:
        """
        Add up what should be finished by each day.

        Parameters
        ----------
        at
            Days asked for.

        Returns
        -------
        tuple of list and str
            Amounts and the method: ``planned_dates`` of the features, or ``straight_line`` where too few have one.
        """
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


def staged_layers(store: Store, role: Role, layer: str | None) -> list[Layer]:
    """
    List the layers that keep progress.

    Parameters
    ----------
    store
        The store.
    role
        Role of the one who asks.
    layer
        Only this one; all that the role may see if not given.

    Returns
    -------
    list of Layer
        In catalogue order.

    Raises
    ------
    LayerUnknownError
        If the layer is not there for the role, or keeps no stages.
    """
    found = [each for each in visible_layers(store.catalogue, role) if each.stages]
    if layer is None:
        return found
    named = [each for each in found if each.id == layer]
    if not named:
        raise LayerUnknownError(layer=layer)
    return named


def promises_of(store: Store, role: Role, layers: Sequence[Layer]) -> Iterator[Target]:
    """
    Choose the promises that stages can tell about, on what the role may see.

    Parameters
    ----------
    store
        The store.
    role
        Role of the one who asks.
    layers
        Layers the role may see.

    Yields
    ------
    Target
        In the order of the plan.
    """
    seen = {layer.id: set(visible_fields(layer, role)) for layer in layers}
    for target in promised(store.catalogue):
        how = target.measure
        fields = {*([how.field] if how.field else []), *how.where}
        by_stage = how.kind not in ("manual", "coverage") and not how.done_where and target.direction == "at_least"
        if by_stage and target.layer in seen and fields <= seen[target.layer]:
            yield target


def promise_of(store: Store, role: Role, target: str | None, layer: str | None) -> Target:
    """
    Get a promise, or make one of a layer: that all its features are delivered.

    Parameters
    ----------
    store
        The store.
    role
        Role of the one who asks.
    target
        Id of the promise, or
    layer
        id of the layer.

    Returns
    -------
    Target
        The promise.

    Raises
    ------
    ParameterError, LayerUnknownError
        If there is none for the role.
    """
    if target is not None:
        for each in promises_of(store, role, staged_layers(store, role, None)):
            if each.id == target:
                return each
        raise ParameterError(
            name="target", reason_zh=f"没有按阶段计量的目标“{target}”", reason_en=f"no target “{target}” goes by stages"
        )
    if layer is None:
        raise ParameterError(name="target", reason_zh="请给出目标或图层", reason_en="name a target or a layer")
    [spec] = staged_layers(store, role, layer)
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


def is_late(frame: pd.DataFrame, layer: Layer, day: date) -> pd.Series[bool]:
    """
    Tell which features should have been delivered before a day.

    Parameters
    ----------
    frame
        Features with the stages of that day.
    layer
        Their layer.
    day
        The day.

    Returns
    -------
    pandas.Series
        By uid; one without a planned date is never late.
    """
    # ISO dates sort as text.
    finish = frame["planned_finish"].fillna("9999-12-31").astype(str)
    return (finish < day.isoformat()) & ~frame["stage"].isin(layer.done_stages)


def _dated(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in values.items()}
