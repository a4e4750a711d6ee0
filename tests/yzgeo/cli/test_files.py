from __future__ import annotations

import csv
from pathlib import Path

LAYER = "shantytown_parcel"


def test_import_then_list_then_show(yzgeo, workspace: Path, parcels: Path) -> None:
    told = yzgeo("import", parcels, "--layer", LAYER, "-w", workspace)
    assert told.code == 0
    assert "3 = 保留 kept 3 + 拒绝 rejected 0" in told.out
    (batch,) = yzgeo("imports", "list", "--layer", LAYER, "-w", workspace, "--json").json
    shown = yzgeo("imports", "show", batch["id"][:8], "-w", workspace, "--json").json
    assert shown == batch
    assert shown["actor"].startswith("cli:")
    assert yzgeo("imports", "show", "nothing", "-w", workspace).code == 1
    assert yzgeo("imports", "list", "--layer", "castle", "-w", workspace).code == 1


def test_a_dry_run_that_would_be_refused_is_one(yzgeo, workspace: Path, parcels: Path) -> None:
    assert yzgeo("import", parcels, "--layer", LAYER, "--dry-run", "-w", workspace).code == 0
    told = yzgeo(
        "import", parcels, "--layer", LAYER, "--dry-run", "--column", "阶段=households", "-w", workspace, "--json"
    )
    assert told.code == 1
    assert told.json["verdict"] == "refuse"
    assert yzgeo("imports", "list", "-w", workspace, "--json").json == []


def test_status_and_mode(yzgeo, workspace: Path, parcels: Path) -> None:
    words = ["import", parcels, "--layer", LAYER, "-w", workspace, "--json"]
    assert yzgeo(*words, "--status", "illustrative").json["data_status"] == {"illustrative": 3}
    told = yzgeo(*words, "--status", "official", "--mode", "replace").json
    assert told["data_status"] == {"official": 3}
    assert told["batch"]["updated"] == 3


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


def test_a_role_that_may_not_see_a_layer(yzgeo, workspace: Path, tmp_path: Path) -> None:
    words = ["export", "pipe_segment", tmp_path / "a.gpkg", "-w", workspace, "--json"]
    assert yzgeo(*words, "--role", "anonymous").json["code"] == "layer_unknown"
