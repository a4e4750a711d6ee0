"""Where a promise stands: measure one target on the features of its layer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd

from .catalogue import Label, Layer
from .crs import require_projected
from .targets import Conditions, Target, TargetMeasure


@dataclass(frozen=True, slots=True)
class Measurement:
    """
    What the layer says about a promise, in the unit of the promise's figure.

    ``None`` means that the layer cannot tell: no coverage was computed, nothing was entered, no stage is kept.
    """

    registered: float | None
    done: float | None
    share: float | None
    reached: bool | None
    denominator: Label
    data_status: Mapping[str, int] = field(default_factory=dict)
    unmeasured: int = 0
    """Features that count and whose quantity is missing."""


def measure(target: Target, layer: Layer | None, frame: pd.DataFrame | None) -> Measurement:
    """
    Measure one promise.

    Parameters
    ----------
    target
        The promise.
    layer
        Its layer; ``None`` if it has none.
    frame
        The layer's features, with a projected coordinate system where lengths or areas come from the geometry;
        ``None`` if there are none to look at.

    Returns
    -------
    Measurement
        Everything on the layer, what of it is delivered, and the share of the plan's figure.

    Raises
    ------
    CrsNotProjectedError
        If lengths or areas were to come from coordinates in degrees.
    """
    if layer is None or frame is None:
        return Measurement(None, None, None, None, denominator(target))
    how = target.measure
    counted = frame[_matches(frame, how.where)]
    status = {str(name): int(count) for name, count in counted["data_status"].value_counts().sort_index().items()}
    if how.kind == "coverage":
        return Measurement(None, None, None, None, denominator(target), status)
    if how.kind == "manual":
        return _verdict(target, None, _entered(counted, how), status, 0)
    delivered = _delivered(counted, how, layer)
    if how.kind == "share":
        share = None if delivered is None or counted.empty else 100.0 * float(delivered.mean())
        return _verdict(target, None if counted.empty else 100.0, share, status, 0)
    amounts = _amounts(counted, how)
    factor = how.scale / (target.population.value if target.population is not None else 1.0)
    registered = _total(amounts) * factor
    done = None if delivered is None else _total(amounts[delivered]) * factor
    return _verdict(target, registered, done, status, int(amounts.isna().sum()))


def contributions(target: Target, frame: pd.DataFrame) -> pd.Series[float]:
    """
    Tell what each feature adds to a promise once it is delivered.

    Parameters
    ----------
    target
        The promise.
    frame
        Features of its layer, as for `measure`.

    Returns
    -------
    pandas.Series
        In the unit of the promise's figure, by the frame's index, only features that count; empty where no layer
        can tell.

    Raises
    ------
    CrsNotProjectedError
        If lengths or areas were to come from coordinates in degrees.
    """
    how = target.measure
    counted = frame[_matches(frame, how.where)]
    if how.kind in ("coverage", "manual"):
        return pd.Series(dtype=float)
    if how.kind == "share":
        return pd.Series(100.0 / max(len(counted), 1), index=counted.index)
    factor = how.scale / (target.population.value if target.population is not None else 1.0)
    return _amounts(counted, how).fillna(0.0) * factor


def denominator(target: Target) -> Label:
    """
    Say in words what a share is a share of.

    Parameters
    ----------
    target
        The promise.

    Returns
    -------
    Label
        For instance 规划目标 63 片（2025 年）.
    """
    if target.value is None:
        return Label(
            zh=f"规划没有给出数量（原文：{target.figure}）",
            en=f"the plan gives no number (it says {target.figure})",
        )
    zh = f"规划目标 {target.value:,g} {target.unit.zh}（{target.horizon} 年）"
    en = f"the plan's {target.value:,g} {target.unit.en} by {target.horizon}"
    if target.population is not None:
        people = target.population
        zh += f"；按 {people.value:,.0f} 人计（{people.date}，{people.source}）"
        en += f"; for {people.value:,.0f} residents ({people.date}, {people.source})"
    return Label(zh=zh, en=en)


def _verdict(
    target: Target, registered: float | None, done: float | None, status: Mapping[str, int], unmeasured: int
) -> Measurement:
    share = reached = None
    if done is not None and target.value is not None:
        # a hair of tolerance: sums of floats must not miss a target by the last digit
        slack = 1e-9 * max(1.0, abs(target.value))
        reached = done <= target.value + slack if target.direction == "at_most" else done >= target.value - slack
        # where less is better, a share of the figure says nothing
        share = done / target.value if target.direction == "at_least" and target.value else None
    return Measurement(registered, done, share, reached, denominator(target), status, unmeasured)


def _matches(frame: pd.DataFrame, conditions: Conditions) -> pd.Series[bool]:
    keep = pd.Series(True, index=frame.index)  # noqa: FBT003
    for name, values in conditions.items():
        keep &= frame[name].isin(values)
    return keep


def _delivered(frame: pd.DataFrame, how: TargetMeasure, layer: Layer) -> pd.Series[bool] | None:
    if how.done_where:
        return _matches(frame, how.done_where)
    return frame["stage"].isin(layer.done_stages) if layer.stages else None


def _amounts(frame: pd.DataFrame, how: TargetMeasure) -> pd.Series[float]:
    if how.kind == "count":
        return pd.Series(1.0, index=frame.index)
    if how.field is not None:
        return pd.to_numeric(frame[how.field], errors="coerce").astype(float)
    shapes = gpd.GeoDataFrame(frame)
    require_projected(shapes)
    amounts: pd.Series[float] = shapes.length if how.kind == "length" else shapes.area
    return amounts


def _total(amounts: pd.Series[float]) -> float:
    return math.fsum(amounts.dropna())


def _entered(frame: pd.DataFrame, how: TargetMeasure) -> float | None:
    """Take the latest value that was entered by hand."""
    if how.field is None:
        return None
    known = frame[frame[how.field].notna()]
    if known.empty:
        return None
    if "year" in known.columns:
        known = known.sort_values("year", na_position="first", kind="stable")
    return float(known[how.field].iloc[-1]) * how.scale
