"""The streets: a fine grid, bent and thinned, cut by rivers and the railway, joined by a few bridges and one crossing.

The grid has indexed lines. The step of a zone says which lines are built there: 1 keeps all, 2 every second, and so on,
so the streets of neighbouring zones always meet. Links are left out at random, but never one that holds the network
together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

import networkx as nx  # type: ignore[import-untyped]
import numpy as np
import shapely
from shapely.geometry import LineString, Point
from shapely.geometry.base import BaseGeometry

from yzgeo.catalogue import Catalogue

from .ground import Ground, Points, project, rounded
from .lattice import Lattice, build_lattice, settle_villages
from .plan import IllustrativePlan, NeutralNames, StreetName, Zone

RURAL = "rural"
VILLAGE = "village"
WIDTH_M = {"arterial": 40.0, "secondary": 28.0, "branch": 18.0, "lane": 8.0, "rural": 6.5}
_RANK = {"arterial": 0, "secondary": 1, "branch": 2, "lane": 3, "rural": 4}


@dataclass(frozen=True)
class Street:
    """One edge of the network: from node to node, with its course."""

    start: int
    end: int
    line: LineString
    road_class: str
    name: str | None
    zone: str
    bridge: bool = False
    crossing: bool = False


@dataclass(frozen=True)
class Streets:
    """The street network and the links that are not built.

    ``nodes`` are positions, shape (n, 2); ``gaps`` are the missing links of named streets, ``spare`` other links that
    were left out and join two existing nodes.
    """

    nodes: Points
    edges: tuple[Street, ...]
    gaps: tuple[Street, ...]
    spare: tuple[Street, ...]


def build_streets(
    catalogue: Catalogue, plan: IllustrativePlan, ground: Ground, villages: Points, rng: np.random.Generator
) -> tuple[Streets, Points]:
    """
    Lay out the streets.

    Parameters
    ----------
    catalogue
        Catalogue of the district.
    plan
        Plan of the illustrative district.
    ground
        Its ground.
    villages
        Rough centres of villages and other outlying settlements, shape (n, 2).
    rng
        Source of chance.

    Returns
    -------
    Streets
        The network.
    numpy.ndarray
        The villages' centres, moved to the nearest through road, shape (n, 2).
    """
    lattice = build_lattice(catalogue, plan, ground, rng)
    reached = _main_component(_unit_graph(catalogue, plan, ground, lattice))
    villages = settle_villages(lattice, plan, villages, np.array(sorted(reached)))
    graph = _unit_graph(catalogue, plan, ground, lattice)
    _add_lanes(graph, plan, lattice, rng)
    graph = _main_component(_contract(graph))
    spare = _thin(graph, plan, rng)
    _prune(graph, ground.boundary.boundary, rng)
    graph = _contract(graph)
    gaps = _open_gaps(graph, plan.streets.gaps, project([plan.streets.origin], catalogue)[0])
    graph = _main_component(graph)
    return _as_streets(graph, gaps, spare), villages


def _zone_id(number: int, zones: tuple[Zone, ...]) -> str:
    return zones[number].id if number >= 0 else RURAL


def _road_class(line: int, zone: str) -> str:
    if zone == VILLAGE:
        return "rural"
    if zone == RURAL:
        return "secondary" if line % 16 == 0 else "rural"
    for divisor, road_class in ((8, "arterial"), (4, "secondary"), (2, "branch")):
        if line % divisor == 0:
            return road_class
    return "lane"


def _unit_graph(catalogue: Catalogue, plan: IllustrativePlan, ground: Ground, lattice: Lattice) -> nx.Graph:
    """Join neighbouring nodes along the lines that are built, then add bridges and the crossing."""
    streets, size = plan.streets, len(lattice.lines)
    grid = np.arange(size * size).reshape(size, size)
    obstacles = ground.obstacles
    shapely.prepare(obstacles)
    graph = nx.Graph()
    namer = _Namer(catalogue, plan.streets.names, streets.neutral, lattice)
    for run in ("column", "row"):
        starts, ends = (grid[:, :-1], grid[:, 1:]) if run == "column" else (grid[:-1], grid[1:])
        index = np.broadcast_to(lattice.lines[:, None] if run == "column" else lattice.lines, starts.shape)
        line, a, b = index.ravel(), starts.ravel(), ends.ravel()
        # The coarser end decides where zones meet, but a village's own streets never reach out.
        keep = lattice.usable[a] & lattice.usable[b] & (line % np.maximum(lattice.step[a], lattice.step[b]) == 0)
        line, a, b = line[keep], a[keep], b[keep]
        courses = shapely.linestrings(np.stack([lattice.nodes[a], lattice.nodes[b]], axis=1))
        free = ~shapely.intersects(obstacles, courses)
        for k, u, v in zip(line[free], a[free], b[free], strict=True):
            through = k % max(lattice.zone_step[u], lattice.zone_step[v]) == 0
            zone = _zone_id(int(max(lattice.zone[u], lattice.zone[v])), streets.zones) if through else VILLAGE
            graph.add_edge(
                int(u),
                int(v),
                zone=zone,
                road_class=_road_class(int(k), zone),
                name=namer(run, int(k), zone, lattice.nodes[u]),
            )
    nx.set_node_attributes(graph, {n: lattice.nodes[n] for n in graph}, "at")
    for u, v, data in graph.edges(data=True):
        data.update(points=np.array([lattice.nodes[u], lattice.nodes[v]]), bridge=False, crossing=False, start=u)
    _join_over(graph, catalogue, plan, ground, lattice)
    return graph


class _Namer:
    """Names of lines: the plan's where it gives one, else a neutral number."""

    def __init__(
        self, catalogue: Catalogue, names: tuple[StreetName, ...], neutral: NeutralNames, lattice: Lattice
    ) -> None:
        self._neutral = neutral
        self._pins: list[tuple[str, int, Points, float, str]] = []
        size = len(lattice.lines)
        taken: set[tuple[str, int, int]] = set()
        for entry in names:
            at = project([entry.at], catalogue)[0]
            away = np.hypot(*(lattice.nodes - at).T).reshape(size, size)
            index = lattice.lines
            nearest = away.min(axis=1 if entry.run == "column" else 0)
            for position in np.argsort(np.where(index % 4 == 0, nearest, np.inf)):
                place = (entry.run, int(index[position]), round(float(at[1 if entry.run == "column" else 0]) / 4000))
                if place not in taken:
                    taken.add(place)
                    self._pins.append((entry.run, int(index[position]), at, entry.reach_m, entry.name))
                    break

    def __call__(self, run: str, line: int, zone: str, at: Points) -> str | None:
        for pin_run, pin_line, pin_at, reach_m, name in self._pins:
            if run == pin_run and line == pin_line and np.hypot(*(at - pin_at)) < reach_m:
                return name
        if zone == VILLAGE or line % 2:
            return None
        if zone == RURAL:
            return self._neutral.rural.format(n=abs(line) * 2 + (run == "row"))
        pattern = self._neutral.column if run == "column" else self._neutral.row
        return pattern.format(n=numeral(line // 2 + 40))


def numeral(number: int) -> str:
    """
    Write a small number in Chinese.

    Parameters
    ----------
    number
        1 to 99.

    Returns
    -------
    str
        For instance 二十三.
    """
    digits = "零一二三四五六七八九"
    tens, ones = divmod(number, 10)
    return (("" if tens == 1 else digits[tens]) + "十" if tens else "") + (digits[ones] if ones or not tens else "")


def _join_over(graph: nx.Graph, catalogue: Catalogue, plan: IllustrativePlan, ground: Ground, lattice: Lattice) -> None:
    """Build each bridge, and the one crossing, on the main line that passes nearest to where the plan puts it."""
    blocked = {river.plan.name: river.surface for river in ground.rivers}
    everything = {**blocked, "": ground.rail_area}
    wanted = [(bridge.name, bridge.river, bridge.at) for bridge in plan.bridges]
    wanted.append((plan.railway.crossing.name, "", plan.railway.crossing.at))
    used: set[tuple[int, int]] = set()
    for name, target, at in wanted:
        place = Point(project([at], catalogue)[0])
        others = shapely.union_all([area for key, area in everything.items() if key != target])
        best: tuple[float, int, int] | None = None
        for u, v in _hops(graph, lattice, plan.streets.spacing_m * 3.2):
            course = LineString([lattice.nodes[u], lattice.nodes[v]])
            if (u, v) in used or not course.intersects(everything[target]) or course.intersects(others):
                continue
            if ground.hill is not None and course.intersects(ground.hill):
                continue
            middle = course.intersection(everything[target]).centroid
            if best is None or middle.distance(place) < best[0]:
                best = (middle.distance(place), u, v)
        if best is not None:
            _, u, v = best
            used.add((u, v))
            graph.add_edge(
                u, v, zone=RURAL, road_class="arterial", name=name, bridge=target != "", crossing=target == "",
                points=np.array([lattice.nodes[u], lattice.nodes[v]]), start=u,
            )  # fmt: skip


def _hops(graph: nx.Graph, lattice: Lattice, longest_m: float) -> Iterable[tuple[int, int]]:
    """Pairs of built nodes that follow each other on a main line with an obstacle between them."""
    size = len(lattice.lines)
    grid = np.arange(size * size).reshape(size, size)
    lines = [grid[p] for p in np.flatnonzero(lattice.lines % 2 == 0)]
    lines += [grid[:, p] for p in np.flatnonzero(lattice.lines % 2 == 0)]
    for line in lines:
        built = [int(node) for node in line if node in graph]
        for u, v in pairwise(built):
            if not graph.has_edge(u, v) and np.hypot(*(lattice.nodes[u] - lattice.nodes[v])) < longest_m:
                yield u, v


def _add_lanes(graph: nx.Graph, plan: IllustrativePlan, lattice: Lattice, rng: np.random.Generator) -> None:
    """Split some blocks of the finest zones by a lane between the middles of two opposite sides."""
    share = {zone.id: zone.lanes for zone in plan.streets.zones}
    size = len(lattice.lines)
    middles: dict[tuple[int, int], int] = {}
    for column in range(size - 1):
        for row in range(size - 1):
            corner = [lattice.number(column + x, row + y) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))]
            sides = list(zip(corner, [*corner[1:], corner[0]], strict=True))
            if corner[0] not in graph or not all(graph.has_edge(*s) or tuple(sorted(s)) in middles for s in sides):
                continue
            zone = _zone_id(int(lattice.zone[corner[0]]), plan.streets.zones)
            if rng.random() >= share.get(zone, 0.0):
                continue
            pair = (sides[0], sides[2]) if rng.random() < 0.6 else (sides[1], sides[3])
            u, v = (_middle(graph, side, middles, rng) for side in pair)
            points = np.array([graph.nodes[u]["at"], graph.nodes[v]["at"]])
            graph.add_edge(
                u, v, zone=zone, road_class="lane", name=None, bridge=False, crossing=False, points=points, start=u
            )


