"""Decide among ranked coordinate systems: certain, a question, or a refusal with its reason.

A declaration that the numbers bear out is followed; one they contradict is never silently overruled. Without
declaration the answer is *ask*, unless a person stated the system in words, or known places of the register decide to
the metre.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from . import systems
from .evidence import Evidence
from .systems import System

Verdict = Literal["certain", "ask", "refuse"]

RIVAL_FACTOR = 4.0
_NEARLY_ALL = 0.98
_BETTER = 0.01
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
class Case:
    """Everything the verdict looks at."""

    declared: System | None
    by_format: bool
    columns: bool
    stated: frozenset[systems.Datum]
    misfits: Mapping[str, float]
    accuracy_m: float
    has_shift: bool


def decide(candidates: tuple[Candidate, ...], case: Case) -> tuple[Verdict, System | None, Evidence]:
    """
    Decide, or say that a person must.

    Parameters
    ----------
    candidates
        Plausible systems, each at a place of its own, best first.
    case
        What else is known.

    Returns
    -------
    verdict : str
        ``certain``, ``ask`` or ``refuse``.
    chosen : System or None
        The system, where it is certain.
    reason : Evidence
        Why.
    """
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
    candidates: tuple[Candidate, ...], case: Case, declared: System, winner: Candidate | None
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
    if misfit is not None and misfit > RIVAL_FACTOR * case.accuracy_m:
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


def _take(candidate: Candidate, case: Case, reason: Evidence) -> tuple[Verdict, System | None, Evidence]:
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


def _by_places(candidates: tuple[Candidate, ...], case: Case) -> Candidate | None:
    """Find the one system under which known places lie where they should, with every other clearly off."""
    near = [item for item in candidates if case.misfits.get(item.id, np.inf) <= case.accuracy_m]
    if len(near) != 1:
        return None
    if case.accuracy_m > _OLD_DATUM_M and any(item.system.needs_parameters for item in candidates):
        return None
    others = [case.misfits[item.id] for item in candidates if item.id != near[0].id and item.id in case.misfits]
    return near[0] if all(misfit > RIVAL_FACTOR * case.accuracy_m for misfit in others) else None


def _is_stated(candidate: Candidate, case: Case) -> bool:
    """CGCS2000 and WGS 84 in degrees are the same place, whichever of the two speaks for both."""
    same: frozenset[systems.Datum] = frozenset({"cgcs2000", "wgs84"})
    alike = candidate.system.datum in same and bool(case.stated & same) and bool(candidate.same_as)
    return candidate.system.datum in case.stated or alike
