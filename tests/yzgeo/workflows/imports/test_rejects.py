"""Rejected rows: every one comes back once, with its cell, its reasons and all that was in it, and runs nothing."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yzgeo.errors import ParameterError, StorageError, YzgeoError
from yzgeo.workflows.imports.judging import Order, judge
from yzgeo.workflows.imports.rejects import write_rejects
from yzgeo.workflows.workspace import Workspace

LAYER = "fitness_site"
HEAD = ["编号", "名称", "类型", "经度", "纬度", "阶段"]
GOOD = ["F1", "广场", "健身广场", 123.85, 42.29, "计划"]


def book(path: Path, *lines: list[Any]) -> Path:
    written = openpyxl.Workbook()
    sheet = written.active
    sheet.title = "红旗街道"
    for line in (["银州区健身场地（WGS84）"], HEAD, *lines):
        sheet.append(line)
    for row in sheet.iter_rows():
        for cell in row:
            if isinstance(cell.value, str):
                cell.data_type = "s"
    written.save(path)
    return path


def judged(workspace: Workspace, path: Path) -> Any:
    return judge(workspace, path, Order(LAYER, crs="EPSG:4326"))


def test_each_rejected_row_comes_back_with_its_cell_and_reason(workspace: Workspace, tmp_path: Path) -> None:
    path = book(
        tmp_path / "a.xlsx",
        GOOD,
        ["F2", "=cmd|' /C calc'!A0", "健身广场", 123.85, 42.29, "计划"],
        ["F3", "<script>alert(1)</script>", "健身广场", 123.85, 42.29, "计划"],
        ["F4", "乙", "火箭", 123.85, 42.29, "造好了吗"],
        ["F1", "丙", "健身广场", 123.85, 42.29, "计划"],
    )
    found = judged(workspace, path)
    assert found.report.as_dict()["rows"] == {"in": 5, "kept": 0, "rejected": 5}
    back = write_rejects(found, tmp_path / "back.csv")
    with back.open(encoding="utf-8-sig", newline="") as stream:
        lines = {line["行 row"]: line for line in csv.DictReader(stream)}
    assert set(lines) == {"3", "4", "5", "6", "7"}  # F1 stands twice: neither is taken
    assert lines["4"]["工作表 sheet"] == "红旗街道"
    assert lines["4"]["单元格 cell"] == "B4"
    assert lines["4"]["名称"] == "'=cmd|' /C calc'!A0"
    assert lines["5"]["名称"] == "<script>alert(1)</script>"
    assert sorted(lines["6"]["单元格 cell"].split("、")) == ["C6", "F6"]
    assert lines["6"]["原因"].count("不在允许的取值之内") == 2
    assert lines["6"]["reason"].count("is not one of the allowed values") == 2
    assert {lines["3"]["代码 code"], lines["7"]["代码 code"]} == {"key_duplicate"}
    with pytest.raises(StorageError):
        write_rejects(found, back)
    with pytest.raises(ParameterError):
        write_rejects(found, tmp_path / "back.doc")
    sheet = openpyxl.load_workbook(write_rejects(found, tmp_path / "back.xlsx")).active
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}


def test_shapes_of_rejected_rows_are_told(workspace: Workspace, parcels: Callable[..., Path], tmp_path: Path) -> None:
    found = judge(workspace, parcels(面积=[1.0, -2.0, 3.0]), Order("shantytown_parcel"))
    write_rejects(found, tmp_path / "back.csv")
    with (tmp_path / "back.csv").open(encoding="utf-8-sig", newline="") as stream:
        (line,) = csv.DictReader(stream)
    assert (line["行 row"], line["代码 code"], line["面积"]) == ("2", "value_invalid", "-2.0")
    assert line["几何 geometry（WKT）"].startswith("POLYGON")


cells = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["F1", "F2", "健身广场", "计划", "=1+1", "1e308", "nan", "123.85", "<script>"]),
)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(cells, cells, cells, cells, cells, cells), min_size=1, max_size=8))
def test_rows_in_are_rows_kept_and_rows_given_back(
    workspace: Workspace, tmp_path_factory: pytest.TempPathFactory, lines: list[tuple[Any, ...]]
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    with (folder / "a.csv").open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([HEAD, GOOD, *lines])
    try:
        found = judged(workspace, folder / "a.csv")
    except YzgeoError:  # no table in it
        return
    rows = found.report.as_dict()["rows"]
    assert rows["in"] == rows["kept"] + rows["rejected"]
    given_back = 0
    if found.report.rejected:
        with write_rejects(found, folder / "back.csv").open(encoding="utf-8-sig", newline="") as stream:
            given_back = sum(1 for _ in csv.DictReader(stream))
    assert given_back == rows["rejected"]
    assert {reason.row for reason in found.reasons} == set(found.report.rejected)


# What stands in a row of the file, and whether a person would keep it; the last kind repeats a code.
AREAS = [(10.0, True), (0, True), ("12.5", True), (-1.0, False), (None, False), ("许多", False), ("=1+1", False)]
STAGES = [("未启动", True), ("净地", True), ("planned", True), ("造好了吗", False), ("", False)]
SQUARE = [[0, 0], [0.001, 0], [0.001, 0.001], [0, 0.001], [0, 0]]
SHAPES = [("here", True), ("none", False), ("line", False)]


def feature(number: int, code: str, area: Any, stage: str, shape: str) -> dict[str, Any]:
    ring = [[123.84 + 0.002 * number + x, 42.28 + y] for x, y in SQUARE]
    geometry = {"here": {"type": "Polygon", "coordinates": [ring]}, "none": None}.get(
        shape, {"type": "LineString", "coordinates": ring[:3]}
    )
    return {"type": "Feature", "properties": {"编号": code, "面积": area, "阶段": stage}, "geometry": geometry}


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.booleans(), st.sampled_from(AREAS), st.sampled_from(STAGES), st.sampled_from(SHAPES)), max_size=20
    )
)
def test_exactly_the_good_rows_of_a_geojson_are_kept(
    workspace: Workspace, tmp_path_factory: pytest.TempPathFactory, rows: list[Any]
) -> None:
    path = tmp_path_factory.mktemp("rows") / "a.geojson"
    features, good = [feature(0, "A0", 1.0, "未启动", "here")], {"A0"}
    for number, (repeated, (area, fits), (stage, known), (shape, there)) in enumerate(rows, start=1):
        features.append(feature(number, "twice" if repeated else f"A{number}", area, stage, shape))
        if fits and known and there and (not repeated or sum(row[0] for row in rows) == 1):
            good.add("twice" if repeated else f"A{number}")
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    found = judge(workspace, path, Order("shantytown_parcel", crs="EPSG:4490"))
    report = found.report
    assert report.rows_in == len(features) == report.rows_kept + len(report.rejected)
    assert found.frame is not None
    assert set(found.frame["code"]) == good
    assert {reason.row for reason in found.reasons} == set(report.rejected)
