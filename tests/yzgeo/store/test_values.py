"""Values of frames as they are stored."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from yzgeo.catalogue import FieldSpec, FieldType, Label
from yzgeo.errors import InputError
from yzgeo.store import values


def spec(kind: FieldType) -> FieldSpec:
    return FieldSpec(id="one", title=Label(zh="某", en="X"), type=kind)


NOW = datetime(2024, 5, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "column", "stored"),
    [
        ("text", pd.Series(["甲", None, "", "1.0"]), ["甲", None, "", "1.0"]),
        ("text", pd.Series(["a", np.nan], dtype=object), ["a", None]),
        ("text", pd.Series([211202, 7]), ["211202", "7"]),
        ("text", pd.Series(["a", pd.NA], dtype="string"), ["a", None]),
        ("text", pd.Series(["a", None, "a"], dtype="category"), ["a", None, "a"]),
        ("integer", pd.Series([1, 2]), [1, 2]),
        ("integer", pd.Series([1.0, np.nan]), [1, None]),
        ("integer", pd.Series([1, None], dtype="Int64"), [1, None]),
        ("integer", pd.Series(["12", None]), [12, None]),
        ("integer", pd.Series([True, False]), [1, 0]),
        ("integer", pd.Series([1, None, 2], dtype=object), [1, None, 2]),
        ("number", pd.Series([1.5, None, np.nan], dtype=object), [1.5, None, None]),
        ("number", pd.Series([1.5, None], dtype=object), [1.5, None]),
        ("boolean", pd.Series([True, None, False], dtype=object), [1, None, 0]),
        ("integer", pd.Series([2**63 - 1, -(2**63) + 1]), [2**63 - 1, -(2**63) + 1]),
        ("number", pd.Series([1, 2]), [1.0, 2.0]),
        ("number", pd.Series([1.5, np.nan]), [1.5, None]),
        ("number", pd.Series([1, None], dtype="Int64"), [1.0, None]),
        ("number", pd.Series(["2.5", None]), [2.5, None]),
        ("boolean", pd.Series([True, False]), [1, 0]),
        ("boolean", pd.Series([True, None], dtype="boolean"), [1, None]),
        ("boolean", pd.Series([1.0, 0.0, np.nan]), [1, 0, None]),
        ("boolean", pd.Series(["true", "False", "1"]), [1, 0, 1]),
        ("date", pd.Series(["2024-02-29", None, "2024-02-29"]), ["2024-02-29", None, "2024-02-29"]),
        ("date", pd.Series([date(2024, 2, 29), None]), ["2024-02-29", None]),
        ("date", pd.to_datetime(pd.Series(["2024-02-29", None])), ["2024-02-29", None]),
        ("datetime", pd.Series([NOW, None], dtype=object), ["2024-05-01T08:00:00.000Z", None]),
        ("datetime", pd.Series([NOW, None]), ["2024-05-01T08:00:00.000Z", None]),
        ("datetime", pd.Series(["2024-05-01T16:00:00+08:00"]), ["2024-05-01T08:00:00.000Z"]),
    ],
)
def test_encode(kind: FieldType, column: pd.Series[Any], stored: list[object]) -> None:
    encoded = values.encode(column, spec(kind))
    assert encoded == stored
    assert [type(value) for value in encoded] == [type(value) for value in stored]


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("text", 1.0),
        ("text", True),
        ("text", b"x"),
        ("integer", 1.5),
        ("integer", "x"),
        ("integer", 2**63),
        ("number", np.inf),
        ("number", "x"),
        ("boolean", 2),
        ("boolean", "no idea"),
        ("date", "2023-02-29"),
        ("date", "01.02.2023"),
        ("date", 20230201),
        ("datetime", "2024-05-01T16:00:00"),
        ("datetime", 5),
    ],
)
def test_what_does_not_fit_is_named(kind: FieldType, wrong: object) -> None:
    with pytest.raises(InputError) as refused:
        values.encode(pd.Series([None, wrong], dtype=object), spec(kind))
    assert str(wrong) in refused.value.message("zh")
    assert "某" in refused.value.message("zh")
    with pytest.raises(InputError):
        values.encode_one(wrong, spec(kind))


def test_one_value_of_a_condition() -> None:
    assert values.encode_one(None, spec("integer")) is None
    assert values.encode_one("5", spec("integer")) == 5
    assert values.encode_one(True, spec("boolean")) == 1
    assert values.encode_one(date(2024, 1, 1), spec("date")) == "2024-01-01"


def test_decode_gives_booleans_back() -> None:
    assert values.decode([1, 0, None], spec("boolean")) == [True, False, None]
    assert values.decode([1, 0, None], spec("integer")) == [1, 0, None]


@pytest.mark.parametrize(
    ("kind", "dtype"),
    [("text", "object"), ("integer", "Int64"), ("number", "float64"), ("boolean", "boolean"), ("date", "object")],
)
def test_columns_of_nothing_have_a_type(kind: FieldType, dtype: str) -> None:
    for stored in ([], [None, None]):
        column = values.series(stored, spec(kind), pd.RangeIndex(len(stored)))
        assert str(column.dtype) == dtype
        assert values.encode(column, spec(kind)) == stored
