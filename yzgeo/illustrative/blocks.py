"""Blocks and lots: the land between streets, less the streets themselves and their setbacks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.affinity import rotate
from shapely.geometry import LineString, Polygon, box
from shapely.geometry.base import BaseGeometry

from yzgeo.catalogue import Catalogue

from .ground import BANK_M, Ground, Points, largest, project
from .lattice import FINE_STEP
from .plan import IllustrativePlan
from .streets import RURAL, VILLAGE, WIDTH_M, Streets
from .units import Units

SETBACK_M = 8.0
_FIELD_M2 = 150_000.0
_SPLIT_M2 = 42_000.0


@dataclass
class Lot:
    """A piece of building land.

    ``use`` says what has been put on it, ``free`` what is still open, ``rural`` whether its community is a village,
    ``whole`` whether all of it lies in its community.
    """

    shape: Polygon
    zone: str
    community: int
    rural: bool
    whole: bool
    use: str = ""
    free: BaseGeometry = field(default_factory=Polygon)


@dataclass(frozen=True)
class Corridor:
    """The course of a road that is not there yet; nothing may be built on it."""

    line: LineString
    width_m: float


def build_lots(
    catalogue: Catalogue,
    plan: IllustrativePlan,
    ground: Ground,
    streets: Streets,
    *,
    villages: Points,
    corridors: Sequence[Corridor],
    units: Units,
) -> list[Lot]:
    """
    Find the building land.

    Parameters
    ----------
    catalogue
        Catalogue of the district.
    plan
        Plan of the illustrative district.
    ground
        Its ground.
    streets
        Its streets.
    villages
        Centres of the villages, shape (n, 2).
    corridors
        Courses of roads to come.
    units
        Communities.

    Returns
    -------
    list of Lot
        Disjoint lots in a stable order; open fields are not among them.
    """
    lines = [street.line for street in streets.edges] + [corridor.line for corridor in corridors]
    faces = shapely.get_parts(shapely.polygonize([shapely.union_all(lines)]))
    faces = faces[shapely.area(faces) < _FIELD_M2 * 3]
    order = np.lexsort(np.round(shapely.get_coordinates(shapely.centroid(faces)), 2).T)
    faces = faces[order]
    zones = zone_of(catalogue, plan, villages, shapely.get_coordinates(shapely.point_on_surface(faces)))
    widths = [WIDTH_M[street.road_class] for street in streets.edges] + [corridor.width_m for corridor in corridors]
    surfaces = shapely.buffer(np.array(lines, dtype=object), np.array(widths) / 2 + SETBACK_M)
    tree = shapely.STRtree(surfaces)
    closed = shapely.union_all([ground.obstacles, ground.rail_area.buffer(6), ground.water.buffer(BANK_M + 8)])
    shapely.prepare(closed)
    lots = []
    for face, zone in zip(faces, zones, strict=True):
        if zone == RURAL or (face.area > _FIELD_M2 and zone == VILLAGE):
            continue
        land = face.difference(shapely.union_all(surfaces[tree.query(face)]))
        if closed.intersects(land):
            land = land.difference(closed)
        land = largest(
            land.buffer(-3, join_style="mitre").buffer(3, join_style="mitre", mitre_limit=2).intersection(land)
        )
        limit = _SPLIT_M2 * (4 if _industrial(plan, zone) else 1)
        lots += [(part, zone) for part in _split(largest(land.simplify(0.3)), limit) if part.area > 1200]
    middle = shapely.get_coordinates(shapely.point_on_surface([shape for shape, _ in lots]))
    homes = units.locate(middle)
    whole = shapely.covered_by([shape for shape, _ in lots], shapely.buffer(units.shapes[homes], 0.5))
    rural = [units.register.communities[home].rural for home in homes]
    return [
        Lot(shape, zone, int(home), rural[number], bool(whole[number]), free=shape)
        for number, ((shape, zone), home) in enumerate(zip(lots, homes, strict=True))
    ]


def zone_of(catalogue: Catalogue, plan: IllustrativePlan, villages: Points, points: Points) -> NDArray[np.str_]:
    """
    Tell in which zone points lie.

    Parameters
    ----------
    catalogue
        Catalogue of the district.
    plan
        Plan of the illustrative district.
    villages
        Centres of the villages, shape (n, 2).
    points
        Metric coordinates, shape (m, 2).

    Returns
    -------
    numpy.ndarray
        Id of the first zone that holds the point, else ``village`` or ``rural``.
    """
    zones = np.full(len(points), RURAL, dtype="U40")
    for zone in reversed([zone for zone in plan.streets.zones if zone.step > FINE_STEP]):
        inside = shapely.contains_xy(Polygon(project(zone.ring, catalogue)).buffer(60), points[:, 0], points[:, 1])
        zones[inside] = zone.id
    for village in villages:
        zones[np.hypot(*(points - village).T) < plan.streets.village_radius_m + 90] = VILLAGE
    for zone in reversed([zone for zone in plan.streets.zones if zone.step <= FINE_STEP]):
        inside = shapely.contains_xy(Polygon(project(zone.ring, catalogue)).buffer(60), points[:, 0], points[:, 1])
        zones[inside] = zone.id
    return zones


def axis_degrees(shape: Polygon) -> float:
    """
    Tell how far a lot's more easterly axis is turned from east.

    Parameters
    ----------
    shape
        The lot.

    Returns
    -------
    float
        Degrees between -45 and 45, counter-clockwise.
    """
    ring = shapely.get_coordinates(shapely.minimum_rotated_rectangle(shape))
    side = ring[1] - ring[0]
    return float((np.degrees(np.arctan2(side[1], side[0])) + 45) % 90 - 45)


def cut_off(shape: BaseGeometry, area_m2: float, rng: np.random.Generator) -> Polygon:
    """
    Cut a piece of a given area off one end of a lot, along a stepped line.

    Parameters
    ----------
    shape
        The lot, larger than the piece.
    area_m2
        Area of the piece.
    rng
        Source of chance: which end, and the steps.

    Returns
    -------
    shapely.Polygon
        The piece; its area is met to about a millionth of a square metre.
    """
    ring = shapely.get_coordinates(shapely.minimum_rotated_rectangle(shape))
    sides = ring[1:3] - ring[:2]
    long = sides[int(np.argmax(np.hypot(*sides.T)))] * (1 if rng.random() < 0.5 else -1)
    angle = float(np.degrees(np.arctan2(long[1], long[0])))
    pivot = shape.centroid
    flat = rotate(shape, -angle, origin=pivot)
    west, south, east, north = flat.bounds
    steps = np.sort(rng.uniform(south, north, 3))
    shifts = rng.uniform(-7, 7, 4) if area_m2 > 2500 else np.zeros(4)
    edge = np.array([south - 9, *np.repeat(steps, 2), north + 9])
    reach = np.repeat(shifts, 2)

    def piece(at: float) -> BaseGeometry:
        corner = np.column_stack([at + reach, edge])
        return flat.intersection(Polygon([(west - 99, south - 9), *corner, (west - 99, north + 9)]))

    low, high = west - 20, east + 20
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if largest(piece(middle)).area < area_m2 else (low, middle)
    return rotate(largest(piece((low + high) / 2)), angle, origin=pivot)


def _industrial(plan: IllustrativePlan, zone: str) -> bool:
    return any(entry.industrial and entry.id == zone for entry in plan.streets.zones)


def _split(shape: Polygon, limit_m2: float) -> list[Polygon]:
    """Halve a lot across its long side, leaving a path, until the parts are small enough."""
    if shape.is_empty or shape.area <= limit_m2:
        return [] if shape.is_empty else [shape]
    ring = shapely.get_coordinates(shapely.minimum_rotated_rectangle(shape))
    sides = ring[1:3] - ring[:2]
    long = sides[int(np.argmax(np.hypot(*sides.T)))]
    angle = float(np.degrees(np.arctan2(long[1], long[0])))
    pivot = shape.centroid
    flat = rotate(shape, -angle, origin=pivot)
    west, south, east, north = flat.bounds
    halves = [box(west - 1, south - 1, pivot.x - 5, north + 1), box(pivot.x + 5, south - 1, east + 1, north + 1)]
    parts = [rotate(largest(flat.intersection(half)), angle, origin=pivot) for half in halves]
    return [small for part in parts for small in _split(part, limit_m2)]
