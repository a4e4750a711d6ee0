"""Brute force beside small networks: every snapped point becomes a node, and networkx does the rest."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely

Frame = Callable[..., gpd.GeoDataFrame]
Oracle = Callable[[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame], np.ndarray]


@pytest.fixture(scope="session")
def frame() -> Frame:
    """Make a frame in EPSG:4529 from WKT, numbered from 0, with any columns."""

    def make(*wkt: str, **columns: object) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame(columns, geometry=shapely.from_wkt(np.array(wkt)), crs="EPSG:4529")

    return make


@pytest.fixture
def street(frame: Frame) -> gpd.GeoDataFrame:
    """One street of 2 km."""
    return frame("LINESTRING (0 0, 1000 0)", "LINESTRING (1000 0, 2000 0)")


@pytest.fixture(scope="session")
def brute_force() -> Oracle:
    """Distance of each demand point to its nearest facility; NaN where there is no way."""
    return _brute_force


def _brute_force(edges: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame, demand: gpd.GeoDataFrame) -> np.ndarray:
    lines = edges.geometry.to_list()
    everything = np.array(lines, dtype=object)
    tree = shapely.STRtree(everything)
    on_edge: dict[int, list[tuple[float, object]]] = {number: [] for number in range(len(lines))}
    graph = nx.Graph()

    def link(one: object, other: object, metres: float) -> None:
        if one != other and (not graph.has_edge(one, other) or graph[one][other]["weight"] > metres):
            graph.add_edge(one, other, weight=metres)

    for kind, frame in (("f", facilities), ("d", demand)):
        for position, point in enumerate(frame.geometry):
            # Lines that lie on each other, or meet in the nearest spot, are all as near.
            leg = everything[tree.nearest(point)].distance(point)
            for edge in tree.query(point, predicate="dwithin", distance=leg + 1e-9):
                spot = (kind, position, int(edge))
                on_edge[int(edge)].append((lines[edge].project(point), spot))
                link((kind, position), spot, float(lines[edge].distance(point)))
    for number, line in enumerate(lines):
        first, last = (tuple(np.round(line.coords[at], 6)) for at in (0, -1))
        stops = [(0.0, first), *sorted(on_edge[number], key=lambda stop: stop[0]), (line.length, last)]
        graph.add_nodes_from([first, last])
        for (begin, one), (finish, other) in pairwise(stops):
            link(one, other, finish - begin)
    sources = {("f", position) for position in range(len(facilities))}
    distance = nx.multi_source_dijkstra_path_length(graph, sources)
    return np.array([distance.get(("d", position), np.nan) for position in range(len(demand))])
