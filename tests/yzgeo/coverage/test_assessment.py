"""Circles asked of a street that anyone can pace out."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from yzgeo import coverage, network
from yzgeo.errors import InputError, ParameterError

CRS = "EPSG:4529"


@pytest.fixture(scope="module")
def circles(catalogue):
    return coverage.load_circles(catalogue)


@pytest.fixture
def hook(frame):
    """A street that doubles back: homes at its far end are near as the crow flies and far on foot."""
    return network.build(frame("LINESTRING (0 0, 600 0)", "LINESTRING (600 0, 600 100)", "LINESTRING (600 100, 0 100)"))


@pytest.fixture
def homes():
    return gpd.GeoDataFrame(
        {
            "people": [10.0, 20.0, 30.0, None],
            "buildings": [1.0, 1.0, 1.0, 1.0],
            "subdistrict": ["east", "east", "west", "west"],
        },
        geometry=gpd.points_from_xy([400, 600, 0, 0], [0, 100, 100, 9000]),
        index=["a", "b", "c", "far"],
        crs=CRS,
    )


def places(*xy, **columns):
    columns.setdefault("facility", [f"F{number}" for number in range(len(xy))])
    x, y = zip(*xy, strict=True)
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(x, y), crs=CRS)


def test_the_network_and_the_straight_line_side_by_side(circles, hook, homes):
    table = coverage.measure(circles["living_10min_clinic"], hook, places((0, 0)), homes)
    assert table["distance_m"].tolist()[:3] == pytest.approx([400, 700, 1300])
    assert table["covered"].tolist() == [True, False, False, False]
    assert table["straight_covered"].tolist() == [True, False, True, False]
    assert table["gap_m"].tolist()[:3] == pytest.approx([0, 200, 800])
    assert table["detour_m"].iloc[2] == pytest.approx(1200)
    # 3 km/h is 50 metres a minute.
    assert table["minutes"].tolist()[:3] == pytest.approx([8, 14, 26])
    assert table["reason"].fillna("").tolist() == ["", "", "", "too_far_from_network"]


def test_shares_name_their_denominators_and_the_detour_loss(circles, hook, homes):
    table = coverage.measure(circles["living_10min_clinic"], hook, places((0, 0)), homes)
    result = coverage.shares(table, homes, weights=["people", "buildings"], by="subdistrict").set_index(
        ["weight", "group"]
    )
    people = result.loc[("people", "all")]
    assert (people["total"], people["covered"], people["points"], people["unknown"]) == (60, 10, 4, 1)
    assert people["share"] == pytest.approx(100 * 10 / 60)
    assert people["straight_share"] == pytest.approx(100 * 40 / 60)
    assert people["detour_loss"] == pytest.approx(50)
    assert result.loc[("buildings", "all"), "share"] == 25
    assert result.loc[("people", "west"), ["share", "detour_loss"]].tolist() == [0, 100]
    groups = result.loc["people"].drop("all")
    assert groups["total"].sum() == people["total"]


def test_a_share_of_nobody_is_missing_and_not_nought(circles, hook, homes):
    table = coverage.measure(circles["living_10min_clinic"], hook, places((0, 0)), homes)
    empty = coverage.shares(table, homes.assign(people=np.nan), weights=["people"])
    assert empty["share"].isna().all()
    with pytest.raises(InputError, match="lack this column"):
        coverage.shares(table, homes, weights=["dogs"])
    with pytest.raises(InputError, match="index differs"):
        coverage.shares(table.iloc[:2], homes, weights=["people"])


def test_the_uncovered_list_starts_with_the_worst(circles, hook, homes):
    table = coverage.measure(circles["living_10min_clinic"], hook, places((0, 0)), homes)
    rows = coverage.uncovered(table, homes, columns=["subdistrict", "people", "nowhere"])
    assert rows.index.tolist() == ["far", "c", "b"]
    assert rows["reason"].tolist() == ["too_far_from_network", "beyond_limit", "beyond_limit"]
    assert rows["gap_m"].tolist()[1:] == pytest.approx([800, 200])
    assert list(rows.columns[:2]) == ["subdistrict", "people"]


def test_the_least_served_tenth(circles, hook):
    line = gpd.GeoDataFrame(geometry=gpd.points_from_xy([100, 200, 300, 400, 500], [0] * 5), crs=CRS)
    table = coverage.measure(circles["living_10min_clinic"], hook, places((0, 0)), line)
    people = pd.Series([30.0, 30.0, 20.0, 15.0, 5.0], name="people")
    worst = coverage.least_served(table, people)
    # A tenth of 100 people: the five at 500 m and five of the fifteen at 400 m.
    assert worst["people"] == pytest.approx(10)
    assert worst["from_m"] == pytest.approx(400)
    assert worst["mean_m"] == pytest.approx(450)
    assert worst["mean_all_m"] == pytest.approx((30 * 100 + 30 * 200 + 20 * 300 + 15 * 400 + 5 * 500) / 100)
    assert worst["no_way"] == 0
    assert coverage.least_served(table, people, fraction=1)["mean_m"] == pytest.approx(worst["mean_all_m"])
    for fraction in (0, 1.5):
        with pytest.raises(ParameterError):
            coverage.least_served(table, people, fraction=fraction)
    with pytest.raises(InputError):
        coverage.least_served(table, people * 0)


def test_people_without_a_way_are_the_least_served(circles, hook, homes):
    table = coverage.measure(circles["living_10min_clinic"], hook, places((0, 0)), homes)
    worst = coverage.least_served(table, pd.Series([70.0, 0, 0, 30], index=homes.index), fraction=0.2)
    assert worst["no_way"] == 30
    assert np.isinf(worst["from_m"])
    assert np.isnan(worst["mean_m"])


def test_no_facility_covers_nobody(circles, hook, homes):
    table = coverage.measure(circles["living_10min_clinic"], hook, None, homes)
    assert not table["covered"].any()
    assert set(table["reason"]) == {"no_facility"}
    assert coverage.shares(table, homes, weights=["people"])["share"].tolist() == [0]


def test_each_shelter_has_its_own_radius(circles, hook, homes):
    shelters = places((0, 0), (600, 0), service_radius_m=[1500.0, 150.0])
    table = coverage.measure(circles["shelter"], hook, shelters, homes)
    # The small one reaches b only; the large one, though farther, takes the others in.
    assert table["covered"].tolist() == [True, True, True, False]
    assert table.loc["a", ["facility_id", "limit_m"]].tolist() == ["F0", 1500]
    assert table.loc["b", "gap_m"] == 0
    small = coverage.measure(circles["shelter"], hook, places((600, 0), service_radius_m=[150.0]), homes)
    assert small["covered"].tolist() == [False, True, False, False]
    assert small.loc["a", "gap_m"] == pytest.approx(50)
    with pytest.raises(InputError, match="no facility has a radius"):
        coverage.measure(circles["shelter"], hook, places((0, 0), service_radius_m=[None]), homes)


def test_all_kinds_together(circles, catalogue, hook, homes):
    kinds = ["kindergarten", "primary_school", "clinic", "elder_care", "market", "community_service"]
    x = [0, 0, 0, 0, 0, 300]
    register = gpd.GeoDataFrame(
        {"code": kinds, "kind": kinds, "stage": "completed"}, geometry=gpd.points_from_xy(x, [0] * 6), crs=CRS
    )
    chosen = circles["living_10min"]
    ask = {"circles": circles, "catalogue": catalogue}
    table = coverage.assess(chosen, hook, {"public_facility": register}, homes, **ask)
    assert table["covered"].tolist() == [True, False, False, False]
    assert table.loc["a", "distance_m"] == pytest.approx(400)
    assert table.loc["b", "missing"].count("、") == 4
    assert table.loc["a", "missing"] == ""
    fewer = coverage.assess(chosen, hook, {"public_facility": register.iloc[1:]}, homes, **ask)
    assert not fewer["covered"].any()
    assert fewer.loc["a", "missing"] == "living_10min_kindergarten"
    new = places((400, 0), circle=["living_10min_kindergarten"])
    again = coverage.assess(chosen, hook, {"public_facility": register.iloc[1:]}, homes, extra=new, **ask)
    assert again["covered"].tolist() == [True, False, False, False]


def test_a_scenario_tells_who_comes_in_and_who_falls_out(circles, catalogue, frame, hook, homes):
    register = places((0, 0), code=["C0"], kind=["clinic"], stage=["completed"])
    ask = {"circles": circles, "catalogue": catalogue}
    chosen = circles["living_10min_clinic"]
    before = coverage.assess(chosen, hook, {"public_facility": register}, homes, **ask)
    extra = coverage.assess(chosen, hook, {"public_facility": register}, homes, extra=places((600, 0)), **ask)
    assert coverage.compare(before, extra)["change"].tolist() == ["covered", "in", "uncovered", "uncovered"]
    assert coverage.compare(extra, before)["change"].tolist() == ["covered", "out", "uncovered", "uncovered"]
    # Opening a passage at the near end brings the far row of houses close.
    passage = network.build(
        frame(
            "LINESTRING (0 0, 600 0)",
            "LINESTRING (600 0, 600 100)",
            "LINESTRING (600 100, 0 100)",
            "LINESTRING (0 0, 0 100)",
        )
    )
    opened = coverage.assess(chosen, passage, {"public_facility": register}, homes, **ask)
    change = coverage.compare(before, opened)
    assert change["change"].tolist() == ["covered", "uncovered", "in", "uncovered"]
    assert change.loc["c", "saved_m"] == pytest.approx(1200)
    with pytest.raises(InputError, match="other demand points"):
        coverage.compare(before, opened.iloc[:2])
