from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yzgeo.catalogue import AllowedValue, FieldSpec, FieldType, Label
from yzgeo.ingest.cells import UnfitError, coerce, coerce_all, normalise
from yzgeo.ingest.values.numbers import parse_unit


def field(kind: FieldType, **more: Any) -> FieldSpec:
    return FieldSpec(id="ab", title=Label(zh="甲", en="A"), type=kind, **more)


@pytest.mark.parametrize(
    ("kind", "given", "wanted"),
    [
        ("text", "  a b ", "a b"),
        ("text", 211202001001.0, "211202001001"),
        ("text", 12, "12"),
        ("text", True, "true"),
        ("text", ["a", 1], '["a", 1]'),
        ("text", "", None),
        ("text", "  ", None),
        ("number", float("nan"), None),
        ("number", "１，２３４．５", 1234.5),
        ("number", "-0.5", -0.5),
        ("integer", "1,234", 1234),
        ("integer", 12.0, 12),
        ("integer", 2**62, 2**62),
        ("boolean", "是", True),
        ("boolean", "否", False),
        ("boolean", 0, False),
        ("boolean", "Ｙ", True),
        ("date", "2024-3-5", "2024-03-05"),
        ("date", "2024年3月5日", "2024-03-05"),
        ("date", "２０２４／０３／０５", "2024-03-05"),
        ("date", "2024.3.5", "2024-03-05"),
        ("date", 20240305, "2024-03-05"),
        ("date", "2024-03-05T00:00:00", "2024-03-05"),
        ("datetime", "2024/03/05 08:30", "2024-03-05T08:30:00"),
    ],
)
def test_what_fits(kind: FieldType, given: Any, wanted: Any) -> None:
    result = coerce(given, field(kind))
    assert result == wanted
    assert type(result) is type(wanted)


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("number", "约 12"),
        ("number", "inf"),
        ("number", True),
        ("integer", "1.5"),
        ("integer", 2**63),
        ("boolean", "也许"),
        ("date", "2024-02-30"),
        ("date", "2024年13月"),
        ("date", "三月五日"),
        ("datetime", "昨天"),
        ("text", b"\x00"),
    ],
)
def test_what_does_not_fit(kind: FieldType, given: Any) -> None:
    with pytest.raises(UnfitError) as unfit:
        coerce(given, field(kind))
    assert unfit.value.zh
    assert unfit.value.en


def test_allowed_values_by_id_label_and_alias() -> None:
    spec = field(
        "text", values=(AllowedValue(id="planned", label=Label(zh="未启动", en="Planned"), aliases=("未 开工",)),)
    )
    assert [coerce(word, spec) for word in ("planned", " 未启动", "PLANNED", "未开工")] == ["planned"] * 4
    with pytest.raises(UnfitError) as unfit:
        coerce("完成", spec)
    assert "未启动" in unfit.value.zh


def test_limits() -> None:
    spec = field("number", minimum=0, maximum=100)
    assert [coerce(value, spec) for value in (0, 100)] == [0, 100]
    for value in (-0.1, 100.1):
        with pytest.raises(UnfitError):
            coerce(value, spec)


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@given(st.one_of(st.text(), st.floats(), st.integers(), st.booleans(), st.none()))
def test_any_cell_is_either_read_or_refused(value: object) -> None:
    for kind in ("text", "integer", "number", "boolean", "date", "datetime"):
        try:
            result = coerce(value, field(kind))
        except UnfitError:
            continue
        assert result is None or isinstance(result, str | int | float | bool)


@given(
    column=st.one_of(
        [
            st.lists(st.none() | one, max_size=8)
            for one in (
                st.text(max_size=6) | st.sampled_from(["B-001", "=1+1", "12亩", "1.5", " 是 ", "2024-3-5", "<script>"]),
                st.integers(),
                st.floats() | st.sampled_from([-0.0, 3.0, 2.0**63]),
                st.booleans(),
                st.lists(st.integers(), max_size=1),
                st.sampled_from([1, 1.0, True, "1"]),
            )
        ]
    ),
    kind=st.sampled_from(["text", "integer", "number", "boolean", "date"]),
    limits=st.sampled_from([{}, {"minimum": 0.0, "maximum": 100.0}]),
    unit=st.sampled_from([None, parse_unit("亩")]),
)
def test_a_column_read_at_once_is_its_cells_read_one_by_one(
    column: Any, kind: FieldType, limits: Any, unit: Any
) -> None:
    spec = field(kind, **(limits if kind in {"integer", "number"} else {}))
    whole = coerce_all(column, spec, unit=unit)
    if whole is not None:
        singly = [coerce(cell, spec, unit=unit) for cell in column]
        assert [(type(one), one) for one in whole] == [(type(one), one) for one in singly]


def test_a_column_is_left_to_its_cells_where_one_does_not_fit_or_types_are_mixed() -> None:
    short = field("number", maximum=10.0)
    assert coerce_all([1.0, None, float("nan")], short) == [1.0, None, None]
    for column in ([1.0, 11.0], [float("inf")], [1.0, True], [1.0, 1], ["1", "eleven"]):
        assert coerce_all(column, short) is None
    assert coerce_all([1.5], field("integer")) is None
    assert coerce_all([2**63], field("integer")) is None
    assert coerce_all(["甲-1", "=1+1"], field("text")) is None
