"""A batch made ready: checked, converted to columns of values, nothing written yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from yzgeo.catalogue import Layer
from yzgeo.errors import CrsMissingError, InputError

from . import blobs, values
from .base import Value
from .dialect import GeometryForm


@dataclass(frozen=True, slots=True)
class Staged:
    """Features to be put, in columns of the same length.

    ``geometries`` is None where the frame has no geometry column: the stored geometries stay as they are. The same
    holds for fields that are missing from ``columns``.
    """

    uids: list[str]
    geometries: blobs.Encoded | None
    columns: Mapping[str, Sequence[Value]]


def stage(
    layer: Layer,
    put: gpd.GeoDataFrame | None,
    delete: Sequence[str],
    *,
    srs_id: int,
    form: GeometryForm = "geopackage",
) -> Staged:
    """
    Check a batch and convert it.

    Parameters
    ----------
    layer
        The layer to be written.
    put
        Features indexed by uid, in the storage system, or None.
    delete
        Uids to be deleted.
    srs_id
        EPSG code of the storage system.
    form
        How the database takes geometries.

    Returns
    -------
    Staged
        The features to be put.

    Raises
    ------
    InputError
        If uids are missing or repeated, a field is unknown, a value does not fit its field, or the geometries are of
        another kind or coordinate system than the layer's.
    """
    if len(set(delete)) != len(delete):
        raise _uid_error("要删除的 uid 有重复。", "uids to be deleted are repeated.")
    if put is None or len(put) == 0:
        return Staged([], None, {})
    uids = _uids(put.index)
    if not set(uids).isdisjoint(delete):
        raise _uid_error("同一个 uid 既要写入又要删除。", "a uid is both put and deleted.")
    geometry_column = put._geometry_column_name if isinstance(put, gpd.GeoDataFrame) else None
    geometries: blobs.Encoded | None = None
    if geometry_column is not None and geometry_column in put.columns:
        geometries = _geometries(layer, put, srs_id=srs_id, form=form)
    names = [str(name) for name in put.columns if name != geometry_column]
    specs = [layer.field(name) for name in names]
    columns = {spec.id: values.encode(put[spec.id], spec) for spec in specs}
    return Staged(uids, geometries if layer.spec.geometry != "none" else None, columns)


def _uids(index: pd.Index[Any]) -> list[str]:
    uids = index.tolist()
    if not all(isinstance(uid, str) and uid for uid in uids):
        raise _uid_error("写入的表必须以 uid（文本）为索引。", "the frame must be indexed by uid (text).")
    if not index.is_unique:
        raise _uid_error("写入的表中 uid 有重复。", "uids of the frame are repeated.")
    return cast("list[str]", uids)


def _geometries(layer: Layer, put: gpd.GeoDataFrame, *, srs_id: int, form: GeometryForm) -> blobs.Encoded:
    shapes = put.geometry.to_numpy()
    encoded = blobs.encode(
        np.asarray(shapes, dtype=object), kind=layer.spec.geometry, srs_id=srs_id, layer=layer.id, form=form
    )
    if np.isnan(encoded.bounds).all():
        return encoded
    if put.crs is None:
        raise CrsMissingError(path=layer.id)
    if put.crs.to_epsg() != srs_id and put.crs != pyproj.CRS.from_epsg(srs_id):
        raise InputError(
            what=f"{layer.spec.title.zh} ({layer.id})",
            reason_zh=f"坐标系是 {put.crs.name}，存储要求 EPSG:{srs_id}；请先用 yzgeo.crs.to_crs 转换。",
            reason_en=f"it is in {put.crs.name}, the store keeps EPSG:{srs_id}; convert with yzgeo.crs.to_crs first.",
        )
    return encoded


def _uid_error(zh: str, en: str) -> InputError:
    return InputError(what="uid", reason_zh=zh, reason_en=en)
