"""Proposals: the chosen sites, who goes where, and the proof that nothing better exists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from yzgeo.network import TOLERANCE_M

from .problem import Floats, Problem

ModelName = Literal["lscp", "mclp", "p_median"]


@dataclass(frozen=True, eq=False)
class Proposal:
    """The answer to a siting question.

    ``chosen`` has one row per new site, on its label: ``kind``, ``cost``, ``demand`` (weight that goes there) and
    ``farthest_m``. ``assignment`` has one row per demand point: ``kind``, ``site``, ``existing``, ``distance_m``,
    ``share`` (part of its weight that is taken in) and ``covered``. With several kinds the demand repeats per kind.
    ``gap`` is relative and proven; ``optimal`` means it is closed.
    """

    model: ModelName
    chosen: pd.DataFrame
    assignment: pd.DataFrame
    objective: float
    bound: float
    gap: float
    optimal: bool
    seconds: float
    weight_total: float
    weight_before: float
    weight_after: float

    @property
    def share_before(self) -> float:
        """Percent of the weight covered by what stands already."""
        return 100 * self.weight_before / self.weight_total if self.weight_total else float("nan")

    @property
    def share_after(self) -> float:
        """Percent of the weight covered with the chosen sites."""
        return 100 * self.weight_after / self.weight_total if self.weight_total else float("nan")


def assign(
    problem: Problem, open_sites: np.ndarray[tuple[int], np.dtype[np.bool_]], flow: Floats | None
) -> pd.DataFrame:
    """
    Send each demand point to its nearest open site, or where the flow says.

    Parameters
    ----------
    problem
        The question.
    open_sites
        Which sites are open, existing ones included.
    flow
        Part of the demand's weight on each way, where capacities decide; None sends everyone to the nearest.

    Returns
    -------
    pandas.DataFrame
        As `Proposal.assignment`, without ``kind``; with a flow, ``site`` is the one that takes most.

    Raises
    ------
    AssertionError
        If a way is longer than the limit, leads to a closed site or overfills one: the answer would be a lie.
    """
    usable = open_sites[problem.way_site] if flow is None else flow > 1e-9
    demand, site, metres = problem.way_demand[usable], problem.way_site[usable], problem.way_m[usable]
    part = np.ones(len(demand)) if flow is None else flow[usable]
    order = np.lexsort((site, metres, -part, demand))
    first = order[np.concatenate([[True], np.diff(demand[order]) != 0])] if len(order) else order
    count = len(problem.weight)
    to, far = np.full(count, -1), np.full(count, np.nan)
    to[demand[first]], far[demand[first]] = site[first], metres[first]
    share = np.zeros(count)
    if flow is None:
        share[demand[first]] = 1.0
    else:
        share = np.minimum(np.bincount(demand, weights=part, minlength=count), 1.0)
    load: Floats = np.bincount(site, weights=part * problem.weight[demand], minlength=len(problem.sites)).astype(float)
    _hold(problem, open_sites, site, metres, load if flow is not None else None)
    labels = problem.sites.to_numpy()
    return pd.DataFrame(
        {
            "site": np.where(to >= 0, labels[np.maximum(to, 0)].astype(object), None),
            "existing": (to >= 0) & problem.existing[np.maximum(to, 0)],
            "distance_m": far,
            "share": share,
            "covered": share > 1 - 1e-6,
        },
        index=problem.demand,
    )


def _hold(
    problem: Problem,
    open_sites: np.ndarray[tuple[int], np.dtype[np.bool_]],
    site: np.ndarray[tuple[int], np.dtype[np.int64]],
    metres: Floats,
    load: Floats | None,
) -> None:
    if (metres > problem.limit_m + TOLERANCE_M).any():
        raise AssertionError("a way is longer than the limit")
    if not open_sites[site].all():
        raise AssertionError("a way leads to a closed site")
    if load is not None and (load > problem.capacity * (1 + 1e-6) + 1e-6).any():
        raise AssertionError("a site takes in more than it holds")