def _middle(
    graph: nx.Graph, side: tuple[int, int], middles: dict[tuple[int, int], int], rng: np.random.Generator
) -> int:
    key = (min(side), max(side))
    if key not in middles:
        node = 10_000_000 + len(middles)
        data = dict(graph.edges[key])
        a, b = graph.nodes[key[0]]["at"], graph.nodes[key[1]]["at"]
        at = a + (b - a) * rng.uniform(0.4, 0.6)
        graph.remove_edge(*key)
        graph.add_node(node, at=at)
        graph.add_edge(key[0], node, **{**data, "points": np.array([a, at]), "start": key[0]})
        graph.add_edge(node, key[1], **{**data, "points": np.array([at, b]), "start": node})
        middles[key] = node
    return middles[key]


def _main_component(graph: nx.Graph) -> nx.Graph:
    return graph.subgraph(max(nx.connected_components(graph), key=lambda part: (len(part), min(part)))).copy()


def _contract(graph: nx.Graph) -> nx.Graph:
    """Join the two edges of every node that only passes one street through."""
    graph = graph.copy()
    for node in sorted(graph):
        ends = sorted(graph[node])
        if len(ends) != 2:
            continue
        u, v = ends
        first, second = graph.edges[u, node], graph.edges[node, v]
        if any(first[key] != second[key] for key in ("road_class", "name", "bridge", "crossing")) or graph.has_edge(
            u, v
        ):
            continue
        head = first["points"] if first["start"] == u else first["points"][::-1]
        tail = second["points"] if second["start"] == node else second["points"][::-1]
        data = {**first, "points": np.vstack([head, tail[1:]]), "start": u}
        graph.remove_node(node)
        graph.add_edge(u, v, **data)
    return graph


