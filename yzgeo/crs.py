"""Coordinate systems: the ones we know, and transformations that never lie.

PROJ answers some requests (Beijing 1954 or Xian 1980 to CGCS2000) with a "ballpark" operation that returns the input
unchanged. Here such an operation is a refusal. The one null transformation that is legitimate, CGCS2000 to WGS 84 at
map scale, is on an explicit list.
"""

from __future__ import annotations

import re
from functools import lru_cache

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from pyproj.transformer import TransformerGroup

from .errors import CrsMissingError, CrsNotProjectedError, CrsUnsupportedError

WGS84 = "EPSG:4326"
CGCS2000 = "EPSG:4490"
WEB_MERCATOR = "EPSG:3857"

# Geodetic datums that agree to about a metre, by every name they go under in EPSG and ESRI files; PROJ has only a
# ballpark operation between the two. Source: EPSG dataset, datum 1043 (China 2000 = ITRF97 at epoch 2000.0).
_SAME_AT_MAP_SCALE = frozenset(
    {
        "china2000",
        "chinageodeticcoordinatesystem2000",
        "cgcs2000",
        "wgs84",
        "wgs1984",
        "worldgeodeticsystem1984",
    }
)


def parse(text: str) -> pyproj.CRS:
    """
    Read a coordinate system from what a person or a file says.

    Parameters
    ----------
    text
        An EPSG code such as ``EPSG:4529``, WKT or a PROJ string.

    Returns
    -------
    pyproj.CRS
        The system.

    Raises
    ------
    CrsUnsupportedError
        If PROJ does not know it.
    """
    try:
        return pyproj.CRS.from_user_input(text)
    except pyproj.exceptions.CRSError as error:
        raise CrsUnsupportedError(
            crs=str(text)[:80], reason_zh="无法识别", reason_en="PROJ does not know it"
        ) from error


@lru_cache(maxsize=64)
def transformer(source: str, target: str) -> pyproj.Transformer:
    """
    Find a trustworthy transformation, x (east) before y (north) on both sides.

    Parameters
    ----------
    source, target
        Coordinate systems as text, see `parse`.

    Returns
    -------
    pyproj.Transformer
        Always-xy transformation.

    Raises
    ------
    CrsUnsupportedError
        If PROJ only has a ballpark operation between the two datums.
    """
    from_crs, to_crs = parse(source), parse(target)
    if _datum(from_crs) != _datum(to_crs) and not _same_at_map_scale(from_crs, to_crs):
        group = TransformerGroup(from_crs, to_crs, always_xy=True, allow_ballpark=False)
        if not group.transformers:
            raise CrsUnsupportedError(
                crs=from_crs.name,
                reason_zh=f"没有到 {target} 的可靠转换参数，PROJ 会原样返回坐标",
                reason_en=f"there is no trustworthy transformation to {target}; PROJ would return the input unchanged",
            )
    return pyproj.Transformer.from_crs(from_crs, to_crs, always_xy=True)


def transform(geometries: NDArray[np.object_], source: str, target: str) -> NDArray[np.object_]:
    """
    Transform many geometries at once.

    Parameters
    ----------
    geometries
        Shapely geometries, shape (n,), dtype object; ``None`` stays ``None``.
    source, target
        Coordinate systems as text, see `parse`.

    Returns
    -------
    numpy.ndarray
        New geometries, shape (n,), in ``target``.

    Raises
    ------
    CrsUnsupportedError
        If there is no trustworthy transformation.
    """
    if parse(source) == parse(target):
        return np.array(geometries, dtype=object)
    apply = transformer(source, target).transform

    def move(points: NDArray[np.float64]) -> NDArray[np.float64]:
        moved = np.array(points, dtype=float)
        moved[:, 0], moved[:, 1] = apply(points[:, 0], points[:, 1])
        return moved

    shapes = np.asarray(geometries, dtype=object)
    moved: NDArray[np.object_] = shapely.transform(shapes, move, include_z=bool(shapely.has_z(shapes).any()))
    return moved


def to_crs(frame: gpd.GeoDataFrame, target: str) -> gpd.GeoDataFrame:
    """
    Transform a frame, refusing what PROJ would only pretend to do.

    Parameters
    ----------
    frame
        Frame with a coordinate system.
    target
        Coordinate system as text, see `parse`.

    Returns
    -------
    geopandas.GeoDataFrame
        A new frame on the same index in ``target``.

    Raises
    ------
    CrsMissingError
        If the frame has none.
    CrsUnsupportedError
        If there is no trustworthy transformation.
    """
    if frame.crs is None:
        raise CrsMissingError(path="GeoDataFrame")
    moved = transform(frame.geometry.to_numpy(), frame.crs.to_wkt(), target)
    return frame.set_geometry(gpd.GeoSeries(moved, index=frame.index, crs=target))


def require_projected(frame: gpd.GeoDataFrame) -> None:
    """
    Refuse a frame whose coordinates are not metres.

    Parameters
    ----------
    frame
        Frame about to be measured.

    Raises
    ------
    CrsNotProjectedError
        If it has no coordinate system, or one in degrees, or Web Mercator, whose metres are not metres.
    """
    if frame.crs is None or not frame.crs.is_projected or frame.crs.to_epsg() == 3857:
        raise CrsNotProjectedError(crs=frame.crs.name if frame.crs is not None else "None")


def _datum(system: pyproj.CRS) -> str:
    """Name the datum in one spelling: ``D_China_2000`` and ``China 2000`` are the same."""
    base = system.geodetic_crs
    name = base.datum.name if base is not None and base.datum is not None else system.name
    return re.sub(r"[^a-z0-9]", "", name.lower().removeprefix("d_").removesuffix("ensemble"))


def _same_at_map_scale(one: pyproj.CRS, other: pyproj.CRS) -> bool:
    return {_datum(one), _datum(other)} <= _SAME_AT_MAP_SCALE
