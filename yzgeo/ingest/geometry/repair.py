"""Mend shapes that can be mended, and tell what was done to each.

Nothing is mended that would change what the shape says: a repair that gains or loses area is reported with the figure,
and what cannot be a shape of the layer is an error of its row. All work is in metres.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from yzgeo.catalogue import GeometryKind
from yzgeo.checks import Issue, Level

Shapes = NDArray[np.object_]
Mask = NDArray[np.bool_]
Texts = Sequence[str] | str

_DIMENSION = {"point": 0, "line": 1, "polygon": 2}
_NAMES = {"point": ("点", "points"), "line": ("线", "lines"), "polygon": ("面", "areas")}

# A part smaller than this, or thinner than this share of a circle of its outline, is an artefact of digitising.
_SLIVER_M2 = 0.5
_SLIVER_ROUNDNESS = 1e-4


@dataclass(frozen=True)
class Repaired:
    """Shapes after repair, which of them changed, which cannot be used, and what there is to tell."""

    geometries: Shapes
    changed: Mask
    rejected: Mask
    issues: tuple[Issue, ...]


@dataclass
class _Work:
    """Shapes under repair with their report."""

    shapes: Shapes
    where: Sequence[str]
    changed: Mask
    rejected: Mask
    issues: list[Issue]

    def tell(
        self, rows: NDArray[np.intp], level: Level, code: str, zh: Sequence[str] | str, en: Sequence[str] | str
    ) -> None:
        for position, row in enumerate(rows):
            self.issues.append(
                Issue(
                    level,
                    code,
                    self.where[row],
                    zh if isinstance(zh, str) else zh[position],
                    en if isinstance(en, str) else en[position],
                )
            )
        if level == "error":
            self.rejected[rows] = True


def repair(geometries: Shapes, *, kind: GeometryKind, where: Sequence[str] | None = None) -> Repaired:
    """
    Mend the shapes of a layer.

    Parameters
    ----------
    geometries
        Shapes in metres, shape (n,), None where a row has none. They are not changed in place.
    kind
        What the layer holds.
    where
        A name for each row in the report, its number if not given.

    Returns
    -------
    Repaired
        Two-dimensional, valid shapes of the layer's kind; rejected ones are left as they came.
    """
    shapes = np.array(geometries, dtype=object)
    count = len(shapes)
    names = where if where is not None else [str(row + 1) for row in range(count)]
    work = _Work(shapes, names, np.zeros(count, dtype=bool), np.zeros(count, dtype=bool), [])
    if kind == "none" or not count:
        return Repaired(shapes, work.changed, work.rejected, ())
    _reject_unusable(work)
    _flatten(work)
    if kind == "polygon":
        _close_lines(work)
    _drop_repeated(work)
    _make_valid(work)
    _check_kind(work, kind)
    if kind == "polygon":
        _drop_slivers(work)
    order = {name: position for position, name in enumerate(names)}
    issues = sorted(work.issues, key=lambda issue: order[issue.where])
    return Repaired(work.shapes, work.changed, work.rejected, tuple(issues))


def _open(work: _Work) -> NDArray[np.intp]:
    return np.flatnonzero(~work.rejected)


def _reject_unusable(work: _Work) -> None:
    missing = shapely.is_missing(work.shapes) | shapely.is_empty(work.shapes)
    work.tell(np.flatnonzero(missing), "error", "geometry_missing", "没有图形", "there is no shape")
    bounds = shapely.bounds(work.shapes)
    wild = ~missing & ~(np.isfinite(bounds).all(axis=1) & (np.abs(bounds) < 1e9).all(axis=1))
    # Bounds skip NaN in the middle of a shape, so the coordinates themselves are looked at too.
    points, owner = shapely.get_coordinates(work.shapes, return_index=True)
    wild[np.unique(owner[~np.isfinite(points).all(axis=1)])] = True
    wild &= ~missing
    work.tell(np.flatnonzero(wild), "error", "coordinates_not_finite", "坐标不是有效的数", "coordinates are no numbers")


def flat(shapes: Shapes) -> Shapes:
    """
    Take heights and measures away; most files have none, and looking is far cheaper than writing every shape anew.

    Parameters
    ----------
    shapes
        Geometries, shape (n,), None allowed.

    Returns
    -------
    numpy.ndarray
        A new array of the same shapes without Z and M.
    """
    result = np.array(shapes, dtype=object)
    tall = shapely.has_z(result) | shapely.has_m(result)
    result[tall] = shapely.force_2d(result[tall])
    return result


def _flatten(work: _Work) -> None:
    rows = _open(work)
    tall = rows[shapely.has_z(work.shapes[rows]) | shapely.has_m(work.shapes[rows])]
    work.shapes[tall] = shapely.force_2d(work.shapes[tall])
    work.changed[tall] = True
    work.tell(tall, "info", "heights_dropped", "去掉了高程或测量值（Z/M）", "heights or measures (Z/M) were dropped")


def _close_lines(work: _Work) -> None:
    """Take closed lines for areas, as drawings have them, and close those whose ends nearly meet."""
    rows = _open(work)
    kinds = shapely.get_type_id(work.shapes[rows])
    lines = rows[(kinds == 1) | (kinds == 2)]
    if not len(lines):
        return
    gaps = shapely.distance(shapely.get_point(work.shapes[lines], 0), shapely.get_point(work.shapes[lines], -1))
    enough = shapely.get_num_points(work.shapes[lines]) >= 4
    length = shapely.length(work.shapes[lines])
    closable = enough & (gaps <= np.minimum(1.0, length / 100.0))
    for row, gap in zip(lines[closable], gaps[closable], strict=True):
        points = shapely.get_coordinates(work.shapes[row])
        if gap > 0.0:
            points = np.vstack([points, points[:1]])
            zh, en = f"首尾相差 {gap:.3f} 米，已闭合", f"the ends lay {gap:.3f} m apart and were closed"
            work.tell(np.array([row]), "warning", "ring_closed", zh, en)
        else:
            work.tell(np.array([row]), "info", "line_to_area", "闭合线已作为面", "a closed line was taken for an area")
        work.shapes[row] = shapely.polygons(points)
        work.changed[row] = True


def _drop_repeated(work: _Work) -> None:
    rows = _open(work)
    before = shapely.get_num_coordinates(work.shapes[rows])
    cleaned = _without_repeated(work.shapes[rows])
    less = before - shapely.get_num_coordinates(cleaned)
    fewer = (less > 0) & ~shapely.is_empty(cleaned)
    work.shapes[rows[fewer]] = cleaned[fewer]
    work.changed[rows[fewer]] = True
    counts = less[fewer]
    work.tell(
        rows[fewer],
        "info",
        "points_repeated",
        [f"去掉了 {count} 个重复的点" for count in counts],
        [f"{count} repeated points were dropped" for count in counts],
    )


def _without_repeated(shapes: Shapes) -> Shapes:
    try:
        return np.asarray(shapely.remove_repeated_points(shapes, 0.0), dtype=object)
    except shapely.GEOSException:
        # A ring of one repeated point cannot be cleaned; it stays and is judged later, as the others are cleaned.
        return np.array([_cleaned(shape) for shape in shapes], dtype=object)


def _cleaned(shape: Any) -> Any:
    try:
        return shapely.remove_repeated_points(shape, 0.0)
    except shapely.GEOSException:
        return shape


def _make_valid(work: _Work) -> None:
    rows = _open(work)
    invalid = rows[~shapely.is_valid(work.shapes[rows])]
    if not len(invalid):
        return
    reasons = shapely.is_valid_reason(work.shapes[invalid])
    before = np.abs(shapely.area(work.shapes[invalid]))
    dimension = shapely.get_dimensions(work.shapes[invalid])
    mended = shapely.make_valid(work.shapes[invalid], method="structure", keep_collapsed=False)
    # Rings that run over themselves twice come out of GEOS 3.13 still invalid; its other method mends those.
    again = ~shapely.is_valid(mended)
    mended[again] = shapely.make_valid(mended[again])
    after = shapely.area(mended)
    gone = ~shapely.is_valid(mended) | shapely.is_empty(mended) | (shapely.get_dimensions(mended) < dimension)
    work.tell(invalid[gone], "error", "shape_collapsed", "图形没有面积或长度", "the shape has no area or length")
    kept = ~gone
    work.shapes[invalid[kept]] = mended[kept]
    work.changed[invalid[kept]] = True
    texts = [
        (_reason_zh(str(reason)), float(new - old), str(reason).split("[", maxsplit=1)[0])
        for reason, old, new in zip(reasons[kept], before[kept], after[kept], strict=True)
    ]
    work.tell(
        invalid[kept],
        "warning",
        "shape_repaired",
        [f"{zh}，已修复，面积变化 {change:+.2f} 平方米" for zh, change, _ in texts],
        [f"{en} was repaired; the area changed by {change:+.2f} m²" for _, change, en in texts],
    )


def _reason_zh(reason: str) -> str:
    for english, chinese in _REASONS:
        if english in reason:
            return chinese
    return "图形不合规"


_REASONS = (
    ("Self-intersection", "边界自相交"),
    ("Ring Self-intersection", "边界自相接"),
    ("Nested", "面互相嵌套"),
    ("Hole lies outside", "洞在面之外"),
    ("Duplicate Rings", "环重复"),
    ("Interior is disconnected", "内部不连通"),
    ("Too few points", "点太少"),
)


def _check_kind(work: _Work, kind: GeometryKind) -> None:
    """Keep the parts of the layer's dimension; a shape without any is an error."""
    rows = _open(work)
    collections = rows[shapely.get_type_id(work.shapes[rows]) == 7]
    for row in collections:
        parts = shapely.get_parts(work.shapes[row])
        fitting = parts[shapely.get_dimensions(parts) == _DIMENSION[kind]]
        if len(fitting):
            work.shapes[row] = fitting[0] if len(fitting) == 1 else shapely.union_all(fitting)
            work.changed[row] = True
    wrong = rows[shapely.get_dimensions(work.shapes[rows]) != _DIMENSION[kind]]
    zh, en = _NAMES[kind]
    work.tell(wrong, "error", "geometry_kind", f"这一层要求{zh}", f"the layer holds {en}")
    if kind == "point":
        rows = _open(work)
        several = rows[shapely.get_num_geometries(work.shapes[rows]) > 1]
        work.tell(several, "error", "geometry_kind", "一行里有几个点", "one row holds several points")


