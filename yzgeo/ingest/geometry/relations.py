"""How incoming shapes lie to each other, to the district, and to the areas that the ledger states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry.base import BaseGeometry

from yzgeo.checks import Issue

Shapes = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two rows that cover the same ground."""

    one: int
    other: int
    area_m2: float
    share: float
    same: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """A narrow hole between neighbours."""

    geometry: BaseGeometry
    area_m2: float
    neighbours: tuple[int, ...]


def overlaps(geometries: Shapes, *, least_m2: float = 0.5) -> tuple[Overlap, ...]:
    """
    Find areas that cover the same ground, and shapes that came twice.

    Parameters
    ----------
    geometries
        Valid areas in metres, shape (n,), None allowed.
    least_m2
        Overlaps smaller than this are rounding of shared borders.

    Returns
    -------
    tuple of Overlap
        Each pair once, by row; ``share`` is of the smaller area, ``same`` tells that both are the same shape.
    """
    shapes = np.asarray(geometries, dtype=object)
    twice, first = _twice(shapes)
    areas = shapely.area(shapes)
    copies = map(int, np.flatnonzero(twice))
    found = [Overlap(int(first[row]), row, float(areas[row]), 1.0, same=True) for row in copies]
    # Each shape is compared once: a file of ten thousand copies must not make fifty million pairs.
    rows = np.flatnonzero(~twice & ~shapely.is_missing(shapes))
    single = shapes[rows]
    one, other = shapely.STRtree(single).query(single, predicate="intersects")
    one, other = one[one < other], other[one < other]
    common = shapely.area(shapely.intersection(single[one], single[other]))
    smaller = np.minimum(shapely.area(single[one]), shapely.area(single[other]))
    for pair in np.flatnonzero(common >= least_m2):
        a, b = int(rows[one[pair]]), int(rows[other[pair]])
        share = float(common[pair] / smaller[pair])
        found.append(Overlap(a, b, float(common[pair]), share, same=False))
    return tuple(sorted(found, key=lambda item: (item.one, item.other)))


def gaps(geometries: Shapes, *, widest_m: float = 1.0, largest_m2: float = 200.0) -> tuple[Gap, ...]:
    """
    Find slits between neighbours that should share a border.

    Parameters
    ----------
    geometries
        Valid areas in metres, shape (n,), None allowed.
    widest_m
        Slits up to this width are looked for; a wider one is a lane.
    largest_m2
        Holes larger than this are ground of somebody else.

    Returns
    -------
    tuple of Gap
        The slits with the rows around them, largest first.
    """
    shapes = np.asarray(geometries, dtype=object)
    present = np.flatnonzero(~shapely.is_missing(shapes))
    if len(present) < 2:
        return ()
    tree = shapely.STRtree(shapes[present])
    one, other = tree.query(shapes[present], predicate="dwithin", distance=widest_m)
    close = one < other
    one, other = one[close], other[close]
    found = []
    for group in _groups(len(present), one, other):
        rows = present[group]
        whole = shapely.union_all(shapes[rows])
        closed = shapely.buffer(
            shapely.buffer(whole, widest_m / 2.0, join_style="mitre"), -widest_m / 2.0, join_style="mitre"
        )
        for part in shapely.get_parts(shapely.difference(closed, whole)):
            area = float(shapely.area(part))
            if not 0.01 <= area <= largest_m2:
                continue
            touching = tuple(int(row) for row in rows[shapely.dwithin(shapes[rows], part, 0.01)])
            if len(touching) >= 2:
                found.append(Gap(part, area, touching))
    return tuple(sorted(found, key=lambda gap: -gap.area_m2))


def outside(geometries: Shapes, district: BaseGeometry) -> NDArray[np.float64]:
    """
    Measure how much of each shape lies outside the district.

    Parameters
    ----------
    geometries
        Valid shapes in metres, shape (n,), None allowed.
    district
        The outline in the same system.

    Returns
    -------
    numpy.ndarray
        Share from 0 to 1 of its area, length or points, shape (n,); NaN where there is no shape.
    """
    shapes = np.asarray(geometries, dtype=object)
    shapely.prepare(district)
    share = np.full(len(shapes), np.nan)
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    share[there] = 0.0
    crossing = there & ~shapely.covers(district, shapes)
    inside = shapely.intersection(shapes[crossing], district)
    share[crossing] = 1.0 - _size(inside) / np.maximum(_size(shapes[crossing]), 1e-12)
    clipped: NDArray[np.float64] = np.clip(share, 0.0, 1.0)
    return clipped


