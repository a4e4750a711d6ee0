"""Barriers cut before the search, with gates and bridges left open."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from yzgeo import coverage, network
from yzgeo.errors import NetworkError, ParameterError

RIVER = "LINESTRING (50 -500, 50 500)"


@pytest.fixture
def streets(frame):
    """Two streets across a river, joined on either bank; the northern one, 200 m away, is a bridge."""
    return frame(
        "LINESTRING (0 0, 100 0)",
        "LINESTRING (0 200, 100 200)",
        "LINESTRING (0 0, 0 200)",
        "LINESTRING (100 0, 100 200)",
        bridge=[False, True, False, False],
    )


def distance(graph, frame):
    return coverage.nearest(graph, frame("POINT (90 0)"), frame("POINT (10 0)"))["distance_m"].iloc[0]


def test_without_the_river_people_walk_straight_across(streets, frame):
    assert distance(network.build(streets), frame) == pytest.approx(80)


def test_with_the_river_they_go_round_by_the_bridge(streets, frame):
    graph = network.build(streets, barriers=frame(RIVER))
    assert distance(graph, frame) == pytest.approx(10 + 200 + 100 + 200 + 10)
    # The cut street remains as two stumps under its own id.
    assert graph.edge_ids.tolist().count(0) == 2


def test_a_river_drawn_as_an_area_cuts_too(streets, frame):
    graph = network.build(streets, barriers=frame("POLYGON ((45 -500, 55 -500, 55 500, 45 500, 45 -500))"))
    assert distance(graph, frame) == pytest.approx(520)
    assert graph.length_m.sum() == pytest.approx(500 + 100 - 10)


def test_a_gate_opens_the_barrier(streets, frame):
    graph = network.build(streets, barriers=frame(RIVER), crossings=frame("POINT (50 1)"))
    assert distance(graph, frame) == pytest.approx(80)


def test_a_closed_bridge_cuts_the_banks_apart(streets, frame):
    graph = network.build(streets, barriers=frame(RIVER), closed=[1])
    answer = coverage.nearest(graph, frame("POINT (90 0)"), frame("POINT (10 0)"))
    assert answer["reason"].tolist() == ["other_component"]


def test_no_access_leg_crosses_a_barrier(streets, frame):
    # 8 m from the stump on the far side, 40 m from the bank street on its own.
    home = frame("POINT (40 100)")
    wall = frame("LINESTRING (38 -10, 38 190)")
    open_ground = network.snap(network.build(streets), np.array([[40.0, 100.0]]))
    assert open_ground.leg_m.tolist() == [40.0]
    walled = coverage.nearest(network.build(streets, barriers=wall), frame("POINT (100 100)"), home)
    assert walled["access_m"].tolist() == [60.0]


def test_behind_walls_on_all_sides_there_is_no_network(streets, frame):
    yard = frame("LINEARRING (30 90, 50 90, 50 110, 30 110, 30 90)")
    answer = coverage.nearest(network.build(streets, barriers=yard), frame("POINT (0 0)"), frame("POINT (40 100)"))
    assert answer["reason"].tolist() == ["too_far_from_network"]


def test_absurd_barriers_are_refused(streets, frame):
    with pytest.raises(NetworkError, match="barriers must be lines or polygons"):
        network.build(streets, barriers=frame("POINT (0 0)"))
    with pytest.raises(ParameterError):
        network.build(streets, barriers=frame(RIVER), crossings=frame("POINT (50 0)"), crossing_radius_m=-1)
    everything = frame("POLYGON ((-900 -900, 900 -900, 900 900, -900 900, -900 -900))")
    with pytest.raises(NetworkError, match="no edge"):
        network.build(streets.assign(bridge=False), barriers=everything)
    assert shapely.length(streets.geometry.to_numpy()).sum() == 600
