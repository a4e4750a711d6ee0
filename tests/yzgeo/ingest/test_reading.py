from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest
from shapely.geometry import Point

from yzgeo.errors import FileLimitError, FileMissingError, FileUnreadableError
from yzgeo.ingest import reading


@pytest.mark.parametrize("name", ["a.geojson", "a.gpkg", "a.shp"])
def test_the_same_rows_come_out_of_every_format(parcels: Callable[..., Path], name: str) -> None:
    source = reading.read(parcels(name))
    assert source.rows == 3
    assert list(source.table["编号"]) == ["A1", "A2", "A3"]
    assert list(source.table["面积"]) == [1.5, 2.5, 3.5]
    assert source.geometry is not None
    assert source.geometry[1].bounds == pytest.approx((123.85, 42.28, 123.855, 42.285))
    assert source.crs is not None
    assert not source.unreadable.any()


def test_geoparquet(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    gpd.GeoDataFrame({"code": ["A1"]}, geometry=[Point(123.8, 42.3)], crs="EPSG:4490").to_parquet(path)
    source = reading.read(path)
    assert list(source.table.columns) == ["code"]
    assert source.geometry is not None
    assert source.geometry[0] == Point(123.8, 42.3)
    assert "China" in str(source.crs)


def test_a_real_shapefile_of_another_house(world: Path) -> None:
    source = reading.read(world)
    assert (source.rows, source.crs, source.encoding) == (177, "EPSG:4326", "UTF-8")
    assert list(source.table.columns) == ["pop_est", "continent", "name", "iso_a3", "gdp_md_est"]


def test_a_whole_number_stays_whole_beside_a_gap(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    features = [
        {"type": "Feature", "properties": {"n": value}, "geometry": {"type": "Point", "coordinates": [123.8, 42.3]}}
        for value in (9007199254740993, None)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    assert list(reading.read(path).table["n"]) == [9007199254740993, None]


def test_circular_arcs_are_marked_not_dropped(curves: Path) -> None:
    source = reading.read(curves)
    assert (source.rows, source.unreadable.tolist()) == (1, [True])


def test_a_zipped_shapefile(parcels: Callable[..., Path], tmp_path: Path) -> None:
    shape = parcels("a.shp")
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for part in shape.parent.glob("a.*"):
            if part != archive:
                packed.write(part, f"folder/{part.name}")
    assert reading.read(archive).rows == 3


def test_one_of_several_layers_has_to_be_named(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    frame = gpd.GeoDataFrame({"code": ["A1"]}, geometry=[Point(123.8, 42.3)], crs="EPSG:4490")
    frame.to_file(path, layer="one")
    frame.to_file(path, layer="two")
    with pytest.raises(FileUnreadableError, match="one、two"):
        reading.read(path)
    assert reading.read(path, layer_in_file="two").layer == "two"
    with pytest.raises(FileUnreadableError, match="three"):
        reading.read(path, layer_in_file="three")


@pytest.mark.parametrize(("name", "share"), [("a.gpkg", 0.6), ("a.shp", 0.6), ("a.geojson", 0.6), ("a.shp", 0.0)])
def test_a_file_that_was_cut_short_is_refused(parcels: Callable[..., Path], name: str, share: float) -> None:
    path = parcels(name)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(FileUnreadableError):
        reading.read(path)


@pytest.mark.parametrize("name", ["a.gpkg", "a.shp", "a.geojson", "a.zip", "a.parquet"])
def test_a_file_of_another_kind_under_our_name_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"\x00\x01 this is something else \xff" * 40)
    for part in (".shx", ".dbf"):
        path.with_suffix(part).write_bytes(b"")
    with pytest.raises(FileUnreadableError):
        reading.read(path)


@pytest.mark.parametrize("part", [".dbf", ".shx"])
def test_a_shapefile_without_one_of_its_parts(parcels: Callable[..., Path], part: str) -> None:
    path = parcels("a.shp")
    path.with_suffix(part).unlink()
    with pytest.raises(FileUnreadableError, match=part):
        reading.read(path)


def test_no_file_and_an_unknown_kind(tmp_path: Path) -> None:
    with pytest.raises(FileMissingError):
        reading.read(tmp_path / "none.gpkg")
    (tmp_path / "a.docx").write_bytes(b"PK")
    with pytest.raises(FileUnreadableError, match="docx"):
        reading.read(tmp_path / "a.docx")


def test_too_many_rows_too_little_memory_too_little_time(world: Path) -> None:
    with pytest.raises(FileLimitError, match="rows"):
        reading.read(world, limits=reading.Limits(max_rows=100))
    with pytest.raises(FileLimitError, match="MiB"):
        reading.read(world, limits=reading.Limits(memory_bytes=1024**2))
    with pytest.raises(FileLimitError, match="s"):
        reading.read(world, limits=reading.Limits(seconds=0))


def test_reading_leaves_the_file_and_its_folder_as_they_were(parcels: Callable[..., Path], tmp_path: Path) -> None:
    path = parcels("a.gpkg")
    before = {item.name: item.read_bytes() for item in tmp_path.iterdir()}
    reading.read(path)
    assert {item.name: item.read_bytes() for item in tmp_path.iterdir()} == before


def test_a_name_with_spaces_and_chinese(parcels: Callable[..., Path], tmp_path: Path) -> None:
    path = parcels("a.gpkg")
    odd = tmp_path / "棚户区 台账 (1).gpkg"
    shutil.move(path, odd)
    assert reading.read(odd).rows == 3
