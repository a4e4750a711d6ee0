"""Drawn roads become edges that meet."""

from __future__ import annotations

import geopandas as gpd
import pytest

from yzgeo import coverage, network
from yzgeo.errors import CrsNotProjectedError, NetworkError, ParameterError


def test_a_crossing_on_the_ground_splits_both(frame):
    cleaned = network.clean(frame("LINESTRING (0 0, 100 0)", "LINESTRING (50 -50, 50 50)", name=["a", "b"]))
    assert cleaned.edges["road"].tolist() == [0, 0, 1, 1]
    assert cleaned.edges["name"].tolist() == ["a", "a", "b", "b"]
    assert network.build(cleaned.edges).nodes == 5


def test_a_bridge_passes_over_and_lands(frame):
    roads = frame(
        "LINESTRING (0 0, 100 0)",
        "LINESTRING (50 -50, 50 50)",
        "LINESTRING (50 50, 50 80)",
        "LINESTRING (20 -50, 80 -50)",
        bridge=[False, True, False, False],
    )
    graph = network.build(network.clean(roads).edges)
    # The bridge joins the street it lands on in its middle, and not the one beneath it.
    assert network.components(graph)["length_m"].tolist() == [190.0, 100.0]


def test_levels_keep_apart_what_crosses(frame):
    roads = frame("LINESTRING (0 0, 100 0)", "LINESTRING (50 -50, 50 50)", level=[0, 1])
    assert len(network.clean(roads).edges) == 2
    roads = frame("LINESTRING (0 0, 100 0)", "LINESTRING (50 -50, 50 50)", level=[1, 1])
    assert len(network.clean(roads).edges) == 4


def test_loose_ends_are_pulled_together(frame):
    roads = frame("LINESTRING (0 0, 100 0)", "LINESTRING (100.3 0.2, 200 0)", "LINESTRING (150 0.4, 150 50)")
    cleaned = network.clean(roads)
    graph = network.build(cleaned.edges)
    assert len(network.components(graph)) == 1
    assert [issue.code for issue in cleaned.issues] == ["ends_snapped"]
    apart = network.build(network.clean(roads, snap_m=0).edges)
    assert len(network.components(apart)) == 3


def test_openstreetmap_meets_at_shared_vertices_only(frame):
    roads = frame("LINESTRING (0 0, 50 0, 100 0)", "LINESTRING (50 0, 50 50)", "LINESTRING (20 -20, 20 20)")
    assert len(network.clean(roads, crossings="vertices").edges) == 4
    assert len(network.clean(roads).edges) == 6


def test_roads_that_run_together_meet_at_both_ends_of_the_stretch(frame):
    cleaned = network.clean(frame("LINESTRING (0 0, 100 0)", "LINESTRING (40 -30, 40 0, 60 0, 60 30)"))
    answer = coverage.nearest(cleaned.edges, frame("POINT (0 0)"), frame("POINT (60 30)"))
    assert answer["distance_m"].tolist() == [90.0]
    assert cleaned.edges.length.sum() == pytest.approx(180)


def test_unusable_roads_are_named_and_left_out(frame):
    roads = frame("LINESTRING (0 0, 100 0)", "LINESTRING (5 5, 5 5)", "POINT (1 1)")
    cleaned = network.clean(roads)
    assert len(cleaned.edges) == 1
    assert [(issue.code, issue.where) for issue in cleaned.issues] == [("road_unusable", "1、2")]


def test_nothing_to_clean_is_refused(frame):
    with pytest.raises(NetworkError, match="there are no roads"):
        network.clean(gpd.GeoDataFrame(geometry=[], crs="EPSG:4529"))
    with pytest.raises(NetworkError, match="no road is a usable line"):
        network.clean(frame("POINT (0 0)"))
    with pytest.raises(CrsNotProjectedError):
        network.clean(frame("LINESTRING (0 0, 1 1)").set_crs(4326, allow_override=True))
    with pytest.raises(ParameterError):
        network.clean(frame("LINESTRING (0 0, 1 1)"), snap_m=-1)
