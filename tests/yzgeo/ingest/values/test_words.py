"""Yes and no, values of a list, and texts that are safe to keep."""

from __future__ import annotations

import pytest

from yzgeo.errors import ValueUnreadableError
from yzgeo.ingest.values import words


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
