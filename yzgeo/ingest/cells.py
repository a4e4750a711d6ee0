"""One cell of a foreign table, brought to the type of its field.

Widths, cases and white space are evened out, and dates are read in the ways Chinese offices write them; a value that
still does not fit is refused with the reason.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from yzgeo.catalogue import FieldSpec

Value = str | int | float | bool | None

_TRUE = frozenset({"是", "有", "true", "t", "yes", "y", "1", "1.0"})
_FALSE = frozenset({"否", "无", "false", "f", "no", "n", "0", "0.0"})
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


def coerce(value: Any, spec: FieldSpec) -> Value:
    """
    Bring one cell to the type of its field.

    Parameters
    ----------
    value
        What the file holds.
    spec
        The field.

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
    result = _READERS[spec.type](value)
    if spec.values:
        return _allowed(str(result), spec)
    if isinstance(result, int | float) and not isinstance(result, bool):
        _check_range(result, spec)
    return result


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


def _boolean(value: Any) -> bool:
    word = normalise(str(value))
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise UnfitError("不是“是”或“否”", "is neither yes nor no")


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
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
}
