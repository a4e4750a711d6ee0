from __future__ import annotations

import numpy as np
from shapely.geometry import box

from yzgeo.illustrative.blocks import Lot
from yzgeo.illustrative.places import Places, open_places, scatter


def places() -> Places:
    points = np.array([[0.0, 0.0], [10.0, 0.0], [100.0, 0.0], [200.0, 0.0]])
    return Places(points, np.array([0, 0, 0, 1]), np.zeros(4, dtype=bool))


def test_a_place_is_given_out_once_and_takes_its_neighbours_with_it() -> None:
    pool = places()
    assert pool.take_nearest(np.array([1.0, 1.0])).tolist() == [0, 0]
    assert pool.taken.tolist() == [True, True, False, False]
    assert pool.take_nearest(np.array([1.0, 1.0])).tolist() == [100, 0]


def test_a_community_without_places_left_borrows_the_nearest() -> None:
    pool = places()
    given = pool.take([1, 1], np.array([[0.0, 0.0], [190.0, 0.0]]), np.random.default_rng(1))
    assert given.tolist() == [[200, 0], [100, 0]]


def test_parks_and_compounds_have_no_open_places() -> None:
    field = box(0, 0, 100, 100)
    lots = [
        Lot(field, "town", 3, rural=False, whole=True, use=use, free=field) for use in ("park", "compound", "estate")
    ]
    pool = open_places(lots, np.random.default_rng(1))
    assert 6 <= len(pool.points) <= 40
    assert set(pool.community) == {3}


def test_scatter_gives_the_count_even_where_it_is_tight() -> None:
    points = scatter(box(0, 0, 50, 50), 30, np.random.default_rng(1), apart_m=40)
    assert points.shape == (30, 2)
    assert points.min() >= 0
    assert points.max() <= 50
