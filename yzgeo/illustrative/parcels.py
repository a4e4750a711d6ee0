"""Shantytown parcels (棚户区地块): irregular pieces of blocks whose areas add up exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import Polygon

from .blocks import Lot, cut_off
from .ground import largest
from .housing import weighted_order
from .people import apportion
from .plan import ParcelsPlan

_LEAST_M2 = 1_800


@dataclass(frozen=True)
class Parcel:
    """One parcel and its area in whole square metres."""

    shape: Polygon
    area_m2: int
    lot: Lot


def cut_parcels(plan: ParcelsPlan, lots: Sequence[Lot], rng: np.random.Generator) -> list[Parcel]:
    """
    Cut parcels out of lots that are still open.

    Parameters
    ----------
    plan
        How many, and how large together.
    lots
        Building land; lots that are cut have ``use`` set and ``free`` reduced.
    rng
        Source of chance.

    Returns
    -------
    list of Parcel
        Disjoint parcels; each has its area to about a millionth of a square metre, and they add up to the plan's.
    """
    spread = np.clip(rng.lognormal(0.0, 0.55, plan.count), 0.25, 3.2)
    least = min(_LEAST_M2, int(plan.area_m2 / plan.count / 2))
    areas = np.sort(least + apportion(plan.area_m2 - least * plan.count, spread))[::-1]
    order = weighted_order([_weight(lot, plan.weights) for lot in lots], rng)
    parcels: list[Parcel] = []
    used: dict[int, int] = {}
    for area in areas:
        for number in order:
            lot = lots[number]
            room = lot.free.area
            # A parcel takes up to three quarters of what is open; a block holds two at most.
            if used.get(number, 0) < 2 and area * 1.3 < room < area * 4.5:
                shape = cut_off(lot.free, float(area), rng)
                if abs(shape.area - area) > 1e-4 or not shape.is_valid:
                    continue
                parcels.append(Parcel(shape, int(area), lot))
                lot.free = largest(lot.free.difference(shape.buffer(6, join_style="mitre")))
                lot.use = "parcel"
                used[number] = used.get(number, 0) + 1
                break
    parcels.sort(key=lambda parcel: (-round(parcel.shape.centroid.y), round(parcel.shape.centroid.x)))
    return parcels


def _weight(lot: Lot, weights: dict[str, float]) -> float:
    compact = 4 * np.pi * lot.shape.area / shapely.length(lot.shape) ** 2
    fits = lot.use == "" and lot.whole and not lot.rural and lot.shape.area > 3_500 and compact > 0.45
    return weights.get(lot.zone, 0.0) if fits else 0.0
