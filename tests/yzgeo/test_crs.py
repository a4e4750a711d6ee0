"""Transformations are right to the millimetre, or refused."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely

from yzgeo import crs
from yzgeo.errors import CrsMissingError, CrsNotProjectedError, CrsUnsupportedError

# Tieling: 123.84 E, 42.29 N in EPSG:4529 by another PROJ build (gdaltransform of GDAL 3.6, PROJ 9.1).
DEGREES = (123.84, 42.29)
METRES = (41569277.993, 4684190.675)


@pytest.mark.parametrize("source", ["EPSG:4490", "EPSG:4326", pyproj.CRS(4490).to_wkt("WKT1_ESRI")])
def test_degrees_to_the_metric_system_with_east_first(source: str) -> None:
    (moved,) = crs.transform(np.array([shapely.Point(DEGREES)]), source, "EPSG:4529")
    assert moved.distance(shapely.Point(METRES)) < 0.001


def test_cgcs2000_and_wgs84_are_the_same_at_map_scale() -> None:
    (moved,) = crs.transform(np.array([shapely.Point(DEGREES)]), "EPSG:4326", "EPSG:4490")
    assert moved.equals(shapely.Point(DEGREES))


@pytest.mark.parametrize("old", [2417, 2438, 2365, 2386, 21421])
def test_old_datums_are_refused_where_proj_would_return_the_input(old: int) -> None:
    with pytest.raises(CrsUnsupportedError) as refusal:
        crs.transform(np.array([shapely.Point(METRES)]), f"EPSG:{old}", "EPSG:4490")
    assert "PROJ" in refusal.value.message("zh")


def test_old_datums_are_refused_from_an_esri_prj_too() -> None:
    with pytest.raises(CrsUnsupportedError):
        crs.transform(np.array([shapely.Point(METRES)]), pyproj.CRS(2365).to_wkt("WKT1_ESRI"), "EPSG:4490")


def test_unknown_text_is_refused() -> None:
    with pytest.raises(CrsUnsupportedError):
        crs.parse("EPSG:999999")


def test_missing_geometries_stay_missing_and_input_is_unchanged() -> None:
    given = np.array([shapely.Point(DEGREES), None], dtype=object)
    moved = crs.transform(given, "EPSG:4490", "EPSG:4529")
    assert moved[1] is None
    assert given[0].equals(shapely.Point(DEGREES))


def test_frames_keep_index_and_columns() -> None:
    frame = gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(DEGREES)], index=["x"], crs="EPSG:4490")
    moved = crs.to_crs(frame, "EPSG:4529")
    assert list(moved.index) == ["x"]
    assert moved.crs.to_epsg() == 4529
    assert frame.crs.to_epsg() == 4490


def test_a_frame_without_a_system_is_refused() -> None:
    with pytest.raises(CrsMissingError):
        crs.to_crs(gpd.GeoDataFrame(geometry=[shapely.Point(DEGREES)]), "EPSG:4529")


@pytest.mark.parametrize("system", ["EPSG:4490", "EPSG:3857", None])
def test_measuring_needs_real_metres(system: str | None) -> None:
    with pytest.raises(CrsNotProjectedError):
        crs.require_projected(gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)], crs=system))


def test_measuring_accepts_the_metric_system() -> None:
    crs.require_projected(gpd.GeoDataFrame(geometry=[shapely.Point(METRES)], crs="EPSG:4529"))
