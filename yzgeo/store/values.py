"""Column values between frames and the database, checked against the fields' declarations."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any, cast

import numpy as np
import pandas as pd

from yzgeo.catalogue import FieldSpec, FieldType
from yzgeo.errors import InputError

from .base import Value

_FRAME_TYPES: dict[FieldType, str] = {
    "text": "object",
    "integer": "Int64",
    "number": "float64",
    "boolean": "boolean",
    "date": "object",
    "datetime": "object",
}


def encode(column: pd.Series[Any], field: FieldSpec) -> list[Value]:
    """
    Turn a frame's column into values to be bound.

    Parameters
    ----------
    column
        Values of one field; None, NaN, NaT and NA all mean that there is none.
    field
        Declaration of the field.

    Returns
    -------
    list
        Text, int, float, 0 or 1, ISO 8601 text, or None.

    Raises
    ------
    InputError
        If a value does not fit the field's type; the message names the first one.
    """
    absent = column.isna().to_numpy()
    fast = _encode_numeric(column, field, absent)
    if fast is not None:
        return fast
    values = column.astype(object).tolist()
    if _is_plain(values, field):
        return values
    convert = _CONVERTERS[field.type]
    # Codes, dates, yes and no repeat much more often than they differ.
    seen: dict[object, Value] = {}
    encoded: list[Value] = []
    for value, gone in zip(values, absent, strict=True):
        if gone:
            encoded.append(None)
            continue
        kept = isinstance(value, (str, bool))
        if kept and value in seen:
            encoded.append(seen[value])
            continue
        try:
            encoded.append(convert(value))
        except (TypeError, ValueError, OverflowError, KeyError):
            raise _refusal(field, value) from None
        if kept:
            seen[value] = encoded[-1]
    return encoded


def encode_one(value: object, field: FieldSpec) -> Value:
    """
    Turn a value of a condition into one to be bound.

    Parameters
    ----------
    value
        What is looked for.
    field
        Declaration of the field.

    Returns
    -------
    str, int, float or None
        The value as it is stored.

    Raises
    ------
    InputError
        If the value cannot stand in such a field.
    """
    if value is None:
        return None
    try:
        return _CONVERTERS[field.type](value)
    except (TypeError, ValueError, OverflowError, KeyError):
        raise _refusal(field, value) from None


def decode(values: Sequence[Any], field: FieldSpec) -> Sequence[Value]:
    """
    Turn stored values back: 0 and 1 of a boolean field become False and True.

    Parameters
    ----------
    values
        Values as stored.
    field
        Declaration of the field.

    Returns
    -------
    sequence
        The values, same length.
    """
    if field.type == "boolean":
        return [None if value is None else bool(value) for value in values]
    return values


def series(values: Sequence[Value], field: FieldSpec, index: pd.Index[Any]) -> pd.Series[Any]:
    """
    Make a frame's column.

    Parameters
    ----------
    values
        Values from `decode`.
    field
        Declaration of the field.
    index
        Index of the frame.

    Returns
    -------
    pandas.Series
        ``object`` for text and dates (ISO text), ``Int64``, ``float64`` or ``boolean``.
    """
    kind = _FRAME_TYPES[field.type]
    if kind == "object":
        holder = np.empty(len(values), dtype=object)
        holder[:] = values
        return pd.Series(holder, index=index, name=field.id, dtype=object)
    return pd.Series(list(values), index=index, name=field.id, dtype=kind)


def _encode_numeric(column: pd.Series[Any], field: FieldSpec, absent: np.ndarray[Any, Any]) -> list[Value] | None:
    """Convert a column that already has a fitting numeric type at once; None if it has another."""
    kind = column.dtype.kind if isinstance(column.dtype, np.dtype) else getattr(column.dtype, "kind", "O")
    if field.type == "number" and kind in "iuf":
        numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
        if np.isinf(numbers).any():
            raise _refusal(field, np.inf)
    elif field.type == "integer" and kind == "i":
        numbers = column.to_numpy(dtype=object)
    else:
        return None
    plain = numbers.tolist()
    if absent.any():
        return [None if gone else value for value, gone in zip(plain, absent, strict=True)]
    return cast("list[Value]", plain)


def _is_plain(values: Sequence[Any], field: FieldSpec) -> bool:
    """Tell whether a column holds nothing but what is stored as it stands."""
    kind, fits = _PLAIN.get(field.type, (type(None), None))
    there = [value for value in values if value is not None]
    return set(map(type, there)) <= {kind} and (fits is None or all(map(fits, there)))


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return str(int(value))
    # A float is no text: 1.0 may have been the code "1" or the length 1.0, and only the reader of the file can tell.
    raise TypeError


def _integer(value: Any) -> int:
    if isinstance(value, str):
        return int(value)
    whole = int(value)
    if whole != value or abs(whole) >= 2**63:
        raise ValueError
    return whole


def _number(value: Any) -> float:
    number = float(value)
    if not np.isfinite(number):
        raise ValueError
    return number


def _boolean(value: Any) -> int:
    if isinstance(value, str):
        return {"true": 1, "1": 1, "false": 0, "0": 0}[value.lower()]
    if value in (0, 1):
        return int(value)
    raise ValueError


def _date(value: Any) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, np.datetime64):
        return str(value.astype("datetime64[D]"))
    return date.fromisoformat(value).isoformat()


def _datetime(value: Any) -> str:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError
    moment = moment.astimezone(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


# What is stored as it stands: the type of each value and, where not all of them fit, the test.
_PLAIN: dict[FieldType, tuple[type, Callable[[Any], bool] | None]] = {
    "text": (str, None),
    "integer": (int, lambda value: bool(abs(value) < 2**63)),
    "number": (float, math.isfinite),
}

_CONVERTERS: dict[FieldType, Callable[[Any], Value]] = {
    "text": _text,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
}


def _refusal(field: FieldSpec, value: object) -> InputError:
    shown = str(value)[:60]
    return InputError(
        what=f"{field.title.zh} ({field.id})",
        reason_zh=f"值“{shown}”不符合类型 {field.type}。",
        reason_en=f"the value “{shown}” is not of type {field.type}.",
    )
