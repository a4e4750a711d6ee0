"""Systems: their ids, their EPSG codes, and degrees packed as D.MMSS."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yzgeo.errors import CrsUnsupportedError
from yzgeo.ingest.crs_guess import systems


@given(st.floats(-180, 180))
def test_packing_degrees_is_undone(value):
    size = abs(value)
    degrees = int(size)
    minutes = int((size - degrees) * 60)
    seconds = round((size - degrees - minutes / 60) * 3600, 4)
    if not 0 <= seconds < 60:
        return
    packed = np.copysign(degrees + minutes / 100 + seconds / 10_000, value)
    assert abs(float(systems.unpack_degrees(packed)) - value) < 1e-6


def test_minutes_of_sixty_are_no_packed_degrees():
    assert np.isnan(systems.unpack_degrees([123.6001, 123.5060])).all()
    # 123.5 has 50 minutes; binary noise must not make 49.99999 of them.
    assert systems.unpack_degrees(123.5) == pytest.approx(123 + 50 / 60, abs=1e-12)


def test_epsg_codes_name_the_series_they_should(district):
    for system in systems.around(123.85):
        name = pyproj.CRS.from_user_input(system.crs).name
        if system.datum == "xian80":
            assert "Xian 1980" in name
        if system.datum == "beijing54":
            assert "Beijing 1954" in name
        if "带第" in system.zh:
            zone = system.zh.split("第 ")[1].split(" ")[0]
            assert name.endswith(f"zone {zone}")
            assert ("3-degree" in name) == ("3 度带" in system.zh)
        if "中央经线" in system.zh:
            meridian = system.zh.split("中央经线 ")[1].split("°")[0]
            assert name.endswith(f"CM {meridian}E")


@pytest.mark.parametrize("text", ["火星", "EPSG:999999", "+swapped", "EPSG:4529+upside"])
def test_an_unknown_choice_is_refused(text):
    with pytest.raises(CrsUnsupportedError):
        systems.parse(text)
