"""The grid behind the streets: indexed lines, bent by local turns and a smooth random swing, with a step per zone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Polygon

from yzgeo.catalogue import Catalogue

from .ground import Ground, Points, project
from .plan import IllustrativePlan

# Zones that keep at least every second line have blocks for housing; in coarser ones settlements get their own.
FINE_STEP = 2
NO_ZONE = -1


@dataclass(frozen=True)
class Lattice:
    """The bent grid.

    Line numbers, shape (m,), are the same for columns and rows; nodes, shape (m * m, 2), go column by column. ``zone``
    is the position of the node's zone in the plan or `NO_ZONE`; ``step`` says which lines are built there, and
    ``zone_step`` which were before the settlements got their own.
    """

    lines: NDArray[np.int64]
    nodes: Points
    zone: NDArray[np.int64]
    step: NDArray[np.int64]
    zone_step: NDArray[np.int64]
    usable: NDArray[np.bool_]

    def number(self, column: int, row: int) -> int:
        """Number of the node where two lines cross."""
        return column * len(self.lines) + row


def build_lattice(catalogue: Catalogue, plan: IllustrativePlan, ground: Ground, rng: np.random.Generator) -> Lattice:
    """
    Lay out and bend the grid.

    Parameters
    ----------
    catalogue
        Catalogue of the district.
    plan
        Plan of the illustrative district.
    ground
        Its ground: nodes outside the boundary or on an obstacle are not usable.
    rng
        Source of chance.

    Returns
    -------
    Lattice
        The grid, without settlements.
    """
    streets = plan.streets
    origin = project([streets.origin], catalogue)[0]
    west, south, east, north = ground.boundary.buffer(3 * streets.spacing_m).bounds
    reach = max(east - origin[0], origin[0] - west, north - origin[1], origin[1] - south) * 1.15
    half = int(np.ceil(reach / streets.spacing_m / streets.rural_step)) * streets.rural_step
    index = np.arange(-half, half + 1)
    across, along = _offsets(index, streets.spacing_m, rng), _offsets(index, streets.spacing_m, rng)
    x, y = np.meshgrid(across, along, indexing="ij")
    nodes = _turned(np.column_stack([x.ravel(), y.ravel()]), np.radians(streets.base_degrees)) + origin
    still = nodes.copy()
    for turn in streets.turns:
        centre = project([turn.at], catalogue)[0]
        weight = np.exp(-0.5 * (np.hypot(*(still - centre).T) / turn.radius_m) ** 2)[:, None]
        nodes += weight * (_turned(still - centre, np.radians(turn.degrees)) - (still - centre))
    zone, step = _zones(catalogue, plan, nodes)
    calm = zone != NO_ZONE
    nodes += _wobble(nodes, rng) * np.where(calm, streets.wobble_m, streets.rural_wobble_m)[:, None]
    inside = shapely.contains_xy(ground.boundary.buffer(-35), nodes[:, 0], nodes[:, 1])
    usable = inside & ~shapely.contains_xy(ground.obstacles, nodes[:, 0], nodes[:, 1])
    return Lattice(index, nodes, zone, step, step.copy(), usable)


def settle_villages(lattice: Lattice, plan: IllustrativePlan, villages: Points, reached: NDArray[np.int64]) -> Points:
    """
    Give each village its own fine streets on a through road that the network reaches.

    Parameters
    ----------
    lattice
        The grid; ``step`` is changed around the villages.
    plan
        Plan of the illustrative district.
    villages
        Rough centres, shape (n, 2).
    reached
        Numbers of the nodes that the network reaches without the villages.

    Returns
    -------
    numpy.ndarray
        The centres, moved to a node each, shape (n, 2).
    """
    radius_m = plan.streets.village_radius_m
    built_up = lattice.step <= FINE_STEP
    free = reached[~built_up[reached]]
    moved = villages.copy()
    for position, village in enumerate(villages):
        if len(free) == 0:
            break
        moved[position] = lattice.nodes[free[np.argmin(np.hypot(*(lattice.nodes[free] - village).T))]]
        apart = np.hypot(*(lattice.nodes[free] - moved[position]).T) > 2.2 * radius_m
        free = free[apart] if apart.any() else free
        near = (np.hypot(*(lattice.nodes - moved[position]).T) < radius_m) & ~built_up
        lattice.step[near] = 1
    return moved


def _offsets(index: NDArray[np.int64], spacing_m: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Space lines unevenly, keeping line 0 at 0."""
    widths = spacing_m * rng.uniform(0.78, 1.24, len(index))
    offsets: NDArray[np.float64] = np.cumsum(widths)
    return np.asarray(offsets - offsets[len(index) // 2])


def _turned(points: Points, angle: float) -> Points:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.column_stack([points[:, 0] * cos - points[:, 1] * sin, points[:, 0] * sin + points[:, 1] * cos])


def _wobble(points: Points, rng: np.random.Generator) -> Points:
    """A smooth random field of about unit size, so that lines swing instead of shaking."""
    field: Points = np.zeros_like(points)
    for wavelength in (2300.0, 1300.0, 760.0):
        for axis in (0, 1):
            heading, phase = rng.uniform(0, 2 * np.pi, 2)
            wave = points @ np.array([np.cos(heading), np.sin(heading)]) * 2 * np.pi / wavelength
            field[:, axis] += np.sin(wave + phase) * 0.6
    return np.asarray(field + rng.normal(0, 0.12, points.shape))


def _zones(catalogue: Catalogue, plan: IllustrativePlan, points: Points) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    zone = np.full(len(points), NO_ZONE)
    step = np.full(len(points), plan.streets.rural_step)
    for number, entry in reversed(list(enumerate(plan.streets.zones))):
        inside = shapely.contains_xy(Polygon(project(entry.ring, catalogue)), points[:, 0], points[:, 1])
        zone[inside], step[inside] = number, entry.step
    return zone, step
