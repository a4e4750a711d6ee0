from __future__ import annotations

import csv
import getpass
from pathlib import Path

import geopandas as gpd

LAYER = "shantytown_parcel"


def test_export_by_ending_and_by_name(yzgeo, workspace: Path, parcels: Path, tmp_path: Path) -> None:
    yzgeo("import", parcels, "--layer", LAYER, "-w", workspace)
    told = yzgeo("export", LAYER, tmp_path / "a.csv", "-w", workspace, "--json").json
    assert (told["rows"], told["layers"]) == (3, [LAYER])
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as stream:
        assert [row["编号"] for row in csv.DictReader(stream)] == ["A1", "A2", "A3"]
    assert yzgeo("export", LAYER, tmp_path / "a.csv", "-w", workspace).code == 1
    assert yzgeo("export", LAYER, tmp_path / "a.csv", "--overwrite", "-w", workspace).code == 0
    assert yzgeo("export", LAYER, tmp_path / "b.dat", "--format", "geojson", "-w", workspace).code == 0
    assert yzgeo("export", "--all", tmp_path / "all.xlsx", "-w", workspace).code == 0
    assert yzgeo("export", "--all", tmp_path / "all.csv", "-w", workspace).code == 1
    assert yzgeo("export", "--map", tmp_path / "m.html", "-w", workspace).code == 0
    told = yzgeo("export", LAYER, tmp_path / "h.gpkg", "--history", "-w", workspace, "--json").json
    assert told["rows"] == 3 + 3 + len(gpd.read_file(tmp_path / "h.gpkg", layer=f"{LAYER}_events"))
    assert yzgeo("export", LAYER, tmp_path / "h.csv", "--history", "-w", workspace).code == 1
    noted = yzgeo("audit", "--kind", "export", "-w", workspace, "--json").json
    assert len(noted) == 6
    assert [line["details"].get("history") for line in noted if line["details"]["file"] == "h.gpkg"] == [True]
    assert {line["actor"] for line in noted} == {f"cli:{getpass.getuser()}"}


def test_a_role_that_may_not_see_a_layer(yzgeo, workspace: Path, tmp_path: Path) -> None:
    words = ["export", "pipe_segment", tmp_path / "a.gpkg", "-w", workspace, "--json"]
    assert yzgeo(*words, "--role", "anonymous").json["code"] == "layer_unknown"
