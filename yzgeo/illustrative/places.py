"""Open ground: a pool of places where a point may stand, given out once each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from .blocks import Lot
from .ground import Points

_PER_M2 = 1 / 450.0
_CLEAR_M = 16.0


@dataclass
class Places:
    """Places on open ground, the community of each, and which are taken."""

    points: Points
    community: NDArray[np.int64]
    taken: NDArray[np.bool_]

    def take(
        self, communities: Sequence[int], centres: Points, rng: np.random.Generator, *, spread: bool = True
    ) -> Points:
        """
        Give out one place in each community asked for, far from those given for the same purpose.

        Parameters
        ----------
        communities
            Position of a community, once per place wanted.
        centres
            Rough centres of all communities, shape (m, 2); used where a community has no place left.
        rng
            Source of chance.
        spread
            Keep places of the same purpose apart.

        Returns
        -------
        numpy.ndarray
            Coordinates, shape (n, 2), in the order asked for.
        """
        given = np.zeros((0, 2))
        for community in communities:
            open_ = np.flatnonzero(~self.taken & (self.community == community))
            if len(open_) == 0:
                away = np.hypot(*(self.points - centres[community]).T) + 1e9 * self.taken
                open_ = np.array([int(np.argmin(away))])
            tries = rng.choice(open_, min(len(open_), 25), replace=False)
            if spread and len(given):
                gaps = np.hypot(*(self.points[tries][:, None] - given[None]).transpose(2, 0, 1)).min(axis=1)
                best = int(tries[int(np.argmax(gaps))])
            else:
                best = int(tries[0])
            given = np.vstack([given, self.hold(best)])
        return given

    def take_nearest(self, place: Points) -> Points:
        """
        Give out the open place nearest to a position.

        Parameters
        ----------
        place
            Coordinates, shape (2,).

        Returns
        -------
        numpy.ndarray
            Coordinates, shape (2,).
        """
        away = np.hypot(*(self.points - place).T) + 1e9 * self.taken
        return self.hold(int(np.argmin(away)))

    def hold(self, number: int) -> Points:
        """
        Mark a place, and what is too close to it, as taken.

        Parameters
        ----------
        number
            Position in ``points``.

        Returns
        -------
        numpy.ndarray
            Its coordinates, shape (2,).
        """
        here = self.points[number]
        self.taken |= np.hypot(*(self.points - here).T) < _CLEAR_M
        return np.asarray(here)


def open_places(lots: Sequence[Lot], rng: np.random.Generator) -> Places:
    """
    Collect places on the open parts of lots.

    Parameters
    ----------
    lots
        Building land with its uses.
    rng
        Source of chance.

    Returns
    -------
    Places
        Places, none of them taken.
    """
    points, owner = [], []
    for lot in lots:
        inner = lot.free.buffer(-3) if lot.use not in {"park", "compound"} else shapely.Polygon()
        if inner.is_empty:
            continue
        west, south, east, north = inner.bounds
        count = min(int((east - west) * (north - south) * _PER_M2) + 6, 160)
        tries = np.column_stack([rng.uniform(west, east, count), rng.uniform(south, north, count)])
        tries = tries[shapely.contains_xy(inner, tries[:, 0], tries[:, 1])]
        points.append(tries)
        owner += [lot.community] * len(tries)
    pool = np.vstack(points)
    return Places(pool, np.array(owner), np.zeros(len(pool), dtype=bool))


def scatter(area: BaseGeometry, count: int, rng: np.random.Generator, *, apart_m: float) -> Points:
    """
    Scatter points over an area, no two closer than asked as long as there is room.

    Parameters
    ----------
    area
        Where.
    count
        How many.
    rng
        Source of chance.
    apart_m
        Least distance in metres; halved whenever there is no room left.

    Returns
    -------
    numpy.ndarray
        Coordinates, shape (count, 2).
    """
    west, south, east, north = area.bounds
    found = np.zeros((0, 2))
    shapely.prepare(area)
    while len(found) < count:
        tries = np.column_stack([rng.uniform(west, east, 4000), rng.uniform(south, north, 4000)])
        for here in tries[shapely.contains_xy(area, tries[:, 0], tries[:, 1])]:
            if len(found) < count and (len(found) == 0 or np.hypot(*(found - here).T).min() >= apart_m):
                found = np.vstack([found, here])
        apart_m /= 2
    return found
