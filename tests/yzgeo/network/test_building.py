"""From a frame to a graph: what is joined, what is left out, what is refused."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import numpy as np
import pytest
import shapely

from yzgeo import network
from yzgeo.errors import CrsNotProjectedError, NetworkError


def test_a_bridge_passes_over_without_meeting(frame):
    graph = network.build(frame("LINESTRING (0 0, 100 0)", "LINESTRING (50 -50, 50 50)"))
    assert graph.nodes == 4
    assert len(network.components(graph)) == 2


def test_ends_within_a_millimetre_are_one_node(frame):
    assert network.build(frame("LINESTRING (0 0, 10 0)", "LINESTRING (10.0004 0, 20 0)")).nodes == 3
    assert network.build(frame("LINESTRING (0 0, 10 0)", "LINESTRING (10.002 0, 20 0)")).nodes == 4


def test_opening_dates_and_switches(square):
    square["open_from"] = ["2020-01-01", "2024-06-01", None, "2023-01-01"]
    assert network.build(square).edge_ids.tolist() == [0, 1, 2, 3]
    assert network.build(square, on=date(2023, 12, 31)).edge_ids.tolist() == [0, 2, 3]
    assert network.build(square, on=date(2023, 12, 31), opened=[1], closed=[0]).edge_ids.tolist() == [1, 2, 3]
    with pytest.raises(NetworkError, match="there is no edge “9”"):
        network.build(square, closed=[9])
    with pytest.raises(NetworkError, match="no edge is open"):
        network.build(square, closed=[0, 1, 2, 3])


def test_the_input_is_not_changed(square):
    before = square.copy()
    network.build(square, closed=[1])
    assert square.equals(before)


def test_lines_of_several_parts_become_edges_with_one_id(frame):
    graph = network.build(frame("MULTILINESTRING ((0 0, 10 0), (10 0, 30 0))"))
    assert graph.edge_ids.tolist() == [0, 0]
    assert graph.length_m.tolist() == [10.0, 20.0]


def test_a_two_way_street_written_twice_is_one_edge(frame):
    graph = network.build(
        frame("LINESTRING (0 0, 5 3, 10 0)", "LINESTRING (10 0, 5 3, 0 0)", oneway=["forward", "forward"])
    )
    assert graph.edges == 1
    assert not graph.directed
    assert np.isfinite(graph.backward_m).all()


def test_parallel_streets_of_equal_length_stay_two(frame):
    assert network.build(frame("LINESTRING (0 0, 5 3, 10 0)", "LINESTRING (0 0, 5 -3, 10 0)")).edges == 2


def test_node_ids_decide_where_they_are_given(frame):
    over = frame("LINESTRING (0 0, 10 0)", "LINESTRING (10 0, 20 0)", a=[1, 3], b=[2, 4])
    assert network.build(over, nodes=("a", "b")).nodes == 4
    with pytest.raises(NetworkError, match="node column"):
        network.build(over, nodes=("a", "missing"))


def test_surveyed_lengths_replace_the_drawn_ones(frame):
    graph = network.build(frame("LINESTRING (0 0, 10 0)", surveyed=[12.5]), length_field="surveyed")
    assert graph.forward_m.tolist() == [12.5]


@pytest.mark.parametrize("metres", [-1.0, np.inf])
def test_negative_and_endless_lengths_are_refused(frame, metres):
    edges = frame("LINESTRING (0 0, 10 0)", "LINESTRING (10 0, 20 0)", length_m=[5.0, metres])
    with pytest.raises(NetworkError, match="1 edges have a negative or missing length, the first is 1"):
        network.build(edges)


def test_unusable_edges_are_refused_with_the_reason(frame):
    empty = gpd.GeoDataFrame(geometry=[], crs="EPSG:4529")
    with pytest.raises(NetworkError, match="there are no edges"):
        network.build(empty)
    with pytest.raises(CrsNotProjectedError):
        network.build(frame("LINESTRING (0 0, 1 1)").set_crs("EPSG:4490", allow_override=True))
    with pytest.raises(CrsNotProjectedError):
        network.build(frame("LINESTRING (0 0, 1 1)").set_crs("EPSG:3857", allow_override=True))
    with pytest.raises(NetworkError, match="not metres"):
        network.build(frame("LINESTRING (0 0, 1 1)").set_crs("EPSG:2263", allow_override=True))
    with pytest.raises(NetworkError, match="1 edges are not lines"):
        network.build(frame("LINESTRING (0 0, 1 1)", "POINT (0 0)"))
    with pytest.raises(NetworkError, match="1 edges have no geometry"):
        network.build(frame("LINESTRING (0 0, 1 1)", "LINESTRING EMPTY"))
    with np.errstate(invalid="ignore"):
        broken = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (np.inf, 1)])], crs="EPSG:4529")
    with pytest.raises(NetworkError, match="finite"):
        network.build(broken)
