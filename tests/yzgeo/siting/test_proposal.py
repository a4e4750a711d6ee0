"""An answer that breaks its own promise must not leave the house."""

from __future__ import annotations

import numpy as np
import pytest

from yzgeo import siting
from yzgeo.siting.proposal import assign


@pytest.fixture
def problem():
    metres = np.array([[10.0, 40.0], [60.0, 20.0]])
    return siting.from_matrix(metres, np.array([5.0, 7.0]), limit_m=50, capacity=np.array([4.0, 20.0]))


def test_everyone_goes_to_the_nearest_open_site(problem):
    table = assign(problem, np.array([True, True]), None)
    assert table["site"].tolist() == [0, 1]
    assert table["distance_m"].tolist() == [10, 20]
    alone = assign(problem, np.array([True, False]), None)
    assert alone["site"].tolist() == [0, None]
    assert alone["covered"].tolist() == [True, False]


def test_an_overfilled_site_is_an_error(problem):
    flow = np.where(problem.way_site == 0, 1.0, 0.0)
    with pytest.raises(AssertionError, match="more than it holds"):
        assign(problem, np.array([True, True]), flow)


def test_a_way_to_a_closed_site_is_an_error(problem):
    with pytest.raises(AssertionError, match="closed site"):
        assign(problem, np.array([False, True]), np.ones(len(problem.way_m)) * 0.1)


def test_a_way_beyond_the_radius_is_an_error(problem):
    problem.way_m[0] = 900.0
    with pytest.raises(AssertionError, match="longer than the limit"):
        assign(problem, np.array([True, True]), np.ones(len(problem.way_m)) * 0.1)
