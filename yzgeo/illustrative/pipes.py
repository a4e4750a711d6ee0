"""Drainage pipes: trees along streets that run downhill to outfalls, each kind to the metre."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import networkx as nx  # type: ignore[import-untyped]
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString, Point
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from yzgeo.catalogue import Catalogue
from yzgeo.errors import CatalogueError

from .ground import Ground, Points, Raster, project
from .plan import IllustrativePlan
from .projects import street_graph
from .streets import Streets

_REACH_M = 55.0
_COVER_M = 1.3
_CLIMB_M = 1.8
_WORK_M = 1200.0
_OUTLET_M = 0.3
_STEEP, _OUTLET_STEEP = 0.03, 0.1
# Sizes on sale, and how many metres of pipe upstream (one inlet's worth of land each) they serve here.
_SIZES_MM = {
    "storm": (300, 400, 500, 600, 800, 1000, 1200, 1500),
    "sewage": (200, 300, 400, 500, 600, 800),
    "combined": (300, 400, 500, 600, 800, 1000),
    "culvert": (1500, 1800, 2000),
}
_MATERIAL = {
    "storm": "钢筋混凝土管",
    "sewage": "HDPE 双壁波纹管",
    "combined": "钢筋混凝土管",
    "culvert": "钢筋混凝土箱涵",
}
# Each network lies beside the street's middle at its own place, so that the kinds never share a trench.
_SHIFT_M = {"storm": (3.5, 3.5), "sewage": (-3.5, -3.5), "combined": (3.5, -3.5), "culvert": (-5.0, 5.0)}
# What old pipes are repaired for, one street after the other.
_DEFECTS = ("misconnected", "missing_connection", "aged", "broken")
_SHARE = {"storm": 0.0042, "sewage": 0.0024, "combined": 0.0036, "culvert": 0.001}


@dataclass(frozen=True)
class PipeNode:
    """A manhole, inlet, junction or outfall."""

    code: str
    kind: str
    network: str
    at: Points
    ground_m: float
    invert_m: float


@dataclass(frozen=True)
class Pipe:
    """A pipe from its upper to its lower node; one ``work`` is laid together; what has a defect is old."""

    kind: str
    work: str
    line: LineString
    start: str
    end: str
    diameter_mm: int
    material: str
    invert_from_m: float
    invert_to_m: float
    defect: str = "none"

    @property
    def slope_permille(self) -> float:
        """Fall in thousandths of the length."""
        return (self.invert_from_m - self.invert_to_m) / self.line.length * 1000


@dataclass(frozen=True)
class _Tree:
    """Which node drains to which, along which line (drawn downhill); ``None`` marks an outfall.

    Lines of old pipes have a defect.
    """

    down: dict[int, int | None]
    line: dict[int, LineString]
    defect: dict[int, str]


def lay_pipes(
    catalogue: Catalogue, plan: IllustrativePlan, ground: Ground, streets: Streets, rng: np.random.Generator
) -> tuple[list[PipeNode], list[Pipe]]:
    """
    Lay all pipes.

    Parameters
    ----------
    catalogue
        Catalogue of the district.
    plan
        Plan of the illustrative district.
    ground
        Its ground, for outfalls and levels.
    streets
        Its streets.
    rng
        Source of chance: which streets get pipes.

    Returns
    -------
    list of PipeNode
        Nodes of all networks.
    list of Pipe
        Pipes; the lengths of each kind, of new ones and of old ones to repair, add up to the plan's to less than a
        millimetre.

    Raises
    ------
    CatalogueError
        If fewer streets drain to an outfall than the plan has pipes.
    """
    pipes_plan = plan.pipes
    ends = {
        "storm": project(pipes_plan.storm_at, catalogue),
        "sewage": project([pipes_plan.treatment_works.at], catalogue),
        "combined": project(pipes_plan.combined_at, catalogue),
        "culvert": project(pipes_plan.culvert_at, catalogue),
    }
    river = next(r for r in ground.rivers if r.plan.name == pipes_plan.outfall_river)
    graph = _pipe_graph(streets)
    repairs: dict[str, float] = {str(kind): length_m for kind, length_m in pipes_plan.repairs_m.items()}
    nodes: list[PipeNode] = []
    pipes: list[Pipe] = []
    for kind, length_m in pipes_plan.lengths_m.items():
        shift = np.array(_SHIFT_M[kind])
        mouths: dict[int, LineString] = {}
        for place in ends[kind]:
            root = _root(graph, streets.nodes, place, set(mouths))
            target = np.asarray(place) if kind == "sewage" else _bank_point(river.surface, streets.nodes[root])
            mouths[root] = LineString([streets.nodes[root] + shift, target])
        amounts = (length_m, *([repair] if (repair := repairs.get(kind, 0.0)) > 0 else []))
        tree = _grow(graph, streets, mouths, amounts_m=amounts, shift=shift, ground=ground, rng=rng)
        more_nodes, more_pipes = _levels(kind, _reaches(tree), ground.terrain, len(nodes))
        nodes += more_nodes
        pipes += more_pipes
    return nodes, pipes


def _pipe_graph(streets: Streets) -> nx.Graph:
    """Streets that pipes may follow: no bridges, no railway crossing, nothing outside the towns."""
    graph = street_graph(streets)
    for u, v, edge in list(graph.edges(data="edge")):
        street = streets.edges[edge]
        if street.bridge or street.crossing or street.road_class == "rural":
            graph.remove_edge(u, v)
        else:
            graph.edges[u, v]["weight"] = street.line.length * (1.6 if street.road_class == "lane" else 1.0)
    return graph


def _root(graph: nx.Graph, nodes: Points, place: Points, taken: set[int]) -> int:
    big = max(nx.connected_components(graph), key=lambda part: (len(part), min(part)))
    order = sorted((float(np.hypot(*(nodes[n] - place))), int(n)) for n in big if n not in taken)
    return order[0][1]


def _bank_point(water: BaseGeometry, at: Points) -> Points:
    """The water's edge nearest to a node, a metre into the bank."""
    line = shapely.shortest_line(Point(at), water)
    return np.array(line.interpolate(max(line.length - 1.0, 0.0)).coords[0])


