from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pyogrio
import pytest

from tests.stores import Premises
from yzgeo.access import ROLES, may_see
from yzgeo.catalogue import Catalogue
from yzgeo.errors import LayerUnknownError, ParameterError, StorageError, WorkspaceExistsError
from yzgeo.report.formats import FORMATS
from yzgeo.workflows import exports
from yzgeo.workflows.accounts import By
from yzgeo.workflows.imports import import_file
from yzgeo.workflows.workspace import Workspace, open_workspace

LAYER = "shantytown_parcel"


def codes_in(path: Path, key: str) -> list[Any]:
    if key == "gpkg":
        return list(gpd.read_file(path)["code"])
    if key == "flatgeobuf":  # ordered by place, for its index
        return sorted(gpd.read_file(path)["code"], key=lambda code: int(code[1:]))
    if key == "geoparquet":
        return list(gpd.read_parquet(path)["code"])
    if key == "geojson":
        return [one["properties"]["code"] for one in json.loads(path.read_text(encoding="utf-8"))["features"]]
    if key == "csv":
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return [row["编号"] for row in csv.DictReader(stream)]
    return [row[0] for row in openpyxl.load_workbook(path).worksheets[1].values][1:]


@pytest.mark.parametrize("key", list(FORMATS))
def test_every_format_gives_every_row(workspace: Workspace, parcels, tmp_path: Path, key: str) -> None:
    import_file(workspace, parcels(count=12), layer=LAYER)
    path = tmp_path / f"out{FORMATS[key].endings[0]}"
    report = exports.export_layer(workspace, LAYER, path)
    assert report.as_dict() == {
        "path": str(path),
        "format": FORMATS[key].title,
        "layers": [LAYER],
        "rows": 12,
        "size_bytes": path.stat().st_size,
    }
    assert codes_in(path, key) == [f"A{n}" for n in range(12)]
    assert [item.name for item in tmp_path.iterdir() if item.name.startswith(".")] == []


@pytest.mark.parametrize("key", ["gpkg", "geojson", "geoparquet"])
def test_what_was_exported_can_be_imported_again(workspace: Workspace, parcels, tmp_path: Path, key: str) -> None:
    import_file(workspace, parcels(count=5, 户数=[1, 2, 3, 4, None]), layer=LAYER)
    before = workspace.store.frame(LAYER)
    path = tmp_path / f"out{FORMATS[key].endings[0]}"
    exports.export_layer(workspace, LAYER, path)
    report = import_file(workspace, path, layer=LAYER, mode="replace")
    assert report.rejected == ()
    assert report.batch is not None
    after = workspace.store.frame(LAYER)
    assert after.drop(columns="geometry").equals(before.drop(columns="geometry"))
    assert after.geometry.geom_equals_exact(before.geometry, 1e-7).all()


@pytest.mark.parametrize("role", ROLES)
def test_a_role_gets_its_layers_and_no_other(demo_workspace: Path, catalogue: Catalogue, tmp_path: Path, role) -> None:
    with open_workspace(demo_workspace, catalogue) as opened:
        path = tmp_path / "all.gpkg"
        report = exports.export_layer(opened, None, path, role=role)
        visible = {one.id for one in catalogue.layers.values() if may_see(role, one.spec.access)}
        assert set(report.layers) == visible == {name for name, _ in pyogrio.list_layers(path)}
        assert report.rows == sum(opened.store.count(layer) for layer in visible)
        streets = [str(code) for code in opened.store.rows("admin_subdistrict").columns["code"]]
        page = exports.overview_map(opened.store, role, inline=False, subdistricts=streets)
    for layer in catalogue.layers.values():
        if layer.spec.geometry != "none":
            assert (f'data-layer="{layer.id}"' in page) == (layer.id in visible)
    assert ("households" in gpd.read_file(path, layer=LAYER).columns) == may_see(role, "internal")


