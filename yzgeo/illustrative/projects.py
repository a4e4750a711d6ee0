"""Road projects of the plan (道路工程): by name where the plan names them, with exact totals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import networkx as nx  # type: ignore[import-untyped]
import numpy as np
import shapely
from shapely.geometry import LineString, Point
from shapely.geometry.base import BaseGeometry
from shapely.ops import linemerge, nearest_points, substring

from yzgeo.catalogue import Catalogue

from .ground import Ground, Points, project, rounded
from .plan import IllustrativePlan, NamedPlace
from .streets import RURAL, VILLAGE, WIDTH_M, Street, Streets

_OVERPASS_M = 900.0
_ROUTE_WIDTH_M = 24.0


@dataclass(frozen=True)
class RoadProject:
    """One project and the course of its road."""

    kind: str
    name: str
    line: BaseGeometry
    width_m: float


def future_roads(catalogue: Catalogue, plan: IllustrativePlan, ground: Ground, streets: Streets) -> list[RoadProject]:
    """
    Find the courses that must be kept free: dead ends to open, planned and new roads, the overpass and the routes.

    Parameters
    ----------
    catalogue
        Catalogue of the district.
    plan
        Plan of the illustrative district.
    ground
        Its ground.
    streets
        Its streets, for the links that are missing.

    Returns
    -------
    list of RoadProject
        In the order of the plan.
    """
    projects = [
        RoadProject("dead_end", f"打通{gap.name}断头路", gap.line, WIDTH_M[gap.road_class]) for gap in streets.gaps
    ]
    links = _links(ground, streets)
    names = [("planned_road", name) for name in plan.roads.planned]
    names += [("new", f"示意新建道路{n}") for n in range(1, plan.roads.new + 1)]
    for (kind, name), (line, width) in zip(names, links, strict=False):
        projects.append(RoadProject(kind, name, line, width))
    if plan.roads.overpass is not None:
        over = _overpass(catalogue, plan.roads.overpass, ground, streets)
        if over is not None:
            projects.append(RoadProject("overpass", plan.roads.overpass.name, over, WIDTH_M["secondary"]))
    for kind, entry in (("exit_road", plan.roads.exit_road), ("reroute", plan.roads.reroute)):
        if entry is not None:
            points = _on_street(project(entry.line, catalogue), streets)
            course = LineString(rounded(points, times=3)).intersection(ground.boundary)
            projects.append(RoadProject(kind, entry.name, course, _ROUTE_WIDTH_M))
    return projects


def existing_roads(plan: IllustrativePlan, streets: Streets) -> list[RoadProject]:
    """
    Choose the streets to rebuild and the rural roads to repair.

    Parameters
    ----------
    plan
        Plan of the illustrative district.
    streets
        Its streets.

    Returns
    -------
    list of RoadProject
        The plan's number of rebuilt streets, and rural roads of the plan's length to less than a millimetre.
    """
    return [*_rebuilt(plan, streets), *_rural(plan.roads.rural_m, streets)]


def _links(ground: Ground, streets: Streets) -> list[tuple[LineString, float]]:
    """Missing links in the built-up area first, then new streets through the largest blocks."""
    spare = [
        street for street in streets.spare if street.zone not in {RURAL, VILLAGE} and street.road_class == "branch"
    ]
    links = [(street.line, WIDTH_M["branch"]) for street in sorted(spare, key=_by_place)]
    lines = [street.line for street in streets.edges] + [street.line for street in (*streets.gaps, *spare)]
    faces = shapely.get_parts(shapely.polygonize([shapely.union_all(lines)]))
    faces = faces[(shapely.area(faces) > 60_000) & (shapely.area(faces) < 700_000)]
    faces = faces[~shapely.intersects(ground.obstacles, faces)]
    for face in faces[np.argsort(-np.round(shapely.area(faces)), kind="stable")]:
        ring = shapely.get_coordinates(shapely.minimum_rotated_rectangle(face))
        sides = ring[1:3] - ring[:2]
        short = sides[int(np.argmin(np.hypot(*sides.T)))]
        middle = np.array(face.centroid.coords[0])
        course = LineString([middle - short, middle + short]).intersection(face)
        if isinstance(course, LineString):
            links.append((course, WIDTH_M["branch"]))
    return links


def _by_place(street: Street) -> tuple[int, int]:
    return round(street.line.centroid.y), round(street.line.centroid.x)


def _on_street(course: Points, streets: Streets) -> Points:
    """Let a route begin, and end where a street is near, at the nearest node of a street that leads on."""
    through = {n for s in streets.edges if s.road_class not in {"lane", "rural"} for n in (s.start, s.end)}
    nodes = streets.nodes[sorted(through)]
    course = course.copy()
    for end, reach_m in ((0, np.inf), (-1, 400.0)):
        away = np.hypot(*(nodes - course[end]).T)
        if away.min() < reach_m:
            course[end] = nodes[np.argmin(away)]
    return course


def _overpass(catalogue: Catalogue, entry: NamedPlace, ground: Ground, streets: Streets) -> LineString | None:
    """Join the nearest nodes of main streets on both sides of the railway."""
    at = Point(project([entry.at], catalogue)[0])
    over = nearest_points(ground.railway, at)[0]
    for classes in ({"arterial"}, {"arterial", "secondary", "branch"}):
        main = {n for s in streets.edges if s.road_class in classes for n in (s.start, s.end)}
        near = sorted((Point(streets.nodes[n]).distance(over), n) for n in sorted(main))
        pairs = [
            (a + b, u, v)
            for position, (a, u) in enumerate(near[:40])
            for b, v in near[:position]
            if LineString([streets.nodes[u], streets.nodes[v]]).intersects(ground.railway) and a + b < _OVERPASS_M
        ]
        if pairs:
            _, u, v = min(pairs)
            return LineString([streets.nodes[u], streets.nodes[v]])
    return None


def _rebuilt(plan: IllustrativePlan, streets: Streets) -> list[RoadProject]:
    groups: dict[tuple[str, str], list[Street]] = {}
    for street in streets.edges:
        if (
            street.name
            and street.road_class in {"arterial", "secondary", "branch"}
            and street.zone not in {RURAL, VILLAGE}
        ):
            groups.setdefault((street.name, street.zone), []).append(street)
    merged = []
    for (name, _), members in sorted(groups.items()):
        line = linemerge([member.line for member in members])
        width = WIDTH_M[members[0].road_class]
        merged += [(part.length, name, part, width) for part in shapely.get_parts(line)]
    merged.sort(key=lambda item: -item[0])
    chosen = merged[: plan.roads.rebuilt]
    counts: dict[str, int] = {}
    projects: list[RoadProject] = []
    for length, name, part, width in chosen:
        counts[name] = counts.get(name, 0) + 1
        suffix = f"（第{counts[name]}段）" if counts[name] > 1 else ""
        projects.append(RoadProject("rebuild", f"{name}改造{suffix}", substring(part, 0, min(length, 1800)), width))
    return projects


def _rural(length_m: float, streets: Streets) -> list[RoadProject]:
    left = length_m
    projects: list[RoadProject] = []
    rural = [street for street in streets.edges if street.zone == RURAL and not street.bridge and not street.crossing]
    for street in sorted(rural, key=lambda s: (-round(s.line.length), _by_place(s))):
        if left <= 0:
            break
        line = street.line if street.line.length <= left else substring(street.line, 0, left)
        left -= line.length
        projects.append(RoadProject("rural", f"农村公路中修示意{len(projects) + 1}号", line, WIDTH_M["rural"]))
    return projects


def street_graph(streets: Streets) -> nx.Graph:
    """
    Give the network as a graph with lengths.

    Parameters
    ----------
    streets
        The streets.

    Returns
    -------
    networkx.Graph
        Nodes by number; edges carry ``length`` in metres and ``edge``, the position in ``streets.edges``.
    """
    graph = nx.Graph()
    for position, street in enumerate(streets.edges):
        graph.add_edge(street.start, street.end, length=street.line.length, edge=position)
    return graph


def course_points(lines: Sequence[LineString]) -> Points:
    """
    Give a point on each line, half way along.

    Parameters
    ----------
    lines
        Lines, single or multiple.

    Returns
    -------
    numpy.ndarray
        Coordinates, shape (n, 2).
    """
    return shapely.get_coordinates(shapely.point_on_surface(np.array(lines, dtype=object)))
