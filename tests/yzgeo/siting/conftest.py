"""Small siting questions and the enumeration that answers them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest

from yzgeo import siting

Choices = Callable[[siting.Problem, int], list[tuple[list[int], np.ndarray]]]


@pytest.fixture(scope="session")
def random_problem() -> Callable[..., siting.Problem]:
    """25 points and 8 sites on a square of 1 km, some of which may stand already."""

    def make(seed: int, **changes: object) -> siting.Problem:
        rng = np.random.default_rng(seed)
        homes, places = rng.uniform(0, 1000, (25, 2)), rng.uniform(0, 1000, (8, 2))
        metres = np.hypot(*(homes[:, None] - places[None]).transpose(2, 0, 1))
        given = {
            "limit_m": float(rng.choice([200, 350, 600, np.inf])),
            "existing": int(rng.integers(0, 3)),
            "cost": rng.integers(1, 6, 8).astype(float),
            **changes,
        }
        return siting.from_matrix(metres, rng.integers(0, 20, 25).astype(float), **given)

    return make


@pytest.fixture(scope="session")
def choices() -> Choices:
    """List every choice of so many new sites with each point's distance to the nearest open one."""

    def enumerate_them(problem: siting.Problem, sites: int) -> list[tuple[list[int], np.ndarray]]:
        metres = np.full((len(problem.weight), len(problem.sites) + 1), np.inf)
        metres[problem.way_demand, problem.way_site] = problem.way_m
        standing = np.flatnonzero(problem.existing).tolist()
        return [
            (list(chosen), metres[:, [*chosen, *standing, -1]].min(axis=1))
            for chosen in combinations(problem.candidates.tolist(), sites)
        ]

    return enumerate_them
