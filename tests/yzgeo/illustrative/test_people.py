from __future__ import annotations

import numpy as np
import pytest

from yzgeo.illustrative.people import apportion


@pytest.mark.parametrize(
    ("total", "weights", "shares"),
    [
        (10, [1, 1, 2], [3, 2, 5]),
        (7, [0, 3, 0], [0, 7, 0]),
        (0, [1, 2], [0, 0]),
        (5, [], []),
        (3, [1, 1, 1, 1], [1, 1, 1, 0]),
    ],
)
def test_shares_add_up(total: int, weights: list[float], shares: list[int]) -> None:
    assert apportion(total, weights).tolist() == shares


def test_shares_of_many_add_up_exactly() -> None:
    weights = np.random.default_rng(3).uniform(0, 1, 4000)
    assert apportion(375_292, weights).sum() == 375_292
