"""Numbers as people type them: full-width digits, separators, 万 and 亿, Chinese numerals, and a unit behind.

A text that could mean two things (``1,23``; ``120-150``) is refused, never guessed.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from yzgeo.errors import ValueUnreadableError

Dimension = Literal["area", "length", "share", "count", "money", "rate", "other"]


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of measure: what it measures and how many base units it is (m², m, percent, piece, yuan)."""

    name: str
    dimension: Dimension
    factor: float


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number, the unit written with it, and whether it was called approximate."""

    value: float
    unit: Unit | None = None
    approximate: bool = False


# 1 亩 is 10000/15 m² exactly (15 亩 = 1 公顷).
_UNITS: tuple[tuple[str, Dimension, float], ...] = (
    ("m2 m^2 平方米 平米 平方 平 sqm", "area", 1.0),
    ("亩 市亩", "area", 10_000.0 / 15.0),
    ("公顷 ha hm2 hm^2", "area", 10_000.0),
    ("公亩", "area", 100.0),
    ("km2 km^2 平方公里 平方千米", "area", 1e6),
    ("m 米 延长米 延米", "length", 1.0),
    ("km 公里 千米", "length", 1000.0),
    ("里 华里 市里", "length", 500.0),
    ("dm 分米", "length", 0.1),
    ("cm 厘米 公分", "length", 0.01),
    ("mm 毫米", "length", 0.001),
    ("% percent 百分比 百分点", "share", 1.0),
    ("‰ permille", "share", 0.1),
    ("个 处 座 栋 幢 户 人 套 间 台 件 辆 片 块 条 口 所 眼 项 棵 株 盏 部 层 家 站", "count", 1.0),
    ("count persons households dwellings pieces", "count", 1.0),
    ("元 yuan cny", "money", 1.0),
    ("吨/日 吨/天 t/d 吨每日", "rate", 1.0),
)
_BY_NAME = {name: Unit(name, dimension, factor) for names, dimension, factor in _UNITS for name in names.split()}
_MULTIPLIERS = {"十": 1e1, "百": 1e2, "千": 1e3, "万": 1e4, "十万": 1e5, "百万": 1e6, "千万": 1e7, "亿": 1e8}

_MISSING = frozenset(
    {
        "",
        "-",
        "--",
        "---",
        "—",
        "——",
        "/",
        "\\",
        "无",
        "空",
        "n/a",
        "na",
        "nan",
        "null",
        "none",
        "#n/a",
        "不详",
        "未知",
        "暂无",
        "待定",
        "待核",
        "/ /",
        "·",
    }
)
_NUMBER = re.compile(
    r"(?P<about>约|大约|近|~|≈)?\s*"
    r"(?P<digits>[+-]?(?:\d{1,3}(?:,\d{3})+|\d{1,3}(?: \d{3})+|\d+)(?:\.\d*)?|[+-]?\.\d+)(?P<power>e[+-]?\d+)?\s*"
    r"(?P<rest>.*?)\s*(?P<more>左右|余|多)?$"
)
_DIGITS = {
    digit: value
    for value, digits in enumerate(("〇零", "一壹", "二贰两", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖"))
    for digit in digits
}
_SPACES = re.compile(r"\s+")
_PLACES = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_MYRIADS = {"万": 10_000, "亿": 100_000_000}


def plain(text: str) -> str:
    """
    Even out how a text is typed.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    str
        Half-width, lower case, without the apostrophe that forces text in spreadsheets, single spaces.

    Examples
    --------
    >>> plain(" １，２３４．５　㎡ ")
    '1,234.5 m2'
    """
    return _SPACES.sub(" ", unicodedata.normalize("NFKC", text)).strip().lstrip("'").casefold()


def is_missing(value: object) -> bool:
    """
    Tell whether a cell says that there is nothing to say.

    Parameters
    ----------
    value
        The cell's value.

    Returns
    -------
    bool
        True for blanks, dashes, 无, 不详 and the like.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return True
    return isinstance(value, str) and len(value) < 20 and plain(value) in _MISSING


def parse_unit(text: str) -> Unit | None:
    """
    Read a unit's name.

    Parameters
    ----------
    text
        For instance ``㎡``, ``万平方米``, ``（亩）`` or the unit of a field of the catalogue.

    Returns
    -------
    Unit or None
        None where the text is no unit known here.

    Examples
    --------
    >>> parse_unit("万㎡").factor
    10000.0
    """
    name = plain(text).replace(" ", "").strip("()[]:：、,;")
    name = name.removeprefix("单位").strip("()[]:：")
    if name in _BY_NAME:
        return _BY_NAME[name]
    for prefix in sorted(_MULTIPLIERS, key=len, reverse=True):
        base = _BY_NAME.get(name.removeprefix(prefix)) if name.startswith(prefix) else None
        if base is not None:
            return Unit(name, base.dimension, base.factor * _MULTIPLIERS[prefix])
    return None


