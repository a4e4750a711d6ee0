"""Pair the coverage engine with its peers on the same question, in one run, on one machine.

The question: the nearest of F facilities for D demand points on a street grid of about E edges, all three snapped
exactly. Run it with ``python tests/benchmarks/bench_coverage.py --edges 10000 100000 1000000``. Peers that are not
installed are left out and said so; none of them is a dependency of the project.

- ``exact scipy``: the shortest program that gives the exact answer with scipy and an STRtree, no checks, no reasons.
- ``bare dijkstra``: ``scipy.sparse.csgraph.dijkstra`` alone on the prepared matrix, the limit of what is possible.
- ``pandana``: its habit, nearest node at both ends, so a coarser answer.
- ``networkx``: nearest edge, then every snapped point as a node; exact, for small sizes.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import scipy
import shapely
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import dijkstra

from yzgeo import coverage, network

NETWORKX_LIMIT = 20_000
PANDANA_LIMIT = 200_000


def grid(edges: int, *, seed: int = 7) -> gpd.GeoDataFrame:
    """A shaken grid of 100 m with 3 % of its links missing; about ``edges`` edges of 3 vertices each."""
    rng = np.random.default_rng(seed)
    side = round((edges / 1.94) ** 0.5)
    x, y = np.meshgrid(np.arange(side) * 100.0, np.arange(side) * 100.0)
    xy = np.c_[x.ravel(), y.ravel()] + rng.uniform(-20, 20, (side * side, 2))
    number = np.arange(side * side).reshape(side, side)
    a = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    b = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    keep = rng.random(len(a)) > 0.03
    a, b = a[keep], b[keep]
    middle = (xy[a] + xy[b]) / 2 + rng.uniform(-8, 8, (len(a), 2))
    lines = shapely.linestrings(np.stack([xy[a], middle, xy[b]], axis=1))
    return gpd.GeoDataFrame(geometry=lines, crs="EPSG:4529").sample(frac=1, random_state=seed).reset_index(drop=True)


def scatter(count: int, bounds: np.ndarray, *, seed: int) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(bounds[0], bounds[2], count), rng.uniform(bounds[1], bounds[3], count)
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs="EPSG:4529")


def scipy_build(edges: gpd.GeoDataFrame) -> tuple[np.ndarray, ...]:
    lines = edges.geometry.to_numpy()
    ends = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
    xy = np.round(shapely.get_coordinates(ends), 3)
    _, code = np.unique(xy[:, 0] + 1j * xy[:, 1], return_inverse=True)
    start, end = code[: len(lines)], code[len(lines) :]
    length = shapely.length(lines)
    size = int(code.max()) + 1
    both = (np.concatenate([start, end]), np.concatenate([end, start]))
    matrix = coo_matrix((np.concatenate([length, length]), both), shape=(size, size)).tocsr()
    tree = shapely.STRtree(lines)
    tree.query(shapely.Point(0, 0))
    return lines, start, end, length, matrix, tree


def scipy_answer(built: tuple[np.ndarray, ...], facilities: gpd.GeoDataFrame, demand: gpd.GeoDataFrame) -> np.ndarray:
    lines, start, end, length, matrix, tree = built

    def snap(frame: gpd.GeoDataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        points = frame.geometry.to_numpy()
        edge = tree.query_nearest(points, all_matches=False)[1]
        return edge, shapely.line_locate_point(lines[edge], points), shapely.distance(lines[edge], points)

    edge_f, offset_f, leg_f = snap(facilities)
    edge_d, offset_d, leg_d = snap(demand)
    size = matrix.shape[0]
    count = len(facilities)
    extended = csr_matrix(
        (
            np.concatenate([matrix.data, np.stack([leg_f + offset_f, leg_f + length[edge_f] - offset_f], 1).ravel()]),
            np.concatenate([matrix.indices, np.stack([start[edge_f], end[edge_f]], 1).ravel()]),
            np.concatenate([matrix.indptr, matrix.indptr[-1] + 2 * np.arange(1, count + 1)]),
        ),
        shape=(size + count, size + count),
    )
    node = dijkstra(extended, indices=np.arange(size, size + count), min_only=True, return_predecessors=True)[0]
    best = np.minimum(node[start[edge_d]] + offset_d, node[end[edge_d]] + length[edge_d] - offset_d)
    by_edge: dict[int, list[int]] = {}
    for position, edge in enumerate(edge_f.tolist()):
        by_edge.setdefault(edge, []).append(position)
    for position in np.flatnonzero(np.isin(edge_d, edge_f)):
        for other in by_edge[int(edge_d[position])]:
            best[position] = min(best[position], abs(offset_d[position] - offset_f[other]) + leg_f[other])
    return best + leg_d


def pandana_build(edges: gpd.GeoDataFrame) -> object:
    import pandana
    import pandas as pd

    lines = edges.geometry.to_numpy()
    ends = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
    xy = np.round(shapely.get_coordinates(ends), 3)
    values, code = np.unique(xy[:, 0] + 1j * xy[:, 1], return_inverse=True)
    nodes = pd.DataFrame({"x": values.real, "y": values.imag})
    start, end = pd.Series(code[: len(lines)]), pd.Series(code[len(lines) :])
    return pandana.Network(nodes.x, nodes.y, start, end, pd.DataFrame({"m": shapely.length(lines)}), twoway=True)


def pandana_answer(built: object, facilities: gpd.GeoDataFrame, demand: gpd.GeoDataFrame) -> np.ndarray:
    far = 10_000
    built.set_pois("f", far, 1, facilities.geometry.x, facilities.geometry.y)
    answer = built.nearest_pois(far, "f", num_pois=1)
    nodes = built.get_node_ids(demand.geometry.x, demand.geometry.y)
    return answer.iloc[:, 0].reindex(nodes).to_numpy()


def networkx_answer(edges: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame, demand: gpd.GeoDataFrame) -> np.ndarray:
    lines = edges.geometry.to_numpy()
    tree = shapely.STRtree(lines)
    stops: dict[int, list[tuple[float, object]]] = {}
    graph = nx.Graph()
    for kind, frame in (("f", facilities), ("d", demand)):
        points = frame.geometry.to_numpy()
        edge = tree.query_nearest(points, all_matches=False)[1]
        offset = shapely.line_locate_point(lines[edge], points)
        for position, (number, at, leg) in enumerate(
            zip(edge, offset, shapely.distance(lines[edge], points), strict=True)
        ):
            stops.setdefault(int(number), []).append((float(at), (kind, position, "spot")))
            graph.add_edge((kind, position), (kind, position, "spot"), weight=float(leg))
    for number, line in enumerate(lines):
        inner = sorted(stops.get(number, []), key=lambda stop: stop[0])
        for (begin, one), (finish, other) in pairwise([(0.0, line.coords[0]), *inner, (line.length, line.coords[-1])]):
            graph.add_edge(one, other, weight=finish - begin)
    found = nx.multi_source_dijkstra_path_length(graph, {("f", position) for position in range(len(facilities))})
    return np.array([found.get(("d", position), np.nan) for position in range(len(demand))])


def timed(work: Callable[..., object], *given: object, **named: object) -> tuple[float, object]:
    gc.collect()
    begin = time.perf_counter()
    result = work(*given, **named)
    return time.perf_counter() - begin, result


def warm_build(edges: gpd.GeoDataFrame) -> network.Graph:
    """Build with everything an answer needs, so that build and answer are told apart honestly."""
    graph = network.build(edges)
    graph.adjacency(reverse=True)
    graph.tree.query(shapely.Point(0, 0))
    return graph


def peak_memory(count: int, *, facilities: int, demand: int) -> dict[str, float]:
    """Measure how far build and answer lift the memory of the process, beside the arrays they leave and need."""
    edges = grid(count)
    places = scatter(facilities, edges.total_bounds, seed=1)
    homes = scatter(demand, edges.total_bounds, seed=2)
    gc.collect()
    before = _memory_mb("VmRSS")
    # Linux forgets the old peak here, so that making the data does not count.
    Path("/proc/self/clear_refs").write_text("5")
    graph = warm_build(edges)
    built = _memory_mb("VmHWM")
    table = coverage.nearest(graph, places, homes)
    answered = _memory_mb("VmHWM")
    matrix = graph.adjacency(reverse=True)[0]
    arrays = [graph.start, graph.end, graph.length_m, graph.forward_m, graph.backward_m, graph.node_xy, graph.component]
    arrays += [matrix.data, matrix.indices, matrix.indptr]
    held = sum(array.nbytes for array in arrays) + table.memory_usage(deep=True).sum()
    lines = shapely.get_num_coordinates(edges.geometry.to_numpy()).sum() * 16
    return {
        "peak_build_mb": round(built - before, 1),
        "peak_mb": round(answered - before, 1),
        "graph_and_answer_mb": round(float(held) / 1e6, 1),
        "edges_coordinates_mb": round(float(lines) / 1e6, 1),
        "peak_to_arrays": round((answered - before) / ((float(held) + float(lines)) / 1e6), 2),
    }


def _memory_mb(name: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError(name)


def contest(count: int, *, facilities: int, demand: int, rounds: int, pandana_rounds: int) -> dict[str, object]:
    edges = grid(count)
    places = scatter(facilities, edges.total_bounds, seed=1)
    homes = scatter(demand, edges.total_bounds, seed=2)
    times: dict[str, list[float]] = {}
    answers: dict[str, np.ndarray] = {}

    def note(name: str, seconds: float) -> None:
        times.setdefault(name, []).append(seconds)

    slow: dict[str, int] = {"pandana": PANDANA_LIMIT, "networkx": NETWORKX_LIMIT}
    for turn in range(rounds):
        seconds, graph = timed(warm_build, edges)
        note("yzgeo build", seconds)
        seconds, table = timed(coverage.nearest, graph, places, homes)
        note("yzgeo answer", seconds)
        answers["yzgeo"] = table["distance_m"].to_numpy()
        note("yzgeo slider", timed(coverage.within, table, limit_m=500.0)[0])
        matrix = graph.adjacency(reverse=True)[0]
        starts = np.unique(graph.start[:facilities])
        note("bare dijkstra", timed(dijkstra, matrix, indices=starts, min_only=True)[0])
        seconds, built = timed(scipy_build, edges)
        note("exact scipy build", seconds)
        seconds, answers["exact scipy"] = timed(scipy_answer, built, places, homes)
        note("exact scipy answer", seconds)
        if importlib.util.find_spec("pandana") and count <= slow["pandana"] and turn < pandana_rounds:
            seconds, peer = timed(pandana_build, edges)
            note("pandana build", seconds)
            seconds, answers["pandana"] = timed(pandana_answer, peer, places, homes)
            note("pandana answer", seconds)
        if count <= slow["networkx"]:
            seconds, answers["networkx"] = timed(networkx_answer, edges, places, homes)
            note("networkx build and answer", seconds)
    arrays = [graph.start, graph.end, graph.length_m, graph.forward_m, graph.backward_m, graph.node_xy, graph.component]
    arrays += [matrix.data, matrix.indices, matrix.indptr]
    return {
        "edges": len(edges),
        "facilities": facilities,
        "demand": demand,
        "rounds": {name: len(values) for name, values in times.items()},
        "median_s": {name: round(statistics.median(values), 4) for name, values in times.items()},
        "largest_difference_m": {
            name: float(np.nanmax(np.abs(values - answers["yzgeo"])))
            for name, values in answers.items()
            if name != "yzgeo"
        },
        "covered_500m_differs": {
            name: int(((values <= 500) != (answers["yzgeo"] <= 500)).sum())
            for name, values in answers.items()
            if name != "yzgeo"
        },
        "graph_arrays_mb": round(sum(array.nbytes for array in arrays) / 1e6, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--edges", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--facilities", type=int, default=1_000)
    parser.add_argument("--demand", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pandana-rounds", type=int, help="it takes a minute at 10⁵ edges; half the rounds by default")
    parser.add_argument("--memory", action="store_true", help="measure peak memory only; one size per process is fair")
    options = parser.parse_args()
    print(
        json.dumps(
            {
                "at": datetime.now(UTC).isoformat(timespec="seconds"),
                "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
                "load": os.getloadavg(),
                "versions": {"scipy": scipy.__version__, "shapely": shapely.__version__, "numpy": np.__version__},
                "pandana": "installed" if importlib.util.find_spec("pandana") else "not installed, left out",
            }
        )
    )
    for count in options.edges:
        if options.memory:
            result = peak_memory(count, facilities=options.facilities, demand=options.demand)
            print(json.dumps({"edges": count, **result}))
            continue
        result = contest(
            count,
            facilities=options.facilities,
            demand=options.demand,
            rounds=options.rounds,
            pandana_rounds=max(1, options.rounds // 2) if options.pandana_rounds is None else options.pandana_rounds,
        )
        print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