def _drop_slivers(work: _Work) -> None:
    rows = _open(work)
    parts, owner = shapely.get_parts(work.shapes[rows], return_index=True)
    thin = _is_sliver(parts)
    for index in np.unique(owner[thin]):
        own = owner == index
        row = rows[index]
        if (thin & own).sum() == own.sum():
            area = float(shapely.area(work.shapes[row]))
            zh, en = f"面只有 {area:.2f} 平方米或极其狭长", f"the area is only {area:.2f} m² or extremely thin"
            work.tell(np.array([row]), "warning", "sliver", zh, en)
            continue
        left = parts[own & ~thin]
        lost = float(shapely.area(parts[own & thin]).sum())
        work.shapes[row] = left[0] if len(left) == 1 else shapely.multipolygons(left)
        work.changed[row] = True
        zh = f"去掉了 {int((thin & own).sum())} 个碎片，共 {lost:.2f} 平方米"
        en = f"{int((thin & own).sum())} slivers of {lost:.2f} m² in all were dropped"
        work.tell(np.array([row]), "info", "slivers_dropped", zh, en)


def _is_sliver(parts: Shapes) -> Mask:
    area, length = shapely.area(parts), shapely.length(parts)
    roundness = 4.0 * np.pi * area / np.maximum(length, 1e-9) ** 2
    thin: Mask = (area < _SLIVER_M2) | (roundness < _SLIVER_ROUNDNESS)
    return thin
