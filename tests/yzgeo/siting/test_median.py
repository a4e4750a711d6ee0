"""The p-median at a size where the textbook model is no fun."""

from __future__ import annotations

import numpy as np
import pytest

from yzgeo import siting
from yzgeo.siting.median import Ways


def town(points, sites, *, seed=0, limit_m=np.inf, existing=0):
    rng = np.random.default_rng(seed)
    centres = rng.uniform(1000, 9000, (10, 2))
    homes = centres[rng.integers(0, 10, points)] + rng.normal(0, 500, (points, 2))
    places = centres[rng.integers(0, 10, sites)] + rng.normal(0, 700, (sites, 2))
    metres = np.hypot(*(homes[:, None] - places[None]).transpose(2, 0, 1))
    return siting.from_matrix(metres, rng.integers(1, 100, points).astype(float), limit_m=limit_m, existing=existing)


def test_the_cuts_give_the_same_optimum_as_the_textbook_model():
    # A capacity nobody fills makes the same question take the textbook road.
    problem = town(120, 25)
    roomy = siting.Problem(**{**vars(problem), "capacity": np.full(25, 1e9)})
    assert roomy.capacitated
    by_cuts, by_pairs = siting.p_median(problem, sites=5), siting.p_median(roomy, sites=5)
    assert by_cuts.objective == pytest.approx(by_pairs.objective, rel=1e-9)
    assert by_cuts.optimal
    assert by_cuts.bound <= by_cuts.objective


def test_existing_sites_count_and_stay():
    problem = town(150, 30, existing=4, seed=3)
    answer = siting.p_median(problem, sites=3)
    assert answer.optimal
    assert len(answer.chosen) == 3
    assert set(answer.chosen.index) <= set(range(26))


def test_strong_cuts_are_tight_at_whole_numbers():
    problem = town(60, 12)
    ways = Ways(problem, np.zeros(12, dtype=bool))
    chosen = np.zeros(12, dtype=bool)
    chosen[[2, 7, 9]] = True
    radius, needed = ways.radius(chosen.astype(float))
    assert needed == pytest.approx(ways.distance(chosen))
    rows = ways.cuts(radius, np.arange(ways.points))
    solution = np.concatenate([chosen.astype(float), ways.distance(chosen)])
    assert (rows @ solution >= radius - 1e-9).all()


def test_time_running_out_still_gives_the_best_with_its_gap():
    answer = siting.p_median(town(800, 80, seed=5), sites=8, time_limit_s=0.05)
    assert np.isfinite(answer.objective)
    assert answer.bound <= answer.objective
    assert answer.optimal == (answer.gap == 0)
