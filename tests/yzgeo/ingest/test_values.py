"""What cells say: every way of writing that is met in ledgers, and refusal of what could mean two things."""

from __future__ import annotations

import contextlib
from datetime import date, datetime, timedelta

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


@pytest.mark.parametrize(
    ("text", "degrees", "axis"),
    [
        ("123°50′45.6″", 123.846, None),
        ("123°50'45.6\"", 123.846, None),
        ("123°50’45.6”", 123.846, None),
        ("１２３°５０′４５．６″", 123.846, None),
        ("123度50分45.6秒", 123.846, None),
        ("东经123°50′45.6″", 123.846, "lon"),
        ("N42°17′31.2″", 42.292, "lat"),
        ("42°17′31.2″N", 42.292, "lat"),
        ("42 17 31.2", 42.292, None),
        ("42-17-31.2", 42.292, None),
        ("42:17:31.2", 42.292, None),
        ("42°17.52′", 42.292, None),
        ("123.846", 123.846, None),
        ("123.846°E", 123.846, "lon"),
        (123.846, 123.846, None),
        ("西经73°30′", -73.5, "lon"),
        ("-73°30′", -73.5, None),
        ("569277.993", 569277.993, None),
        ("4,684,190.675", 4684190.675, None),
    ],
)
def test_angles(text, degrees, axis):
    angle = angles.read(text)
    assert angle.degrees == pytest.approx(degrees, abs=1e-10)
    assert angle.axis == axis


@pytest.mark.parametrize("text", ["123°61′00″", "123°50′60″", "123.5°50′", "abc", "1e999", "E123°W", True, "200°30′"])
def test_texts_that_are_no_angle_are_refused(text):
    with pytest.raises(ValueUnreadableError):
        angles.read(text)


@given(st.integers(0, 179), st.integers(0, 59), st.integers(0, 599_999))
def test_degrees_minutes_seconds_round_trip(degrees, minutes, ten_thousandths):
    seconds = ten_thousandths / 10_000
    expected = degrees + minutes / 60 + seconds / 3600
    sexagesimal = f"{degrees} {minutes} {seconds:.4f}"
    for text in (sexagesimal, "{}°{}′{}″".format(*sexagesimal.split()), "{}度{}分{}秒".format(*sexagesimal.split())):
        assert angles.read(text).degrees == pytest.approx(expected, abs=1e-9)


def test_pairs_in_one_cell():
    one, other = angles.read_pair("N42°17′31.2″ E123°50′45.6″")
    assert (one.axis, other.axis) == ("lon", "lat")
    one, other = angles.read_pair("123.846，42.292")
    assert (one.degrees, other.degrees) == (123.846, 42.292)
    assert angles.read_pair("123.846") is None
    assert angles.read_pair("东经1 东经2") is None


def test_booleans():
    for word in ("是", "√", "有", "Y", "1", 1, True, "TRUE", "✔"):
        assert words.boolean(word) is True
    for word in ("否", "×", "无", "n", "0", 0, False, "false"):
        assert words.boolean(word) is False
    assert words.boolean("") is None
    assert words.boolean(None) is None
    with pytest.raises(ValueUnreadableError):
        words.boolean("也许")


def test_choices_are_exact_or_suggested(catalogue):
    options = catalogue.layer("shantytown_parcel").fields_by_id["stage"].values
    assert words.choice("净地", options).id == "cleared"
    assert words.choice(" 净 地 ", options).id == "cleared"
    assert words.choice("Cleared", options).id == "cleared"
    near = words.choice("调查摸底中", options)
    assert near.id is None
    assert near.suggestions[0] == "surveyed"
    assert words.choice("xyz", options) == words.Choice(None, ())


@pytest.mark.parametrize(
    "value",
    [
        '=HYPERLINK("http://x")',
        "=1+1",
        "@SUM(A1)",
        "+cmd|' /C calc'!A0",
        "-2+3+cmd|'x'!A0",
        "<script>alert(1)</script>",
        '<IMG src=x onerror="a">',
        "javascript:alert(1)",
        "长" * 10_001,
    ],
)
def test_texts_that_do_something_are_refused(value):
    with pytest.raises(ValueUnreadableError):
        words.text(value)


def test_texts_are_cleaned():
    assert words.text("  红旗街道\u200b\x00 ") == "红旗街道"
    assert words.text(12.0) == "12"
    assert words.text("+86 24 7280") == "+86 24 7280"
    assert words.text("-") == "-"
    assert words.text("a<b, b>c") == "a<b, b>c"
    assert words.text("") is None
    assert words.text(float("nan")) is None


@given(st.one_of(st.text(max_size=30), st.floats(), st.integers(), st.booleans(), st.none()))
def test_any_value_is_read_or_refused(value):
    for reader in (numbers.read, dates.read, angles.read, words.boolean, words.text):
        with contextlib.suppress(ValueUnreadableError):
            reader(value)
