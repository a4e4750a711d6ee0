"""Match incoming rows to the register: by code, then by name, then by where they lie.

Each incoming row gets exactly one status, each registered feature is matched at most once, and what is left of the
register is listed as missing. A match that is not unique is no match but a question.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from yzgeo.ingest.values.numbers import is_missing, plain

Shapes = NDArray[np.object_]
Status = Literal["new", "changed", "unchanged", "ambiguous"]
By = Literal["code", "name", "geometry"]

_AREA_SHARE = 0.8
_NEAR_M = 5.0
_SAME_M = 0.01
_FAR_M = 500.0
_SEPARATORS = re.compile(r"[\s\-_—–－()（）]")


@dataclass(frozen=True)
class Records:
    """Rows to compare: codes, names, attributes by field, and shapes in metres, all of length n."""

    codes: Sequence[str | None]
    names: Sequence[str | None]
    shapes: Shapes
    values: Mapping[str, Sequence[Any]]

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.codes)


@dataclass(frozen=True, slots=True)
class RowMatch:
    """What one incoming row is to the register."""

    row: int
    status: Status
    by: By | None = None
    registered: int | None = None
    changed: tuple[str, ...] = ()
    zh: str = ""
    en: str = ""


@dataclass(frozen=True)
class Matching:
    """All incoming rows in order, and the registered features that none of them is."""

    rows: tuple[RowMatch, ...]
    missing: tuple[int, ...]

    def counts(self) -> dict[str, int]:
        """
        Count the rows of each status.

        Returns
        -------
        dict
            ``new``, ``changed``, ``unchanged``, ``ambiguous`` and ``missing``.
        """
        found = Counter[str](row.status for row in self.rows)
        return {name: found[name] for name in ("new", "changed", "unchanged", "ambiguous")} | {
            "missing": len(self.missing)
        }


@dataclass
class _State:
    """Pairs found so far, rows that are a question and why, and registered features that are taken."""

    found: dict[int, tuple[int, By]] = field(default_factory=dict)
    doubtful: dict[int, tuple[str, str]] = field(default_factory=dict)
    taken: set[int] = field(default_factory=set)


def match(incoming: Records, register: Records, *, geometry_field: str = "geometry") -> Matching:
    """
    Match incoming rows to the register.

    Parameters
    ----------
    incoming, register
        Rows of both sides; only fields that the incoming side has are compared.
    geometry_field
        What a changed shape is called among the changed fields.

    Returns
    -------
    Matching
        One status per incoming row, and the registered features left over.
    """
    state = _State()
    _match_keys("code", incoming.codes, register.codes, state)
    _match_keys("name", incoming.names, register.names, state)
    _part_far_names(incoming, register, state)
    _match_shapes(incoming, register, state)
    moved = _moved(incoming, register, state)
    rows = []
    for row in range(len(incoming)):
        if row in state.doubtful:
            zh, en = state.doubtful[row]
            rows.append(RowMatch(row, "ambiguous", zh=zh, en=en))
        elif row in state.found:
            registered, by = state.found[row]
            changed = _changed(incoming, register, row, registered)
            if row in moved:
                changed = (*changed, geometry_field)
            rows.append(RowMatch(row, "changed" if changed else "unchanged", by, registered, changed))
        else:
            rows.append(RowMatch(row, "new"))
    used = {item.registered for item in rows}
    return Matching(tuple(rows), tuple(index for index in range(len(register)) if index not in used))


def known_pairs(incoming: Records, register: Records) -> tuple[tuple[int, int], ...]:
    """
    Pair rows by code or name alone, for telling coordinate systems apart before positions can be compared.

    Parameters
    ----------
    incoming, register
        Rows of both sides; shapes are not looked at.

    Returns
    -------
    tuple of (int, int)
        Incoming and registered row of each unique pair.
    """
    state = _State()
    _match_keys("code", incoming.codes, register.codes, state)
    _match_keys("name", incoming.names, register.names, state)
    return tuple((row, registered) for row, (registered, _) in sorted(state.found.items()))


def _match_keys(by: By, ours: Sequence[str | None], theirs: Sequence[str | None], state: _State) -> None:
    """Join rows whose key is unique on both sides; a key that stands twice among the incoming is a question."""
    free = [row not in state.found and row not in state.doubtful for row in range(len(ours))]
    own = [_key(value) if free[row] else "" for row, value in enumerate(ours)]
    other: dict[str, list[int]] = {}
    for index, value in enumerate(theirs):
        if index not in state.taken and (key := _key(value)):
            other.setdefault(key, []).append(index)
    counts = Counter(key for key in own if key)
    word_zh, word_en = ("编号", "code") if by == "code" else ("名称", "name")
    for row, key in enumerate(own):
        there = other.get(key, []) if key else []
        if len(there) == 1 and counts[key] == 1:
            state.found[row] = (there[0], by)
            state.taken.add(there[0])
        elif (by == "code" and counts[key] + len(there) > 1 and key) or (there and counts[key] > 1):
            # Two registered features of one name are left to the shapes; two incoming rows of one key are not.
            state.doubtful[row] = (
                f"{word_zh}“{ours[row]}”不唯一（文件 {counts[key]} 次，登记 {len(there)} 次）",
                f"{word_en} “{ours[row]}” is not unique ({counts[key]} in the file, {len(there)} registered)",
            )


def _part_far_names(incoming: Records, register: Records, state: _State) -> None:
    """Take back matches by name whose shapes lie in different places: names repeat in every street."""
    for row, (registered, by) in list(state.found.items()):
        one, other = incoming.shapes[row], register.shapes[registered]
        if by != "name" or one is None or other is None:
            continue
        distance = float(shapely.distance(one, other))
        if distance > _FAR_M:
            del state.found[row]
            state.doubtful[row] = (
                f"与登记的“{register.names[registered]}”同名，但相距 {distance:,.0f} 米",
                f"has the name of a registered feature {distance:,.0f} m away",
            )


def _match_shapes(incoming: Records, register: Records, state: _State) -> None:
    """Join what is left by where it lies: areas that mostly coincide, points and lines within a few metres."""
    free = [row for row in range(len(incoming)) if row not in state.found and row not in state.doubtful]
    ours = np.array(free, dtype=int)
    theirs = np.array([row for row in range(len(register)) if row not in state.taken], dtype=int)
    if not len(ours) or not len(theirs):
        return
    one, other = register.shapes[theirs], incoming.shapes[ours]
    mine, yours = shapely.STRtree(one).query(other, predicate="dwithin", distance=_NEAR_M)
    close = _alike(other[mine], one[yours])
    mine, yours = ours[mine[close]], theirs[yours[close]]
    for row in np.unique(mine):
        options = yours[mine == row]
        back = mine[yours == options[0]]
        if len(options) == 1 and len(back) == 1 and _keys_allow(incoming, register, int(row), int(options[0])):
            state.found[int(row)] = (int(options[0]), "geometry")
        elif len(options) > 1:
            state.doubtful[int(row)] = (
                f"位置与 {len(options)} 个登记要素都吻合",
                f"lies like {len(options)} registered features",
            )


def _keys_allow(incoming: Records, register: Records, row: int, registered: int) -> bool:
    """Two different codes are two features, however alike they lie."""
    one, other = _key(incoming.codes[row]), _key(register.codes[registered])
    return not one or not other or one == other


def _alike(ours: Shapes, theirs: Shapes) -> NDArray[np.bool_]:
    alike: NDArray[np.bool_] = np.zeros(len(ours), dtype=bool)
    if not len(ours):
        return alike
    areas = (shapely.get_dimensions(ours) == 2) & (shapely.get_dimensions(theirs) == 2)
    common = shapely.area(shapely.intersection(ours[areas], theirs[areas]))
    union = shapely.area(ours[areas]) + shapely.area(theirs[areas]) - common
    alike[areas] = common / np.maximum(union, 1e-9) >= _AREA_SHARE
    rest = ~areas & (shapely.get_dimensions(ours) == shapely.get_dimensions(theirs))
    alike[rest] = shapely.hausdorff_distance(ours[rest], theirs[rest]) <= _NEAR_M
    return alike


def _changed(incoming: Records, register: Records, row: int, registered: int) -> tuple[str, ...]:
    return tuple(
        field
        for field, values in incoming.values.items()
        if field in register.values and not same_value(values[row], register.values[field][registered])
    )


def _moved(incoming: Records, register: Records, state: _State) -> set[int]:
    """Find matched rows whose shape differs; a row without shape says nothing about it."""
    if not state.found:
        return set()
    rows = np.array(list(state.found), dtype=int)
    ours = incoming.shapes[rows]
    theirs = register.shapes[np.array([registered for registered, _ in state.found.values()], dtype=int)]
    there = ~shapely.is_missing(ours)
    same = np.array(shapely.equals_exact(ours, theirs, _SAME_M), dtype=bool)
    # Vertices may be counted differently; the distance of the shapes decides, which is slow and rarely needed.
    left = np.flatnonzero(there & ~same & ~shapely.is_missing(theirs))
    alike = shapely.get_dimensions(ours[left]) == shapely.get_dimensions(theirs[left])
    same[left] = alike & (shapely.hausdorff_distance(ours[left], theirs[left]) <= _SAME_M)
    return {int(row) for row in rows[there & ~same]}


def same_value(one: Any, other: Any) -> bool:
    """
    Tell whether two attributes say the same.

    Parameters
    ----------
    one, other
        Values of the same field; dates may be dates or ISO 8601 text.

    Returns
    -------
    bool
        True also for two missing values, and for numbers that differ by rounding only.
    """
    if one is other or (type(one) is type(other) and one == other):
        return True
    if is_missing(one) or is_missing(other):
        return is_missing(one) and is_missing(other)
    if isinstance(one, date | datetime):
        one = one.isoformat()
    if isinstance(other, date | datetime):
        other = other.isoformat()
    if isinstance(one, int | float) and isinstance(other, int | float):
        return bool(np.isclose(float(one), float(other), rtol=1e-9, atol=1e-9))
    return str(one).strip() == str(other).strip()


def _key(value: str | None) -> str:
    if value is None or is_missing(value):
        return ""
    if value.isascii() and value.isalnum():  # most codes; evening out a million of them takes seconds
        return value.casefold()
    return _SEPARATORS.sub("", plain(value))