def _thin(graph: nx.Graph, plan: IllustrativePlan, rng: np.random.Generator) -> list[Street]:
    """Leave out minor links at random; a random spanning tree, main streets first, always stays."""
    share = {zone.id: zone.missing for zone in plan.streets.zones} | {RURAL: 0.34, VILLAGE: 0.12}
    edges = sorted(tuple(sorted(edge)) for edge in graph.edges)
    for u, v in edges:
        graph.edges[u, v]["weight"] = _RANK[graph.edges[u, v]["road_class"]] + rng.random()
    kept = {tuple(sorted(edge)) for edge in nx.minimum_spanning_edges(graph, data=False)}
    # What a bridge leads to stays, or the bridge would lead nowhere.
    heads = {node for u, v, data in graph.edges(data=True) if data["bridge"] or data["crossing"] for node in (u, v)}
    spare = []
    for u, v in edges:
        data = graph.edges[u, v]
        minor = data["road_class"] in {"lane", "branch", "rural"} and not data["bridge"]
        if minor and (u, v) not in kept and not heads & {u, v} and rng.random() < share[data["zone"]]:
            spare.append(_street(u, v, data))
            graph.remove_edge(u, v)
    return spare


def _prune(graph: nx.Graph, outline: BaseGeometry, rng: np.random.Generator) -> None:
    """Take back stubs, except where a road leaves the district and a few real dead ends."""
    for _ in range(6):
        stubs = sorted(node for node in graph if graph.degree(node) == 1)
        gone = []
        for node in stubs:
            (data,) = (graph.edges[node, other] for other in graph[node])
            leaves = data["zone"] == RURAL and outline.distance(Point(graph.nodes[node]["at"])) < 500
            if not leaves and not (data["road_class"] == "lane" and rng.random() < 0.25):
                gone.append(node)
        graph.remove_nodes_from(gone)
        if not gone:
            break


