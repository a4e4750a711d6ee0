"""What to look at before anything is stored: candidates on the map, rows by what they change, problems in place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from yzgeo import crs as systems
from yzgeo.catalogue import Catalogue
from yzgeo.errors import InputError
from yzgeo.ingest.crs_guess import systems as guessed
from yzgeo.ingest.crs_guess.verdict import Candidate
from yzgeo.ingest.reading import Source

from .judging import Judged
from .register import Register
from .reports import RowMatch

Shapes = NDArray[np.object_]

MOST_CANDIDATES = 6
MOST_SHAPES = 500
MOST_FEATURES = 3000
MOST_MISSING = 500
MOST_PROBLEMS = 1000
MOST_MATCHES = 5000
_SAMPLES = 5
_MOST_POINTS = 100_000
_SIMPLE_DEG = 1e-5
_ROW = re.compile(r"第 (\d+) 行")
_ORDER = {"changed": 0, "new": 1, "ambiguous": 2, "missing": 3, "unchanged": 4}


def preview(judged: Judged, catalogue: Catalogue, register: Register) -> dict[str, Any]:
    """
    Draw a judgement.

    Parameters
    ----------
    judged
        The judgement.
    catalogue
        Whose storage system the shapes are in.
    register
        With the shapes of what the file lacks.

    Returns
    -------
    dict
        ``candidates``, ``features``, ``problems`` (GeoJSON, WGS 84), ``samples``, ``matches`` with their total, and
        whether anything was ``truncated``.
    """
    storage = catalogue.district.storage_crs
    matches = sorted(judged.report.matches, key=lambda match: _ORDER[match.status])
    features = _features(judged, matches, register, storage)
    problems = _problems(judged, storage)
    total = len(matches)
    drawable = sum(match.status != "missing" for match in matches)
    return {
        "candidates": _candidates(judged, storage),
        "features": _collection(features),
        "problems": _collection(problems[:MOST_PROBLEMS]),
        "samples": _samples(judged.source),
        "matches": [match.as_dict() for match in matches[:MOST_MATCHES]],
        "matches_total": total,
        "truncated": total > MOST_MATCHES or drawable > MOST_FEATURES or len(problems) > MOST_PROBLEMS,
    }


def _candidates(judged: Judged, storage: str) -> list[dict[str, Any]]:
    guess = judged.settled.guess if judged.settled is not None else None
    if guess is None:
        return []
    drawn = []
    for candidate in guess.candidates[:MOST_CANDIDATES]:
        shapes = _under(judged.source, candidate, storage)
        told = candidate.as_dict()
        items = [_feature(one, {}) for one in _drawn(shapes, storage)]
        drawn.append({"id": told["id"], "title": told["title"], "geojson": _collection(items)})
    return drawn


def _under(source: Source, candidate: Candidate, storage: str) -> Shapes:
    """Put some of the shapes where a system would put them; their hull if there are too many points."""
    geometry = source.geometry
    if geometry is None:
        return np.array([], dtype=object)
    there = geometry[~(shapely.is_missing(geometry) | shapely.is_empty(geometry))]
    if len(there) > MOST_SHAPES:
        there = there[np.linspace(0, len(there) - 1, MOST_SHAPES).astype(int)]
    flat = np.asarray(shapely.force_2d(there), dtype=object)
    if shapely.get_num_coordinates(flat).sum() > _MOST_POINTS:
        points = shapely.get_coordinates(flat)[:: max(1, int(shapely.get_num_coordinates(flat).sum()) // _MOST_POINTS)]
        flat = np.array([shapely.convex_hull(shapely.multipoints(points))], dtype=object)
    points = shapely.get_coordinates(flat)
    try:
        lon, lat = guessed.place_roughly(points[:, 0], points[:, 1], candidate.system, storage_crs=storage)
    except InputError:
        return np.array([], dtype=object)
    moved = np.asarray(shapely.set_coordinates(flat, np.column_stack([lon, lat])), dtype=object)
    return moved[np.isfinite(shapely.bounds(moved)).all(axis=1)]


def _features(judged: Judged, matches: Sequence[RowMatch], register: Register, storage: str) -> list[dict[str, Any]]:
    frame = judged.frame
    if frame is None:
        return []
    place = {str(uid): number for number, uid in enumerate(frame.index)}
    shown = [match for match in matches if match.uid in place][:MOST_FEATURES]
    shapes = frame.geometry.to_numpy()[[place[str(match.uid)] for match in shown]]
    missing = [match for match in matches if match.status == "missing"][:MOST_MISSING]
    lost = register.shapes(str(match.uid) for match in missing)
    drawn = [*_drawn(shapes, storage), *_drawn(lost, storage)]
    return [_feature(one, _told(match)) for one, match in zip(drawn, (*shown, *missing), strict=True)]


def _told(match: RowMatch) -> dict[str, Any]:
    return {"status": match.status, "row": match.row, "uid": match.uid, "title": match.title}


def _problems(judged: Judged, storage: str) -> list[dict[str, Any]]:
    """Put what was found where it is; what belongs to no row is in the report only."""
    source = judged.rejects
    rows = {label: number for number, label in enumerate(source.where, start=1)}
    if judged.frame is not None and len(judged.numbers):
        key = next((name for name in ("code",) if name in judged.frame), None)
        if key is not None:
            rows |= {str(code): row for code, row in zip(judged.frame[key], judged.numbers, strict=False)}
    found: list[dict[str, Any]] = []
    for issue in judged.report.issues:
        row = _row(issue.where, rows)
        if row is None or issue.level == "info":
            continue
        found.append(
            {
                "row": row,
                "code": issue.code,
                "level": issue.level,
                "message": {"zh": issue.zh, "en": issue.en},
            }
        )
        if len(found) > MOST_PROBLEMS:
            break
    placed = judged.placed.geometry if judged.placed is not None else None
    shapes = np.full(len(found), None, dtype=object)
    if placed is not None and found:
        shapes = shapely.point_on_surface(placed[[one["row"] - 1 for one in found]])
    return [_feature(one, told) for one, told in zip(_drawn(shapes, storage), found, strict=True)]


def _row(where: str, rows: Mapping[str, int]) -> int | None:
    label = where.partition("·")[0]
    match = _ROW.fullmatch(label)
    return int(match[1]) if match else rows.get(label)


def _samples(source: Source) -> dict[str, list[Any]]:
    samples = {}
    for name in source.table.columns:
        seen = dict.fromkeys(str(value)[:200] for value in source.table[name][:200] if value not in (None, ""))
        samples[str(name)] = list(seen)[:_SAMPLES]
    return samples


def _drawn(shapes: Iterable[Any], storage: str) -> list[dict[str, Any] | None]:
    found = np.array([*shapes, None], dtype=object)[:-1]
    finite = np.isfinite(shapely.bounds(found)).all(axis=1) if len(found) else np.array([], dtype=bool)
    found[~finite] = None
    moved = np.asarray(systems.transform(found, storage, systems.WGS84), dtype=object)
    simple = shapely.simplify(moved, _SIMPLE_DEG)
    rounded = shapely.transform(simple, lambda points: np.round(points, 7))
    return [None if one is None else dict(one.__geo_interface__) for one in rounded]


def _feature(geometry: dict[str, Any] | None, properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": dict(properties)}


def _collection(features: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": features}
