"""Housing: old compounds, other residential buildings and village rows, and the people in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry import LineString, Polygon, box

from .blocks import Lot, axis_degrees
from .ground import Points, largest
from .people import apportion
from .plan import IllustrativePlan
from .streets import VILLAGE
from .units import Units

_STOREY_M = 2.9
# Distance between slabs as a multiple of their height: a winter sun at 42 degrees north stands low.
_SUN = 1.65
_OLD_LOT_M2 = (7_000.0, 45_000.0)
_FIRST_LOTS = 2


@dataclass
class House:
    """One residential building."""

    shape: Polygon
    floors: int
    dwellings: int
    built: int
    compound: int | None
    rural: bool
    residents: int = 0


@dataclass
class Compound:
    """An old compound: its lot and the numbers of its houses."""

    lot: Lot
    houses: list[int]
    built: int


def settle(
    plan: IllustrativePlan, lots: Sequence[Lot], units: Units, population: int, rng: np.random.Generator
) -> tuple[list[Compound], list[House]]:
    """
    Build all housing and move everybody in.

    Parameters
    ----------
    plan
        Plan of the illustrative district.
    lots
        Building land; lots that get houses have their ``use`` set.
    units
        Communities, for which of them are villages.
    population
        Everybody in the district.
    rng
        Source of chance.

    Returns
    -------
    list of Compound
        The old compounds with exactly the plan's number of buildings.
    list of House
        All residential buildings; their residents add up to ``population``.
    """
    houses: list[House] = []
    compounds = _old_compounds(plan, lots, houses, rng)
    urban = population - plan.people.rural
    _new_estates(plan, lots, houses, int(urban / plan.people.persons_per_dwelling), rng)
    _villages(lots, units, houses, int(plan.people.rural / plan.people.persons_per_dwelling), rng)
    for rural, people in ((False, urban), (True, plan.people.rural)):
        mine = [house for house in houses if house.rural == rural]
        wanted = [house.dwellings * rng.uniform(0.88, 1.12) for house in mine]
        for house, residents in zip(mine, apportion(people, wanted), strict=True):
            house.residents = int(residents)
    return compounds, houses


def pack(
    shape: Polygon,
    *,
    depth_m: float,
    length_m: tuple[float, float],
    gap_m: float,
    side_m: float,
    rng: np.random.Generator,
) -> list[Polygon]:
    """
    Fill a lot with rows of slabs that face south.

    Parameters
    ----------
    shape
        The lot.
    depth_m, length_m
        Depth of a slab, and the least and greatest length.
    gap_m, side_m
        Open distance to the row behind, and between neighbours in a row.
    rng
        Source of chance.

    Returns
    -------
    list of shapely.Polygon
        Disjoint slabs inside the lot, row by row from the south.
    """
    angle = float(np.clip(axis_degrees(shape), -24, 24))
    pivot = np.array(shape.centroid.coords[0])
    inner = largest(turned(shape, -angle, pivot).buffer(-4.0))
    if inner.is_empty:
        return []
    south, north = inner.bounds[1], inner.bounds[3]
    rows = max(int((north - south + gap_m) // (depth_m + gap_m)), 0)
    spare = (north - south) - rows * (depth_m + gap_m) + gap_m
    lower = south + spare * rng.uniform(0.3, 0.7) + np.arange(rows) * (depth_m + gap_m)
    slabs = []
    for y in lower:
        start, end = _common_width(inner, float(y), float(y + depth_m))
        while end - start >= length_m[0]:
            length = min(float(rng.uniform(*length_m)), end - start)
            if end - start - length - side_m < length_m[0]:
                length = min(end - start, length_m[1])
            slabs.append(box(start, y, start + length, y + depth_m))
            start += length + side_m
    if not slabs:
        return []
    flat = np.array(slabs, dtype=object)
    return list(turned(flat[shapely.covers(inner, flat)], angle, pivot))


def turned(shapes: Any, degrees: float, pivot: Points) -> Any:
    """
    Turn geometries about a point.

    Parameters
    ----------
    shapes
        A geometry, or an array of them.
    degrees
        Angle, counter-clockwise.
    pivot
        Coordinates of the point, shape (2,).

    Returns
    -------
    BaseGeometry or numpy.ndarray
        New geometries in the same arrangement.
    """
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    matrix = np.array([[cos, sin], [-sin, cos]])
    return shapely.transform(shapes, lambda points: (points - pivot) @ matrix + pivot)


def _common_width(shape: Polygon, low: float, high: float) -> tuple[float, float]:
    """West and east end of what is inside a lot at two heights and half way between them."""
    west, _, east, _ = shape.bounds
    start, end = west, east
    for y in (low, (low + high) / 2, high):
        cut = shape.intersection(LineString([(west - 1, y), (east + 1, y)]))
        if cut.is_empty:
            return 0.0, 0.0
        start, end = max(start, cut.bounds[0] + 0.05), min(end, cut.bounds[2] - 0.05)
    return start, end


def _old_compounds(
    plan: IllustrativePlan, lots: Sequence[Lot], houses: list[House], rng: np.random.Generator
) -> list[Compound]:
    """Take lots at random, swap the emptiest for fuller ones until all fit, then leave out slabs to the exact count."""
    wanted, total = plan.compounds.count, plan.compounds.buildings
    options: list[tuple[Lot, list[Polygon]]] = []
    for number in weighted_order([_weight(lot, plan.compounds.weights, _OLD_LOT_M2) for lot in lots], rng):
        slabs = pack(lots[number].shape, depth_m=11.5, length_m=(26, 52), gap_m=19.5, side_m=7, rng=rng)
        if len(slabs) >= 4:
            options.append((lots[number], slabs))
    chosen = sorted(options[:wanted], key=lambda option: len(option[1]))
    for position, option in enumerate(sorted(options[wanted:], key=lambda option: -len(option[1]))[:wanted]):
        if sum(len(slabs) for _, slabs in chosen) >= total:
            break
        chosen[position] = max(chosen[position], option, key=lambda one: len(one[1]))
    surplus = sum(len(slabs) for _, slabs in chosen) - total
    while surplus > 0:
        _, slabs = max(chosen, key=lambda option: len(option[1]))
        slabs.pop(int(rng.integers(len(slabs))))
        surplus -= 1
    compounds: list[Compound] = []
    for lot, slabs in chosen:
        lot.use, lot.free = "compound", Polygon()
        compound = Compound(lot, [], int(rng.integers(1978, 2001)))
        for slab in slabs:
            floors = int(rng.choice([5, 6, 6, 6, 7]))
            compound.houses.append(len(houses))
            built = compound.built + int(rng.integers(0, 3))
            houses.append(House(slab, floors, _flats(slab, floors), built, len(compounds), rural=False))
        compounds.append(compound)
    return compounds


def _new_estates(
    plan: IllustrativePlan, lots: Sequence[Lot], houses: list[House], dwellings: int, rng: np.random.Generator
) -> None:
    """House the rest of the townspeople, in the core first, some of them in lift buildings."""
    tall = {zone.id: zone.tall for zone in plan.streets.zones}
    liked = {zone.id: zone.housing for zone in plan.streets.zones}
    have = sum(house.dwellings for house in houses)
    sound = [lot.use == "" and lot.whole and not lot.rural and lot.shape.area > 2_500 for lot in lots]
    weights = [
        liked.get(lot.zone, 0.0) * (good and lot.shape.area > 4_000) for lot, good in zip(lots, sound, strict=True)
    ]
    # A community without any homes would be no community: each gets a few blocks before the rest is shared out.
    fine = [good and lot.shape.area < _OLD_LOT_M2[1] for lot, good in zip(lots, sound, strict=True)]
    first = _for_each_community(lots, fine, rng)
    for number in [*first, *weighted_order(weights, rng)]:
        lot = lots[number]
        if have >= dwellings or lot.use != "":
            continue
        built = int(rng.integers(1998, 2021))
        high = built > 2006 and rng.random() < 2.2 * tall.get(lot.zone, 0.0)
        floors = int(rng.choice([11, 17, 18, 26])) if high else int(rng.choice([6, 6, 7]))
        gap = 18 + 0.75 * floors * _STOREY_M if high else _SUN * floors * _STOREY_M * 0.72
        slabs = pack(
            lot.shape, depth_m=15 if high else 12.5, length_m=(26, 44) if high else (30, 62), gap_m=gap,
            side_m=20 if high else 9, rng=rng,
        )  # fmt: skip
        if len(slabs) < 2:
            continue
        lot.use, lot.free = "estate", lot.shape.difference(shapely.union_all(slabs).buffer(4))
        for slab in slabs:
            flats = _flats(slab, floors)
            houses.append(House(slab, floors, flats, built, None, rural=False))
            have += flats


def _for_each_community(lots: Sequence[Lot], sound: Sequence[bool], rng: np.random.Generator) -> list[int]:
    """Choose up to two sound lots in each community."""
    chosen: dict[int, list[int]] = {}
    for number in rng.permutation(len(lots)):
        mine = chosen.setdefault(lots[number].community, [])
        if sound[number] and len(mine) < _FIRST_LOTS:
            mine.append(int(number))
    return [number for community in sorted(chosen) for number in chosen[community]]


def _villages(lots: Sequence[Lot], units: Units, houses: list[House], dwellings: int, rng: np.random.Generator) -> None:
    """Build rows of houses in the villages, the same number of homes in each community as far as there is room."""
    rural = [number for number, unit in enumerate(units.register.communities) if unit.rural]
    each = dwellings / max(len(rural), 1)
    for community in rural:
        have = 0
        mine = [lot for lot in lots if lot.community == community and lot.use == "" and lot.whole]
        for lot in sorted(mine, key=lambda lot: lot.zone != VILLAGE):
            if have >= each:
                break
            rows = pack(lot.shape, depth_m=8.5, length_m=(20, 46), gap_m=17, side_m=6, rng=rng)
            if rows:
                lot.use, lot.free = "village", lot.shape.difference(shapely.union_all(rows).buffer(3))
            for row in rows:
                homes = max(int(row.length / 2 / 13), 1)
                have += homes
                houses.append(House(row, 1, homes, int(rng.integers(1985, 2019)), None, rural=True))


def weighted_order(weights: Sequence[float], rng: np.random.Generator) -> list[int]:
    """
    Shuffle what has weight, heavier first more often (Efraimidis and Spirakis).

    Parameters
    ----------
    weights
        Weights, shape (n,); 0 leaves out.
    rng
        Source of chance.

    Returns
    -------
    list of int
        Positions with a positive weight.
    """
    weight = np.asarray(weights, dtype=float)
    keys = np.full(len(weight), np.inf)
    positive = weight > 0
    keys[positive] = rng.exponential(size=int(positive.sum())) / weight[positive]
    return [int(n) for n in np.argsort(keys, kind="stable")[: int(positive.sum())]]


def _weight(lot: Lot, weights: dict[str, float], area_m2: tuple[float, float]) -> float:
    fits = lot.use == "" and lot.whole and not lot.rural and area_m2[0] <= lot.shape.area <= area_m2[1]
    return weights.get(lot.zone, 0.0) * (lot.shape.area / 20_000) if fits else 0.0


def _flats(slab: Polygon, floors: int) -> int:
    """Two flats on each landing, a staircase for every 14 m; lift buildings are deeper and hold a bit more."""
    length = slab.length / 2 - (15 if floors > 7 else 12)
    return max(round(length / 14), 1) * (3 if floors > 7 else 2) * floors
