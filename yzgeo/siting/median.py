"""The p-median at district size, by multipliers and cuts instead of one variable per pair.

With 5,000 points and 300 sites the textbook model has 1.5 million variables. Here each point has one variable, its
distance, and the model learns only the cuts that matter: for any radius r, a point's distance is at least
r - Σ (r - d_j) x_j over the sites j nearer than r (Benders' decomposition of the textbook model, exact at whole-number
choices). Good radii come from Lagrangian multipliers, which also give a first bound.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack

from yzgeo.errors import SitingError, SitingTimeError

from .exchange import Open, improve
from .problem import Floats, Ints, Problem
from .solver import Model, Solution

_PASSES = 3
_STEPS = 120
_ROUNDS = 200
_CLOSED = 1e-9


class Ways:
    """The ways of each servable point to the sites in question, nearest first, as one block of arrays."""

    def __init__(self, problem: Problem, closed: Open) -> None:
        able = np.flatnonzero(problem.servable & (problem.weight > 0))
        number = np.full(len(problem.weight), -1)
        number[able] = np.arange(len(able))
        kept = np.flatnonzero((number[problem.way_demand] >= 0) & ~closed[problem.way_site])
        order = kept[np.lexsort((problem.way_site[kept], problem.way_m[kept], problem.way_demand[kept]))]
        self.point: Ints = number[problem.way_demand[order]]
        self.site: Ints = problem.way_site[order]
        self.metres: Floats = problem.way_m[order]
        self.weight: Floats = problem.weight[able]
        self.points = len(able)
        self.sites = len(problem.sites)
        self.closed = closed
        self.begin: Ints = np.searchsorted(self.point, np.arange(self.points + 1))

    def distance(self, open_sites: Open) -> Floats:
        """
        Measure each point's way to the nearest open site.

        Parameters
        ----------
        open_sites
            Which sites are open.

        Returns
        -------
        numpy.ndarray
            Metres, infinite where none is in reach, shape (points,).
        """
        metres = np.where(open_sites[self.site], self.metres, np.inf)
        return np.asarray(np.minimum.reduceat(metres, self.begin[:-1]), dtype=float)

    def cost(self, open_sites: Open) -> float:
        """
        Add up weight times metres.

        Parameters
        ----------
        open_sites
            Which sites are open.

        Returns
        -------
        float
            The sum, infinite where somebody has no way.
        """
        return float(self.weight @ self.distance(open_sites))

    def cuts(self, radius: Floats, rows: Ints) -> csr_matrix:
        """
        Write the cuts of some points.

        Parameters
        ----------
        radius
            Radius of each point, shape (points,).
        rows
            The points to write a cut for.

        Returns
        -------
        scipy.sparse.csr_matrix
            One row per cut, columns are the sites and then the points; the row's lower bound is the radius.
        """
        row_of = np.full(self.points, -1)
        row_of[rows] = np.arange(len(rows))
        slack = radius[self.point] - self.metres
        use = (row_of[self.point] >= 0) & (slack > 0)
        return csr_matrix(
            (
                np.concatenate([slack[use], np.ones(len(rows))]),
                (
                    np.concatenate([row_of[self.point[use]], np.arange(len(rows))]),
                    np.concatenate([self.site[use], self.sites + rows]),
                ),
            ),
            shape=(len(rows), self.sites + self.points),
        )

    def radius(self, share: Floats) -> tuple[Floats, Floats]:
        """
        Find the radius of the strongest cut at a choice, which may be fractional.

        It is the distance at which the shares of the nearer sites first add up to one.

        Parameters
        ----------
        share
            How far each site is open, 0 to 1.

        Returns
        -------
        tuple of numpy.ndarray
            Radius and the distance that the cut then demands, shape (points,) each.
        """
        x = share[self.site]
        running = np.cumsum(x)
        before = np.concatenate([[0.0], running])[self.begin[:-1]]
        full = running - before[self.point] >= 1.0 - 1e-9
        position = np.where(full, np.arange(len(x)), len(x))
        at = np.minimum(np.minimum.reduceat(position, self.begin[:-1]), self.begin[1:] - 1)
        radius = self.metres[at]
        slack = np.maximum(radius[self.point] - self.metres, 0.0)
        return radius, radius - np.bincount(self.point, weights=slack * x, minlength=self.points)


def median_sites(problem: Problem, *, sites: int, until: float) -> Solution:
    """
    Solve the p-median without capacities.

    Parameters
    ----------
    problem
        The question.
    sites
        Number of new sites.
    until
        Reading of `time.monotonic` at which to stop.

    Returns
    -------
    Solution
        ``values`` holds 1 for each open site, shape (sites,); the objective is weight times metres.

    Raises
    ------
    SitingError
        If so many sites cannot serve everyone, or no choice was found in time.
    """
    begin = time.monotonic()
    ways = Ways(problem, np.zeros(len(problem.sites), dtype=bool))
    if not ways.points:
        return Solution(problem.existing.astype(float), 0.0, 0.0, 0.0, True, 0.0)  # noqa: FBT003
    best, best_open = _good_choice(problem, ways, problem.existing, sites)
    offer = ways.weight * ways.metres[ways.begin[:-1]]
    bound = 0.0
    for _ in range(_PASSES):
        climbed = _climb(problem, ways, sites, best, offer=offer, until=until)
        offer, bound = climbed.offer, max(bound, climbed.bound)
        for start in (climbed.tried, best_open):
            found, chosen = _good_choice(problem, ways, start, sites)
            if found < best:
                best, best_open = found, chosen
        closed = ways.closed | climbed.hopeless(problem, best, sites)
        ways = Ways(problem, closed & ~best_open)
    tight = _Cuts(problem, ways, sites)
    tight.add(offer / ways.weight)
    bound, best, best_open = tight.converge(best, best_open, bound, until)
    return tight.finish(best, best_open, bound, begin=begin, until=until)


class _Cuts:
    """The growing model: sites, distances and the cuts found so far."""

    def __init__(self, problem: Problem, ways: Ways, sites: int) -> None:
        self.problem, self.ways, self.count = problem, ways, sites
        self.rows: list[csr_matrix] = []
        self.radii: list[Floats] = []
        self.closed = np.flatnonzero(ways.closed)
        self.model = self._fresh()

    def _fresh(self) -> Model:
        ways, problem = self.ways, self.problem
        width = ways.sites + ways.points
        model = Model(
            np.concatenate([np.zeros(ways.sites), ways.weight]),
            lower=np.concatenate([problem.existing.astype(float), np.zeros(ways.points)]),
            upper=np.concatenate([np.ones(ways.sites), np.full(ways.points, np.inf)]),
            whole=np.arange(width) < ways.sites,
        )
        free = problem.candidates
        number = csr_matrix((np.ones(len(free)), (np.zeros(len(free), dtype=np.int64), free)), shape=(1, width))
        model.add_rows(number, lower=np.array([0.0]), upper=np.array([float(self.count)]))
        # Someone in reach of some sites only must get one of them.
        few = np.flatnonzero(np.diff(ways.begin) < int((~ways.closed).sum()))
        if len(few):
            serve = csr_matrix((np.ones(len(ways.site)), (ways.point, ways.site)), shape=(ways.points, width))
            model.add_rows(serve[few], lower=np.ones(len(few)), upper=np.full(len(few), np.inf))
        model.fix(self.closed, 0.0)
        return model

    def add(self, radius: Floats, rows: Ints | None = None) -> None:
        """Add a cut per point."""
        rows = np.arange(self.ways.points) if rows is None else rows
        matrix = self.ways.cuts(radius, rows)
        self.rows.append(matrix)
        self.radii.append(radius[rows])
        self.model.add_rows(matrix, lower=radius[rows], upper=np.full(len(rows), np.inf))

    def violated(self, values: Floats) -> bool:
        """Add the cuts that a solution breaks; tell whether there were any."""
        radius, needed = self.ways.radius(values[: self.ways.sites])
        given = values[self.ways.sites :]
        rows = np.flatnonzero(needed > given + 1e-6 * np.maximum(1.0, needed))
        if len(rows):
            self.add(radius, rows)
        return bool(len(rows))

    def converge(self, best: float, best_open: Open, known: float, until: float) -> tuple[float, float, Open]:
        """Solve the relaxation to its end, then close the sites that are out of the question."""
        if best - known <= _CLOSED * max(1.0, best):
            return known, best, best_open
        bound = known
        for _ in range(_ROUNDS):
            try:
                bound, values, reduced = self.model.relaxed(until=until)
            except SitingTimeError:
                return known, best, best_open
            share = values[: self.ways.sites]
            free = self.problem.candidates
            rounded = self.problem.existing.copy()
            rounded[free[np.argsort(-share[free], kind="stable")[: self.count]]] = True
            best, best_open = _better(self.ways, rounded, best, best_open)
            if best - bound <= _CLOSED * max(1.0, best) or not self.violated(values):
                break
        if np.isfinite(best):
            # Opening one of these would lift the bound above the best known choice.
            hopeless = free[(reduced[free] > best - bound + 1e-6 * max(1.0, best)) & ~best_open[free]]
            self.closed = np.union1d(self.closed, hopeless)
        self._tighten(values)
        return max(bound, known), best, best_open

    def _tighten(self, values: Floats) -> None:
        """Begin the whole-number search with the cuts that touch the relaxation's solution, and no others."""
        matrix, radius = csr_matrix(vstack(self.rows)), np.concatenate(self.radii)
        touching = np.flatnonzero(matrix @ values - radius <= 1e-6 * np.maximum(1.0, radius))
        self.model = self._fresh()
        self.model.add_rows(matrix[touching], lower=radius[touching], upper=np.full(len(touching), np.inf))

    def finish(self, best: float, best_open: Open, bound: float, *, begin: float, until: float) -> Solution:
        """Solve in whole numbers, add the cuts that the answer breaks, and again until it breaks none."""
        optimal = best - bound <= _CLOSED * max(1.0, best)
        while not optimal and time.monotonic() < until:
            start = None
            if np.isfinite(best):
                start = np.concatenate([best_open.astype(float), self.ways.distance(best_open)])
            try:
                found = self.model.solve(until=until, start=start)
            except SitingTimeError:
                break
            bound = max(bound, min(found.bound, best))
            best, best_open = _better(self.ways, found.values[: self.ways.sites] > 0.5, best, best_open)
            optimal = best - bound <= 1e-7 * max(1.0, best)
            whole = np.concatenate([np.round(found.values[: self.ways.sites]), found.values[self.ways.sites :]])
            if not self.violated(whole):
                break
        if not np.isfinite(best):
            raise SitingError(reason_zh="这么多地点不能服务所有人", reason_en="so many sites cannot serve everyone")
        bound = min(bound, best)
        gap = 0.0 if optimal else (best - bound) / max(best, 1e-9)
        return Solution(best_open.astype(float), best, bound, gap, optimal, time.monotonic() - begin)