def report(
    geometries: Shapes,
    *,
    district: BaseGeometry,
    stated_m2: ArrayLike | None = None,
    where: Sequence[str] | None = None,
    tolerance: float = 0.05,
) -> tuple[Issue, ...]:
    """
    Tell everything about a layer of areas that a person should look at.

    Parameters
    ----------
    geometries
        Valid areas in metres, shape (n,), None allowed.
    district
        The outline in the same system.
    stated_m2
        Areas that the ledger states, shape (n,), NaN where it states none.
    where
        A name for each row, its number if not given.
    tolerance
        Share by which a stated area may differ.

    Returns
    -------
    tuple of Issue
        Overlaps, duplicates, gaps, shapes outside the district, and areas that disagree.
    """
    shapes = np.asarray(geometries, dtype=object)
    names = where if where is not None else [str(row + 1) for row in range(len(shapes))]
    issues = [_overlap_issue(item, names) for item in overlaps(shapes)]
    for gap in gaps(shapes):
        rows = "、".join(names[row] for row in gap.neighbours)
        issues.append(
            Issue(
                "info",
                "gap",
                names[gap.neighbours[0]],
                f"{rows} 之间有 {gap.area_m2:.2f} 平方米的缝隙",
                f"between {rows} there is a gap of {gap.area_m2:.2f} m²",
            )
        )
    issues += outside_issues(shapes, district=district, where=names)
    if stated_m2 is not None:
        issues += _area_issues(shapes, np.asarray(stated_m2, dtype=float), names, tolerance)
    return tuple(issues)


def outside_issues(
    geometries: Shapes, *, district: BaseGeometry, where: Sequence[str] | None = None
) -> tuple[Issue, ...]:
    """
    Tell which shapes of any kind lie outside the district.

    Parameters
    ----------
    geometries
        Valid shapes in metres, shape (n,), None allowed.
    district
        The outline in the same system.
    where
        A name for each row, its number if not given.

    Returns
    -------
    tuple of Issue
        A warning per shape that lies outside by more than a thousandth.
    """
    shares = outside(geometries, district)
    names = where if where is not None else [str(row + 1) for row in range(len(shares))]
    return tuple(
        Issue(
            "warning",
            "outside_district",
            names[row],
            f"有 {shares[row]:.0%} 在辖区轮廓之外" if shares[row] < 1.0 else "完全在辖区轮廓之外",
            f"{shares[row]:.0%} of it lies outside the district",
        )
        for row in map(int, np.flatnonzero(shares > 0.001))
    )


def _overlap_issue(item: Overlap, names: Sequence[str]) -> Issue:
    one, other = names[item.one], names[item.other]
    if item.same:
        return Issue("warning", "shape_twice", other, f"与 {one} 的图形完全相同", f"has the very same shape as {one}")
    return Issue(
        "warning",
        "overlap",
        other,
        f"与 {one} 重叠 {item.area_m2:,.2f} 平方米（占较小者的 {item.share:.0%}）",
        f"overlaps {one} by {item.area_m2:,.2f} m² ({item.share:.0%} of the smaller)",
    )


def _area_issues(shapes: Shapes, stated: NDArray[np.float64], names: Sequence[str], tolerance: float) -> list[Issue]:
    measured = np.where(shapely.is_missing(shapes), np.nan, shapely.area(shapes))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = stated / measured
    off = np.flatnonzero(np.isfinite(ratio) & (np.abs(ratio - 1.0) > tolerance))
    issues = []
    for row in map(int, off):
        hint = next((unit for factor, unit in _FACTORS if abs(ratio[row] / factor - 1.0) <= tolerance), None)
        zh = f"台账面积 {stated[row]:,.2f} 平方米，图形面积 {measured[row]:,.2f} 平方米，相差 {ratio[row] - 1.0:+.0%}"
        en = f"the ledger states {stated[row]:,.2f} m², the shape has {measured[row]:,.2f} m² ({ratio[row] - 1.0:+.0%})"
        if hint:
            zh, en = f"{zh}；单位可能是{hint}", f"{en}; the unit may be {hint}"
        issues.append(Issue("warning", "area_disagrees", names[row], zh, en))
    return issues


# Stated as a number of square metres although it was another unit: the ratio tells which.
_FACTORS = ((15.0 / 10_000.0, "亩"), (1.0 / 10_000.0, "公顷或万㎡"), (1e-6, "km²"), (10_000.0, "㎡（换算了两次）"))


def _size(shapes: Shapes) -> NDArray[np.float64]:
    """Measure area, length or number of points, whatever the dimension."""
    dimension = shapely.get_dimensions(shapes)
    by_kind = [shapely.get_num_coordinates(shapes).astype(float), shapely.length(shapes), shapely.area(shapes)]
    size: NDArray[np.float64] = np.select([dimension == kind for kind in range(3)], by_kind, 0.0)
    return size


def _twice(shapes: Shapes) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    """Mark shapes that came before to the millimetre, wherever their ring starts, and tell where."""
    there = np.flatnonzero(~shapely.is_missing(shapes))
    first = np.arange(len(shapes))
    if len(there):
        rounded = shapely.set_precision(shapes[there], 0.001, mode="pointwise")
        keys = shapely.to_wkb(shapely.normalize(shapely.remove_repeated_points(rounded, 0.0))).astype(object)
        seen: dict[bytes, int] = {}
        for row, key in zip(there, keys, strict=True):
            first[row] = seen.setdefault(key, int(row))
    return first != np.arange(len(shapes)), first


def _groups(count: int, one: NDArray[np.intp], other: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    from scipy.sparse import coo_array  # noqa: PLC0415 - most imports, and every start, do without
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    graph = coo_array((np.ones(len(one)), (one, other)), shape=(count, count))
    _, labels = connected_components(graph, directed=False)
    order = np.argsort(labels, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)
    return [group for group in groups if len(group) > 1]