def read(value: object, *, percent_format: bool = False) -> Quantity | None:
    """
    Read a number and the unit written with it.

    Parameters
    ----------
    value
        A number or a text.
    percent_format
        Whether the spreadsheet shows the number as a percentage, so that 0.35 means 35 %.

    Returns
    -------
    Quantity or None
        None where the cell says that there is no value.

    Raises
    ------
    ValueUnreadableError
        If the text is no number or could mean two.

    Examples
    --------
    >>> read("４６．３４万㎡")
    Quantity(value=463400.0, unit=Unit(name='m2', dimension='area', factor=1.0), approximate=False)
    """
    if is_missing(value):
        return None
    if isinstance(value, bool):
        raise _unreadable(value, "是“是/否”，不是数", "it is a yes/no value")
    if isinstance(value, int | float):
        if not math.isfinite(value):
            raise _unreadable(value, "不是有限的数", "it is not finite")
        return Quantity(float(value) * 100.0, _BY_NAME["%"]) if percent_format else Quantity(float(value))
    text = plain(str(value))
    if text.startswith("#"):
        raise _unreadable(value, "表格公式出错", "the spreadsheet's formula failed")
    share = re.fullmatch(r"百分之(.+)", text)
    found = _NUMBER.fullmatch(share.group(1) if share else text)
    if found is None:
        whole = chinese_number(share.group(1) if share else text)
        if whole is None:
            raise _unreadable(value, "不是数", "it is no number")
        return Quantity(float(whole), _BY_NAME["%"] if share else None)
    number, unit = _with_unit(value, found)
    if share:
        unit = _BY_NAME["%"]
    return Quantity(number, unit, approximate=bool(found["about"] or found["more"]))


def convert(quantity: Quantity, *, to: str | None, column: Unit | None = None) -> float:
    """
    Bring a quantity to the unit of a field.

    Parameters
    ----------
    quantity
        What the cell says.
    to
        Unit of the field, None where it has none.
    column
        Unit in the column's head, which holds for numbers without their own.

    Returns
    -------
    float
        The number in ``to``.

    Raises
    ------
    ValueUnreadableError
        If the unit measures something else than the field.

    Examples
    --------
    >>> convert(read("15亩"), to="m2")
    10000.0
    """
    unit = quantity.unit or column
    goal = parse_unit(to) if to else None
    if unit is None or (goal is None and unit.dimension in {"count", "share"}):
        return quantity.value
    if goal is None or goal.dimension != unit.dimension:
        raise ValueUnreadableError(
            text=f"{quantity.value:g} {unit.name}",
            kind_zh=f"以 {to or '数'} 计的值",
            kind_en=f"a value in {to or 'no unit'}",
            reason_zh="单位量的不是同一种东西",
            reason_en="the unit measures something else",
        )
    # 亩 to m² must give 10000 for 15, not 9999.999…: divide after multiplying, and drop the last binary noise.
    return float(f"{quantity.value * unit.factor / goal.factor:.12g}")


def chinese_number(text: str) -> int | None:
    """
    Read a whole number in Chinese numerals, by place (一百二十三) or digit by digit (二〇二四).

    Parameters
    ----------
    text
        Numerals only.

    Returns
    -------
    int or None
        None where it is no such number.

    Examples
    --------
    >>> chinese_number("三万五千零一十"), chinese_number("二〇二四")
    (35010, 2024)
    """
    if not text or any(sign not in _DIGITS and sign not in _PLACES and sign not in _MYRIADS for sign in text):
        return None
    if all(sign in _DIGITS for sign in text):
        return int("".join(str(_DIGITS[sign]) for sign in text))
    total, section, digit = 0, 0, 0
    for sign in text:
        if sign in _DIGITS:
            digit = _DIGITS[sign]
        elif sign in _PLACES:
            section += (digit or 1) * _PLACES[sign]
            digit = 0
        else:
            total = (
                (total + section + digit) * _MYRIADS[sign]
                if _MYRIADS[sign] > total
                else (total + (section + digit) * _MYRIADS[sign])
            )
            section = digit = 0
    return total + section + digit


def _with_unit(value: object, found: re.Match[str]) -> tuple[float, Unit | None]:
    number = float(found["digits"].replace(",", "").replace(" ", "") + (found["power"] or ""))
    rest = found["rest"].replace(" ", "")
    unit = parse_unit(rest) if rest else None
    if rest and unit is None:
        if rest not in _MULTIPLIERS:
            raise _unreadable(value, "数字后面的文字不是已知单位", "what follows the number is no known unit")
        number *= _MULTIPLIERS[rest]
    elif unit is not None and unit.name not in _BY_NAME:
        # 万㎡: keep the plain unit and put the 万 into the number, so that both are read the same way later.
        base = next(
            item for item in _BY_NAME.values() if unit.name.endswith(item.name) and item.dimension == unit.dimension
        )
        number *= unit.factor / base.factor
        unit = base
    if not math.isfinite(number):
        raise _unreadable(value, "不是有限的数", "it is not finite")
    return float(f"{number:.15g}"), unit


def _unreadable(value: object, zh: str, en: str) -> ValueUnreadableError:
    return ValueUnreadableError(text=str(value)[:60], kind_zh="数值", kind_en="a number", reason_zh=zh, reason_en=en)
