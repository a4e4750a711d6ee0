"""Getting onto the network."""

from __future__ import annotations

import numpy as np
import pytest

from yzgeo import network
from yzgeo.errors import NetworkError, ParameterError


def test_points_get_on_anywhere_along_an_edge(square):
    snaps = network.snap(network.build(square), np.array([[30.0, -7.0], [104.0, 75.0], [-3.0, -4.0]]))
    assert snaps.edge[:2].tolist() == [0, 1]
    assert snaps.fraction[:2].tolist() == [0.3, 0.75]
    assert snaps.leg_m.tolist() == pytest.approx([7.0, 4.0, 5.0])


def test_far_points_stay_off(square):
    snaps = network.snap(network.build(square), np.array([[50.0, -300.0], [50.0, -20.0]]), limit_m=100)
    assert snaps.reached.tolist() == [False, True]
    assert np.isnan(snaps.leg_m[0])


def test_many_points_keep_their_order(square):
    rng = np.random.default_rng(3)
    xy = rng.uniform(-2000, 2000, (500, 2))
    graph = network.build(square)
    together = network.snap(graph, xy, limit_m=9e9)
    apart = [network.snap(graph, xy[[row]], limit_m=9e9).leg_m[0] for row in range(len(xy))]
    assert together.leg_m.tolist() == apart
    assert len(together) == 500


def test_blocks_of_points_give_what_the_whole_gives(square, monkeypatch):
    graph = network.build(square)
    xy = np.random.default_rng(4).uniform(-20, 220, (200, 2))
    whole = network.snap(graph, xy)
    monkeypatch.setattr("yzgeo.network.snapping._BLOCK", 7)
    parts = network.snap(graph, xy)
    for name in ("edge", "fraction", "leg_m"):
        np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))


def test_bad_points_and_limits_are_refused(square):
    graph = network.build(square)
    with pytest.raises(NetworkError, match="no coordinates"):
        network.snap(graph, np.array([[0.0, np.nan]]))
    for limit in (0, -5, np.nan):
        with pytest.raises(ParameterError):
            network.snap(graph, np.zeros((1, 2)), limit_m=limit)
    assert len(network.snap(graph, np.empty((0, 2)))) == 0
