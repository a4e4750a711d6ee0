"""Green space: parks by name, the wooded hill, pocket parks, planted streets and river banks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

from yzgeo.catalogue import Catalogue
from yzgeo.errors import CatalogueError

from .blocks import Lot, cut_off
from .ground import BANK_M, Ground, Points, project
from .plan import IllustrativePlan
from .streets import RURAL, VILLAGE, WIDTH_M, Streets

_PARK_M2 = (5_000.0, 60_000.0)
_STRIP_M = 6.0
_STREET_REACH_M = 1_600.0
# What counts as public green; banks only protect.
PUBLIC = ("park", "green_street", "pocket")
# A country park reaches no further, and is made of no smaller pieces.
_COUNTRY_M, _COUNTRY_PIECE_M2 = 1_800.0, 8_000.0
# Banks within this distance of a town's street corner are planted.
_TOWN_M = 300.0


@dataclass(frozen=True)
class Green:
    """A piece of green space."""

    kind: str
    name: str
    shape: BaseGeometry
    standing: bool


def named_parks(catalogue: Catalogue, plan: IllustrativePlan, ground: Ground, lots: Sequence[Lot]) -> list[Green]:
    """
    Give each park of the plan the nearest fitting lot, and the hill its wood.

    Parameters
    ----------
    catalogue
        Catalogue of the district.
    plan
        Plan of the illustrative district.
    ground
        Its ground.
    lots
        Building land; lots that become parks have ``use`` set.

    Returns
    -------
    list of Green
        Parks in the plan's order, the hill last.
    """
    greens = []
    for park in plan.parks:
        place = Point(project([park.at], catalogue)[0])
        fitting = [lot for lot in lots if lot.use == "" and _PARK_M2[0] <= lot.shape.area <= _PARK_M2[1]]
        fitting = fitting or [lot for lot in lots if lot.use == ""]
        lot = min(fitting, key=lambda lot: round(lot.shape.distance(place), 3) - lot.shape.area / 1e4)
        lot.use, lot.free = "park", Polygon()
        greens.append(Green(park.kind, park.name, lot.shape, standing=False))
    if ground.hill is not None and plan.hill_park is not None:
        greens.append(Green("park", plan.hill_park.name, ground.hill, standing=True))
    return greens


def community_parks(count: int, lots: Sequence[Lot], rng: np.random.Generator) -> list[Green]:
    """
    Make parks of lots that nothing has been built on.

    Parameters
    ----------
    count
        How many.
    lots
        Building land; lots that become parks have ``use`` set.
    rng
        Source of chance.

    Returns
    -------
    list of Green
        As many as asked for, or as there are open lots.
    """
    fine = [lot for lot in lots if lot.use == "" and lot.whole and not lot.rural]
    fine = [lot for lot in fine if 9_000 < lot.shape.area < _PARK_M2[1]]
    greens = []
    for number, position in enumerate(rng.permutation(len(fine))[:count], start=1):
        lot = fine[int(position)]
        lot.use, lot.free = "park", Polygon()
        greens.append(Green("park", f"示意社区公园{number}", lot.shape, standing=bool(rng.random() < 0.6)))
    return greens


def pocket_parks(count: int, lots: Sequence[Lot], rng: np.random.Generator) -> list[Green]:
    """
    Make pocket parks of small lots and of corners of open ones.

    Parameters
    ----------
    count
        How many.
    lots
        Building land; open lots that are used up have ``use`` set, others only lose some of ``free``.
    rng
        Source of chance.

    Returns
    -------
    list of Green
        As many as asked for, or as there are open lots.
    """
    open_ = [lot for lot in lots if lot.use == "" and lot.whole and not lot.rural and lot.free.area > 1_300]
    order = rng.permutation(len(open_))[:count]
    greens = []
    shape: BaseGeometry
    for number, position in enumerate(order, start=1):
        lot = open_[int(position)]
        area = float(rng.uniform(900, 4_500))
        if lot.free.area > 1.6 * area:
            shape = cut_off(lot.free, area, rng)
            rest = lot.free.difference(shape.buffer(3))
            lot.free = max(shapely.get_parts(rest), key=lambda part: part.area, default=Polygon())
        else:
            shape, lot.free, lot.use = lot.free, Polygon(), "park"
        greens.append(Green("pocket", f"示意口袋公园{number}", shape, standing=bool(rng.random() < 0.4)))
    return greens


def planted_strips(
    plan: IllustrativePlan, ground: Ground, streets: Streets, closed: Sequence[BaseGeometry]
) -> list[Green]:
    """
    Plant both sides of the plan's streets, and the banks of the smaller rivers in the town.

    Parameters
    ----------
    plan
        Plan of the illustrative district.
    ground
        Its ground.
    streets
        Its streets.
    closed
        What strips must keep off: lots, other greens, corridors.

    Returns
    -------
    list of Green
        Strips that touch no carriageway, no lot and no water.
    """
    lines = np.array([street.line for street in streets.edges], dtype=object)
    half = np.array([WIDTH_M[street.road_class] / 2 for street in streets.edges])
    surfaces = shapely.buffer(lines, half + 0.5)
    tree, blocked = shapely.STRtree(surfaces), shapely.STRtree(list(closed))
    obstacles = shapely.union_all([ground.water, ground.rail_area])
    greens: list[Green] = []

    def clear(shape: BaseGeometry) -> BaseGeometry:
        near = [surfaces[n] for n in tree.query(shape)] + [closed[n] for n in blocked.query(shape)]
        near += [green.shape for green in greens]
        shape = shape.intersection(ground.boundary).difference(shapely.union_all([obstacles, *near]))
        parts = [part for part in shapely.get_parts(shape) if isinstance(part, Polygon) and part.area > 60]
        return MultiPolygon(parts) if parts else Polygon()

    for name in plan.green_streets:
        if len(greens) == plan.green_street_count:
            break
        mine = [n for n, street in enumerate(streets.edges) if street.name == name]
        if not mine:
            continue
        middle = shapely.union_all(lines[mine]).centroid
        mine = [n for n in mine if lines[n].distance(middle) < _STREET_REACH_M / 2]
        bands = [lines[n].buffer(half[n] + 0.5 + _STRIP_M, cap_style="flat") for n in mine]
        shape = clear(shapely.union_all(bands)) if bands else Polygon()
        if not shape.is_empty:
            greens.append(Green("green_street", name, shape, standing=False))
    ends = [
        node for street in streets.edges if street.zone not in {RURAL, VILLAGE} for node in (street.start, street.end)
    ]
    for river in ground.rivers:
        corners = np.array([Point(streets.nodes[node]) for node in sorted(set(ends))], dtype=object)
        corners = corners[shapely.dwithin(corners, river.line, _TOWN_M + river.plan.width_m)]
        town = shapely.union_all(shapely.buffer(corners, _TOWN_M, quad_segs=3))
        bank = river.surface.buffer(BANK_M - 2).difference(river.surface.buffer(2)).intersection(town)
        shape = clear(bank)
        if not shape.is_empty:
            greens.append(Green("protective", f"{river.plan.name}滨水防护绿带（示意）", shape, standing=True))
    return greens


def country_parks(
    catalogue: Catalogue, plan: IllustrativePlan, open_land: BaseGeometry, others: Sequence[Green], people: int
) -> list[Green]:
    """
    Lay out parks on open land until the residents have the plan's public green.

    Parameters
    ----------
    catalogue
        Catalogue of the district.
    plan
        Plan of the illustrative district.
    open_land
        Land without water, streets and lots.
    others
        Green space there is already, kept free.
    people
        Residents of the district.

    Returns
    -------
    list of Green
        Parks of about equal size; together with the others they give no less than the plan's green per resident.

    Raises
    ------
    CatalogueError
        If there is too little open land about a place.
    """
    missing = plan.green_m2_per_resident * people - sum(g.shape.area for g in others if g.kind in PUBLIC)
    free = open_land.difference(shapely.union_all([green.shape for green in others]).buffer(3))
    found: list[Green] = []
    for number, park in enumerate(plan.country_parks):
        wanted = missing / (len(plan.country_parks) - number)
        if wanted <= 0:
            break
        shape = _about(free, project([park.at], catalogue)[0], wanted, turn=number)
        if shape is None:
            reason = f"there is no room for {wanted:.0f} m² of open land about {park.name}"
            raise CatalogueError(path="illustrative.yaml", reason=reason)
        found.append(Green("park", park.name, shape, park.standing))
        free, missing = free.difference(shape.buffer(3)), missing - shape.area
    return found


def _about(free: BaseGeometry, at: Points, wanted_m2: float, *, turn: float) -> BaseGeometry | None:
    """Cut the least piece of open land about a place that has the area, with the outline of a park and not a circle."""
    angle = np.linspace(0, 2 * np.pi, 96, endpoint=False)
    reach = 1 + 0.16 * np.sin(2 * angle + turn) + 0.09 * np.sin(3 * angle + 2 + turn) + 0.05 * np.sin(7 * angle)
    outline = np.column_stack([np.cos(angle), np.sin(angle)]) * reach[:, None]
    near = free.intersection(shapely.box(*(at - 1.4 * _COUNTRY_M), *(at + 1.4 * _COUNTRY_M)))

    def piece(radius_m: float) -> BaseGeometry:
        parts = shapely.get_parts(near.intersection(Polygon(at + radius_m * outline)))
        large = [part for part in parts if isinstance(part, Polygon) and part.area >= _COUNTRY_PIECE_M2]
        return MultiPolygon(large) if large else Polygon()

    low, high = 0.0, _COUNTRY_M
    if piece(high).area < wanted_m2:
        return None
    while high - low > 0.01:
        middle = (low + high) / 2
        low, high = (low, middle) if piece(middle).area >= wanted_m2 else (middle, high)
    return piece(high)
