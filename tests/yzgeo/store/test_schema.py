"""The tables, as the catalogue, GDAL and its validator see them."""

from __future__ import annotations

import copy
import json
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest
from shapely.geometry import LineString, Point, box

from tests.yzgeo.store.conftest import BY, FIELDS, LAYERS, frame, layer_file, write_layers
from yzgeo.catalogue import Catalogue, load
from yzgeo.errors import CatalogueError
from yzgeo.store.base import Query
from yzgeo.store.sqlite import GeoPackageStore

SYSTEM_PYTHON = "/usr/bin/python3"


def fill(store: GeoPackageStore) -> None:
    store.write(
        "area",
        put=frame(
            {"a": box(123, 42, 124, 43), "b": None},
            code=["编号", None],
            built_on=["2020-01-01", None],
            listed=[True, False],
        ),
        provenance=BY,
    )
    store.write("area", put=frame({"a": box(123, 42, 124, 44)}), delete=["b"], provenance=BY)
    store.write("path", put=frame({"p": LineString([(123, 42), (124, 43)])}), provenance=BY)
    store.write("spot", put=frame({"s": Point(123, 42)}), provenance=BY)
    store.write("note", put=frame({"n": None}, code=["甲"]), provenance=BY)


def validate(path: Path) -> None:
    """GDAL's own validator; it needs the system's GDAL bindings."""
    subprocess.run([SYSTEM_PYTHON, "-m", "osgeo_utils.samples.validate_gpkg", path], check=True, capture_output=True)


@pytest.mark.parametrize("state", ["empty", "filled"])
def test_the_validator_passes(geopackage: GeoPackageStore, tmp_path: Path, state: str) -> None:
    if state == "filled":
        fill(geopackage)
    validate(geopackage.backup(tmp_path / "copy.gpkg"))
    geopackage.close()
    validate(geopackage.path)


def test_the_shipped_catalogue_passes_the_validator(catalogue: Catalogue, tmp_path: Path) -> None:
    store = GeoPackageStore.create(tmp_path / "workspace", catalogue)
    store.check()
    assert {store.revision(layer) for layer in catalogue.layers} == {0}
    store.close()
    validate(store.path)


def test_gdal_shows_chinese_titles_and_lists_of_values(geopackage: GeoPackageStore, tmp_path: Path) -> None:
    fill(geopackage)
    path = geopackage.backup(tmp_path / "copy.gpkg")
    shown = subprocess.run(["ogrinfo", "-so", path, "area"], check=True, capture_output=True, text=True)
    assert "Warning" not in shown.stdout + shown.stderr
    assert "IDENTIFIER=面" in shown.stdout
    assert "DESCRIPTION=面，仅供测试" in shown.stdout
    assert "Geometry: Multi Polygon" in shown.stdout
    assert 'ID["EPSG",4490]' in shown.stdout
    assert "listed: Integer(Boolean)" in shown.stdout
    assert "built_on: Date" in shown.stdout
    assert "seen_at: DateTime" in shown.stdout
    assert "domain name=area__kind" in shown.stdout
    listed = subprocess.run(["ogrinfo", path], check=True, capture_output=True, text=True)
    assert "yzgeo_" not in listed.stdout


def test_gdal_reads_what_was_written(geopackage: GeoPackageStore, tmp_path: Path) -> None:
    fill(geopackage)
    path = geopackage.backup(tmp_path / "copy.gpkg")
    out = subprocess.run(
        ["ogr2ogr", "-f", "GeoJSON", "/vsistdout/", path, "area"], check=True, capture_output=True, text=True
    )
    (feature,) = json.loads(out.stdout)["features"]
    assert feature["properties"]["code"] == "编号"
    assert feature["properties"]["listed"] is True
    assert feature["geometry"]["type"] == "MultiPolygon"


def test_gdal_can_edit_a_copy_and_the_spatial_index_follows(
    geopackage: GeoPackageStore, tmp_path: Path, tiny: Catalogue
) -> None:
    """The triggers of the standard work for other programs too."""
    fill(geopackage)
    (tmp_path / "other").mkdir()
    path = geopackage.backup(tmp_path / "other" / "yzgeo.gpkg")
    for statement in ("DELETE FROM path", "UPDATE spot SET geom = NULL"):
        edited = subprocess.run(["ogrinfo", path, "-sql", statement], check=True, capture_output=True, text=True)
        assert "ERROR" not in edited.stderr
    other = GeoPackageStore.open(tmp_path / "other", tiny)
    other.check()
    assert other.count("path") == 0
    other.close()


def columns(path: Path, table: str) -> list[str]:
    with sqlite3.connect(path) as connection:
        found = [row[1] for row in connection.execute(f"PRAGMA table_info('{table}')")]
    connection.close()
    return found


