"""Slope: Tobler's function by hand, up and down."""

from __future__ import annotations

import math

import numpy as np
import pytest

from yzgeo import coverage, network
from yzgeo.errors import NetworkError


def hill(*, nan=False):
    """Rises 10 m per 100 m towards the east: elevation = x / 10, cells of 10 m from x = -50 to 150."""
    x = np.arange(-45, 150, 10.0)
    height = np.tile(x / 10, (20, 1))
    if nan:
        height[:, 12] = np.nan
    return network.Slope(elevation_m=height, transform=(10, 0, -50, 0, -10, 100))


def test_tobler_on_the_level_is_about_five_kilometres_an_hour():
    assert network.tobler_kmh(np.zeros(1))[0] == pytest.approx(6 * math.exp(-0.175))
    assert network.tobler_kmh(np.array([-0.05]))[0] == pytest.approx(6)


def test_uphill_costs_more_than_downhill(frame):
    graph = network.build(frame("LINESTRING (0 0, 100 0)"), slope=hill())
    assert graph.forward_m[0] == pytest.approx(100 * math.exp(3.5 * 0.15) / math.exp(3.5 * 0.05))
    assert graph.backward_m[0] == pytest.approx(100 * math.exp(3.5 * 0.05) / math.exp(3.5 * 0.05))
    assert graph.directed


def test_the_direction_of_the_walk_counts(frame):
    graph = network.build(frame("LINESTRING (0 0, 100 0)"), slope=hill())
    top, bottom = frame("POINT (100 0)"), frame("POINT (0 0)")
    climb = coverage.nearest(graph, top, bottom)["distance_m"].iloc[0]
    descent = coverage.nearest(graph, bottom, top)["distance_m"].iloc[0]
    assert climb == pytest.approx(graph.forward_m[0])
    assert descent == pytest.approx(graph.backward_m[0])
    assert coverage.nearest(graph, top, bottom, towards="demand")["distance_m"].iloc[0] == pytest.approx(descent)


def test_a_bridge_rises_evenly_from_end_to_end(frame):
    valley = network.Slope(
        elevation_m=np.tile(np.abs(np.arange(-45, 150, 10.0) - 50), (20, 1)), transform=(10, 0, -50, 0, -10, 100)
    )
    over = network.build(frame("LINESTRING (0 0, 50 0, 100 0)", bridge=[True]), slope=valley)
    through = network.build(frame("LINESTRING (0 0, 50 0, 100 0)"), slope=valley)
    assert over.forward_m[0] == pytest.approx(100)
    assert through.forward_m[0] > 200


def test_terrain_that_does_not_reach_is_refused(frame):
    with pytest.raises(NetworkError, match="terrain does not cover"):
        network.build(frame("LINESTRING (0 0, 500 0)"), slope=hill())
    with pytest.raises(NetworkError, match="terrain does not cover"):
        network.build(frame("LINESTRING (0 0, 100 0)"), slope=hill(nan=True))
    stuck = network.Slope(hill().elevation_m, hill().transform, speed_kmh=lambda slope: slope * 0)
    with pytest.raises(NetworkError, match="no positive speed"):
        network.build(frame("LINESTRING (0 0, 100 0)"), slope=stuck)
