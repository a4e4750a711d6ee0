"""Dates in all the ways people write them, with how exact they are.

``2024年6月`` is not a day. The reader gives the first and the last day of what was written, and the caller takes the
first for a start and the last for a finish, telling the person.
"""

from __future__ import annotations

import calendar
import math
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from yzgeo.errors import ValueUnreadableError

from .numbers import chinese_number, is_missing, plain

Precision = Literal["day", "ten_days", "month", "quarter", "half_year", "year", "period"]


@dataclass(frozen=True, slots=True)
class DateReading:
    """The first and last day of what was written."""

    first: date
    last: date
    precision: Precision


_YEARS = range(1900, 2101)
# Serial numbers of 1954 to 2119 in the date system of spreadsheets.
_SERIALS = range(20_000, 80_000)
_HAN = "〇零一二三四五六七八九十"

_FULL = re.compile(r"(\d{4})\s?[-/.年]\s?(\d{1,2})\s?[-/.月]\s?(\d{1,2})\s?[日号]?(?:[ t]\d{1,2}[:时].*)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_MONTH = re.compile(r"(\d{4})\s?(?:[-/.年])\s?(\d{1,2})\s?月?份?(上旬|中旬|下旬|初|中|底|末)?")
_COMPACT_MONTH = re.compile(r"(\d{4})(\d{2})")
_YEAR = re.compile(r"(\d{4})\s?年?(?:度|内|全年)?")
_PART = re.compile(r"(\d{4})\s?年?\s?(上半年|下半年|年?底|年?末|第?([一二三四1-4])季度|q([1-4]))")
_HAN_DATE = re.compile(rf"([〇零一二三四五六七八九]{{4}})年(?:([{_HAN}]+)月)?(?:([{_HAN}]+)[日号])?")
_BETWEEN = re.compile(r"(.+?)\s?(?:至|到|~|～|—|–|--)\s?(.+)")
_YEARS_ONLY = re.compile(r"(\d{4})年?-(\d{4})年?")


def read(value: object, *, epoch_1904: bool = False) -> DateReading | None:
    """
    Read a date.

    Parameters
    ----------
    value
        A date, a serial number of a spreadsheet, or a text.
    epoch_1904
        Whether the workbook counts its serials from 1904.

    Returns
    -------
    DateReading or None
        None where the cell says that there is no value.

    Raises
    ------
    ValueUnreadableError
        If it is no date, or could be two.

    Examples
    --------
    >>> read("2024年6月").last.isoformat()
    '2024-06-30'
    """
    if is_missing(value):
        return None
    if isinstance(value, datetime):
        return _day(value.date())
    if isinstance(value, date):
        return _day(value)
    if isinstance(value, bool):
        raise _unreadable(value, "是“是/否”", "it is a yes/no value")
    if isinstance(value, int | float):
        return _from_number(value, epoch_1904)
    text = plain(str(value))
    try:
        reading = _from_text(_arabic(text), epoch_1904)
    except ValueError:
        raise _unreadable(value, "没有这一天", "there is no such day") from None
    if reading is None:
        raise _unreadable(
            value, "不是能识别的日期，两位年份也不猜测", "no known way to write a date; no two-digit years"
        )
    return reading


def _from_number(value: float, epoch_1904: bool) -> DateReading:  # noqa: FBT001 - a fact of the workbook
    if not math.isfinite(value):
        raise _unreadable(value, "不是有限的数", "it is not finite")
    whole = int(value)
    if whole in _SERIALS:
        start = date(1904, 1, 1) if epoch_1904 else date(1899, 12, 30)
        return _day(start + timedelta(days=whole))
    if value != whole:
        # 2024.1 typed as a number is January or, with its zero cut off, October: nobody can know.
        text = f"{value:.6g}"
        if re.fullmatch(r"\d{4}\.1", text):
            raise _unreadable(value, "可能是 1 月，也可能是 10 月被去掉了末尾的 0", "it may be January, or October cut")
    else:
        text = str(whole)
    try:
        reading = _from_text(text, epoch_1904)
    except ValueError:
        reading = None
    if reading is None:
        raise _unreadable(value, "不是日期", "it is no date")
    return reading


def _from_text(text: str, epoch_1904: bool) -> DateReading | None:  # noqa: FBT001 - a fact of the workbook
    found = _FULL.fullmatch(text) or _COMPACT.fullmatch(text)
    if found is not None:
        return _day(_date(*(int(part) for part in found.groups()[:3])))
    if re.fullmatch(r"\d{5}(\.\d+)?", text) and int(float(text)) in _SERIALS:
        return _from_number(float(text), epoch_1904)
    reading = _month(text) or _part_of_year(text)
    if reading is not None:
        return reading
    years = _YEARS_ONLY.fullmatch(text)
    if years is not None:
        return _between(_year(int(years[1])), _year(int(years[2])))
    pair = _BETWEEN.fullmatch(text)
    if pair is not None:
        one, other = _from_text(pair[1], epoch_1904), _from_text(pair[2], epoch_1904)
        return _between(one, other) if one is not None and other is not None else None
    return None


def _month(text: str) -> DateReading | None:
    found = _MONTH.fullmatch(text) or _COMPACT_MONTH.fullmatch(text)
    if found is None:
        return None
    year, month = int(found[1]), int(found[2])
    first = _date(year, month, 1)
    last = _date(year, month, calendar.monthrange(year, month)[1])
    part = found[3] if found.re is _MONTH else None
    if part in {"上旬", "初"}:
        return DateReading(first, _date(year, month, 10), "ten_days")
    if part in {"中旬", "中"}:
        return DateReading(_date(year, month, 11), _date(year, month, 20), "ten_days")
    if part == "下旬":
        return DateReading(_date(year, month, 21), last, "ten_days")
    if part in {"底", "末"}:
        return DateReading(last, last, "ten_days")
    return DateReading(first, last, "month")


def _part_of_year(text: str) -> DateReading | None:
    whole = _YEAR.fullmatch(text)
    if whole is not None:
        return _year(int(whole[1]))
    found = _PART.fullmatch(text)
    if found is None:
        return None
    year, part = int(found[1]), found[2]
    if part == "上半年":
        return DateReading(_date(year, 1, 1), _date(year, 6, 30), "half_year")
    if part == "下半年":
        return DateReading(_date(year, 7, 1), _date(year, 12, 31), "half_year")
    quarter = found[3] or found[4]
    if quarter is None:
        return DateReading(_date(year, 12, 31), _date(year, 12, 31), "month")
    number = int(quarter) if quarter.isdigit() else (chinese_number(quarter) or 0)
    last_month = number * 3
    return DateReading(
        _date(year, last_month - 2, 1),
        _date(year, last_month, calendar.monthrange(year, last_month)[1]),
        "quarter",
    )


def _arabic(text: str) -> str:
    """Write a date in Chinese numerals with digits; other texts stay."""
    found = _HAN_DATE.fullmatch(text)
    if found is None:
        return text
    year, month, day = (chinese_number(part) if part else None for part in found.groups())
    parts = [f"{year}年", f"{month}月" if month is not None else "", f"{day}日" if day is not None else ""]
    return "".join(parts)


def _between(one: DateReading, other: DateReading) -> DateReading | None:
    return DateReading(one.first, other.last, "period") if one.first <= other.last else None


def _year(year: int) -> DateReading:
    return DateReading(_date(year, 1, 1), _date(year, 12, 31), "year")


def _day(day: date) -> DateReading:
    if day.year not in _YEARS:
        raise _unreadable(day, "年份不在 1900–2100 之间", "the year is not between 1900 and 2100")
    return DateReading(day, day, "day")


def _date(year: int, month: int, day: int) -> date:
    if year not in _YEARS:
        raise ValueError(year)
    return date(year, month, day)


def _unreadable(value: object, zh: str, en: str) -> ValueUnreadableError:
    return ValueUnreadableError(text=str(value)[:60], kind_zh="日期", kind_en="a date", reason_zh=zh, reason_en=en)
