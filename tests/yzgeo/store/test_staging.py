"""Batches made ready; most refusals are told in the contract."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
from shapely.geometry import Point

from tests.yzgeo.store.conftest import frame
from yzgeo.catalogue import Catalogue
from yzgeo.store.staging import stage


def test_nothing_to_put(tiny: Catalogue) -> None:
    for put in (None, frame({})):
        staged = stage(tiny.layer("spot"), put, (), srs_id=4490)
        assert staged.uids == []


def test_columns_of_values(tiny: Catalogue) -> None:
    staged = stage(tiny.layer("spot"), frame({"a": Point(1, 2), "b": None}, code=["x", None]), (), srs_id=4490)
    assert staged.uids == ["a", "b"]
    assert staged.columns == {"code": ["x", None]}
    assert staged.geometries is not None
    assert staged.geometries.blobs[1] is None


def test_a_geometry_column_of_any_name(tiny: Catalogue) -> None:
    put = frame({"a": Point(1, 2)}).rename_geometry("shape")
    assert stage(tiny.layer("spot"), put, (), srs_id=4490).geometries is not None


def test_a_plain_table_leaves_the_geometries_alone(tiny: Catalogue) -> None:
    for put in (pd.DataFrame({"code": ["x"]}, index=["a"]), gpd.GeoDataFrame({"code": ["x"]}, index=["a"])):
        assert stage(tiny.layer("spot"), put, (), srs_id=4490).geometries is None


def test_the_same_system_by_another_description(tiny: Catalogue) -> None:
    """Files describe EPSG:4490 in words, without its number."""
    put = frame({"a": Point(1, 2)})
    assert put.crs is not None
    described = put.set_crs(put.crs.to_wkt("WKT1_ESRI"), allow_override=True)
    assert stage(tiny.layer("spot"), described, (), srs_id=4490).uids == ["a"]
