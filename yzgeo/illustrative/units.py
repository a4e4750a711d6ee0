"""Subdistricts and communities: real names and codes, illustrative shapes.

Centres are spread inside each subdistrict, and every block between streets goes to the nearest centre on its side of
the railway, so borders follow streets, rivers and the railway as real ones do.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from shapely.geometry import MultiPoint, Polygon
from shapely.geometry.base import BaseGeometry

from yzgeo.catalogue import Catalogue

from .ground import Ground, Points, project
from .lattice import FINE_STEP
from .plan import IllustrativePlan
from .streets import VILLAGE, Streets

_LARGE_M2 = 250_000.0
_MAIN = ("arterial", "secondary", "branch")


@dataclass(frozen=True)
class Community:
    """One community or village of the register."""

    code: str
    name: str
    subdistrict: str
    rural: bool
    beyond: bool


@dataclass(frozen=True)
class Subdistrict:
    """One street office, township or zone of the register."""

    code: str
    name: str


@dataclass(frozen=True)
class Register:
    """Names and codes, with a rough centre for each community (shape (n, 2))."""

    subdistricts: tuple[Subdistrict, ...]
    communities: tuple[Community, ...]
    centres: Points


@dataclass(frozen=True)
class Units:
    """Shapes of the communities, in the register's order."""

    register: Register
    shapes: NDArray[np.object_]

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self.shapes)

    def locate(self, points: Points) -> NDArray[np.int64]:
        """
        Find the community of each point.

        Parameters
        ----------
        points
            Metric coordinates, shape (n, 2).

        Returns
        -------
        numpy.ndarray
            Positions in ``register.communities``, shape (n,); the nearest one for points on a border.
        """
        return np.asarray(self._tree.nearest(shapely.points(points)), dtype=np.int64)

    def subdistrict_shapes(self) -> dict[str, BaseGeometry]:
        """
        Join communities to subdistricts.

        Returns
        -------
        dict of str to BaseGeometry
            Shape by subdistrict code, in the register's order.
        """
        codes = np.array([community.subdistrict for community in self.register.communities])
        return {
            unit.code: shapely.union_all(self.shapes[codes == unit.code], grid_size=0.01)
            for unit in self.register.subdistricts
        }


def read_register(catalogue: Catalogue, plan: IllustrativePlan, ground: Ground, rng: np.random.Generator) -> Register:
    """
    Read names and codes, and spread centres.

    Parameters
    ----------
    catalogue
        Catalogue of the district; names the tables.
    plan
        Plan of the illustrative district.
    ground
        Its ground.
    rng
        Source of chance.

    Returns
    -------
    Register
        Only units of this district that the plan places.
    """
    rows = [row for row in _table(catalogue, catalogue.district.subdistricts_file) if row["code"] in plan.subdistricts]
    subdistricts = tuple(Subdistrict(row["code"], row["name"]) for row in rows)
    beyond = {code: entry.beyond_railway for code, entry in plan.subdistricts.items()}
    communities = tuple(
        Community(
            row["code"], row["name"], row["parent"],
            any(mark in row["name"] for mark in plan.people.rural_marks), beyond[row["parent"]],
        )
        for row in _table(catalogue, catalogue.district.communities_file)
        if row["parent"] in beyond
    )  # fmt: skip
    points, owner, urban = _sample(catalogue, plan, ground, rng)
    centres = np.zeros((len(communities), 2))
    for code in plan.subdistricts:
        for rural in (False, True):
            members = [n for n, unit in enumerate(communities) if unit.subdistrict == code and unit.rural == rural]
            mine = points[(owner == code) & (urban != rural)]
            if len(mine) < 3 * len(members):
                mine = points[owner == code]
            centres[members] = _spread(mine, len(members), rng)
    return Register(subdistricts, communities, centres)


