"""Dates in every writing, and refusal of what could be two."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yzgeo.errors import ValueUnreadableError
from yzgeo.ingest.values import dates


@pytest.mark.parametrize(
    ("text", "first", "last", "precision"),
    [
        ("2024.6.30", "2024-06-30", "2024-06-30", "day"),
        ("2024/6/30", "2024-06-30", "2024-06-30", "day"),
        ("2024-06-30", "2024-06-30", "2024-06-30", "day"),
        ("2024年6月30日", "2024-06-30", "2024-06-30", "day"),
        ("2024 年 6 月 30 日", "2024-06-30", "2024-06-30", "day"),
        ("２０２４．６．３０", "2024-06-30", "2024-06-30", "day"),
        ("20240630", "2024-06-30", "2024-06-30", "day"),
        (20240630, "2024-06-30", "2024-06-30", "day"),
        (45473, "2024-06-30", "2024-06-30", "day"),
        (45473.75, "2024-06-30", "2024-06-30", "day"),
        ("45473", "2024-06-30", "2024-06-30", "day"),
        ("2024-06-30 08:15:00", "2024-06-30", "2024-06-30", "day"),
        (datetime(2024, 6, 30, 8, 15), "2024-06-30", "2024-06-30", "day"),  # noqa: DTZ001
        (date(2024, 6, 30), "2024-06-30", "2024-06-30", "day"),
        ("二〇二四年六月三十日", "2024-06-30", "2024-06-30", "day"),
        ("二零二四年十二月", "2024-12-01", "2024-12-31", "month"),
        ("二〇二四年", "2024-01-01", "2024-12-31", "year"),
        ("2024年6月", "2024-06-01", "2024-06-30", "month"),
        ("2024.06", "2024-06-01", "2024-06-30", "month"),
        ("2024.10", "2024-10-01", "2024-10-31", "month"),
        ("202402", "2024-02-01", "2024-02-29", "month"),
        (2024.6, "2024-06-01", "2024-06-30", "month"),
        ("2024年6月中旬", "2024-06-11", "2024-06-20", "ten_days"),
        ("2024年6月底", "2024-06-30", "2024-06-30", "ten_days"),
        ("2024年上半年", "2024-01-01", "2024-06-30", "half_year"),
        ("2024年第三季度", "2024-07-01", "2024-09-30", "quarter"),
        ("2024Q4", "2024-10-01", "2024-12-31", "quarter"),
        ("2024年底", "2024-12-31", "2024-12-31", "month"),
        ("2024年", "2024-01-01", "2024-12-31", "year"),
        (2024, "2024-01-01", "2024-12-31", "year"),
        ("2021-2025年", "2021-01-01", "2025-12-31", "period"),
        ("2024年3月至2024年6月", "2024-03-01", "2024-06-30", "period"),
    ],
)
def test_dates(text, first, last, precision):
    reading = dates.read(text)
    assert (reading.first.isoformat(), reading.last.isoformat(), reading.precision) == (first, last, precision)


@pytest.mark.parametrize(
    "text",
    [
        "24.6.30",
        "6月30日",
        "2024.13.1",
        "2024.2.30",
        2024.1,
        "明年",
        "30/6/2024",
        True,
        12,
        1e300,
        "2024年6月至2024年3月",
    ],
)
def test_texts_that_are_no_date_or_two_are_refused(text):
    with pytest.raises(ValueUnreadableError):
        dates.read(text)


@given(st.dates(date(1955, 1, 1), date(2099, 12, 31)))
def test_a_day_is_read_from_every_writing(day):
    serial = (day - date(1899, 12, 30)).days
    texts = [
        f"{day:%Y-%m-%d}",
        f"{day.year}.{day.month}.{day.day}",
        f"{day:%Y%m%d}",
        f"{day.year}年{day.month}月{day.day}日",
    ]
    for text in (*texts, serial):
        assert dates.read(text) == dates.DateReading(day, day, "day")


def test_workbooks_of_1904():
    assert dates.read(44011, epoch_1904=True).first == date(1904, 1, 1) + timedelta(days=44011)