def _good_choice(problem: Problem, ways: Ways, start: Open, sites: int) -> tuple[float, Open]:
    """Greedy and exchange; someone without a way counts as very far, so that everyone gets one if possible."""
    far = 4.0 * float(ways.metres.max(initial=1.0))

    def gains(chosen: NDArray[np.bool_]) -> Floats:
        now = np.minimum(ways.distance(chosen), far)
        saved = np.maximum(now[ways.point] - ways.metres, 0.0) * ways.weight[ways.point]
        return np.bincount(ways.site, weights=saved, minlength=ways.sites).astype(float)

    def value(chosen: NDArray[np.bool_]) -> float:
        return -float(ways.weight @ np.minimum(ways.distance(chosen), far))

    _, chosen = improve(start, problem.candidates, sites, gains=gains, value=value)
    return _better(ways, chosen, np.inf, chosen)


def _better(ways: Ways, chosen: Open, best: float, best_open: Open) -> tuple[float, Open]:
    value = ways.cost(chosen)
    return (value, chosen) if value < best else (best, best_open)


@dataclass(frozen=True, eq=False)
class _Climb:
    """Where a climb of the Lagrangian bound ended: the offers, what sites earned from them, and a choice to try."""

    bound: float
    offer: Floats
    earned: Floats
    tried: Open

    def hopeless(self, problem: Problem, best: float, sites: int) -> Open:
        """Name the sites that earn too little: opening one would lift the bound above the best known choice."""
        mask = np.zeros(len(self.earned), dtype=bool)
        free = problem.candidates
        if not np.isfinite(best) or not 0 < sites < len(free):
            return mask
        least = np.sort(self.earned[free])[-sites]
        mask[free] = self.bound + least - self.earned[free] > best + 1e-6 * max(1.0, best)
        return mask