def outlying(catalogue: Catalogue, plan: IllustrativePlan, register: Register) -> NDArray[np.bool_]:
    """
    Tell which communities need a settlement of their own.

    Parameters
    ----------
    catalogue
        Catalogue of the district.
    plan
        Plan of the illustrative district.
    register
        Communities with their centres.

    Returns
    -------
    numpy.ndarray
        True for villages, and for communities whose centre lies outside the finely built zones, shape (n,).
    """
    rings = [Polygon(project(zone.ring, catalogue)) for zone in plan.streets.zones if zone.step <= FINE_STEP]
    built = shapely.contains_xy(shapely.union_all(rings), register.centres[:, 0], register.centres[:, 1])
    return np.array([unit.rural for unit in register.communities]) | ~built


def beyond_area(ground: Ground, seeds: Points) -> BaseGeometry:
    """
    Find the part of the district that the railway cuts off.

    Parameters
    ----------
    ground
        Ground of the district.
    seeds
        Points known to lie beyond, shape (n, 2).

    Returns
    -------
    BaseGeometry
        The part that holds the seeds; empty without seeds.
    """
    lines = shapely.union_all([ground.boundary.exterior, ground.railway])
    parts = shapely.get_parts(shapely.polygonize([lines]))
    marks = MultiPoint(seeds)
    return shapely.union_all([part for part in parts if part.intersects(marks)])


def partition(
    catalogue: Catalogue, plan: IllustrativePlan, ground: Ground, streets: Streets, register: Register
) -> Units:
    """
    Give every piece of land to a community.

    Parameters
    ----------
    catalogue
        Catalogue of the district.
    plan
        Plan of the illustrative district.
    ground
        Its ground.
    streets
        Its streets, whose main ones become borders.
    register
        Communities with their centres.

    Returns
    -------
    Units
        Shapes that tile the district.
    """
    lines = [street.line for street in streets.edges if street.road_class in _MAIN and street.zone != VILLAGE]
    lines += [ground.boundary.exterior, ground.railway]
    lines += [river.line for river in ground.rivers]
    faces = shapely.get_parts(shapely.polygonize([shapely.union_all(lines)]))
    faces = faces[shapely.covered_by(shapely.point_on_surface(faces), ground.boundary)]
    cells = shapely.get_parts(
        shapely.voronoi_polygons(MultiPoint(register.centres), extend_to=ground.boundary.buffer(1000))
    )
    small = faces[shapely.area(faces) <= _LARGE_M2]
    large = faces[shapely.area(faces) > _LARGE_M2]
    tree = shapely.STRtree(cells)
    which, cell = tree.query(large, predicate="intersects")
    cut = shapely.get_parts(shapely.intersection(large[which], cells[cell]))
    pieces = np.concatenate([small, cut[shapely.get_dimensions(cut) == 2]])
    pieces = pieces[shapely.area(pieces) > 0]
    middle = shapely.get_coordinates(shapely.point_on_surface(pieces))
    seeds = [project(entry.at, catalogue) for entry in plan.subdistricts.values() if entry.beyond_railway]
    beyond = beyond_area(ground, np.vstack(seeds) if seeds else np.zeros((0, 2)))
    owner = _nearest_on_side(register, middle, shapely.contains_xy(beyond, middle[:, 0], middle[:, 1]))
    return Units(register, _joined(pieces, owner, len(register.communities)))


def _nearest_on_side(register: Register, points: Points, beyond: NDArray[np.bool_]) -> NDArray[np.int64]:
    owner = np.zeros(len(points), dtype=np.int64)
    sides = np.array([unit.beyond for unit in register.communities])
    for side in (False, True):
        mine = np.flatnonzero(sides == side)
        if len(mine) and (beyond == side).any():
            owner[beyond == side] = mine[cKDTree(register.centres[mine]).query(points[beyond == side])[1]]
    return owner


