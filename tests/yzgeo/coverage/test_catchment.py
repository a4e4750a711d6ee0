"""Places and the people who share them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yzgeo import coverage, network
from yzgeo.coverage.circles import CapacityRule
from yzgeo.errors import InputError, ParameterError

CRS = "EPSG:4529"


def on_street(*x, index=None):
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, [0] * len(x)), crs=CRS, index=index)


@pytest.fixture
def reach(street):
    """Two schools at 0 and 1000 m, three homes at 100, 500 and 900 m, all within 600 m of what is near."""
    return coverage.reachable(network.build(street), on_street(0, 1000), on_street(100, 500, 900), limit_m=600)


def test_reachable_lists_the_pairs(reach):
    assert reach[["source", "destination"]].to_numpy().tolist() == [[0, 0], [0, 1], [1, 1], [1, 2]]
    assert reach["distance_m"].tolist() == pytest.approx([100, 500, 500, 100])


def test_each_facility_may_have_its_own_limit(street):
    limits = pd.Series([600.0, 100.0])
    pairs = coverage.reachable(network.build(street), on_street(0, 1000), on_street(100, 500, 900), limit_m=limits)
    assert pairs[["source", "destination"]].to_numpy().tolist() == [[0, 0], [0, 1], [1, 2]]
    none = coverage.reachable(
        network.build(street), on_street(0, 1000), on_street(100), limit_m=pd.Series([np.nan, 10.0])
    )
    assert none.empty


def test_two_steps_by_hand(reach):
    homes = ["a", "b", "c"]
    result = coverage.two_step(
        reach, pd.Series([30.0, 60.0], index=["s", "t"]), pd.Series([100.0, 50.0, 250.0], index=homes)
    )
    assert result.facilities.loc["s", ["people", "per_head"]].tolist() == [150, 0.2]
    assert result.facilities.loc["t", ["people", "per_head"]].tolist() == [300, 0.2]
    assert result.demand["per_head"].tolist() == pytest.approx([0.2, 0.4, 0.2])
    assert result.demand["facilities"].tolist() == [1, 2, 1]


# Estimated people come in tenths, never in 1e-311ths.
TENTHS = st.integers(0, 10_000).map(lambda tenths: tenths / 10)


@given(people=st.lists(TENTHS, min_size=3, max_size=3), places=st.lists(TENTHS, min_size=2, max_size=2))
def test_nothing_is_lost_between_the_steps(people, places):
    reach = pd.DataFrame({"source": [0, 0, 1, 1], "destination": [0, 1, 1, 2], "distance_m": [1.0, 2.0, 3.0, 4.0]})
    heads, capacity = pd.Series(people, dtype=float), pd.Series(places, dtype=float)
    result = coverage.two_step(reach, capacity, heads)
    shared = result.facilities["capacity"].where(result.facilities["people"] > 0, 0).sum()
    assert (heads * result.demand["per_head"]).sum() == pytest.approx(shared, abs=1e-6)


def test_a_full_shelter_sends_people_to_the_other(reach):
    result = coverage.allocate(reach, pd.Series([100.0, 100.0]), pd.Series([80.0, 60.0, 90.0]))
    assert result.facilities["taken"].tolist() == pytest.approx([100, 100])
    assert result.demand["unplaced"].sum() == pytest.approx(30)
    roomy = coverage.allocate(reach, pd.Series([500.0, 500.0]), pd.Series([80.0, 60.0, 90.0]))
    assert roomy.demand["unplaced"].tolist() == pytest.approx([0, 0, 0])
    nobody = coverage.allocate(reach.iloc[:0], pd.Series([5.0]), pd.Series([7.0]))
    assert nobody.demand["unplaced"].tolist() == [7]


@given(
    people=st.lists(st.integers(0, 50), min_size=3, max_size=3),
    places=st.lists(st.integers(0, 80), min_size=2, max_size=2),
)
def test_no_shelter_overflows_and_no_better_sharing_exists(people, places):
    reach = pd.DataFrame({"source": [0, 0, 1, 1], "destination": [0, 1, 1, 2], "distance_m": [1.0, 2.0, 3.0, 4.0]})
    result = coverage.allocate(reach, pd.Series(places, dtype=float), pd.Series(people, dtype=float))
    assert (result.facilities["taken"] <= result.facilities["capacity"] + 1e-6).all()
    a, b, c = people
    s, t = places
    # Home b may go either way; a and c may not.
    best = max(min(a + split, s) + min(c + b - split, t) for split in range(b + 1))
    assert result.demand["placed"].sum() == pytest.approx(best, abs=1e-5)


def test_capacity_comes_from_the_register_or_from_the_area():
    shelters = on_street(0, 1, 2).assign(capacity=[200, None, None], area_m2=[9000, 1000, None])
    rule = CapacityRule(field="capacity", area_field="area_m2", area_per_head_m2=1.5)
    assert coverage.capacities(shelters, rule).tolist() == [200, 666, 0]
    with pytest.raises(ParameterError):
        coverage.capacities(on_street(0), rule)


def test_impossible_amounts_are_refused(reach):
    for capacity in ([-1.0, 5.0], [np.nan, 5.0]):
        with pytest.raises(InputError):
            coverage.two_step(reach, pd.Series(capacity), pd.Series([1.0, 1.0, 1.0]))
