"""The coordinate systems that files about a place can be in, and how numbers in each become positions.

A system has an id that a person can type: ``EPSG:4529``, ``GCJ-02``, ``BD-09``, or a WKT text. Two suffixes describe
how the numbers are written: ``+swapped`` (north or latitude first) and ``+dms`` (degrees packed as D.MMSS).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pyproj
from numpy.typing import ArrayLike, NDArray

from yzgeo import crs
from yzgeo.errors import CrsParametersNeededError, CrsUnsupportedError
from yzgeo.ingest import offsets

from .datum import DatumShift, shift_positions

Degrees = NDArray[np.float64]
Datum = Literal["cgcs2000", "wgs84", "gcj02", "bd09", "xian80", "beijing54", "other"]

NEED_PARAMETERS: frozenset[Datum] = frozenset({"xian80", "beijing54"})

# First EPSG code of each series in the EPSG dataset and the zone it belongs to. Series with the zone number in front
# of the easting come first, those named by the central meridian (no prefix) second.
_THREE_DEGREE: dict[Datum, tuple[int, int]] = {
    "cgcs2000": (4513, 4534),
    "xian80": (2349, 2370),
    "beijing54": (2401, 2422),
}
_SIX_DEGREE: dict[Datum, tuple[int, int]] = {
    "cgcs2000": (4491, 4502),
    "xian80": (2327, 2338),
    "beijing54": (21413, 21453),
}
# Files write 180.00000000000003 at the date line.
_WIDEST = 180.0 + 1e-6
_THREE_DEGREE_ZONES = range(25, 46)
_SIX_DEGREE_ZONES = range(13, 24)
_GEOGRAPHIC: dict[Datum, str] = {"xian80": "EPSG:4610", "beijing54": "EPSG:4214"}

_NAMES: dict[Datum, tuple[str, str]] = {
    "cgcs2000": ("CGCS2000", "CGCS2000"),
    "wgs84": ("WGS 84", "WGS 84"),
    "gcj02": ("GCJ-02 火星坐标（高德、腾讯）", "GCJ-02 (Amap, Tencent)"),
    "bd09": ("BD-09 百度坐标", "BD-09 (Baidu)"),
    "xian80": ("西安 80", "Xian 1980"),
    "beijing54": ("北京 54", "Beijing 1954"),
    "other": ("其他坐标系", "Other system"),
}

# How common a system is among files without any declaration: an order for the list, not a probability.
_WEIGHTS: dict[Datum, float] = {
    "cgcs2000": 0.8,
    "wgs84": 0.7,
    "gcj02": 0.6,
    "bd09": 0.5,
    "xian80": 0.55,
    "beijing54": 0.5,
    "other": 0.5,
}


@dataclass(frozen=True, slots=True)
class System:
    """One way to read pairs of numbers as positions."""

    id: str
    zh: str
    en: str
    crs: str
    datum: Datum
    weight: float
    swapped: bool = False
    packed: bool = False

    @property
    def needs_parameters(self) -> bool:
        """Whether positions are only known to tens of metres without transformation parameters."""
        return self.datum in NEED_PARAMETERS


def around(lon: float) -> tuple[System, ...]:
    """
    List the systems in which a file about a place can be.

    Parameters
    ----------
    lon
        Longitude of the place, degrees; its own zone and the neighbouring ones are listed.

    Returns
    -------
    tuple of System
        Each also in its swapped writing.
    """
    found = [
        _geographic("EPSG:4490", "cgcs2000", 0.72),
        _geographic("EPSG:4326", "wgs84", 0.7),
        _offset("GCJ-02", "gcj02", "EPSG:4490"),
        _offset("BD-09", "bd09", "EPSG:4490"),
        *(_geographic(code, datum, _WEIGHTS[datum] / 2) for datum, code in _GEOGRAPHIC.items()),
    ]
    packed = ("EPSG:4490", "EPSG:4610", "EPSG:4214")
    found += [
        replace(system, id=f"{system.id}+dms", zh=f"{system.zh}（度.分秒）", en=f"{system.en} (D.MMSS)", packed=True)
        for system in found
        if system.id in packed
    ]
    found += [
        System("EPSG:3857", "Web 墨卡托", "Web Mercator", "EPSG:3857", "wgs84", 0.7),
        _offset("GCJ-02/3857", "gcj02", "EPSG:3857"),
        *_utm(lon),
        *_gauss_kruger(lon),
    ]
    swapped = [
        replace(
            system,
            id=f"{system.id}+swapped",
            zh=f"{system.zh}（两列对调，先北后东）",
            en=f"{system.en} (columns swapped, north first)",
            weight=system.weight * 0.95,
            swapped=True,
        )
        for system in found
    ]
    return (*found, *swapped)


def parse(text: str) -> System:
    """
    Read a system's id, or any coordinate system text PROJ knows.

    Parameters
    ----------
    text
        ``EPSG:4529``, ``EPSG:4550+swapped``, ``GCJ-02``, ``BD-09``, ``EPSG:4490+dms`` or WKT.

    Returns
    -------
    System
        The system.

    Raises
    ------
    CrsUnsupportedError
        If nobody knows it.
    """
    base, *suffixes = text.strip().split("+") if not text.lstrip().startswith("+") else [text]
    unknown = set(suffixes) - {"swapped", "dms"}
    if unknown:
        base, suffixes = text, []
    plain = base.upper().replace("-", "").replace("_", "").replace(" ", "")
    names: dict[str, tuple[str, Datum, str]] = {
        "GCJ02": ("GCJ-02", "gcj02", "EPSG:4490"),
        "BD09": ("BD-09", "bd09", "EPSG:4490"),
        "GCJ02/3857": ("GCJ-02/3857", "gcj02", "EPSG:3857"),
    }
    system = _offset(*names[plain]) if plain in names else _from_crs(base)
    for suffix in suffixes:
        system = replace(
            system, id=f"{system.id}+{suffix}", swapped=system.swapped or suffix == "swapped", packed=suffix == "dms"
        )
    return system


def place(
    x: ArrayLike, y: ArrayLike, system: System, *, storage_crs: str, shift: DatumShift | None = None
) -> tuple[Degrees, Degrees]:
    """
    Turn numbers into positions, or refuse.

    Parameters
    ----------
    x, y
        First and second number of each pair as written in the file, shape (n,).
    system
        How to read them.
    storage_crs
        System of the result.
    shift
        Transformation parameters, needed for the old datums and used for nothing else.

    Returns
    -------
    lon, lat
        Degrees, shape (n,); NaN where the numbers cannot be positions.

    Raises
    ------
    CrsParametersNeededError
        If the system stands on an old datum and no parameters are given.
    CrsUnsupportedError
        If there is no trustworthy transformation, or the parameters do not fit the data.
    """
    if system.needs_parameters and shift is None:
        raise CrsParametersNeededError(crs=system.zh, crs_en=system.en, target=storage_crs)
    lon, lat = _unproject(x, y, system, storage_crs)
    if not system.needs_parameters or shift is None:
        return lon, lat
    usable = np.isfinite(lon) & np.isfinite(lat)
    moved = shift_positions(
        lon[usable], lat[usable], geodetic_crs=_GEOGRAPHIC[system.datum], target_crs=storage_crs, shift=shift
    )
    lon[usable], lat[usable] = moved.T
    return lon, lat


def place_roughly(x: ArrayLike, y: ArrayLike, system: System, *, storage_crs: str) -> tuple[Degrees, Degrees]:
    """
    Turn numbers into positions good enough to see whether they fall in a district.

    Parameters
    ----------
    x, y
        First and second number of each pair, shape (n,).
    system
        How to read them; the old datums are taken as if they were CGCS2000, tens of metres off.
    storage_crs
        System of the result.

    Returns
    -------
    lon, lat
        Degrees, shape (n,); NaN where the numbers cannot be positions.

    Raises
    ------
    CrsUnsupportedError
        If there is no trustworthy transformation.
    """
    return _unproject(x, y, system, storage_crs)


def _unproject(x: ArrayLike, y: ArrayLike, system: System, storage_crs: str) -> tuple[Degrees, Degrees]:
    first, second = np.array(x, dtype=float), np.array(y, dtype=float)
    if system.swapped:
        first, second = second, first
    if system.packed:
        first, second = unpack_degrees(first), unpack_degrees(second)
    geodetic = _GEOGRAPHIC.get(system.datum, storage_crs)
    source = crs.parse(system.crs)
    # The shifts of web maps cannot be taken off near the poles.
    highest = 85.0 if system.datum in {"gcj02", "bd09"} else 90.0
    if source.is_geographic:
        possible = (np.abs(first) <= _WIDEST) & (np.abs(second) <= highest)
    else:
        possible = (np.abs(first) < 1e8) & (np.abs(second) < 1e8)
    first, second = np.where(possible, first, np.nan), np.where(possible, second, np.nan)
    if source != crs.parse(geodetic):
        lon, lat = crs.transformer(system.crs, geodetic).transform(first, second)
        first, second = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    bad = ~((np.abs(first) <= _WIDEST) & (np.abs(second) <= highest))
    first, second = np.where(bad, np.nan, first), np.where(bad, np.nan, second)
    if system.datum == "gcj02":
        return offsets.wgs84_from_gcj02(first, second)
    if system.datum == "bd09":
        return offsets.wgs84_from_bd09(first, second)
    return first, second


def unpack_degrees(packed: ArrayLike) -> Degrees:
    """
    Read degrees packed as D.MMSS, as surveyors' calculators write them: 123.504561 is 123°50′45.61″.

    Parameters
    ----------
    packed
        Numbers, any shape.

    Returns
    -------
    numpy.ndarray
        Degrees; NaN where minutes or seconds would be 60 or more.
    """
    numbers = np.asarray(packed, dtype=float)
    sign, size = np.sign(numbers), np.abs(numbers)
    # Rounding to 1e-10 (a hundredth of a millimetre of arc in this notation) undoes binary noise such as 50.99999.
    degrees = np.floor(np.round(size, 10))
    rest = np.round((size - degrees) * 100.0, 8)
    minutes = np.floor(rest)
    seconds = np.round((rest - minutes) * 100.0, 6)
    valid = (minutes < 60.0) & (seconds < 60.0)
    return np.where(valid, sign * (degrees + minutes / 60.0 + seconds / 3600.0), np.nan)


def _geographic(code: str, datum: Datum, weight: float) -> System:
    zh, en = _NAMES[datum]
    return System(code, f"{zh} 经纬度", f"{en} longitude/latitude", code, datum, weight)


def _offset(identifier: str, datum: Datum, base: str) -> System:
    zh, en = _NAMES[datum]
    mercator = base == "EPSG:3857"
    return System(
        identifier,
        f"{zh}（Web 墨卡托）" if mercator else zh,
        f"{en} in Web Mercator" if mercator else en,
        base,
        datum,
        _WEIGHTS[datum] / (2 if mercator else 1),
    )


def _utm(lon: float) -> list[System]:
    own = int(np.floor((lon + 180.0) / 6.0)) + 1
    zones = [zone for zone in (own - 1, own, own + 1) if 1 <= zone <= 60]
    return [
        System(
            f"EPSG:{32600 + zone}",
            f"WGS 84 UTM {zone} 带",
            f"WGS 84 UTM zone {zone}N",
            f"EPSG:{32600 + zone}",
            "wgs84",
            0.4,
        )
        for zone in zones
    ]


def _gauss_kruger(lon: float) -> list[System]:
    found = []
    for width, zones, series, own in (
        (3, _THREE_DEGREE_ZONES, _THREE_DEGREE, round(lon / 3.0)),
        (6, _SIX_DEGREE_ZONES, _SIX_DEGREE, int(np.floor(lon / 6.0)) + 1),
    ):
        for zone in (own - 1, own, own + 1):
            if zone not in zones:
                continue
            meridian = zone * 3 if width == 3 else zone * 6 - 3
            for datum, (prefixed, plain) in series.items():
                zh, en = _NAMES[datum]
                index = zone - zones.start
                weight = _WEIGHTS[datum] * (1.0 if zone == own else 0.6) * (1.0 if width == 3 else 0.9)
                found.append(
                    System(
                        f"EPSG:{prefixed + index}",
                        f"{zh} {width} 度带第 {zone} 带（东坐标带带号）",
                        f"{en} {width}-degree zone {zone} (eastings with zone number)",
                        f"EPSG:{prefixed + index}",
                        datum,
                        weight,
                    )
                )
                found.append(
                    System(
                        f"EPSG:{plain + index}",
                        f"{zh} {width} 度带中央经线 {meridian}°（不带带号）",
                        f"{en} {width}-degree CM {meridian}E (no zone number)",
                        f"EPSG:{plain + index}",
                        datum,
                        weight,
                    )
                )
    return found


def _from_crs(text: str) -> System:
    parsed = crs.parse(text)
    horizontal = parsed.sub_crs_list[0] if parsed.is_compound else parsed
    if not (horizontal.is_geographic or horizontal.is_projected):
        raise CrsUnsupportedError(crs=text[:80], reason_zh="不是大地坐标系", reason_en="it is not tied to the earth")
    number = horizontal.to_epsg(min_confidence=60)
    code = f"EPSG:{number}" if number else horizontal.to_wkt()
    datum = _datum(horizontal)
    name = horizontal.name
    return System(code, f"{name}（{code}）" if number else name, name, code, datum, _WEIGHTS[datum])


def _datum(system: pyproj.CRS) -> Datum:
    base = system.geodetic_crs
    text = f"{base.name if base is not None else ''} {system.name}".lower().replace("_", "").replace(" ", "")
    for mark, datum in _DATUM_MARKS:
        if mark in text:
            return datum
    return "other"


_DATUM_MARKS: tuple[tuple[str, Datum], ...] = (
    ("china2000", "cgcs2000"),
    ("cgcs2000", "cgcs2000"),
    ("chinageodeticcoordinatesystem2000", "cgcs2000"),
    ("xian1980", "xian80"),
    ("beijing1954", "beijing54"),
    ("beijing54", "beijing54"),
    ("wgs84", "wgs84"),
    ("wgs1984", "wgs84"),
)
