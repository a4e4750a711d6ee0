"""Numbers with units, and refusal of what could mean two things."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yzgeo.errors import ValueUnreadableError
from yzgeo.ingest.values import angles, dates, numbers, words


@pytest.mark.parametrize(
    ("text", "unit", "column", "expected"),
    [
        ("1234.5", "m2", None, 1234.5),
        ("１，２３４．５", "m2", None, 1234.5),
        ("1,234,567", "m2", None, 1_234_567),
        ("12 345.6", "m2", None, 12_345.6),
        ("'7345", "m2", None, 7345),
        ("15亩", "m2", None, 10_000),
        ("1 亩", "m2", None, 666.666666667),
        ("3.2公顷", "m2", None, 32_000),
        ("46.34万㎡", "m2", None, 463_400),
        ("46.34万平方米", "m2", None, 463_400),
        ("0.17 km²", "m2", None, 170_000),
        ("7355.56㎡", "m2", None, 7355.56),
        ("7,355.56 平方米", "m2", None, 7355.56),
        (46.34, "m2", "万㎡", 463_400),
        (4.5, "m2", "（亩）", 3000),
        ("500", "m2", "亩", 333_333.333333),
        ("500㎡", "m2", "亩", 500),
        ("27.87公里", "m", None, 27_870),
        ("1.2km", "m", None, 1200),
        ("300", "mm", "m", 300_000),
        ("35%", "percent", None, 35),
        ("35％", "percent", None, 35),
        ("百分之三十五", "percent", None, 35),
        ("百分之37.5", "percent", None, 37.5),
        ("126户", "households", None, 126),
        ("1.2万人", "persons", None, 12_000),
        ("一百二十六", None, None, 126),
        ("3千", None, None, 3000),
        ("1.5e3", None, None, 1500),
        ("约1200", None, None, 1200),
        ("80吨/日", "t/d", None, 80),
        ("-12.5", None, None, -12.5),
        (".5", None, None, 0.5),
    ],
)
def test_numbers(text, unit, column, expected):
    head = numbers.parse_unit(column) if column else None
    assert numbers.convert(numbers.read(text), to=unit, column=head) == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize("text", ["", "  ", "-", "—", "/", "无", "不详", "#N/A", None, float("nan")])
def test_nothing_is_nothing(text):
    assert numbers.read(text) is None
    assert dates.read(text) is None
    assert angles.read(text) is None


@pytest.mark.parametrize(
    "text",
    ["1,23", "12,34.5", "120-150", "12；15", "#REF!", "十几", "12朵", True, float("inf"), "1e999", "abc", "1.2.3"],
)
def test_texts_that_are_no_number_or_two_are_refused(text):
    with pytest.raises(ValueUnreadableError):
        numbers.read(text)


def test_units_of_another_kind_are_refused():
    with pytest.raises(ValueUnreadableError):
        numbers.convert(numbers.read("12亩"), to="m")
    with pytest.raises(ValueUnreadableError):
        numbers.convert(numbers.read("12亩"), to=None)


def test_approximate_and_percent_formats_are_told():
    assert numbers.read("约1200户").approximate
    assert numbers.read("1200余").approximate
    assert not numbers.read("1200").approximate
    assert numbers.read(0.35, percent_format=True).value == pytest.approx(35)


@given(st.floats(-1e12, 1e12).map(lambda value: round(value, 3)))
def test_a_number_survives_thousands_separators_and_full_width_digits(value):
    text = f"{value:,.3f}"
    wide = text.translate({ord(str(digit)): chr(0xFF10 + digit) for digit in range(10)})
    assert numbers.read(text).value == value
    assert numbers.read(wide.replace(",", "，")).value == value


@given(st.floats(0.001, 1e7))
def test_mu_and_hectares_agree(value):
    as_mu = numbers.convert(numbers.Quantity(value * 15, numbers.parse_unit("亩")), to="m2")
    assert as_mu == pytest.approx(numbers.convert(numbers.Quantity(value, numbers.parse_unit("公顷")), to="m2"))


@given(st.integers(1, 99_999_999))
def test_chinese_numerals_are_read_back(value):
    digits = "零一二三四五六七八九"

    def section(number: int) -> str:
        out, gap = "", False
        for place, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
            digit = number // place % 10
            if digit:
                out += ("零" if gap and out else "") + digits[digit] + name
                gap = False
            else:
                gap = True
        return out

    high, low = divmod(value, 10_000)
    text = (section(high) + "万" if high else "") + ("零" if high and 0 < low < 1000 else "") + section(low)
    assert numbers.chinese_number(text) == value


def test_every_unit_of_the_catalogue_is_known_or_plain(catalogue):
    known = {"m2", "m", "mm", "km2", "percent", "count", "persons", "households", "dwellings", "t/d"}
    found = {field.unit for layer in catalogue.layers.values() for field in layer.fields if field.unit}
    assert {unit for unit in found & known if numbers.parse_unit(unit) is None} == set()


@given(st.one_of(st.text(max_size=30), st.floats(), st.integers(), st.booleans(), st.none()))
def test_any_value_is_read_or_refused(value):
    for reader in (numbers.read, dates.read, angles.read, words.boolean, words.text):
        with contextlib.suppress(ValueUnreadableError):
            reader(value)
