"""Coverage and siting from the command line."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest

from yzgeo.workflows.runs.parameters import QUESTIONS


def test_coverage_tells_shares_and_writes_files(yzgeo, demo_copy: Path, tmp_path: Path) -> None:
    target = tmp_path / "uncovered.xlsx"
    shown = yzgeo("run", "coverage", "-w", demo_copy, "--circle", "fitness_10min", "-o", target)
    assert shown.code == 0
    assert "示意数据" in shown.err
    assert openpyxl.load_workbook(target).sheetnames == ["说明", "分街道", "未覆盖名单"]
    assert yzgeo("run", "coverage", "-w", demo_copy, "--circle", "fitness_10min", "-o", target).code == 1
    layers = tmp_path / "run.gpkg"
    found = yzgeo("run", "coverage", "-w", demo_copy, "--circle", "fitness_10min", "-o", layers, "--json").json
    assert found["state"] == "done"
    assert f"{found['summary']['people']['share']:.2f} %" in shown.out
    homes = gpd.read_file(layers, layer="demand")
    assert len(homes) == found["summary"]["buildings"]["total"]
    assert int(homes["covered"].sum()) == found["summary"]["buildings"]["covered"]
    assert len(gpd.read_file(layers, layer="reach")) > 100
    again = yzgeo("run", "--recompute", found["id"], "-w", demo_copy)
    assert again.code == 0
    assert "✓" in again.out
    assert [one["id"] for one in yzgeo("run", "list", "-w", demo_copy, "--json").json] == [found["id"]]
    sited = yzgeo("run", "siting", "-w", demo_copy, "--circle", "fitness_10min", "--sites", "2", "--lang", "en")
    assert sited.code == 0
    assert "2 sites (proven optimal)" in sited.err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("coverage", "--circle", "moon"), "circle_unknown"),
        (("coverage",), "parameter_invalid"),
        (("coverage", "--circle", "fitness_10min", "--minutes", "-5"), "parameter_invalid"),
        (("coverage", "--circle", "fitness_10min", "--network", "missing.osm.pbf"), "parameter_invalid"),
        (("coverage", "--circle", "fitness_10min", "-o", "x.docx"), "network_invalid"),
        (("coverage", "--circle", "fitness_10min", "--at", "yesterday"), "parameter_invalid"),
        (("siting", "--circle", "fitness_10min"), "parameter_invalid"),
        (("--recompute", "0" * 20), "run_unknown"),
    ],
)
def test_refusals_are_told_with_their_code(yzgeo, workspace: Path, words: tuple[str, ...], code: str) -> None:
    told = yzgeo("run", *words, "-w", workspace, "--json")
    assert told.code == 1
    assert told.json["code"] == code


def test_a_file_that_is_no_map_is_refused(yzgeo, workspace: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.osm.pbf"
    broken.write_bytes(b"this is not a map")
    told = yzgeo("run", "coverage", "--circle", "fitness_10min", "--network", broken, "-w", workspace, "--json")
    assert told.json["code"] == "file_unreadable"


def test_each_parameter_of_an_analysis_is_an_option(yzgeo) -> None:
    for analysis, question in QUESTIONS.items():
        shown = yzgeo("run", analysis, "--help").out
        assert all("--" + name.replace("_", "-") in shown for name in question.model_fields)
    assert "recompute" in yzgeo("run").out
