"""Streets cut exactly at the limit."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from yzgeo import coverage, network
from yzgeo.errors import ParameterError

CRS = "EPSG:4529"


def places(*xy):
    x, y = zip(*xy, strict=True)
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=CRS)


def test_the_street_ends_where_the_limit_does(street):
    reached = coverage.reached_edges(network.build(street), places((900, 20)), limit_m=520)
    assert reached["edge"].tolist() == [0, 1]
    assert reached["whole"].tolist() == [False, False]
    assert reached.geometry.iloc[0].equals_exact(shapely.from_wkt("LINESTRING (400 0, 1000 0)"), 1e-9)
    assert reached.geometry.iloc[1].equals_exact(shapely.from_wkt("LINESTRING (1000 0, 1400 0)"), 1e-9)


def test_an_edge_reached_from_both_ends_keeps_its_gap(frame):
    graph = network.build(frame("LINESTRING (0 0, 100 0)"))
    reached = coverage.reached_edges(graph, places((0, 0), (100, 0)), limit_m=30)
    assert reached.geometry.length.tolist() == pytest.approx([30, 30])
    assert len(coverage.reached_edges(graph, places((0, 0), (100, 0)), limit_m=50)) == 1


def test_a_facility_within_an_edge_reaches_both_ways_and_no_node(frame):
    graph = network.build(frame("LINESTRING (0 0, 1000 0)"))
    reached = coverage.reached_edges(graph, places((500, 10)), limit_m=60)
    assert reached.geometry.iloc[0].equals_exact(shapely.from_wkt("LINESTRING (450 0, 550 0)"), 1e-9)
    assert coverage.reached_edges(graph, places((500, 100)), limit_m=60).empty


def test_one_way_streets_are_reached_against_their_direction(frame):
    graph = network.build(frame("LINESTRING (0 0, 1000 0)", oneway=["forward"]))
    towards = coverage.reached_edges(graph, places((500, 0)), limit_m=100)
    away = coverage.reached_edges(graph, places((500, 0)), limit_m=100, towards="demand")
    assert towards.geometry.iloc[0].equals_exact(shapely.from_wkt("LINESTRING (400 0, 500 0)"), 1e-9)
    assert away.geometry.iloc[0].equals_exact(shapely.from_wkt("LINESTRING (500 0, 600 0)"), 1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_points_on_the_streets_are_covered_exactly_where_the_streets_are_drawn(seed):
    rng = np.random.default_rng(seed)
    xy = rng.uniform(0, 1000, (10, 2))
    first = rng.integers(0, 10, 16)
    ends = np.column_stack([first, (first + rng.integers(1, 10, 16)) % 10])
    lines = [shapely.LineString([xy[a], rng.uniform(0, 1000, 2), xy[b]]) for a, b in ends]
    graph = network.build(gpd.GeoDataFrame(geometry=lines, crs=CRS))
    sites = places(*rng.uniform(0, 1000, (3, 2)))
    drawn = coverage.reached_edges(graph, sites, limit_m=400)
    edge = rng.integers(0, graph.edges, 400)
    spots = shapely.line_interpolate_point(graph.geometry[edge], rng.random(400), normalized=True)
    on_street = gpd.GeoDataFrame(geometry=spots, crs=CRS)
    metres = coverage.nearest(graph, sites, on_street)["distance_m"].to_numpy()
    clear = np.abs(metres - 400) > 1e-3
    touches = shapely.distance(drawn.geometry.union_all(), spots) < 1e-6
    assert (touches == (metres <= 400))[clear].all()


def test_the_polygon_is_a_picture_and_says_so(street):
    reached = coverage.reached_edges(network.build(street), places((900, 0)), limit_m=100)
    picture = coverage.display_polygon(reached, width_m=10)
    assert picture["stamp"].tolist() == ["示意"]
    assert "仅供显示" in picture["note"].iloc[0]
    assert picture.geometry.iloc[0].bounds == pytest.approx((790, -10, 1010, 10))
    river = np.array([shapely.box(850, -50, 860, 50)])
    cut = coverage.display_polygon(reached, width_m=10, barriers=river)
    assert cut.geometry.iloc[0].intersection(river[0]).area == pytest.approx(0)
    with pytest.raises(ParameterError):
        coverage.display_polygon(reached, width_m=0)
