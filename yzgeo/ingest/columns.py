"""Map the columns of a foreign table to the fields of a layer, with a score and the reason for each.

A column that was mapped before, or is called as the catalogue says, is certain. A name that only resembles is a
question, and so are two columns that could both be the field.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from yzgeo.catalogue import FieldSpec
from yzgeo.errors import ValueUnreadableError
from yzgeo.ingest.values import angles, dates, numbers, words

Verdict = Literal["certain", "ask", "none"]
CoordinateKind = Literal["degrees", "plane", "unknown", "pair", "wkt"]

_CERTAIN = 0.9
_ASK = 0.55
_RIVAL = 0.05
_SAMPLES = 50
_PREFIX = 3


@dataclass(frozen=True, slots=True)
class Head:
    """A column as the file names it.

    ``leaf`` is the last level of a head of several levels; ``cut`` tells that the name may end too early (DBF).
    """

    name: str
    leaf: str | None = None
    unit: numbers.Unit | None = None
    cut: bool = False


@dataclass(frozen=True, slots=True)
class ColumnMatch:
    """What one column is taken for, how surely, and why."""

    column: str
    field: str | None
    score: float
    verdict: Verdict
    zh: str
    en: str
    alternatives: tuple[tuple[str, float], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """
        Give the shape that reports and the API use.

        Returns
        -------
        dict
            With the next best fields under ``alternatives``.
        """
        return {
            "column": self.column,
            "field": self.field,
            "score": round(self.score, 3),
            "verdict": self.verdict,
            "evidence": [self.zh],
            "evidence_en": [self.en],
            "alternatives": [{"field": field, "score": round(score, 3)} for field, score in self.alternatives],
        }


@dataclass(frozen=True, slots=True)
class Coordinates:
    """Which columns hold positions, and in which order they are written."""

    first: str
    second: str | None
    kind: CoordinateKind


def suggest(
    heads: Sequence[Head],
    fields: Sequence[FieldSpec],
    *,
    memory: Mapping[str, str] | None = None,
    samples: Mapping[str, Sequence[object]] | None = None,
) -> tuple[ColumnMatch, ...]:
    """
    Suggest which field each column holds.

    Parameters
    ----------
    heads
        The table's columns.
    fields
        The layer's fields.
    memory
        Earlier decisions of people: column name to field id; an empty id means *leave it out*.
    samples
        Some values of each column by its name; they can speak against a match.

    Returns
    -------
    tuple of ColumnMatch
        One per column in order; no field is given to two columns.
    """
    remembered = {_key(name): field for name, field in (memory or {}).items()}
    known = {field.id for field in fields}
    values = samples or {}
    scores = np.zeros((len(heads), len(fields)))
    reasons: dict[tuple[int, int], tuple[str, str]] = {}
    for row, head in enumerate(heads):
        decided = remembered.get(_key(head.name))
        for column, field in enumerate(fields):
            if decided is not None:
                score, why = (1.0, ("以前这样对应过", "mapped so before")) if decided == field.id else (0.0, ("", ""))
            else:
                score, why = _score(head, field, values.get(head.name, ()))
            scores[row, column], reasons[row, column] = score, why
    chosen = _assign(scores)
    matches = []
    for row, head in enumerate(heads):
        decided = remembered.get(_key(head.name))
        if decided is not None and decided not in known:
            matches.append(ColumnMatch(head.name, None, 1.0, "certain", "以前选择了不导入", "left out before"))
        elif row in chosen:
            column = chosen[row]
            rivals = np.flatnonzero(scores[:, column] >= scores[row, column] - _RIVAL)
            found = (fields[column].id, float(scores[row, column]), reasons[row, column])
            matches.append(_taken(head.name, found, len(rivals) > 1, _others(scores[row], fields, column)))
        else:
            matches.append(_free(head.name, _others(scores[row], fields, None)))
    return tuple(matches)


def find_coordinates(heads: Sequence[Head]) -> Coordinates | None:
    """
    Find the columns with positions.

    Parameters
    ----------
    heads
        The table's columns.

    Returns
    -------
    Coordinates or None
        East or longitude first where the names tell; X and Y are given as written, since ledgers write X for north.
    """
    for kind, first, second in _COORDINATES:
        one = next((head.name for head in heads if first.fullmatch(_key(head.leaf or head.name))), None)
        if one is None:
            continue
        if second is None:
            return Coordinates(one, None, kind)
        other = next((head.name for head in heads if second.fullmatch(_key(head.leaf or head.name))), None)
        if other is not None:
            return Coordinates(one, other, kind)
    return None


def read_coordinates(
    first: Sequence[object], second: Sequence[object] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64], tuple[tuple[int, str, str], ...]]:
    """
    Read columns of positions: numbers, degrees with minutes and seconds, or pairs in one cell.

    Parameters
    ----------
    first, second
        Values of the columns, the second None where the first holds pairs.

    Returns
    -------
    x, y : numpy.ndarray
        Numbers as written (degrees where the text had minutes), shape (n,), NaN where there is no value.
    problems : tuple of (int, str, str)
        Row and reason, in Chinese and English, of values that could not be read.
    """
    count = len(first)
    x, y = np.full(count, np.nan), np.full(count, np.nan)
    problems = []
    for row in range(count):
        try:
            if second is None:
                pair = angles.read_pair(str(first[row])) if not numbers.is_missing(first[row]) else None
                one, other = pair if pair is not None else (None, None)
                if pair is None and not numbers.is_missing(first[row]):
                    problems.append((row, f"“{first[row]}”不是一对坐标", f"“{first[row]}” is no pair"))
            else:
                one, other = angles.read(first[row]), angles.read(second[row])
        except ValueUnreadableError as error:
            problems.append((row, error.message("zh"), error.message("en")))
            continue
        if one is not None and other is not None:
            if one.axis == "lat" or other.axis == "lon":
                one, other = other, one
            x[row], y[row] = one.degrees, other.degrees
    return x, y, tuple(problems)


def _others(
    scores: NDArray[np.float64], fields: Sequence[FieldSpec], chosen: int | None
) -> tuple[tuple[str, float], ...]:
    order = (int(index) for index in np.argsort(-scores, kind="stable"))
    return tuple(
        (fields[index].id, float(scores[index])) for index in order if index != chosen and scores[index] >= _ASK
    )[:3]


def _taken(
    name: str,
    found: tuple[str, float, tuple[str, str]],
    contested: bool,  # noqa: FBT001 - a fact, not an option
    others: tuple[tuple[str, float], ...],
) -> ColumnMatch:
    field, score, (zh, en) = found
    if contested and score < 1.0:
        zh, en = f"{zh}；但还有别的列也像这个字段", f"{en}; but so is another column"
        return ColumnMatch(name, field, score, "ask", zh, en, others)
    return ColumnMatch(name, field, score, "certain" if score >= _CERTAIN else "ask", zh, en, others)


def _free(name: str, others: tuple[tuple[str, float], ...]) -> ColumnMatch:
    if others:
        return ColumnMatch(
            name, None, 0.0, "none", "另一列更像同一字段", "another column fits the field better", others
        )
    return ColumnMatch(name, None, 0.0, "none", "没有相似的字段", "no field is like it")


def _assign(scores: NDArray[np.float64]) -> dict[int, int]:
    """Give each field to at most one column so that the sum of scores is largest."""
    if not scores.size:
        return {}
    # Loaded where it is used: it would be a quarter of the time that every start takes.
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415

    # Squaring lets one certain match weigh more than two doubtful ones.
    rows, columns = linear_sum_assignment(-(np.where(scores >= _ASK, scores, 0.0) ** 2))
    return {int(row): int(column) for row, column in zip(rows, columns, strict=True) if scores[row, column] >= _ASK}


def _score(head: Head, field: FieldSpec, samples: Sequence[object]) -> tuple[float, tuple[str, str]]:
    score, zh, en = _by_name(head, field)
    if score < _ASK:
        return 0.0, ("", "")
    goal = numbers.parse_unit(field.unit) if field.unit else None
    if head.unit is not None and goal is not None and head.unit.dimension != goal.dimension:
        return score * 0.3, (f"{zh}；但单位对不上", f"{en}; but the units differ in kind")
    checked, share = _readable(field, samples)
    if checked:
        score *= 0.4 + 0.6 * share
        zh, en = f"{zh}；样本中 {share:.0%} 可读", f"{en}; {share:.0%} of the samples can be read"
    return score, (zh, en)


def _by_name(head: Head, field: FieldSpec) -> tuple[float, str, str]:
    names = {_key(name): name for name in (field.id, field.title.zh, field.title.en, *field.aliases)}
    best = (0.0, "", "")
    for text, weight in ((head.name, 1.0), (head.leaf or head.name, 0.98)):
        key = _key(text)
        if not key:
            continue
        if key in names:
            found = (0.98 * weight, f"列名就是“{names[key]}”", f"called “{names[key]}”")
        elif head.cut and len(key) >= _PREFIX and (full := [name for name in names if name.startswith(key)]):
            found = (0.85 * weight, f"列名像是被截断的“{names[full[0]]}”", f"“{names[full[0]]}” cut short")
        else:
            name, likeness = max(((name, fuzz.ratio(key, name)) for name in names), key=lambda item: item[1])
            inside = len(name) >= _PREFIX and name in key
            found = (
                max(likeness / 100.0, 0.8 if inside else 0.0) * 0.88 * weight,
                f"列名与“{names[name]}”相似（{likeness:.0f}%）",
                f"{likeness:.0f}% like “{names[name]}”",
            )
        best = max(best, found, key=lambda item: item[0])
    return best


def _readable(field: FieldSpec, samples: Sequence[object]) -> tuple[int, float]:
    """Count how many sample values the field could take."""
    readers: dict[str, Callable[[object], object]] = {
        "number": numbers.read,
        "integer": numbers.read,
        "date": dates.read,
        "datetime": dates.read,
        "boolean": words.boolean,
    }
    reader = _choice_reader(field) if field.values else readers.get(field.type)
    if reader is None:
        return 0, 1.0
    # A cell may list several sub-parcels; each line must be readable then.
    pieces = (
        piece for value in samples for piece in (re.split(r"[\n；]", value) if isinstance(value, str) else [value])
    )
    present = [piece for piece in pieces if not numbers.is_missing(piece)][:_SAMPLES]
    good = 0
    for value in present:
        try:
            reader(value)
        except ValueUnreadableError:
            continue
        good += 1
    return len(present), good / len(present) if present else 1.0


def _choice_reader(field: FieldSpec) -> Callable[[object], object]:
    def read(value: object) -> object:
        found = words.choice(str(value), field.values)
        if found.id is None and not found.suggestions:
            raise ValueUnreadableError(
                text=str(value)[:60], kind_zh="取值", kind_en="a value", reason_zh="不在表中", reason_en="not listed"
            )
        return found.id

    return read


def _key(name: str) -> str:
    return re.sub(r"[\s()（）\[\]【】:：/_\-.#*]", "", numbers.plain(name))


_SYSTEM = "(wgs84|gcj02|bd09|cgcs2000)?"
_COORDINATES: tuple[tuple[CoordinateKind, re.Pattern[str], re.Pattern[str] | None], ...] = (
    ("wkt", re.compile(r"wkt|thegeom|geom|geometry"), None),
    (
        "degrees",
        re.compile(rf".*(经度|东经|longitude).*|{_SYSTEM}(lon|lng|long)|(lon|lng|long){_SYSTEM}"),
        re.compile(rf".*(纬度|北纬|latitude).*|{_SYSTEM}lat|lat{_SYSTEM}"),
    ),
    (
        "plane",
        re.compile(r".*(东坐标|东距|横坐标|easting).*|e|east"),
        re.compile(r".*(北坐标|北距|纵坐标|northing).*|n|north"),
    ),
    ("unknown", re.compile(r"(.*坐标)?x(坐标|轴)?(m|米)?"), re.compile(r"(.*坐标)?y(坐标|轴)?(m|米)?")),
    ("pair", re.compile(r".*(经纬度|坐标|坐标点)"), None),
)
