from __future__ import annotations

import subprocess
from pathlib import Path

import geopandas as gpd
import pyogrio
import shapely

from yzgeo.report import geofiles


def test_a_geopackage_that_gdal_reads_with_titles(table, catalogue, tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    made = [
        table("shantytown_parcel", stage=["planned", None]),
        table("road"),
        table("fitness_site"),
        table("compound_item"),
    ]
    assert geofiles.write_geopackage(path, made, catalogue.district) == 8
    told = subprocess.run(["ogrinfo", "-al", "-so", str(path)], capture_output=True, check=True, text=True)
    assert told.stderr == ""
    for text in (
        "IDENTIFIER=棚户区改造地块",
        "Multi Polygon",
        "Multi Line String",
        "Point",
        "Feature Count: 2",
        '"EPSG",4490',
    ):
        assert text in told.stdout
    layers = dict(pyogrio.list_layers(path).tolist())
    assert layers["compound_item"] is None
    frame = gpd.read_file(path, layer="shantytown_parcel")
    assert frame["stage"].fillna("").tolist() == ["planned", ""]
    assert frame["data_status"].tolist() == ["surveyed", "illustrative"]
    with path.open("rb") as file:
        assert file.read(64)[60:64] == (10300).to_bytes(4, "big")  # GeoPackage 1.3


def test_geoparquet_that_geopandas_reads(table, catalogue, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    made = table("residential_building", elevator=[1, 0], floors=[6, None])
    assert geofiles.write_geoparquet(path, [made], catalogue.district) == 2
    frame = gpd.read_parquet(path)
    assert frame.crs == catalogue.district.storage_crs
    assert frame["elevator"].tolist() == [True, False]
    assert frame.geometry.iloc[0].bounds == (123.84, 42.28, 123.85, 42.29)


def test_flatgeobuf_has_its_index_where_every_feature_has_a_place(table, catalogue, tmp_path: Path) -> None:
    whole = tmp_path / "a.fgb"
    assert geofiles.write_flatgeobuf(whole, [table("road", bridge=[1, None])], catalogue.district) == 2
    told = subprocess.run(["ogrinfo", "-al", "-so", str(whole)], capture_output=True, check=True, text=True)
    assert '"EPSG",4490' in told.stdout
    assert "Feature Count: 2" in told.stdout
    box = (123.79, 42.19, 123.81, 42.21)
    assert list(pyogrio.read_dataframe(whole, bbox=box)["uid"]) == ["uid-1"]
    assert pyogrio.read_info(whole)["capabilities"]["fast_spatial_filter"]
    gap = tmp_path / "b.fgb"
    shapes = [None, shapely.Point(123, 42)]
    assert geofiles.write_flatgeobuf(gap, [table("fitness_site", shapes=shapes)], catalogue.district) == 2
    assert pyogrio.read_dataframe(gap).geometry.isna().tolist() == [True, False]


def test_frames_of_results_become_tables_and_empty_ones_do_not(tmp_path: Path) -> None:
    points = gpd.GeoDataFrame({"n": [1, 2]}, geometry=gpd.points_from_xy([123.0, 124.0], [42.0, 43.0]), crs="EPSG:4490")
    lines = gpd.GeoDataFrame({"n": [3]}, geometry=[shapely.LineString([(123, 42), (124, 43)])], crs="EPSG:4490")
    path = tmp_path / "results.gpkg"
    geofiles.write_frames(path, {"points": points, "none": points.iloc[:0], "lines": lines})
    assert sorted(name for name, _ in pyogrio.list_layers(path)) == ["lines", "points"]
    assert gpd.read_file(path, layer="points")["n"].tolist() == [1, 2]
