"""Searches, with distances counted on the fingers."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from yzgeo import network
from yzgeo.errors import NetworkError, ParameterError


def at(graph, *points):
    return network.snap(graph, np.array(points, dtype=float))


def test_round_the_block_both_ways(square):
    graph = network.build(square)
    reach = network.spread(graph, at(graph, (50, 0)))
    found = network.arrive(graph, reach, at(graph, (50, 100), (100, 30), (40, -5), (0, 90)))
    assert found.distance_m.tolist() == pytest.approx([200.0, 80.0, 15.0, 140.0])
    assert found.source.tolist() == [0, 0, 0, 0]


def test_the_short_way_along_the_own_edge_or_round_it(frame):
    # A horseshoe of 300 m whose ends are 10 m apart, closed by a short street.
    graph = network.build(frame("LINESTRING (0 0, 0 145, 10 145, 10 0)", "LINESTRING (0 0, 10 0)"))
    reach = network.spread(graph, at(graph, (0, 5)))
    found = network.arrive(graph, reach, at(graph, (10, 5), (0, 40)))
    assert found.distance_m.tolist() == pytest.approx([20.0, 35.0])


def test_a_loop_is_open_both_ways_round(frame):
    graph = network.build(frame("LINESTRING (0 0, 100 0, 100 100, 0 100, 0 0)", "LINESTRING (0 0, -50 0)"))
    reach = network.spread(graph, at(graph, (0, 90)))
    found = network.arrive(graph, reach, at(graph, (90, 0), (100, 100), (-50, 0)))
    assert found.distance_m.tolist() == pytest.approx([180.0, 110.0, 140.0])


def test_the_nearer_of_several_on_one_edge_wins_with_its_leg(frame):
    graph = network.build(frame("LINESTRING (0 0, 1000 0)"))
    reach = network.spread(graph, at(graph, (400, 80), (500, 0), (900, 0)))
    found = network.arrive(graph, reach, at(graph, (410, 0), (450, 3), (801, 0), (0, 0)))
    assert found.source.tolist() == [0, 1, 2, 0]
    assert found.distance_m.tolist() == pytest.approx([90.0, 53.0, 99.0, 480.0])


def test_one_way_streets_count_in_the_direction_of_travel(square):
    graph = network.build(square.assign(oneway="forward"))
    there, here = at(graph, (50, 0)), at(graph, (70, 0))
    towards = network.arrive(graph, network.spread(graph, there, towards="facility"), here)
    away = network.arrive(graph, network.spread(graph, there, towards="demand"), here)
    assert towards.distance_m.tolist() == pytest.approx([380.0])
    assert away.distance_m.tolist() == pytest.approx([20.0])


def test_a_dead_end_one_way_has_no_way_back(frame):
    graph = network.build(frame("LINESTRING (0 0, 100 0)", oneway=["forward"]))
    found = network.arrive(graph, network.spread(graph, at(graph, (20, 0))), at(graph, (80, 0), (0, 0)))
    assert np.isnan(found.distance_m[0])
    assert found.source.tolist() == [-1, 0]
    assert found.distance_m[1] == pytest.approx(20)


def test_limits_include_themselves(frame):
    graph = network.build(frame("LINESTRING (0 0, 1000 0)", "LINESTRING (1000 0, 2000 0)"))
    source = at(graph, (500, 0))
    found = network.arrive(
        graph, network.spread(graph, source, limit_m=600), at(graph, (1100, 0), (1100.01, 0)), limit_m=600
    )
    assert found.distance_m[0] == pytest.approx(600)
    assert np.isnan(found.distance_m[1])
    for limit in (-1, np.nan):
        with pytest.raises(ParameterError):
            network.spread(graph, source, limit_m=limit)


def test_no_source_reaches_nobody(square):
    graph = network.build(square)
    nobody = network.snap(graph, np.array([[9e5, 9e5]]))
    found = network.arrive(graph, network.spread(graph, nobody), at(graph, (0, 0)))
    assert found.source.tolist() == [-1]
    assert len(network.pairs(graph, nobody, at(graph, (0, 0)), limit_m=100)) == 0


def test_pairs_list_everything_within_the_limit(square):
    graph = network.build(square)
    table = network.pairs(graph, at(graph, (50, 0), (60, 0)), at(graph, (50, 100), (70, 0), (0, 0)), limit_m=150)
    assert table.to_numpy() == pytest.approx(np.array([[0, 1, 20], [0, 2, 50], [1, 1, 10], [1, 2, 60]]))


def test_the_route_is_as_long_as_it_says(square):
    graph = network.build(square)
    length, line = network.route(graph, at(graph, (50, -5)), at(graph, (104, 30)))
    assert length.tolist() == pytest.approx([5 + 50 + 30 + 4])
    assert line[0].equals_exact(shapely.from_wkt("LINESTRING (104 30, 100 30, 100 0, 50 0, 50 -5)"), 1e-9)
    outward = network.route(graph, at(graph, (50, -5)), at(graph, (104, 30)), towards="demand")[1]
    assert outward[0].equals(line[0].reverse())


def test_a_route_along_one_edge_keeps_its_bends(frame):
    graph = network.build(frame("LINESTRING (0 0, 10 0, 10 10, 20 10)"))
    length, line = network.route(graph, at(graph, (5, 0)), at(graph, (15, 10)))
    assert length.tolist() == pytest.approx([20.0])
    assert line[0].equals_exact(shapely.from_wkt("LINESTRING (15 10, 10 10, 10 0, 5 0)"), 1e-9)


def test_no_way_no_line(frame):
    graph = network.build(frame("LINESTRING (0 0, 10 0)", "LINESTRING (50 0, 60 0)"))
    length, line = network.route(graph, at(graph, (0, 0)), at(graph, (60, 0)))
    assert np.isnan(length[0])
    assert line[0] is None
    with pytest.raises(NetworkError, match="one point and another"):
        network.route(graph, at(graph, (0, 0), (1, 0)), at(graph, (60, 0)))
