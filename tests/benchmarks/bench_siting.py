"""Pair the siting models with spopt on the same question, in one run, on one machine.

The question: 20 sites among 300 candidates for 5,000 demand points in a town of clustered homes on a street grid, by
distance along the streets. spopt gets the same distances as a matrix and solves with the solver named on the command
line (``highs`` through highspy, or ``cbc``). spopt and pulp are no dependencies of the project; without them their part
is left out and said so.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import statistics
import time
from datetime import UTC, datetime

import geopandas as gpd
import numpy as np
import shapely

from yzgeo import network, siting


def town(*, demand: int, candidates: int, seed: int = 3) -> tuple[network.Graph, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """A grid of 150 m over 9 km, with homes and parcels round 40 centres."""
    rng = np.random.default_rng(seed)
    ticks = np.arange(0, 9001, 150.0)
    rows = [[(x, y), (x + 150, y)] for y in ticks for x in ticks[:-1]]
    columns = [[(x, y), (x, y + 150)] for x in ticks for y in ticks[:-1]]
    lines = shapely.linestrings(np.array(rows + columns))
    keep = rng.random(len(lines)) > 0.1
    graph = network.build(gpd.GeoDataFrame(geometry=lines[keep], crs="EPSG:4529"))
    centres = rng.uniform(800, 8200, (40, 2))

    def scatter(count: int, spread: float) -> np.ndarray:
        return np.clip(centres[rng.integers(0, 40, count)] + rng.normal(0, spread, (count, 2)), 0, 9000)

    homes, parcels = scatter(demand, 500), scatter(candidates, 700)
    people = rng.integers(1, 100, demand).astype(float)
    return (
        graph,
        gpd.GeoDataFrame({"people": people}, geometry=gpd.points_from_xy(*homes.T), crs="EPSG:4529"),
        gpd.GeoDataFrame(geometry=gpd.points_from_xy(*parcels.T), crs="EPSG:4529"),
    )


def spopt_optimum(model: str, problem: siting.Problem, sites: int, solver: str) -> tuple[float, float]:
    import pulp
    from spopt.locate import LSCP, MCLP, PMedian

    engine = pulp.HiGHS(msg=False) if solver == "highs" else pulp.PULP_CBC_CMD(msg=False)
    metres = np.full((len(problem.weight), len(problem.sites)), 1e7)
    metres[problem.way_demand, problem.way_site] = problem.way_m
    begin = time.perf_counter()
    if model == "lscp":
        able = problem.servable
        peer = LSCP.from_cost_matrix(metres[able], problem.limit_m)
    elif model == "mclp":
        peer = MCLP.from_cost_matrix(metres, problem.weight, problem.limit_m, p_facilities=sites)
    else:
        peer = PMedian.from_cost_matrix(metres, problem.weight, p_facilities=sites)
    peer.solve(engine)
    return float(pulp.value(peer.problem.objective)), time.perf_counter() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--demand", type=int, default=5_000)
    parser.add_argument("--candidates", type=int, default=300)
    parser.add_argument("--sites", type=int, default=20)
    parser.add_argument("--limit-m", type=float, default=1_000.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--solver", choices=["highs", "cbc"], default="highs")
    parser.add_argument("--models", nargs="+", default=["lscp", "mclp", "p_median"])
    options = parser.parse_args()
    peers = importlib.util.find_spec("spopt") is not None
    print(
        json.dumps(
            {
                "at": datetime.now(UTC).isoformat(timespec="seconds"),
                "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
                "load": os.getloadavg(),
                "spopt": "installed" if peers else "not installed, left out",
            }
        )
    )
    graph, homes, parcels = town(demand=options.demand, candidates=options.candidates)
    for model in options.models:
        limit_m = np.inf if model == "p_median" else options.limit_m
        begin = time.perf_counter()
        problem = siting.pose(graph, homes, parcels, limit_m=limit_m, weight="people")
        posed = time.perf_counter() - begin
        seconds, processor = [], []
        for _ in range(options.rounds):
            begin, used = time.perf_counter(), time.process_time()
            if model == "lscp":
                answer = siting.lscp(problem, time_limit_s=600)
            elif model == "mclp":
                answer = siting.mclp(problem, sites=options.sites, time_limit_s=600)
            else:
                answer = siting.p_median(problem, sites=options.sites, time_limit_s=600)
            seconds.append(time.perf_counter() - begin)
            processor.append(time.process_time() - used)
        row: dict[str, object] = {
            "model": model,
            "ways": len(problem.way_m),
            "measured_s": round(posed, 2),
            "solved_s": round(statistics.median(seconds), 2),
            "solved_cpu_s": round(statistics.median(processor), 2),
            "rounds": options.rounds,
            "objective": answer.objective,
            "gap": answer.gap,
            "optimal": answer.optimal,
        }
        print(json.dumps(row), flush=True)
        if peers:
            value, spent = spopt_optimum(model, problem, options.sites, options.solver)
            print(json.dumps({"model": model, "spopt": value, "spopt_s": round(spent, 2)}), flush=True)


if __name__ == "__main__":
    main()
