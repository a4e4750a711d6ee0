"""The offset grids: the documented forward formula, and inverses that close to far less than a centimetre."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from yzgeo.errors import InputError
from yzgeo.ingest import offsets

METRES_PER_DEGREE = 111_320.0
longitudes = st.floats(73.5, 135.0)
latitudes = st.floats(18.0, 53.5)


def distance_m(one: tuple[np.ndarray, np.ndarray], other: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Distance of positions a few hundred metres apart."""
    east = (one[0] - other[0]) * np.cos(np.radians(one[1]))
    return np.hypot(east, one[1] - other[1]) * METRES_PER_DEGREE


def test_a_published_pair_is_reproduced():
    # Tian'anmen flagpole, a pair that circulates with every implementation of the formula; six decimals are 0.1 m.
    lon, lat = offsets.gcj02_from_wgs84(116.391265, 39.907333)
    assert (round(float(lon), 4), round(float(lat), 4)) == (116.3975, 39.9087)


def test_the_shift_in_the_district_has_its_known_size(catalogue):
    rng = np.random.default_rng(5)
    west, south, east, north = 123.749, 42.157, 123.963, 42.338
    lon, lat = rng.uniform(west, east, 500), rng.uniform(south, north, 500)
    gcj = offsets.gcj02_from_wgs84(lon, lat)
    bd = offsets.bd09_from_gcj02(*gcj)
    assert 530 < distance_m((lon, lat), gcj).mean() < 555
    assert 840 < distance_m(gcj, bd).mean() < 870


@pytest.mark.parametrize(
    ("forward", "inverse"),
    [
        (offsets.gcj02_from_wgs84, offsets.wgs84_from_gcj02),
        (offsets.bd09_from_gcj02, offsets.gcj02_from_bd09),
        (offsets.bd09_from_wgs84, offsets.wgs84_from_bd09),
    ],
)
@given(lon=longitudes, lat=latitudes)
def test_there_and_back_is_under_a_tenth_of_a_millimetre(forward, inverse, lon, lat):
    there = forward(lon, lat)
    back = inverse(*there)
    assert distance_m((np.asarray(lon), np.asarray(lat)), back) < 1e-4


def test_many_points_at_once_equal_points_one_by_one():
    lon, lat = np.array([123.8, 123.9, np.nan]), np.array([42.2, 42.3, 42.3])
    many = offsets.wgs84_from_bd09(lon, lat)
    one = offsets.wgs84_from_bd09(123.9, 42.3)
    assert np.isclose(many[0][1], one[0], atol=1e-12)
    assert np.isnan(many[0][2])


def test_nothing_is_decided_by_a_rectangle():
    # Seoul is shifted like any other place: whether a file is shifted is the caller's knowledge, not the module's.
    lon, _ = offsets.gcj02_from_wgs84(126.978, 37.566)
    assert abs(float(lon) - 126.978) > 0.001


def test_numbers_that_are_no_positions_are_refused():
    with np.errstate(all="ignore"), pytest.raises(InputError):
        offsets.wgs84_from_gcj02(4.1e7, 4.6e6)


def test_geometries_move_and_inputs_stay():
    square = shapely.box(123.80, 42.20, 123.81, 42.21)
    shapes = np.array([square, None], dtype=object)
    there = offsets.shift_geometries(shapes, offsets.gcj02_from_wgs84)
    back = offsets.shift_geometries(there, offsets.wgs84_from_gcj02)
    assert there[1] is None
    assert shapes[0] is square
    assert shapely.hausdorff_distance(back[0], square) < 1e-10
    assert shapely.hausdorff_distance(there[0], square) > 0.003
