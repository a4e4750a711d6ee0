"""The workbook of those who are not covered."""

from __future__ import annotations

import io

import openpyxl
import pytest

from yzgeo.workflows.runs import Viewer, uncovered_workbook

from .conftest import STREET_A


def rows(content: bytes, sheet: str) -> list[tuple]:
    return list(openpyxl.load_workbook(io.BytesIO(content))[sheet].iter_rows(values_only=True))


def test_the_list_tells_the_gap_and_the_reason(desk, ask) -> None:
    run = ask(metres=1000)
    content = uncovered_workbook(desk, run, Viewer("planner"))
    head, *listed = rows(content, "未覆盖名单")
    table = [dict(zip(head, row, strict=True)) for row in listed]
    by_code = {row["楼栋编号"]: row for row in table}
    assert by_code["H1"]["差多少米"] == pytest.approx(1000, abs=0.1)
    assert by_code["H2"]["差多少米"] == pytest.approx(10, abs=0.1)
    assert by_code["H2"]["楼栋名称"] == "=2+3"  # a name, never a formula
    assert by_code["H1"]["最近设施"] == "广场一"
    assert by_code["H3"]["原因"] == "路网不连通"
    assert by_code["H4"]["原因"] == "离道路太远"
    assert [row["楼栋编号"] for row in table][:2] == ["H1", "H2"]
    about = dict(rows(content, "说明"))
    assert "健身圈" in about["标题"]
    assert "分母 100" in about["覆盖率"]
    assert "示意" in about["数据状态"]
    offices = {row[0]: row for row in rows(content, "分街道")[1:]}
    assert offices[STREET_A][1:3] == (2, 2)


def test_a_scenario_is_named_as_one_and_people_stay_hidden(desk, ask, uids) -> None:
    made = desk.scenarios.create("打通铁路", [{"kind": "open_road", "uid": uids["P1"]}], actor="planner")
    content = uncovered_workbook(desk, ask(metres=900, scenario=made.id), Viewer("anonymous"))
    assert "打通铁路" in dict(rows(content, "说明"))["方案"]
    head, *listed = rows(content, "未覆盖名单")
    assert {row[head.index("居民（人）")] for row in listed} == {None}
