"""Siting questions measured along the streets."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from yzgeo import network, siting
from yzgeo.errors import ParameterError, SitingError

CRS = "EPSG:4529"


@pytest.fixture
def street():
    return network.build(gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (2000, 0)])], crs=CRS))


def on_street(*x, **columns):
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(x, [0] * len(x)), crs=CRS)


def test_ways_are_measured_and_limited(street):
    homes = on_street(0, 500, 1900, people=[10, 20, None])
    parcels = gpd.GeoDataFrame(
        {"price": [3.0, 4.0]}, geometry=[shapely.box(380, -10, 420, 10), shapely.box(1480, -10, 1520, 10)], crs=CRS
    ).set_axis(["P1", "P2"])
    problem = siting.pose(
        street, homes, parcels, limit_m=420, weight="people", existing=on_street(100).set_axis(["E"]), cost="price"
    )
    assert problem.sites.tolist() == ["P1", "P2", "E"]
    assert problem.existing.tolist() == [False, False, True]
    assert problem.cost.tolist() == [3, 4, 0]
    assert problem.weight.tolist() == [10, 20, 0]
    ways = sorted(
        zip(problem.way_demand.tolist(), problem.way_site.tolist(), problem.way_m.round(6).tolist(), strict=True)
    )
    assert ways == [(0, 0, 400), (0, 2, 100), (1, 0, 100), (1, 2, 400), (2, 1, 400)]
    assert problem.served.tolist() == [True, True, False]
    answer = siting.mclp(problem, sites=1)
    assert answer.share_before == 100
    assert answer.assignment["site"].iloc[0] == "E"


def test_which_parcels_should_become_green(street):
    homes = on_street(100, 300, 1700, people=[10, 10, 15])
    parcels = on_street(200, 1700).set_axis(["west", "east"])
    problem = siting.pose(street, homes, parcels, limit_m=300, weight="people")
    answer = siting.mclp(problem, sites=1)
    assert answer.chosen.index.tolist() == ["west"]
    assert answer.chosen.loc["west", ["demand", "farthest_m"]].tolist() == pytest.approx([20, 100])
    assert answer.share_after == pytest.approx(100 * 20 / 35)
    assert siting.lscp(problem).chosen.index.tolist() == ["west", "east"]


def test_places_beyond_the_network_have_no_way(street):
    problem = siting.pose(
        street,
        gpd.GeoDataFrame({"people": [1.0, 1.0]}, geometry=[shapely.Point(0, 0), shapely.Point(0, 9000)], crs=CRS),
        on_street(10),
        limit_m=500,
        weight="people",
    )
    assert problem.servable.tolist() == [True, False]


def test_questions_that_make_no_sense_are_refused(street):
    homes, sites = on_street(0, people=[1.0]), on_street(5, size=[2.0])
    with pytest.raises(SitingError, match="there is no candidate"):
        siting.pose(street, homes, sites.iloc[:0], limit_m=10, weight="people")
    with pytest.raises(SitingError, match="there is no demand point"):
        siting.pose(street, homes.iloc[:0], sites, limit_m=10, weight="people")
    with pytest.raises(SitingError, match="no column “dogs”"):
        siting.pose(street, homes, sites, limit_m=10, weight="dogs")
    with pytest.raises(SitingError, match="negative or missing"):
        siting.pose(street, homes.assign(people=-1), sites, limit_m=10, weight="people")
    with pytest.raises(ParameterError):
        siting.pose(street, homes, sites, limit_m=-10, weight="people")
    with pytest.raises(SitingError, match="fit each other"):
        siting.from_matrix(np.ones((2, 2)), np.ones(3), limit_m=5)
    with pytest.raises(SitingError, match="negative"):
        siting.from_matrix(-np.ones((2, 2)), np.ones(2), limit_m=5)
