"""Where a promise is heading: the curve of what was delivered, the pace it needs, and an honest forecast.

Everything here works on two plain arrays: days on which something was delivered and how much. The forecast says which
method made it and how wide its range is; with too little history it says so instead of guessing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Light = Literal["green", "amber", "red", "grey"]

# Rules of the traffic light, shown beside it. Share of the straight-line plan that must be delivered.
AMBER_BELOW = 1.0
RED_BELOW = 0.8
# Fewer deliveries than this are no basis for a forecast.
FEWEST_DELIVERIES = 5
RECENT_DAYS = 365
_EARLIEST = np.datetime64("0001-01-01", "D")


@dataclass(frozen=True, slots=True)
class Curve:
    """Cumulative series, one value per day asked for: delivered, and the straight line from start to finish."""

    days: tuple[date, ...]
    delivered: tuple[float, ...]
    scheduled: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Forecast:
    """When the rest will be delivered at the recent pace. Dates are None where there is no basis."""

    method: str
    per_year: float | None
    needed_per_year: float | None
    finish: date | None
    earliest: date | None
    latest: date | None


def curve(days: NDArray[np.datetime64], amounts: NDArray[np.float64], *, at: list[date], total: float) -> Curve:
    """
    Accumulate deliveries up to each day.

    Parameters
    ----------
    days
        Day of each delivery, dtype datetime64[D], shape (n,).
    amounts
        How much each delivered, same shape, in the unit of ``total``.
    at
        Days of the series, ascending; the first and the last are the schedule's start and finish.
    total
        What was promised.

    Returns
    -------
    Curve
        Cumulative amounts at the end of each day, and the straight-line schedule.

    Examples
    --------
    >>> days = np.array(["2021-03-01", "2022-03-01"], dtype="datetime64[D]")
    >>> curve(days, np.array([1.0, 2.0]), at=[date(2021, 1, 1), date(2022, 3, 1)], total=10).delivered
    (0.0, 3.0)
    """
    scheduled = straight_line(at, total=total, start=at[0], deadline=at[-1]) if at else ()
    return Curve(tuple(at), accumulated(days, amounts, at=at), scheduled)


def accumulated(days: NDArray[np.datetime64], amounts: NDArray[np.float64], *, at: Sequence[date]) -> tuple[float, ...]:
    """
    Add up to each day.

    Parameters
    ----------
    days
        Day of each delivery, dtype datetime64[D], shape (n,); NaT means before anything is known.
    amounts
        How much each delivered, same shape; negative where something is no longer delivered.
    at
        Days asked for.

    Returns
    -------
    tuple of float
        The sum at the end of each day.
    """
    known = np.asarray(days, dtype="datetime64[D]")
    known = np.where(np.isnat(known), _EARLIEST, known)
    order = np.argsort(known, kind="stable")
    running = np.concatenate([[0.0], np.cumsum(np.asarray(amounts, dtype=float)[order])])
    found = running[np.searchsorted(known[order], np.array(at, dtype="datetime64[D]"), side="right")]
    return tuple(map(float, found))


def straight_line(
    at: Sequence[date], *, total: float, start: date, deadline: date, baseline: float = 0.0
) -> tuple[float, ...]:
    """
    Spread a promise evenly over its period.

    Parameters
    ----------
    at
        Days asked for.
    total
        What was promised.
    start, deadline
        The promise's period.
    baseline
        What was there at the start.

    Returns
    -------
    tuple of float
        What should be there at the end of each day: the baseline before the start, the total after the deadline.
    """
    span_days = max((deadline - start).days, 1)
    shares = [min(max((day - start).days / span_days, 0.0), 1.0) for day in at]
    return tuple(baseline + (total - baseline) * share for share in shares)


def forecast(
    days: NDArray[np.datetime64], amounts: NDArray[np.float64], *, total: float, today: date, deadline: date
) -> Forecast:
    """
    Extrapolate the pace of the last year, with a range from the pace of its quarters.

    Parameters
    ----------
    days
        Day of each delivery, dtype datetime64[D], shape (n,).
    amounts
        How much each delivered, same shape.
    total
        What was promised, in the unit of ``amounts``.
    today
        The day of the forecast.
    deadline
        The promised day.

    Returns
    -------
    Forecast
        The range uses the fastest and the slowest quarter of the last year; a quarter with nothing delivered leaves
        the latest date open (None).
    """
    known = np.asarray(days, dtype="datetime64[D]")
    known = np.where(np.isnat(known), _EARLIEST, known)
    before = known <= np.datetime64(today)
    known, values = known[before], np.asarray(amounts, dtype=float)[before]
    rest = total - float(values.sum())
    years_left = (deadline - today).days / 365.25
    needed = rest / years_left if rest > 0 and years_left > 0 else None
    if rest <= 0:
        reached = _day_reached(known, values, total)
        return Forecast("delivered", None, None, reached, reached, reached)
    if len(known) < FEWEST_DELIVERIES:
        return Forecast("too_little_history", None, needed, None, None, None)
    quarters = _quarter_sums(known, values, today)
    yearly = float(quarters.sum())
    if yearly <= 0:
        return Forecast("standstill", 0.0, needed, None, None, None)
    return Forecast(
        "pace_of_last_year",
        yearly,
        needed,
        _after(today, rest / yearly),
        _after(today, rest / (4 * float(quarters.max()))),
        _after(today, rest / (4 * float(quarters.min()))) if quarters.min() > 0 else None,
    )


def light(delivered: float, *, total: float, start: date, deadline: date, today: date, baseline: float = 0.0) -> Light:
    """
    Colour a promise by the straight line from start to deadline.

    Parameters
    ----------
    delivered
        What is delivered today, in the unit of ``total``.
    total
        What was promised.
    start, deadline
        The promise's period.
    today
        The day of the judgement.
    baseline
        What was there at the start; the line begins there.

    Returns
    -------
    {"green", "amber", "red", "grey"}
        Green on or before the line, amber down to 80 % of it, red below or past the deadline; grey before the start.
    """
    if delivered >= total:
        return "green"
    if today < start:
        return "grey"
    if today > deadline:
        return "red"
    [scheduled] = straight_line([today], total=total, start=start, deadline=deadline, baseline=baseline)
    if delivered >= AMBER_BELOW * scheduled:
        return "green"
    return "amber" if delivered >= RED_BELOW * scheduled else "red"


def _day_reached(days: NDArray[np.datetime64], amounts: NDArray[np.float64], total: float) -> date | None:
    order = np.argsort(days, kind="stable")
    reached = np.flatnonzero(np.cumsum(amounts[order]) >= total)
    if not len(reached):
        return None
    day: date = days[order][reached[0]].astype(object)
    return day


def _quarter_sums(days: NDArray[np.datetime64], amounts: NDArray[np.float64], today: date) -> NDArray[np.float64]:
    """Sum the four quarters of the year that ends today, oldest first."""
    edges = np.array(
        [today - timedelta(days=round(RECENT_DAYS * part / 4)) for part in (4, 3, 2, 1, 0)], "datetime64[D]"
    )
    which = np.searchsorted(edges, days, side="left") - 1
    inside = (which >= 0) & (which < 4)
    sums = np.zeros(4)
    np.add.at(sums, which[inside], amounts[inside])
    return sums


def _after(today: date, years: float) -> date | None:
    # Beyond a lifetime a date is noise, and datetime ends at year 9999.
    return today + timedelta(days=round(365.25 * years)) if years < 100 else None