def _grow(
    graph: nx.Graph,
    streets: Streets,
    mouths: dict[int, LineString],
    *,
    amounts_m: Sequence[float],
    shift: Points,
    ground: Ground,
    rng: np.random.Generator,
) -> _Tree:
    """Add shortest ways to the nearest mouth until the amounts are used up, new pipes first, then old ones above them.

    The last pipe of each amount is shortened to the rest, and nothing drains into it.
    """
    away, paths = nx.multi_source_dijkstra(graph, list(mouths), weight="weight")
    down: dict[int, int | None] = {}
    line: dict[int, LineString] = {}
    defect: dict[int, str] = {}
    closed: set[int] = set()
    amounts = iter(amounts_m)
    left = next(amounts)
    old = False
    level = ground.terrain.sample(streets.nodes)
    mouths_at = [tuple(np.round(streets.nodes[root])) for root in mouths]
    for root, outlet in mouths.items():
        down[root], line[root] = None, outlet
        left -= outlet.length
    # Nearer streets first, with enough chance in it that mains reach out and side streets are left for later.
    reach = sorted(n for n in paths if n not in mouths and level[n] > min(level[r] for r in mouths) - 0.5)
    keys = np.array([away[n] for n in reach]) * rng.uniform(0.35, 1.6, len(reach))
    for position in np.argsort(keys, kind="stable"):
        path = paths[reach[int(position)]]
        # Water does not climb: no way whose ground, seen from above, rises again by more than a pipe's usual depth.
        if (np.maximum.accumulate(level[path]) - level[path]).max() > _CLIMB_M:
            continue
        for lower, upper in pairwise(path):
            if upper in closed:
                break
            if upper in down:
                continue
            street = streets.edges[graph.edges[upper, lower]["edge"]]
            course = street.line if street.start == upper else street.line.reverse()
            course = shapely.transform(course, lambda points: points + shift)
            if old:
                defect[upper] = _DEFECTS[len(defect) % len(_DEFECTS)]
            down[upper], line[upper] = lower, course
            if course.length < left:
                left -= course.length
                continue
            line[upper] = _part(course, course.length - left, course.length)
            closed.add(upper)
            more = next(amounts, None)
            if more is None:
                return _Tree(down, line, defect)
            left, old = more, True
            break
    raise CatalogueError(
        path="illustrative.yaml", reason=f"streets that drain to {mouths_at} are {left:.0f} m too short"
    )


def _part(line: LineString, start_m: float, end_m: float) -> LineString:
    """Cut out a part of a line that is longer than nothing."""
    part = substring(line, start_m, end_m)
    return part if isinstance(part, LineString) else LineString([part, part])


@dataclass(frozen=True)
class _Reach:
    """A pipe before it has a level: numbers of its nodes and its course."""

    upper: int
    lower: int
    line: LineString
    work: int
    defect: str


