"""What speaks for a coordinate system and what against: the outline, known places, and what people wrote."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from yzgeo import crs

from .systems import Datum, System

Numbers = NDArray[np.float64]

_FALL_OFF_M = 1000.0
_SAMPLE = 1000

# What people write above a table or in a column's head, and the datum they mean by it.
_STATEMENTS: tuple[tuple[str, Datum], ...] = (
    (r"gcj-?\s?02|火星坐标|高德|腾讯", "gcj02"),
    (r"bd-?\s?09|百度", "bd09"),
    (r"cgcs\s?2000|国家2000|2000国家|大地2000|2000坐标|2000大地", "cgcs2000"),
    (r"wgs-?\s?84|gps坐标", "wgs84"),
    (r"西安-?\s?80|80西安|1980西安|xi'?an\s?-?(19)?80|80坐标", "xian80"),
    (r"北京-?\s?54|54北京|1954北京|beijing\s?-?(19)?54|54坐标", "beijing54"),
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason, in two languages."""

    zh: str
    en: str


DECLARED = Evidence("文件声明了此坐标系", "the file declares it")


@dataclass(frozen=True, slots=True)
class KnownPlaces:
    """Features of the file that the register (or a gazetteer) already knows by code or name.

    ``x`` and ``y`` are the file's numbers, ``lon`` and ``lat`` the true positions in the storage system, all of shape
    (n,). Illustrative features must not be passed: their positions are invented. ``accuracy_m`` says how far a true
    position may be off.
    """

    x: Numbers
    y: Numbers
    lon: Numbers
    lat: Numbers
    accuracy_m: float = 5.0

    def usable(self) -> KnownPlaces | None:
        """Keep complete pairs; fewer than three prove nothing."""
        stack = np.column_stack([np.asarray(part, dtype=float) for part in (self.x, self.y, self.lon, self.lat)])
        kept = stack[np.isfinite(stack).all(axis=1)]
        x, y, lon, lat = kept.T
        return KnownPlaces(x, y, lon, lat, self.accuracy_m) if len(kept) >= 3 else None


@dataclass(frozen=True)
class District:
    """The outline that most positions of a file should fall into."""

    outline: BaseGeometry
    storage_crs: str
    metric_crs: str

    @property
    def middle_lon(self) -> float:
        """Longitude of the outline's middle, degrees."""
        west, _, east, _ = self.outline.bounds
        return float((west + east) / 2.0)

    def metres(self, lon: Numbers, lat: Numbers) -> Numbers:
        """
        Put positions on the metric plane.

        Parameters
        ----------
        lon, lat
            Degrees in the storage system, shape (n,).

        Returns
        -------
        numpy.ndarray
            East and north in metres, shape (n, 2); infinite where they are no positions.
        """
        usable = np.isfinite(lon) & np.isfinite(lat)
        plane = np.full((len(lon), 2), np.inf)
        if usable.any():
            to_plane = crs.transformer(self.storage_crs, self.metric_crs)
            plane[usable] = np.column_stack(to_plane.transform(lon[usable], lat[usable]))
        return plane

    def distances_m(self, plane: Numbers) -> Numbers:
        """
        Measure how far positions lie outside the outline.

        Parameters
        ----------
        plane
            East and north, metres, shape (n, 2).

        Returns
        -------
        numpy.ndarray
            Metres, shape (n,); 0 inside, infinite where there is no position.
        """
        shape = crs.transform(np.array([self.outline], dtype=object), self.storage_crs, self.metric_crs)[0]
        shapely.prepare(shape)
        finite = np.isfinite(plane).all(axis=1)
        distance = np.full(len(plane), np.inf)
        distance[finite] = 0.0
        outside = np.array(finite, dtype=bool)
        outside[finite] = ~shapely.contains_xy(shape, plane[finite, 0], plane[finite, 1])
        # Far away the exact distance does not matter, and the outline has many vertices.
        west, south, east, north = shape.bounds
        gap = np.hypot(
            np.maximum(np.maximum(west - plane[:, 0], plane[:, 0] - east), 0.0),
            np.maximum(np.maximum(south - plane[:, 1], plane[:, 1] - north), 0.0),
        )
        near = outside & (gap < 20.0 * _FALL_OFF_M)
        distance[outside] = gap[outside]
        distance[near] = shapely.distance(shape, shapely.points(plane[near]))
        return distance


