"""Curves, forecasts and lights, by hand."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yzgeo.forecast import curve, forecast, light

START, DEADLINE = date(2021, 1, 1), date(2025, 12, 31)


def days(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[D]")


def test_the_curve_counts_the_day_itself_and_ignores_the_order_of_deliveries() -> None:
    made = curve(
        days("2021-03-01", "2021-02-01"),
        np.array([2.0, 1.0]),
        at=[date(2021, 1, 1), date(2021, 2, 1), date(2021, 3, 1), date(2021, 5, 1)],
        total=12,
    )
    assert made.delivered == (0.0, 1.0, 3.0, 3.0)
    assert made.scheduled == pytest.approx((0.0, 12 * 31 / 120, 12 * 59 / 120, 12.0))


def test_a_steady_pace_ends_where_a_ruler_says() -> None:
    # One a quarter in the year before; 4 a year, 6 left: a year and a half.
    made = forecast(
        days("2022-01-01", "2023-08-15", "2023-11-15", "2024-02-15", "2024-05-15"),
        np.ones(5),
        total=11,
        today=date(2024, 6, 30),
        deadline=DEADLINE,
    )
    assert made.method == "pace_of_last_year"
    assert made.per_year == 4
    assert made.finish == date(2025, 12, 30)
    assert made.earliest == made.latest == made.finish
    assert made.needed_per_year == pytest.approx(6 / (549 / 365.25))


def test_an_empty_quarter_leaves_the_latest_date_open() -> None:
    made = forecast(
        days("2023-08-01", "2023-08-02", "2023-11-15", "2024-02-15", "2024-02-16"),
        np.ones(5),
        total=10,
        today=date(2024, 6, 30),
        deadline=DEADLINE,
    )
    assert made.latest is None
    assert made.earliest is not None
    assert made.finish is not None
    assert made.earliest < made.finish


@pytest.mark.parametrize(
    ("when", "method"),
    [((), "too_little_history"), (("2021-01-01",) * 5, "standstill"), (("2021-01-01",) * 20, "delivered")],
)
def test_without_a_basis_there_is_no_date(when: tuple[str, ...], method: str) -> None:
    made = forecast(days(*when), np.ones(len(when)), total=20, today=date(2024, 6, 30), deadline=DEADLINE)
    assert made.method == method
    assert made.finish == (date(2021, 1, 1) if method == "delivered" else None)


def test_deliveries_of_the_future_do_not_count() -> None:
    made = forecast(days("2024-07-01"), np.array([5.0]), total=5, today=date(2024, 6, 30), deadline=DEADLINE)
    assert made.method == "too_little_history"


@pytest.mark.parametrize(
    ("delivered", "today", "color"),
    [
        (0, date(2020, 12, 31), "grey"),
        (50, date(2023, 7, 2), "green"),
        (45, date(2023, 7, 2), "amber"),
        (39, date(2023, 7, 2), "red"),
        (99, date(2026, 1, 1), "red"),
        (100, date(2026, 1, 1), "green"),
    ],
)
def test_the_light(delivered: float, today: date, color: str) -> None:
    assert light(delivered, total=100, start=START, deadline=DEADLINE, today=today) == color


@given(
    st.lists(st.tuples(st.integers(0, 1500), st.floats(0, 100)), max_size=30),
    st.integers(0, 2000),
    st.floats(1, 3000),
)
def test_a_forecast_is_never_in_the_past_and_its_range_is_ordered(deliveries, today, total) -> None:
    when = np.array([np.datetime64("2021-01-01") + day for day, _ in deliveries], dtype="datetime64[D]")
    now = date(2021, 1, 1).fromordinal(date(2021, 1, 1).toordinal() + today)
    made = forecast(when, np.array([amount for _, amount in deliveries]), total=total, today=now, deadline=DEADLINE)
    if made.method == "pace_of_last_year":
        assert made.finish is None or made.finish >= now
        dates = [day for day in (made.earliest, made.finish, made.latest) if day is not None]
        assert dates == sorted(dates)


@given(st.lists(st.tuples(st.integers(0, 1500), st.floats(0, 100)), min_size=1, max_size=30))
def test_the_curve_ends_at_the_sum(deliveries) -> None:
    when = np.array([np.datetime64("2021-01-01") + day for day, _ in deliveries], dtype="datetime64[D]")
    amounts = np.array([amount for _, amount in deliveries])
    made = curve(when, amounts, at=[START, DEADLINE], total=100)
    assert made.delivered[-1] == pytest.approx(amounts.sum())
    assert made.delivered[0] <= made.delivered[-1]
