"""Longitudes and latitudes written with degrees, minutes and seconds."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from yzgeo.errors import ValueUnreadableError

from .numbers import is_missing

Axis = Literal["lon", "lat"]


@dataclass(frozen=True, slots=True)
class Angle:
    """Degrees, and which of the two the text said it is."""

    degrees: float
    axis: Axis | None = None
    in_minutes: bool = False


_SIGNS = {"e": ("lon", 1), "东经": ("lon", 1), "w": ("lon", -1), "西经": ("lon", -1)} | {
    "n": ("lat", 1),
    "北纬": ("lat", 1),
    "s": ("lat", -1),
    "南纬": ("lat", -1),
}
_SIDE = r"(东经|西经|北纬|南纬|[nsew])"
_ANGLE = re.compile(
    rf"{_SIDE}?\s?[:：]?\s?([+-]?\d{{1,3}}(?:\.\d+)?)\s?(?:(?:[°度d:：]|\s|-(?=\d))\s?"
    rf"(?:(\d{{1,2}}(?:\.\d+)?)\s?(?:['分m:：]|\s|-(?=\d)|$)?\s?(?:(\d{{1,2}}(?:\.\d+)?)\s?(?:[\"秒]|s(?!\w))?)?)?)?\s?{_SIDE}?"
)


def read(value: object) -> Angle | None:
    """
    Read an angle, in degrees with decimals or with minutes and seconds.

    Parameters
    ----------
    value
        A number or a text such as ``123°50′45.6″``, ``东经123度50分45.6秒`` or ``42-17-31.5``.

    Returns
    -------
    Angle or None
        None where the cell says that there is no value.

    Raises
    ------
    ValueUnreadableError
        If it is no angle, or minutes or seconds are 60 or more.

    Examples
    --------
    >>> read("N42°30′36″")
    Angle(degrees=42.51, axis='lat', in_minutes=True)
    """
    if is_missing(value):
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not math.isfinite(value) or abs(value) > 1e8:
            raise _unreadable(value, "不是有限的数", "it is not finite")
        return Angle(float(value))
    text = _plain(str(value))
    found = _ANGLE.fullmatch(text)
    if found is None:
        return _decimal(value, text)
    before, degrees, minutes, seconds, after = found.groups()
    if (before and after) or (minutes and "." in degrees) or (seconds and "." in minutes):
        raise _unreadable(value, "写法自相矛盾", "it contradicts itself")
    if float(minutes or 0) >= 60.0 or float(seconds or 0) >= 60.0:
        raise _unreadable(value, "分或秒达到 60", "minutes or seconds are 60 or more")
    axis, sign = _SIGNS.get(before or after or "", (None, 1))
    if degrees.startswith("-"):
        sign = -sign
    size = abs(float(degrees)) + float(minutes or 0) / 60.0 + float(seconds or 0) / 3600.0
    if size > 180.0:
        raise _unreadable(value, "超过 180 度", "it is more than 180 degrees")
    kind: Axis | None = "lon" if axis == "lon" else "lat" if axis == "lat" else None
    return Angle(sign * float(f"{size:.13g}"), kind, in_minutes=minutes is not None)


def read_pair(text: str) -> tuple[Angle, Angle] | None:
    """
    Read two angles in one cell, in the order written unless the text names them.

    Parameters
    ----------
    text
        For instance ``123.8456,42.2917`` or ``E123°50′45″ N42°17′31″``.

    Returns
    -------
    tuple of Angle, or None
        Longitude first if the text says which is which; None where the text is no pair.
    """
    for parts in (re.split(r"[,，;；、/]", text), re.split(r"\s+(?=[NSEWnsew东西南北])", text.strip())):
        if len(parts) != 2:
            continue
        try:
            one, other = read(parts[0]), read(parts[1])
        except ValueUnreadableError:
            continue
        if one is None or other is None or (one.axis is not None and one.axis == other.axis):
            continue
        return (other, one) if one.axis == "lat" or other.axis == "lon" else (one, other)
    return None


def _decimal(value: object, text: str) -> Angle:
    try:
        number = float(text.replace(",", ""))
    except ValueError:
        raise _unreadable(value, "不是度分秒", "it is not written in degrees, minutes and seconds") from None
    if not math.isfinite(number) or abs(number) > 1e8:
        raise _unreadable(value, "不是有限的数", "it is not finite")
    return Angle(number)


def _plain(text: str) -> str:
    """Even out the many signs for minutes and seconds; full-width normalisation would turn ″ into two signs."""
    for sign in ("\u2033", "\u201d", "\u201c", "\uff02", "\u3003", "\u2032\u2032", "\u00b4\u00b4", "\u2019\u2019"):
        text = text.replace(sign, '"')
    for sign in ("\u2032", "\u2019", "\u2018", "\uff07", "\u00b4", "`"):
        text = text.replace(sign, "'")
    text = text.replace("º", "°").replace("˚", "°").replace("''", '"')
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip().casefold()


def _unreadable(value: object, zh: str, en: str) -> ValueUnreadableError:
    return ValueUnreadableError(text=str(value)[:60], kind_zh="角度", kind_en="an angle", reason_zh=zh, reason_en=en)
