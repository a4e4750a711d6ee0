"""The thin front of HiGHS."""

from __future__ import annotations

import time

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from yzgeo.errors import SitingError, SitingTimeError
from yzgeo.siting.solver import Model


def knapsack(capacity=5.0):
    """Most worth 4, 5, 3 with weights 2, 4, 3."""
    model = Model(np.array([-4.0, -5, -3]), lower=np.zeros(3), upper=np.ones(3), whole=np.ones(3, dtype=bool))
    model.add_rows(csr_matrix(np.array([[2.0, 4, 3]])), lower=np.array([-np.inf]), upper=np.array([capacity]))
    return model


def soon():
    return time.monotonic() + 30


def test_whole_numbers_and_their_relaxation():
    model = knapsack()
    bound, values, _ = model.relaxed(until=soon())
    assert bound == pytest.approx(-4 - 5 * 3 / 4)
    assert values == pytest.approx([1, 0.75, 0])
    solution = model.solve(until=soon())
    assert solution.objective == pytest.approx(-7)
    assert solution.values == pytest.approx([1, 0, 1])
    assert solution.optimal
    assert solution.gap == 0


def test_rows_and_fixed_variables_come_later():
    model = knapsack()
    assert model.solve(until=soon(), start=np.array([0.0, 0, 1])).objective == pytest.approx(-7)
    model.fix(np.array([0]), 0.0)
    assert model.solve(until=soon()).objective == pytest.approx(-5)
    model.add_rows(csr_matrix(np.array([[0.0, 1, 0]])), lower=np.array([0.0]), upper=np.array([0.0]))
    assert model.solve(until=soon()).objective == pytest.approx(-3)


def test_no_solution_and_no_time_are_told_apart():
    with pytest.raises(SitingError, match="no choice meets"):
        knapsack(-1.0).solve(until=soon())
    with pytest.raises(SitingTimeError):
        knapsack().solve(until=time.monotonic() - 1)


def test_the_solver_keeps_quiet(capfd):
    knapsack().solve(until=soon())
    assert capfd.readouterr() == ("", "")