def _climb(problem: Problem, ways: Ways, sites: int, best: float, *, offer: Floats, until: float) -> _Climb:
    """
    Climb the Lagrangian bound by subgradient steps.

    Each point offers a price to be served; the sites that earn most from the offers open.
    """
    free = problem.candidates[~ways.closed[problem.candidates]]
    price = ways.weight[ways.point] * ways.metres
    mark = best if np.isfinite(best) else float((ways.weight * ways.metres[ways.begin[1:] - 1]).sum())
    found = _Climb(-np.inf, offer, np.zeros(ways.sites), problem.existing)
    tried_cost, step, idle = np.inf, 1.5, 0
    for _ in range(_STEPS):
        profit = offer[ways.point] - price
        paying = profit > 0
        earned = np.bincount(ways.site[paying], weights=profit[paying], minlength=ways.sites).astype(float)
        chosen = problem.existing.copy()
        if sites:
            chosen[free[np.argpartition(-earned[free], min(sites, len(free)) - 1)[:sites]]] = True
        value = float(offer.sum() - earned[chosen].sum())
        idle += 1
        if value > found.bound:
            found, idle = _Climb(value, offer, earned, found.tried), 0
        cost = ways.cost(chosen)
        if cost < tried_cost:
            found, tried_cost, mark = replace(found, tried=chosen), cost, min(mark, cost)
        if idle >= 8:
            step, idle, offer = step / 2, 0, found.offer
            continue
        slope = 1.0 - np.bincount(ways.point[paying & chosen[ways.site]], minlength=ways.points)
        length = float(slope @ slope)
        if step < 1e-3 or length == 0 or mark - found.bound <= _CLOSED * max(1.0, mark) or time.monotonic() >= until:
            break
        offer = np.maximum(offer + step * (mark - value) / length * slope, 0.0)
    return found