def test_a_layer_that_may_not_be_seen_does_not_exist(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(LayerUnknownError):
        exports.export_layer(workspace, "pipe_segment", tmp_path / "a.gpkg", role="viewer")


def test_never_over_a_file_and_never_into_the_workspace(workspace: Workspace, parcels, tmp_path: Path) -> None:
    import_file(workspace, parcels(), layer=LAYER)
    path = tmp_path / "a.csv"
    path.write_text("older")
    with pytest.raises(WorkspaceExistsError):
        exports.export_layer(workspace, LAYER, path)
    assert path.read_text() == "older"
    assert exports.export_layer(workspace, LAYER, path, overwrite=True).rows == 3
    for name in ("yzgeo.gpkg", "cache/a.gpkg"):
        with pytest.raises(ParameterError):
            exports.export_layer(workspace, LAYER, workspace.path / name, overwrite=True)
    with pytest.raises(StorageError):
        exports.export_layer(workspace, LAYER, tmp_path / "nowhere" / "a.csv")


def test_a_failure_half_way_leaves_the_older_file(
    workspace: Workspace, parcels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_file(workspace, parcels(), layer=LAYER)
    path = tmp_path / "a.geojson"
    path.write_text("older")

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("yzgeo.report.texts.shapes", fail)
    with pytest.raises(StorageError, match="No space left"):
        exports.export_layer(workspace, LAYER, path, overwrite=True)
    assert path.read_text() == "older"
    assert sorted(item.name for item in tmp_path.iterdir()) == ["a.geojson", "parcels.gpkg", "workspace"]


def test_the_map_in_one_file(demo_workspace: Path, catalogue: Catalogue, tmp_path: Path) -> None:
    with open_workspace(demo_workspace, catalogue) as opened:
        report = exports.export_map(opened, tmp_path / "map.html")
    text = report.path.read_text(encoding="utf-8")
    assert "示意数据" in text
    assert "pipe_segment" not in text
    assert report.rows == sum(report_count(demo_workspace, catalogue, layer) for layer in report.layers)


def report_count(path: Path, catalogue: Catalogue, layer: str) -> int:
    with open_workspace(path, catalogue) as opened:
        return opened.store.count(layer)


def test_names_of_street_offices_and_communities(catalogue: Catalogue) -> None:
    names = exports.place_names(catalogue)
    assert len(names["community"]) == 101
    assert all(len(code) == 9 for code in names["subdistrict"])


def test_staff_of_the_field_get_a_map_of_their_own_street_office(demo_premises: Premises, catalogue: Catalogue) -> None:
    """Parcels of others are not on it; what keeps no progress is the same for all."""
    own = "211202001"
    with demo_premises.workspace() as opened:
        page = exports.overview_map(opened.store, "field", inline=False, subdistricts=[own])
        rows = opened.store.rows(LAYER, fields=["code", "subdistrict"])
    codes = list(zip(rows.columns["code"], rows.columns["subdistrict"], strict=True))
    assert {own} < {street for _, street in codes}
    assert [code for code, street in codes if (str(code) in page) != (street == own)] == []
    assert 'data-layer="road"' in page


def test_an_export_stands_in_the_audit_and_a_refused_one_does_not(workspace: Workspace, tmp_path: Path) -> None:
    by = By("cli:li")
    exports.export_layer(workspace, LAYER, tmp_path / "a.csv", role="viewer", by=by)
    exports.export_map(workspace, tmp_path / "map.html", by=by)
    with pytest.raises(WorkspaceExistsError):
        exports.export_layer(workspace, LAYER, tmp_path / "a.csv", by=by)
    page, table = workspace.store.people.audit(10)
    assert [(line.deed.kind, line.deed.actor, line.deed.subject) for line in (table, page)] == [
        ("export", "cli:li", LAYER),
        ("export", "cli:li", "*"),
    ]
    assert (table.deed.details["file"], table.deed.details["for_role"]) == ("a.csv", "viewer")
    assert page.deed.details["file"] == "map.html"
