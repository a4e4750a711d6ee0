"""Degrees, minutes and seconds in every writing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yzgeo.errors import ValueUnreadableError
from yzgeo.ingest.values import angles


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
