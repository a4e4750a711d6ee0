"""The ground of the district: outline, rivers, railway, hill and a terrain that falls to the rivers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates
from scipy.spatial import cKDTree
from shapely.geometry import LineString, Polygon, shape
from shapely.geometry.base import BaseGeometry

from yzgeo.catalogue import Catalogue
from yzgeo.crs import transform, transformer

from .plan import HillPark, IllustrativePlan, LonLat, River

Points = NDArray[np.float64]

# A street must keep this far from the water's edge: room for the bank.
BANK_M = 22.0
_BANK_HEIGHT_M = 3.2
_NEAR_SLOPE, _FAR_SLOPE, _NEAR_M = 0.0032, 0.0012, 2500.0


@dataclass(frozen=True)
class Raster:
    """A grid of values: ``array`` (rows from north, columns from west), its transform (no rotation) and its system."""

    array: NDArray[np.float32]
    transform: Affine
    crs: str

    def sample(self, points: Points) -> NDArray[np.float64]:
        """
        Read values between cell centres by bilinear interpolation.

        Parameters
        ----------
        points
            Coordinates in the raster's system, shape (n, 2).

        Returns
        -------
        numpy.ndarray
            Values, shape (n,).
        """
        rows = (points[:, 1] - self.transform.f) / self.transform.e
        columns = (points[:, 0] - self.transform.c) / self.transform.a
        at = np.vstack([rows - 0.5, columns - 0.5])
        values: NDArray[np.float64] = map_coordinates(self.array.astype(float), at, order=1, mode="nearest")
        return values


@dataclass(frozen=True)
class RiverCourse:
    """A river on the ground: the plan's entry, its centre line and its water surface."""

    plan: River
    line: LineString
    surface: BaseGeometry


@dataclass(frozen=True)
class Ground:
    """What streets and houses have to fit; the railway's line reaches beyond the boundary."""

    crs: str
    boundary: Polygon
    rivers: tuple[RiverCourse, ...]
    water: BaseGeometry
    railway: LineString
    rail_area: BaseGeometry
    hill: Polygon | None
    terrain: Raster

    @property
    def obstacles(self) -> BaseGeometry:
        """Where no street runs: water with its banks, the railway, the hill."""
        parts = [self.water.buffer(BANK_M), self.rail_area]
        return shapely.union_all(parts if self.hill is None else [*parts, self.hill.buffer(BANK_M + 8)])


def project(places: Sequence[LonLat], catalogue: Catalogue) -> Points:
    """
    Bring positions of the plan into the metric system.

    Parameters
    ----------
    places
        Longitude and latitude each.
    catalogue
        Catalogue of the district, for its coordinate systems.

    Returns
    -------
    numpy.ndarray
        Easting and northing in metres, shape (n, 2).
    """
    move = transformer(catalogue.district.storage_crs, catalogue.district.metric_crs).transform
    lon, lat = np.asarray(places, dtype=float).T
    return np.column_stack(move(lon, lat))


def read_boundary(catalogue: Catalogue) -> Polygon:
    """
    Read the district's outline.

    Parameters
    ----------
    catalogue
        Catalogue of the district; names the file.

    Returns
    -------
    shapely.Polygon
        The outline in the metric system.
    """
    content = json.loads((catalogue.root / catalogue.district.boundary_file).read_text(encoding="utf-8"))
    outline = shapely.union_all([shape(feature["geometry"]) for feature in content["features"]])
    metric = transform(np.array([outline], dtype=object), catalogue.district.storage_crs, catalogue.district.metric_crs)
    return largest(metric[0])


def largest(shape_: BaseGeometry) -> Polygon:
    """
    Keep the largest polygon of a geometry.

    Parameters
    ----------
    shape_
        Any geometry.

    Returns
    -------
    shapely.Polygon
        The largest part; an empty polygon if there is none.
    """
    parts = [part for part in shapely.get_parts(shape_) if isinstance(part, Polygon)]
    return max(parts, key=lambda part: part.area, default=Polygon())


def rounded(line: Points, *, times: int) -> Points:
    """
    Cut the corners of a line (Chaikin), keeping its ends.

    Parameters
    ----------
    line
        Vertices, shape (n, 2).
    times
        How often.

    Returns
    -------
    numpy.ndarray
        Vertices of the smoother line.
    """
    for _ in range(times):
        if len(line) < 3:
            break
        near, far = 0.75 * line[:-1] + 0.25 * line[1:], 0.25 * line[:-1] + 0.75 * line[1:]
        middle = np.stack([near, far], axis=1).reshape(-1, 2)
        line = np.vstack([line[:1], middle[1:-1], line[-1:]])
    return line


