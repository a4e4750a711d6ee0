"""The S-curve of a promise: what was delivered, what the planned dates asked for, and where it is heading."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Literal

import pandas as pd

from yzgeo import forecast
from yzgeo.access import Role
from yzgeo.errors import ParameterError
from yzgeo.store.base import Store
from yzgeo.workflows.registers import reference_day

from .days import LayerDays
from .figures import Figures, promise_of


def curve_of(
    store: Store,
    role: Role,
    *,
    target: str | None = None,
    layer: str | None = None,
    start: date | None = None,
    end: date | None = None,
    step: Literal["week", "month", "quarter"] = "month",
    subdistricts: Sequence[str] = (),
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
    subdistricts
        Street offices of an account of the field; the curve is then that of their part of the layer.

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
    promise = promise_of(store, role, target, layer)
    spec = store.catalogue.layer(promise.layer or "")
    first, last = store.catalogue.district.plan_period
    begin, finish = start or first, end or max(date(promise.horizon, 12, 31), last)
    if begin >= finish:
        raise ParameterError(name="to", reason_zh="应晚于 from", reason_en="must be after from")
    days = LayerDays(store, role, subdistricts)
    today = reference_day(store)
    at = sorted({*_steps(begin, finish, step), min(max(today, begin), finish)})
    done = days.delivered(promise, at)
    figures = Figures(days, promise, today)
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
        "illustrative": bool(days.frame(spec, today)["data_status"].eq("illustrative").any()),
    }


def _steps(start: date, end: date, step: str) -> Iterator[date]:
    """Give the first day, the ends of the weeks, months or quarters between, and the last day."""
    yield start
    marks = pd.date_range(start, end, freq={"week": "W-SUN", "month": "ME", "quarter": "QE"}[step])
    for mark in marks:
        if start < mark.date() < end:
            yield mark.date()
    yield end
