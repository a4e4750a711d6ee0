"""The nearest facility of each demand point, by hand and against brute force."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from yzgeo import coverage, network
from yzgeo.errors import CrsMissingError, CrsNotProjectedError, NetworkError, ParameterError

CRS = "EPSG:4529"
HELSINKI = Path(__file__).parents[1] / "network" / "data" / "helsinki_streets.osm.pbf"


def points(xy, **columns):
    xy = np.asarray(xy, dtype=float)
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(xy[:, 0], xy[:, 1]), crs=CRS)


def random_city(seed, *, nodes=12, streets=18):
    rng = np.random.default_rng(seed)
    xy = rng.uniform(0, 1000, (nodes, 2))
    ends = rng.integers(0, nodes, (streets, 2))
    lines = [
        shapely.LineString([xy[a], rng.uniform(0, 1000, 2), xy[b]] if bent or a == b else [xy[a], xy[b]])
        for (a, b), bent in zip(ends, rng.random(streets) < 0.4, strict=True)
    ]
    city = gpd.GeoDataFrame(geometry=lines, crs=CRS)
    return city, points(rng.uniform(0, 1000, (5, 2))), points(rng.uniform(0, 1000, (60, 2)))


def test_one_row_per_demand_point_on_its_own_index(street):
    facilities = points([[300, 40], [1500, 0]]).set_axis(["park", "square"])
    homes = points([[100, -30], [1200, 10], [2000, 0]]).set_axis([7, 5, 9])
    answer = coverage.nearest(street, facilities, homes)
    assert answer.index.tolist() == [7, 5, 9]
    assert answer["distance_m"].tolist() == pytest.approx([30 + 200 + 40, 10 + 300, 500])
    assert answer["facility_id"].tolist() == ["park", "square", "square"]
    assert answer["straight_m"].tolist() == pytest.approx([np.hypot(200, 70), np.hypot(300, 10), 500])
    assert answer["access_m"].tolist() == pytest.approx([30, 10, 0])
    assert answer["reason"].isna().all()


def test_facilities_are_named_by_a_column_when_asked(street):
    facilities = points([[300, 40]], code=["F-7"])
    assert coverage.nearest(street, facilities, points([[0, 0]]), facility_id="code")["facility_id"].tolist() == ["F-7"]
    with pytest.raises(NetworkError, match="no column “name”"):
        coverage.nearest(street, facilities, points([[0, 0]]), facility_id="name")


def test_each_reason_for_having_no_distance(frame):
    edges = frame("LINESTRING (0 0, 1000 0)", "LINESTRING (0 5000, 1000 5000)")
    homes = points([[0, 0], [900, 0], [500, 5000], [500, 2500]])
    answer = coverage.nearest(edges, points([[100, 0]]), homes, limit_m=500)
    assert answer["reason"].fillna("").tolist() == ["", "beyond_limit", "other_component", "too_far_from_network"]
    assert answer["distance_m"].isna().tolist() == [False, True, True, True]
    assert answer["facility_id"].isna().tolist() == [False, True, True, True]
    nobody = coverage.nearest(edges, points([[0, 90000]]), homes)
    assert nobody["reason"].tolist() == ["no_facility", "no_facility", "no_facility", "too_far_from_network"]
    assert set(answer["reason"].dropna()) | set(nobody["reason"]) == set(coverage.REASONS)


def test_a_graph_built_once_gives_the_same_answers(street):
    facilities, homes = points([[300, 40]]), points([[0, 0], [1999, 5]])
    graph = network.build(street)
    assert coverage.nearest(graph, facilities, homes).equals(coverage.nearest(street, facilities, homes))


def test_frames_in_other_systems_are_brought_into_the_network_s(street):
    moved = street.translate(41569277, 4684190).set_crs(CRS, allow_override=True)
    edges = gpd.GeoDataFrame(geometry=moved, crs=CRS)
    home = gpd.GeoDataFrame(geometry=[shapely.Point(41569277 + 400, 4684190 + 30)], crs=CRS)
    place = gpd.GeoDataFrame(geometry=[shapely.Point(41569277 + 900, 4684190)], crs=CRS)
    answer = coverage.nearest(edges, place.to_crs(4490), home.to_crs(4490))
    assert answer["distance_m"].tolist() == pytest.approx([530], abs=1e-3)


def test_a_slider_asks_again_without_a_search(street):
    answer = coverage.nearest(street, points([[0, 0]]), points([[500, 0], [500.1, 0], [900, 0]]))
    assert coverage.within(answer, limit_m=500).tolist() == [True, False, False]
    assert coverage.within(answer, limit_m=833).tolist() == [True, True, False]
    with pytest.raises(ParameterError):
        coverage.within(answer, limit_m=-1)


def test_a_park_is_entered_at_the_nearest_point_of_its_edge(street, frame):
    park = frame("POLYGON ((600 0, 800 0, 800 100, 600 100, 600 0))", code=["P1"])
    doors = coverage.access_points(park, spacing_m=10)
    assert set(doors["code"]) == {"P1"}
    answer = coverage.nearest(street, doors, points([[0, 0], [2000, 0]]))
    assert answer["distance_m"].tolist() == pytest.approx([600, 1200])
    with pytest.raises(ParameterError):
        coverage.access_points(park, spacing_m=0)
    with pytest.raises(CrsNotProjectedError):
        coverage.access_points(park.to_crs(4490))


@pytest.mark.parametrize("seed", range(12))
def test_equal_to_brute_force_on_random_networks(seed, brute_force):
    edges, facilities, homes = random_city(seed)
    truth = brute_force(edges, facilities, homes)
    found = coverage.nearest(edges, facilities, homes, snap_limit_m=9e9)["distance_m"].to_numpy()
    assert (np.isnan(found) == np.isnan(truth)).all()
    assert np.nanmax(np.abs(found - truth), initial=0) < 1e-6


def test_equal_to_brute_force_in_a_real_city(brute_force):
    edges = network.read_pbf(HELSINKI, mode="walk", target="EPSG:3067")
    rng = np.random.default_rng(5)
    west, south, east, north = edges.total_bounds
    spread = rng.uniform([west, south], [east, north], (2040, 2))
    places = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*spread[:40].T), crs=edges.crs)
    homes = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*spread[40:].T), crs=edges.crs)
    truth = brute_force(edges, places, homes)
    found = coverage.nearest(edges, places, homes, snap_limit_m=9e9)["distance_m"].to_numpy()
    assert (np.isnan(found) == np.isnan(truth)).all()
    assert np.nanmax(np.abs(found - truth)) < 0.01
    for limit in (300, 500, 833):
        assert ((found <= limit) == (truth <= limit)).all()


@given(seed=st.integers(0, 10_000), limit=st.floats(0, 1500), more=st.floats(0, 1500))
@settings(max_examples=40, deadline=None)
def test_a_longer_limit_and_one_more_facility_never_lose_anyone(seed, limit, more):
    edges, facilities, homes = random_city(seed)
    graph = network.build(edges)
    everything = coverage.nearest(graph, facilities, homes)["distance_m"]
    short = coverage.nearest(graph, facilities, homes, limit_m=limit)["distance_m"]
    long = coverage.nearest(graph, facilities, homes, limit_m=limit + more)["distance_m"]
    assert not (short.notna() & long.isna()).any()
    assert short.notna().equals(everything <= limit + network.TOLERANCE_M)
    assert np.allclose(short.dropna(), everything[short.notna()])
    fewer = coverage.nearest(graph, facilities.iloc[:-1], homes)["distance_m"]
    assert not (fewer < everything - 1e-9).any()
    assert not (fewer.notna() & everything.isna()).any()


@given(seed=st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_the_way_there_is_as_long_as_the_way_back(seed):
    edges, facilities, homes = random_city(seed)
    graph = network.build(edges)
    there = coverage.nearest(graph, facilities.iloc[:1], homes.iloc[:1])["distance_m"].iloc[0]
    back = coverage.nearest(graph, homes.iloc[:1], facilities.iloc[:1])["distance_m"].iloc[0]
    straight = facilities.geometry.iloc[0].distance(homes.geometry.iloc[0])
    assert there == pytest.approx(back, nan_ok=True)
    assert np.isnan(there) or there >= straight - 1e-9


def test_bad_input_is_refused_in_words(street):
    home, place = points([[0, 0]]), points([[1, 1]])
    with pytest.raises(NetworkError, match="there is no facility"):
        coverage.nearest(street, place.iloc[:0], home)
    with pytest.raises(NetworkError, match="there is no demand point"):
        coverage.nearest(street, place, home.iloc[:0])
    with pytest.raises(NetworkError, match="not points, the first is 0"):
        coverage.nearest(street, street, home)
    with pytest.raises(NetworkError, match="not points"):
        coverage.nearest(street, place, gpd.GeoDataFrame(geometry=[None], crs=CRS))
    with pytest.raises(CrsNotProjectedError):
        coverage.nearest(street.set_crs(4326, allow_override=True), place, home)
    with pytest.raises(CrsMissingError):
        coverage.nearest(street, place.set_crs(None, allow_override=True), home)
    for absurd in ({"limit_m": -1}, {"limit_m": np.nan}, {"snap_limit_m": 0}, {"snap_limit_m": -3}):
        with pytest.raises(ParameterError):
            coverage.nearest(street, place, home, **absurd)


def test_the_inputs_are_not_changed(street):
    facilities, homes = points([[300, 40]]), points([[0, 0]])
    before = [item.copy() for item in (street, facilities, homes)]
    coverage.nearest(street, facilities, homes)
    assert all(item.equals(copy) for item, copy in zip((street, facilities, homes), before, strict=True))