def _joined(pieces: NDArray[np.object_], owner: NDArray[np.int64], count: int) -> NDArray[np.object_]:
    """Join pieces; what is cut off from a community's main part goes to the neighbour with the longest border."""
    owner = owner.copy()
    tree = shapely.STRtree(pieces)
    one, other = tree.query(pieces, predicate="intersects")
    apart = one != other
    one, other = one[apart], other[apart]
    border = shapely.length(shapely.intersection(pieces[one], pieces[other]))
    one, other, border = one[border > 0.01], other[border > 0.01], border[border > 0.01]
    for _ in range(4):
        moved = False
        for unit in range(count):
            mine = np.flatnonzero(owner == unit)
            groups = _groups(mine, one, other, owner, unit)
            for group in sorted(groups, key=lambda g: -float(shapely.area(pieces[g]).sum()))[1:]:
                edge = np.isin(one, group) & (owner[other] != unit)
                if edge.any():
                    weights = np.bincount(owner[other[edge]], weights=border[edge], minlength=count)
                    owner[group] = int(np.argmax(weights))
                    moved = True
        if not moved:
            break
    shapes = np.empty(count, dtype=object)
    for unit in range(count):
        # A grid of a centimetre closes the slits that noding leaves between pieces.
        shapes[unit] = shapely.union_all(pieces[owner == unit], grid_size=0.01)
    return shapes


def _groups(
    mine: NDArray[np.int64], one: NDArray[np.int64], other: NDArray[np.int64], owner: NDArray[np.int64], unit: int
) -> list[list[int]]:
    inside = (owner[one] == unit) & (owner[other] == unit)
    near: dict[int, list[int]] = {int(piece): [] for piece in mine}
    for a, b in zip(one[inside], other[inside], strict=True):
        near[int(a)].append(int(b))
    groups, seen = [], set[int]()
    for start in near:
        if start in seen:
            continue
        group, queue = [], [start]
        seen.add(start)
        while queue:
            piece = queue.pop()
            group.append(piece)
            fresh = [n for n in near[piece] if n not in seen]
            seen.update(fresh)
            queue.extend(fresh)
        groups.append(sorted(group))
    return groups


def _table(catalogue: Catalogue, name: str) -> list[dict[str, str]]:
    with (catalogue.root / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _sample(
    catalogue: Catalogue, plan: IllustrativePlan, ground: Ground, rng: np.random.Generator
) -> tuple[Points, NDArray[np.str_], NDArray[np.bool_]]:
    """Scatter points over the land; tell for each the subdistrict whose centre is nearest, and whether it is urban."""
    west, south, east, north = ground.boundary.bounds
    points = np.column_stack([rng.uniform(west, east, 20_000), rng.uniform(south, north, 20_000)])
    land = ground.boundary.difference(ground.water.buffer(60)).difference(ground.obstacles)
    points = points[shapely.contains_xy(land, points[:, 0], points[:, 1])]
    codes, seeds, sides = [], [], []
    for code, entry in plan.subdistricts.items():
        for place in project(entry.at, catalogue):
            codes.append(code)
            seeds.append(place)
            sides.append(entry.beyond_railway)
    beyond = beyond_area(ground, np.array(seeds)[np.array(sides)] if any(sides) else np.zeros((0, 2)))
    far = shapely.contains_xy(beyond, points[:, 0], points[:, 1])
    owner = np.empty(len(points), dtype="U9")
    for side in (False, True):
        mine = np.flatnonzero(np.array(sides) == side)
        if len(mine) and (far == side).any():
            nearest = cKDTree(np.array(seeds)[mine]).query(points[far == side])[1]
            owner[far == side] = np.array(codes)[mine[nearest]]
    rings = [Polygon(project(zone.ring, catalogue)) for zone in plan.streets.zones]
    urban = shapely.contains_xy(shapely.union_all(rings), points[:, 0], points[:, 1])
    return points, owner, urban


def _spread(points: Points, count: int, rng: np.random.Generator) -> Points:
    """Place centres evenly among points (Lloyd's method)."""
    if count == 0:
        return np.zeros((0, 2))
    centres = points[rng.choice(len(points), count, replace=False)]
    for _ in range(12):
        nearest = cKDTree(centres).query(points)[1]
        for number in range(count):
            if (nearest == number).any():
                centres[number] = points[nearest == number].mean(axis=0)
    # The middle of a bent or split quarter may lie outside it.
    return np.asarray(points[cKDTree(points).query(centres)[1]])
