"""Rank the coordinate systems a file can be in, and decide only where the evidence leaves one place.

Candidates that put the data at the same place (4550 and 4510, say) are one answer. A declaration that the numbers
bear out is followed; one they contradict is never silently overruled. Without declaration, numbers cannot tell
CGCS2000 from Xian 1980, Beijing 1954 or a local grid, nor WGS 84 from GCJ-02: then the answer is *ask*, unless known
places of the register decide to the metre.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yzgeo.errors import CrsUnsupportedError

from . import systems
from .datum import DatumShift
from .evidence import District, Evidence, KnownPlaces, describe_fit, describe_writing, fit, sample, stated_datums
from .systems import System

Numbers = NDArray[np.float64]
Verdict = Literal["certain", "ask", "refuse"]

_PLAUSIBLE = 0.5
_NEARLY_ALL = 0.98
_BETTER = 0.01
_SAME_PLACE_M = 0.01
_RIVAL_FACTOR = 4.0
# Known places less exact than this cannot tell CGCS2000 from the old datums, which differ by tens of metres.
_OLD_DATUM_M = 10.0


@dataclass(frozen=True)
class Candidate:
    """One system, how well it explains the numbers, and why."""

    system: System
    score: float
    fit: float
    evidence: tuple[Evidence, ...]
    same_as: tuple[str, ...]
    bounds: tuple[float, float, float, float]

    @property
    def id(self) -> str:
        """What a person types to choose it."""
        return self.system.id

    def as_dict(self) -> dict[str, Any]:
        """
        Give the shape that reports and the API use.

        Returns
        -------
        dict
            ``bounds`` are west, south, east, north in the storage system, for drawing it on the outline.
        """
        return {
            "id": self.id,
            "title": {"zh": self.system.zh, "en": self.system.en},
            "score": round(self.score, 3),
            "evidence": [reason.zh for reason in self.evidence],
            "evidence_en": [reason.en for reason in self.evidence],
            "same_as": list(self.same_as),
            "needs_parameters": self.system.needs_parameters,
            "bounds": list(self.bounds),
        }


@dataclass(frozen=True)
class Guess:
    """The answer: a certain system, a question with ranked candidates, or a refusal with its reason."""

    verdict: Verdict
    chosen: System | None
    candidates: tuple[Candidate, ...]
    reason: Evidence

    def as_dict(self) -> dict[str, Any]:
        """
        Give the shape that reports and the API use.

        Returns
        -------
        dict
            ``verdict``, ``chosen`` (an id or None), ``candidates``, ``reason`` and ``reason_en``.
        """
        return {
            "verdict": self.verdict,
            "chosen": self.chosen.id if self.chosen else None,
            "candidates": [candidate.as_dict() for candidate in self.candidates],
            "reason": self.reason.zh,
            "reason_en": self.reason.en,
        }


@dataclass(frozen=True)
class _Placed:
    """A candidate in the making."""

    system: System
    plane: Numbers
    lonlat: Numbers
    distances_m: Numbers
    fit: float
    same_as: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Case:
    """Everything the verdict looks at."""

    declared: System | None
    by_format: bool
    columns: bool
    stated: frozenset[systems.Datum]
    misfits: dict[str, float]
    accuracy_m: float
    has_shift: bool


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
    case = _Case(
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
    verdict, chosen, reason = _decide(candidates, case)
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
    if declared is not None and declared.id not in {item.id for item in found}:
        found.insert(0, declared)
    placed = []
    for item in found:
        try:
            if shift is not None and item.needs_parameters:
                lon, lat = systems.place(x, y, item, storage_crs=district.storage_crs, shift=shift)
            else:
                lon, lat = systems.place_roughly(x, y, item, storage_crs=district.storage_crs)
        except CrsUnsupportedError:
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


def _candidate(item: _Placed, x: Numbers, y: Numbers, case: _Case) -> Candidate:
    system = item.system
    reasons = []
    weight = system.weight
    if case.declared is not None and system.id == case.declared.id:
        weight = 0.85 if case.by_format else 0.98
        reasons.append(
            Evidence("按文件格式的规定应是此坐标系", "the format's rule says so")
            if case.by_format
            else Evidence("文件声明了此坐标系", "the file declares it")
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
        weight = max(weight, 0.99) if close else weight * (0.3 if misfit > _RIVAL_FACTOR * case.accuracy_m else 1.0)
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


def _decide(candidates: tuple[Candidate, ...], case: _Case) -> tuple[Verdict, System | None, Evidence]:
    if not candidates:
        return (
            "refuse",
            None,
            Evidence(
                "按任何已知坐标系解释，这些坐标都不在辖区内",
                "under no known system do these numbers fall into the district",
            ),
        )
    winner = _by_places(candidates, case)
    if case.declared is not None and not case.by_format:
        return _decide_declared(candidates, case, case.declared, winner)
    if winner is not None:
        return "certain", winner.system, Evidence("已登记的要素证实了此坐标系", "registered features confirm it")
    if len(case.stated) == 1:
        named = [item for item in candidates if _is_stated(item, case)]
        if len(named) == 1:
            return _take(named[0], case, Evidence("表中写明了坐标系，且与数字相符", "stated, and the numbers agree"))
    if len(candidates) == 1:
        return _take(candidates[0], case, Evidence("只有这一种解释落在辖区内", "no other reading fits the district"))
    return (
        "ask",
        None,
        Evidence(
            f"有 {len(candidates)} 种坐标系都说得通，数字本身不能区分，请确认",
            f"{len(candidates)} systems are plausible and the numbers cannot tell them apart; please confirm",
        ),
    )


def _decide_declared(
    candidates: tuple[Candidate, ...], case: _Case, declared: System, winner: Candidate | None
) -> tuple[Verdict, System | None, Evidence]:
    own = next((item for item in candidates if item.id == declared.id), None)
    if own is None:
        swapped = next((item for item in candidates if item.id == f"{declared.id}+swapped"), None)
        if swapped is not None and case.columns:
            return _take(
                swapped, case, Evidence("声明的坐标系，两列先北后东", "the declared system, written north first")
            )
        return (
            "ask",
            None,
            Evidence(
                f"文件声明为 {declared.zh}，但数字与之不符，请确认",
                f"the file declares {declared.en}, which the numbers contradict; please confirm",
            ),
        )
    if case.stated and not _is_stated(own, case):
        return (
            "ask",
            None,
            Evidence(
                f"文件声明为 {declared.zh}，表头或标题写的却是另一种坐标系，请确认",
                f"the file declares {declared.en}, but a title or column head names another system; please confirm",
            ),
        )
    misfit = case.misfits.get(own.id)
    if misfit is not None and misfit > _RIVAL_FACTOR * case.accuracy_m:
        return (
            "ask",
            None,
            Evidence(
                f"文件声明为 {declared.zh}，但与已登记的要素相差 {misfit:,.0f} 米，请确认",
                f"the file declares {declared.en}, {misfit:,.0f} m away from registered features; please confirm",
            ),
        )
    confirmed = winner is not None and winner.id == own.id
    better = [item for item in candidates if item.fit > own.fit + _BETTER]
    if own.fit < _NEARLY_ALL and better and not confirmed:
        return (
            "ask",
            None,
            Evidence(
                f"文件声明为 {declared.zh}，但按其他坐标系解释更贴合辖区，请确认",
                f"the file declares {declared.en}, but another reading fits the district better; please confirm",
            ),
        )
    reason = Evidence("文件声明的坐标系与数字相符", "the declared system agrees with the numbers")
    if declared.datum == "wgs84" and not confirmed and any(item.system.datum == "gcj02" for item in candidates):
        # Tools write "WGS 84" below numbers copied from a web map; inside the outline nothing contradicts them.
        reason = Evidence(
            f"{reason.zh}（若坐标抄自网络地图，可能是 GCJ-02，相差约 500 米，请核对底图）",
            f"{reason.en} (if they were copied from a web map they may be GCJ-02, some 500 m off: check them)",
        )
    return _take(own, case, reason)


def _take(candidate: Candidate, case: _Case, reason: Evidence) -> tuple[Verdict, System | None, Evidence]:
    system = candidate.system
    if system.needs_parameters and not case.has_shift:
        return (
            "refuse",
            None,
            Evidence(
                f"{system.zh} 与 CGCS2000 相差几十米，没有转换参数或控制点不能导入",
                f"{system.en} is tens of metres from CGCS2000; parameters or control points are needed",
            ),
        )
    return "certain", system, reason


def _by_places(candidates: tuple[Candidate, ...], case: _Case) -> Candidate | None:
    """Find the one system under which known places lie where they should, with every other clearly off."""
    near = [item for item in candidates if case.misfits.get(item.id, np.inf) <= case.accuracy_m]
    if len(near) != 1:
        return None
    if case.accuracy_m > _OLD_DATUM_M and any(item.system.needs_parameters for item in candidates):
        return None
    others = [case.misfits[item.id] for item in candidates if item.id != near[0].id and item.id in case.misfits]
    return near[0] if all(misfit > _RIVAL_FACTOR * case.accuracy_m for misfit in others) else None


def _is_stated(candidate: Candidate, case: _Case) -> bool:
    """CGCS2000 and WGS 84 in degrees are the same place, whichever of the two speaks for both."""
    same: frozenset[systems.Datum] = frozenset({"cgcs2000", "wgs84"})
    alike = candidate.system.datum in same and bool(case.stated & same) and bool(candidate.same_as)
    return candidate.system.datum in case.stated or alike