def _reaches(tree: _Tree) -> list[_Reach]:
    """Put a manhole every 55 m or less, and lay about 1.2 km at a time, from the outfall up."""
    work: dict[int, int] = {}
    laid_m: list[float] = []
    number = {node: position for position, node in enumerate(tree.down)}
    fresh = len(number)
    reaches = []
    for node, lower in tree.down.items():
        course = tree.line[node]
        same = lower is not None and (node in tree.defect) == (lower in tree.defect)
        joins = lower is not None and same and laid_m[work[lower]] < _WORK_M
        work[node] = work[lower] if lower is not None and joins else len(laid_m)
        laid_m += [] if joins else [0.0]
        laid_m[work[node]] += course.length
        parts = max(int(np.ceil(course.length / _REACH_M)), 1)
        stops = np.linspace(0, course.length, parts + 1)
        end = fresh if lower is None else number[lower]
        fresh += lower is None
        inner = list(range(fresh, fresh + parts - 1))
        fresh += parts - 1
        chain = [number[node], *inner, end]
        for position in range(parts):
            piece = _part(course, float(stops[position]), float(stops[position + 1]))
            defect = tree.defect.get(node, "none")
            reaches.append(_Reach(chain[position], chain[position + 1], piece, work[node], defect))
    return reaches


def _levels(kind: str, reaches: Sequence[_Reach], terrain: Raster, offset: int) -> tuple[list[PipeNode], list[Pipe]]:
    """Size and level pipes from the top down: enough cover, enough fall, never a smaller pipe below a larger one."""
    at: dict[int, Points] = {}
    for reach in reaches:
        points = shapely.get_coordinates(reach.line)
        at.setdefault(reach.upper, points[0])
        at[reach.lower] = points[-1]
    down = {reach.upper: reach for reach in reaches}
    order = _top_down(down)
    ground = terrain.sample(np.array([at[node] for node in order]))
    level = dict(zip(order, ground, strict=True))
    upstream_m = dict.fromkeys(order, 0.0)
    size_mm = dict.fromkeys(order, 0)
    invert = dict.fromkeys(order, float(np.inf))
    pipes_at: list[tuple[_Reach, int, float, float]] = []
    for node in order:
        if node not in down:
            continue
        reach = down[node]
        length = upstream_m[node] + reach.line.length
        size = max(size_mm[node], _size(kind, length))
        top = min(invert[node], level[node] - _COVER_M - size / 1000)
        invert[node] = top
        fall = _least_fall(size) * reach.line.length
        outlet = reach.lower not in down
        deepest = level[reach.lower] - (_OUTLET_M if outlet else _COVER_M + size / 1000)
        # A pipe that would come out too steep gets a drop in the manhole instead.
        steepest = top - (_OUTLET_STEEP if outlet else _STEEP) * reach.line.length
        bottom = max(min(top - fall, deepest), steepest)
        upstream_m[reach.lower] += length
        size_mm[reach.lower] = max(size_mm[reach.lower], size)
        invert[reach.lower] = min(invert[reach.lower], bottom)
        pipes_at.append((reach, size, top, bottom))
    feeds = dict.fromkeys(order, 0)
    for reach in reaches:
        feeds[reach.lower] += 1
    names = {node: f"{_PREFIX[kind]}-J{offset + position + 1:04d}" for position, node in enumerate(order)}
    nodes = [
        PipeNode(names[n], _node_kind(n in down, feeds[n], kind), kind, at[n], float(level[n]), float(invert[n]))
        for n in order
    ]
    pipes = [
        Pipe(
            kind,
            f"{kind}-{reach.work:03d}",
            reach.line,
            names[reach.upper],
            names[reach.lower],
            size,
            _MATERIAL[kind],
            float(top),
            float(bottom),
            reach.defect,
        )
        for reach, size, top, bottom in pipes_at
    ]
    return nodes, pipes


_PREFIX = {"storm": "YS", "sewage": "WS", "combined": "HL", "culvert": "AQ"}


def _top_down(down: dict[int, _Reach]) -> list[int]:
    graph = nx.DiGraph((reach.upper, reach.lower) for reach in down.values())
    return list(nx.lexicographical_topological_sort(graph))


def _size(kind: str, upstream_m: float) -> int:
    """Pick a size that grows with the two-thirds power of what drains into it."""
    sizes: NDArray[np.int64] = np.array(_SIZES_MM[kind])
    wanted = sizes[0] * (1 + (upstream_m * _SHARE[kind]) ** 0.67 * 0.45)
    return int(sizes[min(int(np.searchsorted(sizes, wanted * 0.92)), len(sizes) - 1)])


def _least_fall(size_mm: int) -> float:
    """Least slope that keeps a pipe of this size clean, about one over its diameter in millimetres."""
    return max(1.0 / (size_mm * 1.25), 0.0008)


def _node_kind(drains: bool, feeds: int, kind: str) -> str:  # noqa: FBT001
    if not drains:
        return "outfall"
    if feeds > 1:
        return "junction"
    return "inlet" if feeds == 0 and kind != "sewage" else "manhole"