def sample(x: Numbers, y: Numbers) -> tuple[Numbers, Numbers, int]:
    """
    Choose which pairs of numbers are looked at.

    Parameters
    ----------
    x, y
        All pairs, shape (n,).

    Returns
    -------
    x, y
        At most about a thousand usable pairs, spread over the file and with its extremes.
    unusable : int
        How many pairs are missing, infinite, absurdly large or zero.
    """
    one, other = np.asarray(x, dtype=float).ravel(), np.asarray(y, dtype=float).ravel()
    usable = np.isfinite(one) & np.isfinite(other) & (np.abs(one) < 1e8) & (np.abs(other) < 1e8)
    usable &= ~((one == 0.0) & (other == 0.0))
    unusable = int(len(one) - usable.sum())
    one, other = one[usable], other[usable]
    if len(one) <= _SAMPLE:
        return one, other, unusable
    extremes = [one.argmin(), one.argmax(), other.argmin(), other.argmax()]
    chosen = np.unique(np.concatenate([np.linspace(0, len(one) - 1, _SAMPLE).astype(int), extremes]))
    return one[chosen], other[chosen], unusable


def fit(distances_m: Numbers) -> float:
    """
    Turn distances from the outline into one number.

    Parameters
    ----------
    distances_m
        Metres outside the outline, shape (n,).

    Returns
    -------
    float
        1 when everything is inside; a point one kilometre outside counts 0.37, five kilometres outside 0.01.
    """
    return float(np.exp(-distances_m / _FALL_OFF_M).mean()) if len(distances_m) else 0.0


def stated_datums(texts: Sequence[str]) -> frozenset[Datum]:
    """
    Find the datums that people named in titles, column heads or notes.

    Parameters
    ----------
    texts
        Short texts of the file.

    Returns
    -------
    frozenset of str
        Datums named; more than one means that the texts decide nothing.
    """
    joined = "\n".join(texts).lower()
    return frozenset(datum for pattern, datum in _STATEMENTS if re.search(pattern, joined))


def describe_fit(distances_m: Numbers) -> Evidence:
    """
    Tell how the positions lie to the outline.

    Parameters
    ----------
    distances_m
        Metres outside the outline, shape (n,).

    Returns
    -------
    Evidence
        Share inside, and the distance of the rest.
    """
    inside = float((distances_m == 0.0).mean())
    rest = distances_m[distances_m > 0.0]
    if not len(rest):
        return Evidence("全部点落在辖区轮廓内", "all points fall inside the district's outline")
    median = float(np.median(rest))
    away = f"{median / 1000:.1f}" if np.isfinite(median) else "∞"
    return Evidence(
        f"{inside:.0%} 的点落在辖区轮廓内，其余点距轮廓的中位距离 {away} 公里",
        f"{inside:.0%} of the points fall inside the outline; the rest lie {away} km outside (median)",
    )


def describe_writing(x: Numbers, y: Numbers, system: System) -> Evidence | None:
    """
    Tell what the digits of the numbers show.

    Parameters
    ----------
    x, y
        Pairs as written, shape (n,), not empty.
    system
        How they would be read.

    Returns
    -------
    Evidence or None
        The zone number in front of the eastings, or its absence; nothing for degrees.
    """
    east = float(np.median(y if system.swapped else x))
    if "带号）" in system.zh and "不带" not in system.zh:
        zone = int(east // 1_000_000)
        return Evidence(
            f"东坐标 {east:,.0f} 以带号 {zone} 开头", f"eastings such as {east:,.0f} start with zone number {zone}"
        )
    if "中央经线" in system.zh:
        return Evidence(
            f"东坐标 {east:,.0f} 没有带号，数字本身不能说明基准",
            f"eastings such as {east:,.0f} carry no zone number; the digits do not tell the datum",
        )
    return None
