"""Bring the shapes of a file to where they belong: decide the system, move them, mend them.

What comes out is the same source in the storage system, with everything told that was decided or done.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from yzgeo import crs
from yzgeo.catalogue import GeometryKind
from yzgeo.checks import Issue

from .crs_guess import ranking, systems
from .crs_guess.datum import DatumShift
from .crs_guess.evidence import DECLARED, District, Evidence, KnownPlaces
from .crs_guess.verdict import Candidate, Guess
from .geometry import relations, repair
from .reading import Source

Shapes = NDArray[np.object_]

_MOST_COMPARED = 50_000
_CHOSEN = Evidence("这是人选定的坐标系", "a person chose this system")
_DIMENSION = {"point": 0, "line": 1, "polygon": 2}


@dataclass(frozen=True)
class Settled:
    """
    A source in the storage system.

    ``guess`` tells how the system was found (None where there are no shapes). Where a person must choose, the shapes
    are shown under the likeliest system, or not placed at all (``placed`` is False).
    """

    source: Source
    guess: Guess | None
    placed: bool
    issues: tuple[Issue, ...] = ()


def settle(
    source: Source,
    kind: GeometryKind,
    *,
    district: District,
    chosen: str | None = None,
    places: KnownPlaces | None = None,
    shift: DatumShift | None = None,
) -> Settled:
    """
    Decide the system of a file and bring its shapes to the storage system.

    Parameters
    ----------
    source
        The file as it was read.
    kind
        What the layer holds.
    district
        Where the data should lie.
    chosen
        System that a person chose, see `systems.parse`.
    places
        Features of the file that are known already.
    shift
        Transformation parameters for the old datums.

    Returns
    -------
    Settled
        The source with moved and mended shapes.

    Raises
    ------
    CrsUnsupportedError
        If nobody knows the chosen system, or there is no way from it to ours.
    """
    if source.geometry is None or kind == "none" or shapely.is_missing(source.geometry).all():
        return Settled(source, None, placed=True)
    guess = _guess(source, district, chosen, places, shift)
    likely = guess.candidates[0].system if guess.candidates else None
    system = systems.parse(chosen) if chosen else guess.chosen or likely
    if system is None or (system.needs_parameters and shift is None and chosen is None):
        return Settled(source, guess, placed=False)
    shapes, issues = _move(source, system, district, shift)
    shapes, mended = _mend(shapes, kind, district, source.where or None)
    lost = np.asarray(shapely.is_missing(shapes) & ~shapely.is_missing(source.geometry), dtype=bool)
    unreadable = np.asarray(source.unreadable | lost, dtype=bool)
    moved = replace(source, geometry=shapes, crs=district.storage_crs, unreadable=unreadable)
    return Settled(moved, guess, placed=True, issues=(*issues, *mended))


def neighbours(
    shapes: Shapes, *, district: District, stated_m2: NDArray[np.float64] | None, where: list[str]
) -> tuple[Issue, ...]:
    """
    Tell how areas lie to each other and to what the ledger states.

    Parameters
    ----------
    shapes
        Areas in the storage system, shape (n,), None allowed.
    district
        The district.
    stated_m2
        Areas that the file states, shape (n,).
    where
        A name for each row.

    Returns
    -------
    tuple of Issue
        Overlaps, duplicates, gaps and areas that disagree; one sentence instead where there are too many shapes.
    """
    if len(shapes) > _MOST_COMPARED:
        zh = f"超过 {_MOST_COMPARED} 个面，没有检查重叠和缝隙"
        return (
            Issue("info", "relations_skipped", "文件", zh, f"more than {_MOST_COMPARED} areas; overlaps not checked"),
        )
    plane = crs.transform(shapes, district.storage_crs, district.metric_crs)
    plane[~(np.isfinite(shapely.bounds(plane)).all(axis=1) & shapely.is_valid(plane))] = None  # far from the district
    outline = crs.transform(np.array([district.outline], dtype=object), district.storage_crs, district.metric_crs)[0]
    found = relations.report(plane, district=outline, stated_m2=stated_m2, where=where)
    # What lies outside altogether is told where rows of every kind are checked.
    wholly = {where[row] for row in np.flatnonzero(relations.outside(plane, outline) >= 1.0)}
    return tuple(issue for issue in found if issue.code != "outside_district" or issue.where not in wholly)


def misfits_m(
    places: KnownPlaces, system: systems.System, *, district: District, shift: DatumShift
) -> list[tuple[float, float]]:
    """
    Measure how far known places of the file come to lie from the registered ones.

    Parameters
    ----------
    places
        Features that are known already.
    system
        System of the file.
    district
        The district.
    shift
        Transformation parameters.

    Returns
    -------
    list of (float, float)
        East and north of each difference, metres.
    """
    known = places.usable()
    if known is None:
        return []
    lon, lat = systems.place(known.x, known.y, system, storage_crs=district.storage_crs, shift=shift)
    apart = district.metres(known.lon, known.lat) - district.metres(lon, lat)
    return [(float(east), float(north)) for east, north in apart]


def _guess(
    source: Source, district: District, chosen: str | None, places: KnownPlaces | None, shift: DatumShift | None
) -> Guess:
    points = shapely.get_coordinates(source.geometry)
    declared = chosen or (source.crs if source.declared_by != "nothing" else None)
    guess = ranking.rank(
        points[:, 0],
        points[:, 1],
        district=district,
        declared=declared,
        declared_by="format" if source.declared_by == "format" and chosen is None else "file",
        stated=() if chosen else source.stated,
        axes="columns" if source.is_ledger else "geometry",
        places=places,
        shift=shift,
    )
    if chosen:
        return replace(
            guess,
            verdict="certain",
            chosen=systems.parse(chosen),
            candidates=tuple(_as_chosen(one) for one in guess.candidates),
            reason=_CHOSEN,
        )
    return guess


def _as_chosen(candidate: Candidate) -> Candidate:
    """Say that a person chose it where it would say that the file declares it."""
    return replace(candidate, evidence=tuple(_CHOSEN if one == DECLARED else one for one in candidate.evidence))


def _move(
    source: Source, system: systems.System, district: District, shift: DatumShift | None
) -> tuple[Shapes, list[Issue]]:
    raw = np.asarray(source.geometry, dtype=object).copy()
    points, owner = shapely.get_coordinates(raw, return_index=True)
    broken = ~np.isfinite(points).all(axis=1)
    if broken.any():
        raw[owner[broken]] = None  # NaN equals nothing: such a ring is not even closed
        points, owner = shapely.get_coordinates(raw, return_index=True)
    flat = repair.flat(raw)
    lon, lat = systems.place(points[:, 0], points[:, 1], system, storage_crs=district.storage_crs, shift=shift)
    lost = ~(np.isfinite(lon) & np.isfinite(lat))
    if lost.any():
        flat[owner[lost]] = None
        kept = ~np.isin(owner, owner[lost])
        lon, lat = lon[kept], lat[kept]
    there = np.column_stack([lon, lat])
    # What lies in the storage system already is kept: a copy of many shapes takes hundreds of megabytes.
    moved = flat if np.array_equal(there, points) else np.asarray(shapely.set_coordinates(flat, there), dtype=object)
    zh, en = f"坐标系：{system.zh}（{system.id[:40]}）", f"coordinate system: {system.en} ({system.id[:40]})"
    return moved, [Issue("info", "crs_chosen", "文件", zh, en)]


def _mend(
    shapes: Shapes, kind: GeometryKind, district: District, where: tuple[str, ...] | None
) -> tuple[Shapes, list[Issue]]:
    """Mend, in metres, only what is not in order; everything else keeps its coordinates to the last digit."""
    finite = np.isfinite(shapely.bounds(shapes)).all(axis=1)
    fits = shapely.get_dimensions(shapes) == _DIMENSION[kind]
    poor = np.flatnonzero(finite & ~(fits & shapely.is_valid(shapes)))
    if not len(poor):
        return shapes, []
    plane = crs.transform(shapes[poor], district.storage_crs, district.metric_crs)
    names = [where[row] if where else f"第 {row + 1} 行" for row in poor]
    result = repair.repair(plane, kind=kind, where=names)
    good = result.changed & ~result.rejected
    mended = shapes.copy()
    mended[poor[good]] = crs.transform(result.geometries[good], district.metric_crs, district.storage_crs)
    return mended, [issue for issue in result.issues if issue.level != "error"]
