from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

LAYER = "shantytown_parcel"
CORPUS = Path(__file__).parents[2] / "data" / "import"


def test_import_then_list_then_show(yzgeo, workspace: Path, parcels: Path) -> None:
    told = yzgeo("import", parcels, "--layer", LAYER, "-w", workspace)
    assert told.code == 0
    assert "3 = 保留 kept 3 + 拒绝 rejected 0" in told.out
    assert "比对：新增 3，变更 0，未变 0，有歧义 0，缺失 0" in told.out
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
    assert told["matching"] == {"new": 0, "changed": 3, "unchanged": 0, "ambiguous": 0, "missing": 0}
    assert {tuple(match["changed"]) for match in told["matches"]} == {("data_status",)}
    assert told["batch"]["updated"] == 3


def test_undo_and_what_was_changed_after(yzgeo, workspace: Path, parcels: Path, tmp_path: Path) -> None:
    words = ["--layer", LAYER, "-w", workspace, "--json"]
    first = yzgeo("import", parcels, *words).json["batch"]
    ledger = tmp_path / "later.csv"
    ledger.write_text("编号,面积,阶段\nA2,99,签约\n", encoding="utf-8")
    assert yzgeo("import", ledger, *words).json["batch"]["updated"] == 1
    told = yzgeo("imports", "undo", first["id"][:8], "-w", workspace, "--json").json
    assert told["undone"] == {"restored": 0, "removed": 2, "brought_back": 0}
    (later,) = told["later_edits"]
    assert (later["kept"], later["actor"][:4], later["revision"]) == (True, "cli:", 2)
    assert yzgeo("export", LAYER, tmp_path / "left.csv", "-w", workspace).code == 0
    with (tmp_path / "left.csv").open(encoding="utf-8-sig", newline="") as stream:
        assert [row["编号"] for row in csv.DictReader(stream)] == ["A2"]
    again = yzgeo("imports", "undo", first["id"], "-w", workspace, "--json")
    assert (again.code, again.json["code"]) == (1, "already_undone")
    assert yzgeo("imports", "undo", "nothing", "-w", workspace, "--json").json["code"] == "batch_unknown"
    listed = yzgeo("imports", "list", "-w", workspace).out
    assert f"已被 {told['batch']['id'][:8]} 撤销" in listed
    assert f"撤销了 {first['id'][:8]}" in listed


def test_rejected_rows_come_back_with_cells_and_reasons(yzgeo, workspace: Path, tmp_path: Path) -> None:
    back = tmp_path / "back.csv"
    told = yzgeo(
        "import", CORPUS / "ledger_two_levels.xlsx", "--layer", LAYER, "--rejected", back, "-w", workspace, "--json"
    )
    assert (told.code, told.json["code"]) == (1, "rows_rejected")
    rows = told.json["fields"]["report"]["rows"]
    with back.open(encoding="utf-8-sig", newline="") as stream:
        lines = list(csv.DictReader(stream))
    assert len(lines) == rows["rejected"] == 6
    assert {line["代码 code"] for line in lines} == {"geometry_missing"}
    (line,) = yzgeo("audit", "--kind", "export", "-w", workspace, "--json").json
    assert (line["subject"], line["details"]["file"], line["details"]["rows"]) == (LAYER, "back.csv", 6)
    assert (
        yzgeo("import", CORPUS / "ledger_plain.xlsx", "--layer", LAYER, "--rejected", back, "-w", workspace).code == 1
    )
    assert (
        yzgeo("import", CORPUS / "ledger_plain.xlsx", "--layer", LAYER, "--rejected", "x.doc", "-w", workspace).code
        == 1
    )


@pytest.mark.parametrize("form", ["table", "json"])
def test_control_points_open_an_old_datum_and_residuals_are_shown(
    yzgeo, workspace: Path, tmp_path: Path, form: str
) -> None:
    truth = json.loads((CORPUS / "beijing54.zip.truth.json").read_text())["control_points"]
    if form == "table":
        given = tmp_path / "points.csv"
        lines = ["点名,旧东,旧北,新东,新北,旧坐标系,新坐标系"]
        for number, (old, new) in enumerate(zip(truth["source"], truth["target"], strict=True)):
            lines.append(f"K{number},{old[0]},{old[1]},{new[0]},{new[1]},{truth['source_crs']},{truth['target_crs']}")
        given.write_bytes("\n".join(lines).encode("gbk"))
    else:
        given = tmp_path / "points.json"
        points = [{"source": old, "target": new} for old, new in zip(truth["source"], truth["target"], strict=True)]
        systems = {"source_crs": truth["source_crs"], "target_crs": truth["target_crs"]}
        given.write_text(json.dumps({"kind": "points", "points": points, **systems}))
    words = ["import", CORPUS / "beijing54.zip", "--layer", LAYER, "-w", workspace, "--json"]
    assert yzgeo(*words).json["code"] == "crs_parameters_needed"
    told = yzgeo(*words, "--datum", given).json
    assert (told["verdict"], told["crs"]["chosen"]) == ("ok", "EPSG:2417")
    assert told["datum"]["against"] == "control_points"
    assert len(told["datum"]["residuals_m"]) == 6
    assert told["datum"]["rms_m"] < 0.01
    assert "datum_fitted" in {issue["code"] for issue in told["issues"]}
    assert told["batch"]["choices"]["datum"]["kind"] == "points"


def test_seven_parameters_need_their_sign_rule_and_are_measured_against_the_register(yzgeo, workspace: Path) -> None:
    truth = json.loads((CORPUS / "xian80.zip.truth.json").read_text())["seven_parameters"]
    numbers = ",".join(str(value) for value in truth.values())
    words = ["import", CORPUS / "xian80.zip", "--layer", LAYER, "-w", workspace, "--json"]
    assert yzgeo(*words, "--datum", f"7:{numbers}").json["code"] == "parameter_invalid"
    first = yzgeo(*words, "--datum", f"7:{numbers},position_vector").json
    assert (first["verdict"], first["crs"]["chosen"], first["datum"]["against"]) == ("ok", "EPSG:2386", "nothing")
    again = yzgeo(*words, "--datum", f"7:{numbers},position_vector", "--dry-run").json
    assert (again["datum"]["against"], len(again["datum"]["residuals_m"])) == ("register", 6)
    assert again["datum"]["rms_m"] < 0.01
    assert again["matching"]["unchanged"] == 6
    assert yzgeo(*words, "--datum", "nowhere.csv").json["code"] == "file_missing"


def test_the_unit_of_a_column_is_told_and_can_be_named(yzgeo, workspace: Path, parcels: Path) -> None:
    words = ["import", parcels, "--layer", LAYER, "--dry-run", "-w", workspace]
    told = yzgeo(*words, "--unit", "面积=亩")
    assert told.code == 0
    assert "单位 unit: 面积（亩 → m2）1.0 → 666.6666667，2.0 → 1,333.333333" in told.out
    (found,) = yzgeo(*words, "--json").json["units"]
    assert (found["column"], found["unit"], found["by"]) == ("面积", None, "nobody")
    refused = yzgeo(*words, "--unit", "面积=斤", "--json")
    assert (refused.code, refused.json["code"]) == (1, "parameter_invalid")
    assert yzgeo(*words, "--unit", "面积").code == 2
