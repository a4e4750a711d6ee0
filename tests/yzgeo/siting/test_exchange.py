"""Good choices fast."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

from yzgeo.siting.exchange import cover_most


def test_exchange_mends_what_greed_spoils():
    # Greed takes site 0 (6 people) and ends at 6 + 2; sites 1 and 2 together cover all 10.
    reach = csr_matrix(np.array([[1.0, 1, 0], [1, 0, 1], [0, 1, 0], [0, 0, 1]]))
    covered, chosen = cover_most(reach, np.array([3.0, 3, 2, 2]), np.zeros(3, dtype=bool), np.arange(3), 2)
    assert covered == 10
    assert chosen.tolist() == [False, True, True]


def test_what_is_open_stays_open():
    reach = csr_matrix(np.eye(3))
    covered, chosen = cover_most(reach, np.array([1.0, 5, 3]), np.array([True, False, False]), np.array([1, 2]), 1)
    assert covered == 6
    assert chosen.tolist() == [True, True, False]
