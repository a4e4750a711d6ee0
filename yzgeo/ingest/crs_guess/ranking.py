"""Rank the coordinate systems a file can be in by how well each explains its numbers.

Candidates that put the data at the same place (4550 and 4510, say) are one answer. Numbers alone cannot tell CGCS2000
from Xian 1980, Beijing 1954 or a local grid, nor WGS 84 from GCJ-02; what is decided then is in `verdict`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yzgeo import crs
from yzgeo.errors import CrsUnsupportedError, InputError

from . import systems
from .datum import DatumShift
from .evidence import (
    DECLARED,
    District,
    Evidence,
    KnownPlaces,
    describe_fit,
    describe_writing,
    fit,
    sample,
    stated_datums,
)
from .systems import System
from .verdict import RIVAL_FACTOR, Candidate, Case, Guess, decide

Numbers = NDArray[np.float64]
_PLAUSIBLE = 0.5
_SAME_PLACE_M = 0.01
_DEGREES = 360.0


@dataclass(frozen=True)
class _Placed:
    """A candidate in the making."""

    system: System
    plane: Numbers
    lonlat: Numbers
    distances_m: Numbers
    fit: float
    same_as: tuple[str, ...] = ()


def rank(
    x: ArrayLike,
    y: ArrayLike,
    *,
    district: District,
    declared: str | None = None,
    declared_by: Literal["file", "format"] = "file",
    stated: Sequence[str] = (),
    axes: Literal["geometry", "columns"] = "geometry",
    places: KnownPlaces | None = None,
    shift: DatumShift | None = None,
) -> Guess:
    """
    Rank coordinate systems for pairs of numbers.

    Parameters
    ----------
    x, y
        First and second number of each pair as the file has them, shape (n,).
    district
        Where the data should lie.
    declared
        What the file says: WKT or an EPSG code; None if it says nothing.
    declared_by
        ``format`` if only the format's rule says so (GeoJSON, KML), which many tools break with GCJ-02 numbers.
    stated
        Titles, column heads and notes in which people may have named a system.
    axes
        ``columns`` if the pairs come from a table, where north often comes first.
    places
        Features that are known already; three or more can decide to the metre.
    shift
        Transformation parameters for the old datums.

    Returns
    -------
    Guess
        Verdict, chosen system and candidates, best first.
    """
    one, other, unusable = sample(np.asarray(x, dtype=float), np.asarray(y, dtype=float))
    system, unreadable = _declared(declared)
    if not len(one):
        return Guess("refuse", None, (), Evidence("没有可用的坐标", "there are no usable coordinates"))
    placed = _place_all(one, other, system, district, shift)
    plausible = _merge([item for item in placed if item.fit >= _PLAUSIBLE])
    known = places.usable() if places is not None else None
    case = Case(
        declared=system,
        by_format=declared_by == "format",
        columns=axes == "columns",
        stated=stated_datums(stated),
        misfits=_misfits(known, plausible, district, shift),
        accuracy_m=known.accuracy_m if known is not None else 0.0,
        has_shift=shift is not None,
    )
    candidates = tuple(sorted((_candidate(item, one, other, case) for item in plausible), key=lambda item: -item.score))
    notes = [unreadable] if unreadable else []
    if unusable:
        notes.append(Evidence(f"{unusable} 对坐标缺失或不是数", f"{unusable} pairs are missing or no numbers"))
    verdict, chosen, reason = decide(candidates, case)
    joined = Evidence("；".join([reason.zh, *(n.zh for n in notes)]), "; ".join([reason.en, *(n.en for n in notes)]))
    return Guess(verdict, chosen, candidates, joined)


def _declared(text: str | None) -> tuple[System | None, Evidence | None]:
    if text is None or not text.strip():
        return None, None
    try:
        return systems.parse(text), None
    except CrsUnsupportedError as error:
        return None, Evidence(f"声明的坐标系无法使用：{error.message('zh')}", error.message("en"))


def _place_all(
    x: Numbers, y: Numbers, declared: System | None, district: District, shift: DatumShift | None
) -> list[_Placed]:
    found = list(systems.around(district.middle_lon))
    if max(np.abs(x).max(), np.abs(y).max()) <= _DEGREES:
        # As metres they would all lie at the equator, and setting up forty projections takes a third of a second.
        found = [item for item in found if crs.parse(item.crs).is_geographic]
    if declared is not None and declared.id not in {item.id for item in found}:
        found.insert(0, declared)
    placed = []
    for item in found:
        try:
            if shift is not None and item.needs_parameters:
                lon, lat = systems.place(x, y, item, storage_crs=district.storage_crs, shift=shift)
            else:
                lon, lat = systems.place_roughly(x, y, item, storage_crs=district.storage_crs)
        except InputError:
            continue
        plane = district.metres(lon, lat)
        distances = district.distances_m(plane)
        placed.append(_Placed(item, plane, np.column_stack([lon, lat]), distances, fit(distances)))
    if declared is not None:
        placed.sort(key=lambda item: item.system.id != declared.id)
    return placed


def _merge(placed: list[_Placed]) -> list[_Placed]:
    """Join candidates that put everything at the same place; the declared or the more common one speaks for them."""
    first = placed[:1]
    ordered = first + sorted(placed[1:], key=lambda item: -item.system.weight)
    merged: list[_Placed] = []
    for item in ordered:
        for index, other in enumerate(merged):
            if _comparable(item.system, other.system) and _apart_m(item.plane, other.plane) <= _SAME_PLACE_M:
                names = (*other.same_as, item.system.id)
                merged[index] = _Placed(
                    other.system, other.plane, other.lonlat, other.distances_m, other.fit, same_as=names
                )
                break
        else:
            merged.append(item)
    return merged


def _comparable(one: System, other: System) -> bool:
    """Positions on an old datum are approximate: equal numbers on two of them are not the same place."""
    return one.datum == other.datum or not (one.needs_parameters or other.needs_parameters)


def _apart_m(one: Numbers, other: Numbers) -> float:
    both = np.isfinite(one).all(axis=1) & np.isfinite(other).all(axis=1)
    if not both.all():
        return np.inf
    return float(np.hypot(*(one - other).T).max())


def _misfits(
    known: KnownPlaces | None, plausible: list[_Placed], district: District, shift: DatumShift | None
) -> dict[str, float]:
    """Measure, per system, how far known places come to lie from their true positions (upper fifth, metres)."""
    if known is None:
        return {}
    goal = district.metres(known.lon, known.lat)
    misfits = {}
    for item in plausible:
        if item.system.needs_parameters and shift is None:
            continue
        lon, lat = systems.place(known.x, known.y, item.system, storage_crs=district.storage_crs, shift=shift)
        misfits[item.system.id] = float(np.quantile(np.hypot(*(district.metres(lon, lat) - goal).T), 0.8))
    return misfits


def _candidate(item: _Placed, x: Numbers, y: Numbers, case: Case) -> Candidate:
    system = item.system
    reasons = []
    weight = system.weight
    if case.declared is not None and system.id == case.declared.id:
        weight = 0.85 if case.by_format else 0.98
        reasons.append(
            Evidence("按文件格式的规定应是此坐标系", "the format's rule says so") if case.by_format else DECLARED
        )
    if system.datum in case.stated:
        weight = max(weight, 0.9)
        reasons.append(Evidence("表头或标题中写明了此坐标系", "a title or column head names it"))
    reasons.append(describe_fit(item.distances_m))
    digits = describe_writing(x, y, system)
    if digits is not None:
        reasons.append(digits)
    misfit = case.misfits.get(system.id)
    if misfit is not None:
        close = misfit <= case.accuracy_m
        weight = max(weight, 0.99) if close else weight * (0.3 if misfit > RIVAL_FACTOR * case.accuracy_m else 1.0)
        reasons.append(
            Evidence(
                f"与已登记的同名要素相差 {misfit:,.1f} 米",
                f"known features come to lie {misfit:,.1f} m from their registered positions",
            )
        )
    if system.needs_parameters and not case.has_shift:
        reasons.append(Evidence("需要转换参数，位置目前只准到几十米", "needs parameters; good to tens of metres only"))
    if item.same_as:
        names = "、".join(item.same_as)
        reasons.append(Evidence(f"与 {names} 落在同一位置", f"puts the data at the same place as {names}"))
    west, south = np.nanmin(item.lonlat, axis=0)
    east, north = np.nanmax(item.lonlat, axis=0)
    bounds = (float(west), float(south), float(east), float(north))
    return Candidate(system, item.fit * weight, item.fit, tuple(reasons), item.same_as, bounds)
