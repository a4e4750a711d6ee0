"""Stages as they might stand on the day the illustrative district speaks of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from yzgeo.catalogue import Layer


@dataclass(frozen=True)
class StagePlan:
    """When a layer's work runs, and how far it has come: the share of features not begun and of those finished."""

    as_of: date
    first: date
    last: date
    not_begun: float
    finished: float


def draw_stages(layer: Layer, count: int, plan: StagePlan, rng: np.random.Generator) -> dict[str, NDArray[np.object_]]:
    """
    Draw stages that agree with their dates.

    Parameters
    ----------
    layer
        A layer with stages.
    count
        How many features.
    plan
        When work runs and how far it is.
    rng
        Source of chance.

    Returns
    -------
    dict of str to numpy.ndarray
        ``stage`` and the dates ``stage_date``, ``planned_start``, ``planned_finish`` as ISO text, shape (count,)
        each. Begun work began on or before ``stage_date``, which is never after ``as_of``.
    """
    order = [stage.id for stage in layer.stages if not stage.aside]
    done = {stage.id for stage in layer.stages if stage.done}
    middle = [stage for stage in order[1:] if stage not in done]
    final = [stage for stage in order if stage in done]
    columns: dict[str, NDArray[np.object_]] = {
        key: np.empty(count, dtype=object) for key in ("stage", "stage_date", "planned_start", "planned_finish")
    }
    for position in range(count):
        chance = rng.random()
        if chance < plan.not_begun:
            # A few should have begun already: late work is what a board must show.
            late = rng.random() < 0.15
            start = _between(plan.first, plan.as_of, rng) if late else _between(plan.as_of, plan.last, rng)
            stage, reached = order[0], None
        else:
            start = _between(plan.first, plan.as_of - timedelta(days=45), rng)
            if chance > 1 - plan.finished:
                stage = final[int(rng.integers(len(final)))]
            elif rng.random() < 0.04:
                stage = "suspended"
            else:
                stage = middle[int(rng.integers(len(middle)))]
            reached = _between(start + timedelta(days=30), plan.as_of, rng)
        finish = min(start + timedelta(days=int(rng.integers(120, 540))), plan.last)
        if stage in done and reached is not None:
            finish = min(max(finish, reached - timedelta(days=int(rng.integers(0, 60)))), plan.last)
        columns["stage"][position] = stage
        columns["stage_date"][position] = None if reached is None else reached.isoformat()
        columns["planned_start"][position] = min(start, finish).isoformat()
        columns["planned_finish"][position] = finish.isoformat()
    return columns


def standing(count: int) -> dict[str, NDArray[np.object_]]:
    """
    Give the columns of what stood before the plan began.

    Parameters
    ----------
    count
        How many features.

    Returns
    -------
    dict of str to numpy.ndarray
        ``stage`` completed and no dates, shape (count,) each.
    """
    columns: dict[str, NDArray[np.object_]] = {
        key: np.full(count, None, dtype=object) for key in ("stage_date", "planned_start", "planned_finish")
    }
    return {"stage": np.full(count, "completed", dtype=object), **columns}


def _between(first: date, last: date, rng: np.random.Generator) -> date:
    return first + timedelta(days=int(rng.integers(0, max((last - first).days, 1))))