def _open_gaps(graph: nx.Graph, names: tuple[str, ...], centre: Points) -> list[Street]:
    """Take one link out of each street named, an inner one whose loss cuts nobody off."""
    gaps = []
    for name in names:
        links = sorted(tuple(sorted((u, v))) for u, v, found in graph.edges(data="name") if found == name)
        bridges = {tuple(sorted(edge)) for edge in nx.bridges(graph)}
        free = [(u, v) for u, v in links if (u, v) not in bridges and graph.degree(u) > 2 and graph.degree(v) > 2]
        if not free:
            continue
        reach = {e: np.hypot(*(graph.nodes[e[0]]["at"] - centre)) for e in free}
        u, v = sorted(free, key=lambda e: (reach[e], e))[len(free) // 2]
        gaps.append(_street(u, v, graph.edges[u, v]))
        graph.remove_edge(u, v)
    return gaps


def _street(u: int, v: int, data: dict[str, object]) -> Street:
    points = np.asarray(data["points"])
    if data["start"] != u:
        points = points[::-1]
    return Street(
        u, v, LineString(rounded(points, times=2)), str(data["road_class"]),
        None if data["name"] is None else str(data["name"]), str(data["zone"]),
        bridge=bool(data["bridge"]), crossing=bool(data["crossing"]),
    )  # fmt: skip


def _as_streets(graph: nx.Graph, gaps: list[Street], spare: list[Street]) -> Streets:
    """Number the nodes that are left from 0 and drop spare links whose ends are gone."""
    order = sorted(graph)
    number = {node: position for position, node in enumerate(order)}
    nodes = np.array([graph.nodes[node]["at"] for node in order])

    def renumber(streets: Iterable[Street]) -> tuple[Street, ...]:
        return tuple(
            replace(street, start=number[street.start], end=number[street.end])
            for street in streets
            if street.start in number and street.end in number
        )

    edges = [_street(min(u, v), max(u, v), data) for u, v, data in graph.edges(data=True)]
    edges.sort(key=lambda street: (street.start, street.end))
    return Streets(nodes, renumber(edges), renumber(gaps), renumber(spare))