def build_ground(catalogue: Catalogue, plan: IllustrativePlan) -> Ground:
    """
    Lay out the ground.

    Parameters
    ----------
    catalogue
        Catalogue of the district.
    plan
        Plan of the illustrative district.

    Returns
    -------
    Ground
        Outline, rivers, railway, hill and terrain in the metric system.
    """
    boundary = read_boundary(catalogue)
    lines = [LineString(rounded(project(river.line, catalogue), times=3)) for river in plan.rivers]
    rivers = []
    taken: BaseGeometry = Polygon()
    for river, line in zip(plan.rivers, lines, strict=True):
        surface = line.buffer(river.width_m / 2).intersection(boundary).difference(taken)
        rivers.append(RiverCourse(river, line, surface))
        taken = shapely.union_all([taken, surface])
    railway = LineString(rounded(project(plan.railway.line, catalogue), times=3))
    hill = largest(_ellipse(plan.hill_park, catalogue).intersection(boundary)) if plan.hill_park else None
    return Ground(
        crs=catalogue.district.metric_crs,
        boundary=boundary,
        rivers=tuple(rivers),
        water=shapely.union_all([river.surface for river in rivers]),
        railway=railway,
        rail_area=railway.buffer(plan.railway.clearance_m).intersection(boundary),
        hill=hill,
        terrain=_terrain(catalogue, plan, boundary, rivers),
    )


def _ellipse(park: HillPark, catalogue: Catalogue) -> Polygon:
    centre = project([park.at], catalogue)[0]
    angle = np.linspace(0, 2 * np.pi, 49)[:-1]
    # A little unevenness, so that the foot of the hill does not look drawn with a compass.
    swell = 1 + 0.10 * np.sin(3 * angle + 0.7) + 0.06 * np.sin(5 * angle)
    x, y = park.along_m * np.cos(angle) * swell, park.across_m * np.sin(angle) * swell
    turn = np.radians(park.degrees)
    ring = np.column_stack([x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)])
    return Polygon(ring + centre)


def _terrain(catalogue: Catalogue, plan: IllustrativePlan, boundary: Polygon, rivers: Sequence[RiverCourse]) -> Raster:
    cell = plan.terrain.cell_m
    west, south, east, north = boundary.bounds
    west, north = np.floor(west / cell - 5) * cell, np.ceil(north / cell + 5) * cell
    columns, rows = int(np.ceil((east - west) / cell)) + 5, int(np.ceil((north - south) / cell)) + 5
    x, y = np.meshgrid(west + (np.arange(columns) + 0.5) * cell, north - (np.arange(rows) + 0.5) * cell)
    points = np.column_stack([x.ravel(), y.ravel()])
    level = _valley(plan.terrain.low_m, rivers, points)
    for hill in plan.terrain.hills:
        away = np.hypot(*(points - project([hill.at], catalogue)[0]).T)
        level += hill.height_m * np.exp(-0.5 * (away / hill.radius_m) ** 2)
    return Raster(
        level.reshape(rows, columns).astype(np.float32),
        Affine(cell, 0, west, 0, -cell, north),
        catalogue.district.metric_crs,
    )


def _valley(low_m: float, rivers: Sequence[RiverCourse], points: Points) -> NDArray[np.float64]:
    """Let the plain fall to the nearest river and the rivers fall to where the first one leaves."""
    ground = np.full(len(points), np.inf)
    first_tree: cKDTree | None = None
    first_level = np.empty(0)
    for river in rivers:
        stations = np.arange(0.0, river.line.length, 15.0)
        vertices = shapely.get_coordinates(shapely.line_interpolate_point(river.line, stations))
        mouth = low_m if first_tree is None else float(first_level[first_tree.query(vertices[-1])[1]])
        level = mouth + river.plan.fall_per_km * (river.line.length - stations) / 1000
        tree = cKDTree(vertices)
        if first_tree is None:
            first_tree, first_level = tree, level
        away, nearest = tree.query(points)
        dry = np.clip(away - river.plan.width_m / 2, 0, None)
        bank = _BANK_HEIGHT_M * np.clip(dry / 40, 0, 1) - 1.5 * (dry <= 0)
        rise = _NEAR_SLOPE * np.clip(dry, 0, _NEAR_M) + _FAR_SLOPE * np.clip(dry - _NEAR_M, 0, None)
        ground = np.minimum(ground, level[nearest] + bank + rise)
    return ground
