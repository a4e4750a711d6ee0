"""One cell of a foreign table, brought to the type of its field.

Widths, cases and white space are evened out, and dates are read in the ways Chinese offices write them; a value that
still does not fit is refused with the reason.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from yzgeo.catalogue import FieldSpec
from yzgeo.errors import ValueUnreadableError

from .values import dates, numbers, words

Value = str | int | float | bool | None

_SOME_DIGIT = re.compile(r"[\d〇一二三四五六七八九十]")
_NUMERIC = frozenset({"number", "integer"})
_DATE = re.compile(r"^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[T ].*)?$")
_COMPACT_DATE = re.compile(r"^(\d{4})(\d{2})(\d{2})$")


class UnfitError(Exception):
    """A cell that does not fit its field, with the reason in two languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


def normalise(text: str) -> str:
    """
    Bring a name to the form in which names are compared.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    str
        Half-width, lower case, without white space.

    Examples
    --------
    >>> normalise(" 占地面积（㎡） ")
    '占地面积(m2)'
    """
    narrow = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()
    return unicodedata.normalize("NFKC", narrow)  # taking white space out can bring marks together


def coerce(value: Any, spec: FieldSpec, *, unit: numbers.Unit | None = None, percent: bool = False) -> Value:
    """
    Bring one cell to the type of its field.

    Parameters
    ----------
    value
        What the file holds.
    spec
        The field.
    unit
        Unit in the column's head.
    percent
        Whether the spreadsheet shows the number as a percentage.

    Returns
    -------
    str, int, float, bool or None
        The value as it is stored; dates are ISO 8601 text, an allowed value is its id.

    Raises
    ------
    UnfitError
        If it does not fit the field.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, str) and not value.strip():
        return None
    try:
        result = _quantity(value, spec, unit, percent) if spec.type in _NUMERIC else _read(value, spec)
    except ValueUnreadableError as error:
        raise UnfitError(f"：{error.fields['reason_zh']}", f": {error.fields['reason_en']}") from error
    if result is None:
        return None
    if spec.values:
        return _allowed(str(result), spec)
    if isinstance(result, int | float) and not isinstance(result, bool):
        _check_range(result, spec)
    return result


def coerce_all(values: Sequence[Any], spec: FieldSpec, *, unit: numbers.Unit | None = None) -> list[Value] | None:
    """
    Bring a whole column to the type of its field, each different cell once.

    Parameters
    ----------
    values
        What the file holds.
    spec
        The field.
    unit
        Unit in the column's head.

    Returns
    -------
    list or None
        What `coerce` gives for each cell; None where a cell does not fit, or where cells of several types have to be
        looked at one by one (1, 1.0 and True are equal, but not the same).
    """
    kinds = set(map(type, values)) - {type(None)}
    if len(kinds) > 1 or kinds & {list, dict}:
        return None
    try:
        if kinds <= {int, float} and spec.type in _NUMERIC and unit is None and not spec.values:
            return _plain_numbers(values, spec)
        distinct = dict.fromkeys(values)
        plain = words.HARMLESS.fullmatch if kinds == {str} and spec.type == "text" and not spec.values else None
        known = {
            value: value if plain and value and plain(value) else coerce(value, spec, unit=unit) for value in distinct
        }
    except UnfitError:
        return None
    return [known[value] for value in values]


def _plain_numbers(values: Sequence[Any], spec: FieldSpec) -> list[Value] | None:
    """Judge numbers of one type by the least and the greatest, between which all others lie."""
    there = [value for value in values if value is not None and value == value]  # noqa: PLR0124 - the test for NaN
    for extreme in (min(there), max(there)) if there else ():
        coerce(extreme, spec)
    if spec.type == "integer" and not all(float(value).is_integer() for value in there if value.__class__ is float):
        return None
    read = int if spec.type == "integer" else float
    # NaN is no number that equals itself.
    return [read(value) if value is not None and value == value else None for value in values]  # noqa: PLR0124


def _quantity(value: Any, spec: FieldSpec, unit: numbers.Unit | None, percent: bool) -> Value:  # noqa: FBT001
    """Read plain numbers straight away; units, separators and numerals take the long way."""
    if unit is None and not percent:
        if value.__class__ is float and spec.type == "number" and math.isfinite(value):
            return float(value)
        try:
            return _READERS[spec.type](value)
        except UnfitError:
            if not isinstance(value, str) or not any(
                sign.isdigit() or sign in "〇一二三四五六七八九十" for sign in value
            ):
                raise
    quantity = numbers.read(value, percent_format=percent)
    if quantity is None:
        return None
    if quantity.approximate:
        raise UnfitError("是约数，请填确切的数", "is only approximate")
    number = numbers.convert(quantity, to=spec.unit, column=unit)
    return _integer(number) if spec.type == "integer" else number


def _read(value: Any, spec: FieldSpec) -> Value:
    if spec.type == "date":
        try:
            return _date(value)
        except UnfitError:
            # A month or a year is not a day: a plan starts on its first and ends on its last.
            reading = dates.read(value)
            if reading is None:
                return None
            return (reading.last if spec.id.endswith("finish") else reading.first).isoformat()
    if spec.type == "boolean":
        return words.boolean(value)
    if spec.type == "text" and isinstance(value, str):
        return words.text(value)
    return _READERS[spec.type](value)


def _check_range(value: float, spec: FieldSpec) -> None:
    if spec.minimum is not None and value < spec.minimum:
        raise UnfitError(f"小于最小值 {spec.minimum:g}", f"is below the minimum {spec.minimum:g}")
    if spec.maximum is not None and value > spec.maximum:
        raise UnfitError(f"大于最大值 {spec.maximum:g}", f"is above the maximum {spec.maximum:g}")


def _allowed(text: str, spec: FieldSpec) -> str:
    wanted = normalise(text)
    for allowed in spec.values:
        if wanted in {normalise(name) for name in (allowed.id, allowed.label.zh, allowed.label.en, *allowed.aliases)}:
            return allowed.id
    known = "、".join(value.label.zh for value in spec.values)
    ids = ", ".join(value.id for value in spec.values)
    raise UnfitError(f"不在允许的取值之内：{known}", f"is not one of the allowed values: {ids}")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bytes):
        raise UnfitError("是二进制数据", "is binary data")
    return str(value).strip()


def _number(value: Any) -> float:
    if isinstance(value, bool):
        raise UnfitError("不是数字", "is not a number")
    text = unicodedata.normalize("NFKC", str(value)).strip().replace(",", "")
    try:
        number = float(text)
    except ValueError:
        raise UnfitError("不是数字", "is not a number") from None
    if not math.isfinite(number):
        raise UnfitError("不是有限的数字", "is not a finite number")
    return number


def _integer(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        number = value
    else:
        decimal = _number(value)
        if not decimal.is_integer():
            raise UnfitError("不是整数", "is not a whole number")
        number = int(decimal)
    if abs(number) >= 2**63:
        raise UnfitError("超出整数范围", "is too large")
    return number


def _date(value: Any) -> str:
    text = unicodedata.normalize("NFKC", _text(value))
    found = _DATE.match(text) or _COMPACT_DATE.match(text)
    year, month, day = (int(part) for part in found.groups()) if found else (0, 0, 0)
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        raise UnfitError("不是日期（例如 2024-03-05）", "is not a date (such as 2024-03-05)") from None


def _datetime(value: Any) -> str:
    try:
        return datetime.fromisoformat(_text(value).replace("/", "-")).isoformat()
    except ValueError:
        raise UnfitError("不是时间（例如 2024-03-05T08:30）", "is not a time (such as 2024-03-05T08:30)") from None


_READERS: Mapping[str, Callable[[Any], Value]] = {
    "text": _text,
    "integer": _integer,
    "number": _number,
    "date": _date,
    "datetime": _datetime,
}