def grown(tmp_path: Path, layers: dict[str, dict[str, object]]) -> Catalogue:
    root = tmp_path / "grown"
    shutil.rmtree(root, ignore_errors=True)
    write_layers(root, layers)
    return load(root)


def test_a_new_layer_folder_becomes_a_table(geopackage: GeoPackageStore, tmp_path: Path) -> None:
    fill(geopackage)
    geopackage.close()
    catalogue = grown(tmp_path, {**LAYERS, "tree": layer_file("tree", "point", zh="树", fields=FIELDS[:1])})
    store = GeoPackageStore.open(geopackage.path.parent, catalogue)
    assert store.revision("tree") == 0
    store.write("tree", put=frame({"t": Point(123, 42)}, kind=["a"]), provenance=BY)
    assert store.count("tree") == 1
    assert store.count("area") == 1
    store.check()
    store.close()
    validate(store.path)


def test_a_new_field_becomes_a_column_now_and_in_the_past(geopackage: GeoPackageStore, tmp_path: Path) -> None:
    fill(geopackage)
    geopackage.close()
    layers = copy.deepcopy(LAYERS)
    layers["area"]["fields"].append({"id": "owner", "title": {"zh": "权属", "en": "Owner"}, "type": "text"})
    store = GeoPackageStore.open(geopackage.path.parent, grown(tmp_path, layers))
    assert store.feature("area", "a").properties["owner"] is None
    assert store.frame("area", Query(revision=1))["owner"].tolist() == [None, None]
    store.write("area", put=frame({"a": box(0, 0, 1, 1)}, owner=["国有"]), provenance=BY)
    assert store.feature("area", "a").properties["owner"] == "国有"
    store.check()
    store.close()


def test_a_field_or_layer_that_left_the_catalogue_stays_in_the_file(
    geopackage: GeoPackageStore, tmp_path: Path, tiny: Catalogue
) -> None:
    fill(geopackage)
    geopackage.close()
    layers = copy.deepcopy(LAYERS)
    del layers["spot"]
    layers["area"]["fields"] = layers["area"]["fields"][:1]
    store = GeoPackageStore.open(geopackage.path.parent, grown(tmp_path, layers))
    assert "listed" not in store.feature("area", "a").properties
    store.write("area", put=frame({"a": box(0, 0, 1, 1)}), provenance=BY)
    store.check()
    store.close()
    again = GeoPackageStore.open(geopackage.path.parent, tiny)
    assert again.feature("area", "a").properties["listed"] is True
    assert [version.properties["listed"] for version in again.history("area", "a")] == [True, True, True]
    assert again.count("spot") == 1
    again.close()


@pytest.mark.parametrize("harm", ["geometry", "type", "reserved", "crs"])
def test_a_catalogue_that_contradicts_the_data_is_refused(
    geopackage: GeoPackageStore, tmp_path: Path, harm: str, tiny: Catalogue
) -> None:
    fill(geopackage)
    geopackage.close()
    layers = copy.deepcopy(LAYERS)
    if harm == "geometry":
        layers["spot"]["geometry"] = "line"
    elif harm == "type":
        layers["area"]["fields"][1]["type"] = "number"
    elif harm == "reserved":
        layers["note"]["fields"].append({"id": "geom", "title": {"zh": "形", "en": "G"}, "type": "text"})
    catalogue = grown(tmp_path, layers)
    if harm == "crs":
        district = tmp_path / "grown" / "district.yaml"
        district.write_text(district.read_text("utf-8").replace("EPSG:4490", "EPSG:4326"), "utf-8")
        catalogue = load(tmp_path / "grown")
    before = geopackage.path.read_bytes()
    with pytest.raises(CatalogueError):
        GeoPackageStore.open(geopackage.path.parent, catalogue)
    assert geopackage.path.read_bytes() == before
    GeoPackageStore.open(geopackage.path.parent, tiny).close()


def test_opening_an_up_to_date_workspace_writes_nothing(geopackage: GeoPackageStore, tiny: Catalogue) -> None:
    fill(geopackage)
    geopackage.close()
    before = geopackage.path.read_bytes()
    GeoPackageStore.open(geopackage.path.parent, tiny).close()
    assert geopackage.path.read_bytes() == before


def test_two_layers_may_share_a_title(tmp_path: Path) -> None:
    """The standard wants identifiers unique; the catalogue does not."""
    layers = {"area": LAYERS["area"], "field": {**LAYERS["area"], "id": "field"}}
    store = GeoPackageStore.create(tmp_path / "w", grown(tmp_path, layers))
    store.close()
    validate(store.path)
