"""Location models against every choice there is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_matrix

from yzgeo import siting
from yzgeo.errors import ParameterError, SitingError

SEEDS = range(12)


@pytest.mark.parametrize("seed", SEEDS)
def test_mclp_covers_the_most_that_any_choice_can(seed, random_problem, choices):
    problem = random_problem(seed)
    best = max(problem.weight[np.isfinite(metres)].sum() for _, metres in choices(problem, 2))
    answer = siting.mclp(problem, sites=2)
    assert answer.objective == pytest.approx(best)
    assert answer.optimal
    assert answer.gap == 0
    assert answer.weight_after == pytest.approx(best)
    assert answer.weight_before == pytest.approx(problem.weight[problem.served].sum())
    assert answer.share_before <= answer.share_after


@pytest.mark.parametrize("seed", SEEDS)
def test_mclp_keeps_to_its_budget(seed, random_problem, choices):
    problem = random_problem(seed)
    best = max(
        problem.weight[np.isfinite(metres)].sum()
        for sites in range(4)
        for chosen, metres in choices(problem, sites)
        if problem.cost[chosen].sum() <= 6
    )
    answer = siting.mclp(problem, sites=3, budget=6.0)
    assert answer.objective == pytest.approx(best)
    assert answer.chosen["cost"].sum() <= 6


@pytest.mark.parametrize("seed", SEEDS)
def test_lscp_covers_everyone_who_can_be_covered_at_the_least_cost(seed, random_problem, choices):
    problem = random_problem(seed)
    best = min(
        problem.cost[chosen].sum()
        for sites in range(len(problem.candidates) + 1)
        for chosen, metres in choices(problem, sites)
        if np.isfinite(metres[problem.servable]).all()
    )
    answer = siting.lscp(problem)
    assert answer.objective == pytest.approx(best)
    assert answer.assignment["covered"].to_numpy().tolist() == problem.servable.tolist()


@pytest.mark.parametrize("seed", SEEDS)
def test_p_median_walks_the_least(seed, random_problem, choices):
    problem = random_problem(seed)
    heads = problem.servable & (problem.weight > 0)
    best = min((problem.weight[heads] * metres[heads]).sum() for _, metres in choices(problem, 3))
    if np.isinf(best):
        with pytest.raises(SitingError):
            siting.p_median(problem, sites=3)
        return
    answer = siting.p_median(problem, sites=3)
    assert answer.objective == pytest.approx(best)
    assert answer.optimal
    walked = (problem.weight * answer.assignment["distance_m"].fillna(0)).sum()
    assert walked == pytest.approx(best)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_radius_holds_in_every_answer(seed, random_problem):
    problem = random_problem(seed, limit_m=350.0, capacity=np.full(8, 60.0))
    for answer in (siting.mclp(problem, sites=3), siting.mclp(random_problem(seed, limit_m=350.0), sites=3)):
        assert (answer.assignment["distance_m"].dropna() <= 350).all()
        assert (answer.chosen["farthest_m"].dropna() <= 350).all()


def test_capacities_are_minded():
    # Ten people at one place, three sites there that hold four each.
    problem = siting.from_matrix(np.full((1, 3), 10.0), np.array([10.0]), limit_m=50, capacity=np.full(3, 4.0))
    answer = siting.mclp(problem, sites=2)
    assert answer.objective == pytest.approx(8)
    assert answer.assignment["share"].tolist() == pytest.approx([0.8])
    assert not answer.assignment["covered"].any()
    assert (
        siting.lscp(
            siting.from_matrix(np.full((1, 3), 10.0), np.array([7.0]), limit_m=50, capacity=np.full(3, 4.0))
        ).objective
        == 2
    )
    with pytest.raises(SitingError, match="no choice meets"):
        siting.lscp(siting.from_matrix(np.full((1, 3), 10.0), np.array([13.0]), limit_m=50, capacity=np.full(3, 4.0)))


def test_p_median_with_capacities_by_hand():
    metres = np.array([[0.0, 100.0], [10.0, 90.0]])
    problem = siting.from_matrix(metres, np.array([5.0, 5.0]), limit_m=np.inf, capacity=np.array([5.0, 5.0]))
    answer = siting.p_median(problem, sites=2)
    # Either of the two must walk over: 5 x 0 + 5 x 90 beats 5 x 10 + 5 x 100.
    assert answer.objective == pytest.approx(450)
    assert answer.assignment["site"].tolist() == [0, 1]


@pytest.mark.parametrize("seed", [0, 1])
def test_p_median_with_capacities_against_every_choice_of_sites(seed, random_problem, choices):
    everyone = random_problem(seed).weight.sum()
    problem = random_problem(seed, limit_m=np.inf, existing=0, capacity=np.full(8, 0.35 * everyone))
    people, sites = len(problem.weight), len(problem.sites)
    ways, numbers = len(problem.way_m), np.arange(len(problem.way_m))
    leaving = csr_matrix((np.ones(ways), (problem.way_demand, numbers)), shape=(people, ways))
    arriving = csr_matrix((np.ones(ways), (problem.way_site, numbers)), shape=(sites, ways))
    best = np.inf
    for chosen, _ in choices(problem, 3):
        # Who walks where is a transport problem of its own once the sites are chosen.
        room = np.where(np.isin(np.arange(sites), chosen), problem.capacity, 0.0)
        found = linprog(problem.way_m, A_ub=arriving, b_ub=room, A_eq=leaving, b_eq=problem.weight)
        best = min(best, found.fun if found.success else np.inf)
    answer = siting.p_median(problem, sites=3)
    assert answer.optimal
    assert answer.objective == pytest.approx(best, rel=1e-6)
    # Somebody is turned away from the nearest site, so the capacity did matter.
    roomy = siting.Problem(**{**vars(problem), "capacity": np.full(8, np.inf)})
    assert answer.objective > siting.p_median(roomy, sites=3).objective


def test_what_stands_already_stays_and_costs_nothing(random_problem):
    problem = random_problem(1, existing=2, limit_m=350.0)
    answer = siting.mclp(problem, sites=0)
    assert answer.chosen.empty
    assert answer.weight_after == answer.weight_before
    assert set(answer.assignment["site"].dropna()) <= {6, 7}
    assert answer.assignment.loc[answer.assignment["site"].notna(), "existing"].all()


def test_two_kinds_share_the_sites_and_none_is_used_twice():
    metres = np.array([[10.0, 900.0], [900.0, 10.0]])
    schools = siting.from_matrix(metres, np.array([6.0, 5.0]), limit_m=100)
    parks = siting.from_matrix(metres, np.array([8.0, 1.0]), limit_m=100)
    answer = siting.mclp({"school": schools, "park": parks}, sites=2)
    # Both kinds want the first site; only one may have it, and 8 + 5 is the best that leaves.
    assert answer.objective == pytest.approx(13)
    assert answer.chosen["kind"].to_dict() == {1: "school", 0: "park"}
    assert answer.weight_total == 20
    with pytest.raises(SitingError, match="share their candidates"):
        siting.mclp({"a": schools, "b": siting.from_matrix(metres[:, :1], np.ones(2), limit_m=9)}, sites=1)


def test_the_same_question_has_the_same_answer(random_problem):
    one, other = (siting.mclp(random_problem(4), sites=2) for _ in range(2))
    assert one.assignment.equals(other.assignment)
    assert isinstance(one.chosen, pd.DataFrame)


def test_absurd_wishes_are_refused(random_problem):
    problem = random_problem(0, existing=2)
    for wish in ({}, {"sites": -1}, {"budget": -2.0}, {"sites": 1, "time_limit_s": 0}):
        with pytest.raises(ParameterError):
            siting.mclp(problem, **wish)
    for sites in (-1, 7):
        with pytest.raises(ParameterError):
            siting.p_median(problem, sites=sites)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_equal_to_spopt(random_problem):
    locate = pytest.importorskip("spopt.locate", reason="spopt is no dependency of the project")
    pulp = pytest.importorskip("pulp")
    problem = random_problem(3, limit_m=350.0, existing=0)
    metres = np.full((25, 8), 1e9)
    metres[problem.way_demand, problem.way_site] = problem.way_m
    peer = locate.MCLP.from_cost_matrix(metres, problem.weight, 350.0, p_facilities=3)
    peer.solve(pulp.PULP_CBC_CMD(msg=False))
    assert siting.mclp(problem, sites=3).objective == pytest.approx(pulp.value(peer.problem.objective))
