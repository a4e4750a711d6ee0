"""Location models: LSCP, MCLP and p-median, with what stands already kept open.

- LSCP: the fewest (or cheapest) new sites that cover everyone who can be covered at all.
- MCLP: the most people covered by so many sites, or so much money; several kinds may compete for the same sites.
- p-median: so many sites, with the least walking in all.

With capacities a point's weight may be split between sites.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack, identity, vstack

from yzgeo.errors import ParameterError, SitingError

from .exchange import cover_most
from .median import median_sites
from .problem import Floats, Ints, Problem
from .proposal import ModelName, Proposal, assign
from .solver import Model, Solution


def lscp(problem: Problem, *, time_limit_s: float = 60.0) -> Proposal:
    """
    Cover everyone who can be covered, with the fewest or cheapest new sites.

    Points that no site can reach are left aside, as ``covered`` false; `Problem.servable` tells which they are.

    Parameters
    ----------
    problem
        The question.
    time_limit_s
        Seconds after which the best found is returned with its gap.

    Returns
    -------
    Proposal
        ``objective`` is the cost of the new sites.

    Raises
    ------
    SitingError
        If the capacities cannot hold everyone.
    """
    until = _deadline(time_limit_s)
    sites, ways = len(problem.sites), len(problem.way_m)
    if problem.capacitated:
        cost = np.concatenate([problem.cost, np.zeros(ways)])
        model = _model(problem, cost, extra_upper=np.ones(ways))
        _split(model, problem, offset=sites, at_least=problem.servable)
    else:
        model = _model(problem, problem.cost, extra_upper=np.empty(0))
        reach, _ = _distinct_reaches(problem)
        model.add_rows(reach, lower=np.ones(reach.shape[0]), upper=np.full(reach.shape[0], np.inf))
    solution = model.solve(until=until)
    return _proposal("lscp", {"": problem}, [solution.values], solution, sign=1.0)


def mclp(
    problem: Problem | Mapping[str, Problem],
    *,
    sites: int | None = None,
    budget: float | None = None,
    time_limit_s: float = 60.0,
) -> Proposal:
    """
    Cover as much demand as possible with so many new sites or so much money.

    Parameters
    ----------
    problem
        One question, or one per kind of facility over the **same** candidates; a candidate then takes one kind at most.
    sites
        Most new sites, all kinds together.
    budget
        Most money, in the unit of the costs.
    time_limit_s
        Seconds after which the best found is returned with its gap.

    Returns
    -------
    Proposal
        ``objective`` is the covered weight, all kinds added up.

    Raises
    ------
    SitingError
        If the kinds do not share their candidates.
    ParameterError
        If neither a number nor a budget is given, or one is negative.
    """
    until = _deadline(time_limit_s)
    kinds: dict[str, Problem] = {"": problem} if isinstance(problem, Problem) else dict(problem)
    if sites is None and budget is None:
        raise ParameterError(name="sites", reason_zh="应给出数量或预算", reason_en="give a number of sites or a budget")
    for name, value in (("sites", sites), ("budget", budget)):
        if value is not None and not value >= 0:
            raise ParameterError(name=name, reason_zh="应为非负数", reason_en="it must not be negative")
    free = [kind.sites[~kind.existing] for kind in kinds.values()]
    if not kinds or any(not free[0].equals(other) for other in free[1:]):
        raise SitingError(reason_zh="各类设施的候选地点应相同", reason_en="the kinds must share their candidates")
    blocks = [_mclp_block(kind) for kind in kinds.values()]
    widths = [len(block[0]) for block in blocks]
    starts = np.concatenate([[0], np.cumsum(widths)])[:-1]
    model = Model(
        np.concatenate([block[0] for block in blocks]),
        lower=np.concatenate([block[1] for block in blocks]),
        upper=np.concatenate([block[2] for block in blocks]),
        whole=np.concatenate([block[3] for block in blocks]),
    )
    total = int(sum(widths))
    for (_, _, _, _, rows, lower, upper), start in zip(blocks, starts, strict=True):
        model.add_rows(_shifted(rows, int(start), total), lower=lower, upper=upper)
    chosen_at = np.stack([start + kind.candidates for kind, start in zip(kinds.values(), starts, strict=True)])
    if sites is not None:
        _add_sum(model, chosen_at.ravel(), np.ones(chosen_at.size), total, float(sites))
    if budget is not None:
        costs = np.concatenate([kind.cost[kind.candidates] for kind in kinds.values()])
        _add_sum(model, chosen_at.ravel(), costs, total, float(budget))
    if len(kinds) > 1:
        count = chosen_at.shape[1]
        columns = chosen_at.T.ravel()
        indptr = np.arange(count + 1) * len(kinds)
        model.add_rows(
            csr_matrix((np.ones(len(columns)), columns, indptr), shape=(count, total)),
            lower=np.zeros(count),
            upper=np.ones(count),
        )
    solution = _cover_first(model, kinds, sites=sites, budget=budget, until=until)
    parts = [solution.values[start : start + width] for start, width in zip(starts, widths, strict=True)]
    return _proposal("mclp", kinds, parts, solution, sign=-1.0)


def p_median(problem: Problem, *, sites: int, time_limit_s: float = 60.0) -> Proposal:
    """
    Place so many new sites that people walk the least in all.

    Every point that any site can reach must be served; points that none can reach are left aside.

    Parameters
    ----------
    problem
        The question; its limit may be infinite.
    sites
        Number of new sites.
    time_limit_s
        Seconds after which the best found is returned with its gap.

    Returns
    -------
    Proposal
        ``objective`` is the sum of weight times metres.

    Raises
    ------
    SitingError
        If so many sites cannot serve everyone.
    ParameterError
        If the number is negative or more than there are candidates.
    """
    until = _deadline(time_limit_s)
    if not 0 <= sites <= len(problem.candidates):
        raise ParameterError(
            name="sites",
            reason_zh="应在 0 与候选地点数之间",
            reason_en="it must lie between 0 and the number of candidates",
        )
    if not problem.capacitated:
        solution = median_sites(problem, sites=sites, until=until)
        return _proposal("p_median", {"": problem}, [solution.values], solution, sign=1.0)
    count, ways = len(problem.sites), len(problem.way_m)
    cost = np.concatenate([np.zeros(count), problem.weight[problem.way_demand] * problem.way_m])
    model = _model(problem, cost, extra_upper=np.ones(ways))
    _split(model, problem, offset=count, at_least=problem.servable)
    _add_sum(model, problem.candidates, np.ones(len(problem.candidates)), count + ways, float(sites))
    solution = model.solve(until=until)
    return _proposal("p_median", {"": problem}, [solution.values], solution, sign=1.0)


def _cover_first(
    model: Model, kinds: Mapping[str, Problem], *, sites: int | None, budget: float | None, until: float
) -> Solution:
    """In the plain case, let a good choice and the relaxation rule out most sites before the whole-number search."""
    problem = next(iter(kinds.values()))
    if len(kinds) > 1 or sites is None or budget is not None or problem.capacitated:
        return model.solve(until=until)
    reach, weight = _distinct_reaches(problem)
    free = problem.candidates
    covered, chosen = cover_most(reach, weight, problem.existing, free, sites)
    bound, _, reduced = model.relaxed(until=until)
    room = -covered - bound + 1e-6 * max(1.0, covered)
    model.fix(free[(reduced[free] > room) & ~chosen[free]], 0.0)
    model.fix(free[(-reduced[free] > room) & chosen[free]], 1.0)
    start = np.concatenate([chosen.astype(float), np.asarray(reach @ chosen.astype(float) > 0.5, dtype=float)])
    return model.solve(until=until, start=start)


def _mclp_block(
    problem: Problem,
) -> tuple[Floats, Floats, Floats, NDArray[np.bool_], csr_matrix, Floats, Floats]:
    """Variables and rows of one kind: its sites, then its covered groups of demand (or its split ways)."""
    count, ways = len(problem.sites), len(problem.way_m)
    if problem.capacitated:
        rows, row_lower, row_upper = _split_rows(problem, offset=count, at_least=np.zeros(len(problem.weight), bool))
        gain = problem.weight[problem.way_demand]
        extra = ways
    else:
        reach, gain = _distinct_reaches(problem)
        extra = reach.shape[0]
        # A group counts as covered only if one of its sites is open.
        rows = csr_matrix(hstack([reach, -identity(extra)]))
        row_lower, row_upper = np.zeros(extra), np.full(extra, np.inf)
    return (
        np.concatenate([np.zeros(count), -gain]),
        np.concatenate([problem.existing.astype(float), np.zeros(extra)]),
        np.ones(count + extra),
        np.arange(count + extra) < count,
        rows,
        row_lower,
        row_upper,
    )


def _distinct_reaches(problem: Problem) -> tuple[csr_matrix, Floats]:
    """Join demand points that exactly the same sites can cover: they are covered together or not at all."""
    shape = (len(problem.weight), len(problem.sites))
    reach = csr_matrix((np.ones(len(problem.way_m)), (problem.way_demand, problem.way_site)), shape=shape)
    reach.sort_indices()
    able = np.flatnonzero(problem.servable)
    keys = [reach.indices[reach.indptr[row] : reach.indptr[row + 1]].tobytes() for row in able]
    group, first = pd.factorize(pd.Series(keys, dtype=object))
    _, representative = np.unique(group, return_index=True)
    weight: Floats = np.bincount(group, weights=problem.weight[able], minlength=len(first)).astype(float)
    return reach[able[representative]], weight


def _model(problem: Problem, cost: Floats, *, extra_upper: Floats) -> Model:
    extra = len(extra_upper)
    return Model(
        cost,
        lower=np.concatenate([problem.existing.astype(float), np.zeros(extra)]),
        upper=np.concatenate([np.ones(len(problem.sites)), extra_upper]),
        whole=np.arange(len(cost)) < len(problem.sites),
    )


def _split(model: Model, problem: Problem, *, offset: int, at_least: NDArray[np.bool_]) -> None:
    rows, lower, upper = _split_rows(problem, offset=offset, at_least=at_least)
    model.add_rows(rows, lower=lower, upper=upper)


def _split_rows(problem: Problem, *, offset: int, at_least: NDArray[np.bool_]) -> tuple[csr_matrix, Floats, Floats]:
    """Rows for weights that may be split: no more than all of it, only to open sites, no site overfilled."""
    ways, count, demand = len(problem.way_m), len(problem.sites), len(problem.weight)
    width = offset + ways
    flow = offset + np.arange(ways)
    ones = np.ones(ways)
    whole = csr_matrix((ones, (problem.way_demand, flow)), shape=(demand, width))
    number = np.arange(ways)
    opened = csr_matrix(
        (
            np.concatenate([ones, -ones]),
            (np.concatenate([number, number]), np.concatenate([flow, problem.way_site])),
        ),
        shape=(ways, width),
    )
    bounded = np.flatnonzero(np.isfinite(problem.capacity))
    load = csr_matrix((problem.weight[problem.way_demand], (problem.way_site, flow)), shape=(count, width))
    room = csr_matrix((problem.capacity[bounded], (bounded, bounded)), shape=(count, width))
    rows = csr_matrix(vstack([whole, opened, (load - room)[bounded]]))
    lower = np.concatenate([at_least.astype(float), np.full(ways + len(bounded), -np.inf)])
    return rows, lower, np.concatenate([np.ones(demand), np.zeros(ways + len(bounded))])


def _add_sum(model: Model, columns: Ints, values: Floats, width: int, most: float) -> None:
    row = csr_matrix((values, (np.zeros(len(columns), dtype=np.int64), columns)), shape=(1, width))
    model.add_rows(row, lower=np.array([-np.inf]), upper=np.array([most]))


def _shifted(rows: csr_matrix, start: int, width: int) -> csr_matrix:
    return csr_matrix((rows.data, rows.indices + start, rows.indptr), shape=(rows.shape[0], width))


def _proposal(
    model: ModelName, kinds: Mapping[str, Problem], parts: list[Floats], solution: Solution, *, sign: float
) -> Proposal:
    chosen, assigned = [], []
    total = before = after = 0.0
    for (kind, problem), values in zip(kinds.items(), parts, strict=True):
        count = len(problem.sites)
        open_sites = (values[:count] > 0.5) | problem.existing
        flow = values[count:] if problem.capacitated else None
        table = assign(problem, open_sites, flow)
        table.insert(0, "kind", kind)
        new = np.flatnonzero(open_sites & ~problem.existing)
        going = table.assign(weight=problem.weight * table["share"]).groupby("site")
        labels = problem.sites[new]
        chosen.append(
            pd.DataFrame(
                {
                    "kind": kind,
                    "cost": problem.cost[new],
                    "demand": going["weight"].sum().reindex(labels).fillna(0.0).to_numpy(),
                    "farthest_m": going["distance_m"].max().reindex(labels).to_numpy(),
                },
                index=labels,
            )
        )
        assigned.append(table)
        total += float(problem.weight.sum())
        before += float(problem.weight[problem.served].sum())
        after += float((problem.weight * table["share"]).sum())
    return Proposal(
        model=model,
        chosen=pd.concat(chosen),
        assignment=pd.concat(assigned),
        objective=sign * solution.objective,
        bound=sign * solution.bound,
        gap=solution.gap,
        optimal=solution.optimal,
        seconds=solution.seconds,
        weight_total=total,
        weight_before=before,
        weight_after=after,
    )


def _deadline(time_limit_s: float) -> float:
    if not time_limit_s > 0:
        raise ParameterError(name="time_limit_s", reason_zh="应为正数", reason_en="it must be positive")
    return time.monotonic() + time_limit_s
