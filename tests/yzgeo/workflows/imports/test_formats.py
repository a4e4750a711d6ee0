"""Every format that is promised, written by its own writer, through the real reading process into the store."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import osmium
import pyogrio
import pytest
import shapely

from yzgeo.errors import FileAmbiguousError, FileUnreadableError
from yzgeo.workflows.imports import import_file
from yzgeo.workflows.workspace import Workspace

PARCELS = "shantytown_parcel"
CORPUS = Path(__file__).parents[3] / "data" / "import"
METRES = np.array([111_320.0 * np.cos(np.radians(42.3)), 111_320.0])
STAGES = ["signing", "demolished", "cleared", "planned", "surveyed", "reused"]


def squares() -> gpd.GeoDataFrame:
    shapes = [shapely.box(123.84 + 0.01 * n, 42.28, 123.845 + 0.01 * n, 42.285) for n in range(3)]
    table = {"编号": ["A1", "A2", "A3"], "面积": [1.0, 2.0, 3.0], "阶段": ["未启动"] * 3}
    return gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:4490")


def off_by_m(outlines: list[list[list[float]]], shapes: list[shapely.Geometry]) -> float:
    """The largest distance between the corners that are true, however a writer turned them, and those stored."""
    worst = 0.0
    for outline, shape in zip(outlines, shapes, strict=True):
        ours, theirs = (
            np.unique(np.round(points, 9), axis=0) * METRES for points in (shapely.get_coordinates(shape), outline)
        )
        assert len(ours) == len(theirs)
        apart = np.hypot(*(ours[:, None] - theirs[None]).T)
        worst = max(worst, float(apart.min(axis=0).max()), float(apart.min(axis=1).max()))
    return worst


@pytest.mark.parametrize(
    ("name", "crs"),
    [
        ("declared.gpkg.zip", None),
        ("mapinfo_tab.zip", None),
        ("mapinfo_mif.zip", None),
        ("places.kml", "EPSG:4326"),
        ("places.kmz", "EPSG:4326"),
        ("drawing.dxf", "EPSG:4550"),
    ],
)
def test_parcels_of_every_format_are_stored_where_they_lie(workspace: Workspace, name: str, crs: str | None) -> None:
    truth = json.loads((CORPUS / f"{name}.truth.json").read_text(encoding="utf-8"))
    if crs is not None:  # nothing in the file proves it, so it is asked first
        asked = import_file(workspace, CORPUS / name, layer=PARCELS, dry_run=True)
        assert "crs" in asked.questions
        assert any(crs in {one["id"], *one["same_as"]} for one in asked.crs_candidates) or crs == "EPSG:4326"
    report = import_file(workspace, CORPUS / name, layer=PARCELS, crs=crs)
    assert (report.verdict, report.rows_in, report.rows_kept, report.rejected) == ("ok", 6, 6, ())
    stored = workspace.store.frame(PARCELS).sort_values("code")
    assert list(stored["code"]) == truth["codes"]
    assert list(stored["stage"]) == STAGES
    assert off_by_m(truth["vertices"], list(stored.geometry)) < 0.01


def test_waypoints_are_points(workspace: Workspace, tmp_path: Path) -> None:
    places = [[123.84, 42.29], [123.85, 42.30]]
    table = {"name": ["BS-1", "BS-2"], "desc": ["未启动", "开通"]}
    frame = gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(*np.array(places).T), crs="EPSG:4326")
    path = tmp_path / "stations.gpx"
    frame.to_file(path, driver="GPX", layer="waypoints")
    columns = {"name": "code", "desc": "stage"}
    asked = import_file(workspace, path, layer="base_station_5g", columns=columns)
    assert (asked.verdict, asked.rows_in, asked.questions) == ("needs_confirmation", 2, ("crs",))
    import_file(workspace, path, layer="base_station_5g", columns=columns, crs="EPSG:4326")
    stored = workspace.store.frame("base_station_5g").sort_values("code")
    assert off_by_m([[place] for place in places], list(stored.geometry)) < 0.01


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
def test_a_file_geodatabase(workspace: Workspace, tmp_path: Path, packed: bool) -> None:
    path = tmp_path / "district.gdb"
    squares().to_file(path, driver="OpenFileGDB", layer="parcels")
    if packed:
        with zipfile.ZipFile(tmp_path / "district.zip", "w") as archive:
            for part in path.iterdir():
                archive.write(part, f"district.gdb/{part.name}")
        path = tmp_path / "district.zip"
    found = import_file(workspace, path, layer=PARCELS)
    assert (found.verdict, found.rows_in, found.rows_kept, found.crs) == ("ok", 3, 3, "EPSG:4490")
    assert found.batch is not None
    assert len(str(found.batch.file_sha256)) == 64
    stored = workspace.store.frame(PARCELS).sort_values("code")
    corners = [shapely.get_coordinates(shape).tolist() for shape in squares().geometry]
    assert off_by_m(corners, list(stored.geometry)) < 0.01


def test_roads_of_openstreetmap(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "roads.osm.pbf"
    with osmium.SimpleWriter(str(path)) as writer:
        for number in range(4):
            place = (123.84 + 0.001 * number, 42.29)
            writer.add_node(osmium.osm.mutable.Node(id=number + 1, location=place, version=1))
        street = {"highway": "primary", "name": "新华街"}
        writer.add_way(osmium.osm.mutable.Way(id=10, nodes=[1, 2, 3], tags=street, version=1))
        writer.add_way(osmium.osm.mutable.Way(id=11, nodes=[3, 4], tags={"waterway": "river"}, version=1))
    found = import_file(workspace, path, layer="road", columns={"osm_id": "code"}, dry_run=True)
    assert found.rows_in == 1  # a river is no road
    assert found.crs_reason["verdict"] == "ask"


def test_ledgers_of_every_format_update_what_is_registered(workspace: Workspace) -> None:
    import_file(workspace, CORPUS / "zone_gbk.zip", layer=PARCELS)
    for name in ("ledger_old.xls", "ledger_gbk.csv", "ledger_two_levels.xlsx"):
        found = import_file(workspace, CORPUS / name, layer=PARCELS, dry_run=True)
        assert (found.rows_in, found.rows_kept, found.verdict) == (6, 6, "ok")


def test_one_layer_of_several_has_to_be_named(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "two.gpkg"
    squares().to_file(path, layer="parcels")
    squares().boundary.to_frame("geometry").to_file(path, layer="lines")
    with zipfile.ZipFile(tmp_path / "both.zip", "w") as archive:
        archive.write(path, "a/two.gpkg")
        archive.write(CORPUS / "declared.geojson", "b/declared.geojson")
    for file, names in ((path, ["lines", "parcels"]), (tmp_path / "both.zip", ["a/two.gpkg", "b/declared.geojson"])):
        with pytest.raises(FileAmbiguousError) as refusal:
            import_file(workspace, file, layer=PARCELS)
        assert sorted(refusal.value.fields["names"]) == names  # type: ignore[call-overload]
    found = import_file(workspace, tmp_path / "both.zip", layer=PARCELS, dry_run=True, member="two", sheet="parcels")
    assert found.rows_in == 3


def test_drawings_of_autocad_are_told_how_to_convert(workspace: Workspace) -> None:
    with pytest.raises(FileUnreadableError) as refusal:
        import_file(workspace, CORPUS / "hostile_drawing.dwg", layer=PARCELS)
    assert "另存为 DXF" in refusal.value.message("zh")
    assert "save the DWG as DXF" in refusal.value.message("en")


def test_real_files_from_elsewhere_are_read_and_never_taken_for_ours(workspace: Workspace) -> None:
    """Natural Earth's countries and the census areas of Chicago, as they come with the libraries that read them."""
    packages = Path(pyogrio.__file__).parents[1]
    for name, rows in (
        ("pyogrio/tests/fixtures/naturalearth_lowres/naturalearth_lowres.shp", 177),
        ("libpysal/examples/chicago/Chicago77.shp", 77),
    ):
        report = import_file(workspace, packages / name, layer=PARCELS, dry_run=True)
        assert report.verdict != "ok"
        assert report.rows_in == rows == report.rows_kept + len(report.rejected)
