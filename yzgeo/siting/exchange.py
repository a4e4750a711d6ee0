"""Good choices fast: open what gains most, then exchange one for another while that helps.

They prove nothing. They give the exact search a start and a mark to beat, which lets it rule out most sites at once.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from .problem import Floats, Ints

Open = NDArray[np.bool_]
Gains = Callable[[Open], Floats]
Value = Callable[[Open], float]


def improve(start: Open, candidates: Ints, sites: int, *, gains: Gains, value: Value) -> tuple[float, Open]:
    """
    Open sites one by one, then exchange them.

    Parameters
    ----------
    start
        What is open already, shape (all sites,).
    candidates
        Positions of the sites that may open.
    sites
        How many may be open beside what is fixed.
    gains
        Gives, for a set of open sites, what each further site would add.
    value
        Worth of a set of open sites; more is better.

    Returns
    -------
    float
        The worth found.
    numpy.ndarray
        The open sites.
    """
    chosen = start.copy()
    free = np.zeros(len(start), dtype=bool)
    free[candidates] = True
    while int((chosen & free).sum()) < min(sites, len(candidates)):
        chosen[_best(gains(chosen), free & ~chosen)] = True
    worth = value(chosen)
    improved = True
    while improved:
        improved = False
        for out in np.flatnonzero(chosen & free):
            other = chosen.copy()
            other[out] = False
            entering = free & ~chosen
            if not entering.any():
                return worth, chosen
            other[_best(gains(other), entering)] = True
            found = value(other)
            if found > worth + 1e-9 * max(1.0, abs(worth)):
                worth, chosen, improved = found, other, True
    return worth, chosen


def cover_most(reach: csr_matrix, weight: Floats, start: Open, candidates: Ints, sites: int) -> tuple[float, Open]:
    """
    Find a good choice for the most covered weight.

    Parameters
    ----------
    reach
        Which site covers which group of demand, shape (groups, sites).
    weight
        Weight of each group.
    start, candidates, sites
        As in `improve`.

    Returns
    -------
    float
        The covered weight.
    numpy.ndarray
        The open sites.
    """
    by_site = csr_matrix(reach.T)

    def covered(chosen: Open) -> NDArray[np.bool_]:
        return np.asarray(reach @ chosen.astype(float) > 0.5)

    def gains(chosen: Open) -> Floats:
        return np.asarray(by_site @ np.where(covered(chosen), 0.0, weight), dtype=float)

    def value(chosen: Open) -> float:
        return float(weight[covered(chosen)].sum())

    return improve(start, candidates, sites, gains=gains, value=value)


def _best(gain: Floats, allowed: Open) -> int:
    return int(np.argmax(np.where(allowed, gain, -np.inf)))
