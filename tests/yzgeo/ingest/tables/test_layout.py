"""Ledgers as street offices write them: the table is found among everything else."""

from __future__ import annotations

import datetime as dt
import io

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yzgeo.ingest.tables import layout, sheets

KNOWN = ["编号", "名称", "所属街道", "占地面积", "涉及户数", "阶段", "备注"]


def workbook(fill, *, title="红旗街道") -> bytes:
    book = openpyxl.Workbook()
    book.active.title = title
    fill(book.active)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def plain_ledger(sheet):
    """Title rows, unit line, head, numbering, two sections, subtotals, total, signatures."""
    sheet.append(["银州区棚户区改造地块台账"])
    sheet.merge_cells("A1:F1")
    sheet.append(["填报单位：红旗街道办事处", None, None, None, "单位：亩"])
    sheet.append(["序号", "编号", "名称", "占地面积", "涉及户数", "阶段"])
    sheet.append(["甲", "乙", "丙", 1, 2, 3])
    sheet.append(["一、红旗街道"])
    sheet.merge_cells("A5:F5")
    sheet.append([1, "P-01", "南关地块", 15, 120, "签约"])
    sheet.append([2, "P-02", "北关地块", 30, 80, "拆除"])
    sheet.append(["小计", None, None, 45, 200, None])
    sheet.append(["二、铁西街道"])
    sheet.merge_cells("A9:F9")
    sheet.append([3, "P-03", "铁西地块", 7.5, 60, "净地"])
    sheet.append(["合 计", None, None, 52.5, 260, None])
    sheet.append(["填表人：王某　　审核人：李某"])
    sheet.append(["注：面积以实测为准。"])


def two_levels(sheet, *, merge=True):
    sheet.append(["序号", "编号", "规模", None, "进度", None, "备注"])
    sheet.append([None, None, "面积（㎡）", "户数（户）", "阶段", "日期", None])
    sheet.append([1, "P-01", 1200, 12, "签约", dt.date(2024, 6, 30), "甲"])
    sheet.append([2, "P-02", 800, 8, "拆除", dt.date(2024, 7, 1), None])
    if merge:
        for area in ("A1:A2", "B1:B2", "C1:D1", "E1:F1", "G1:G2"):
            sheet.merge_cells(area)


def test_a_plain_ledger_is_found_among_everything_else():
    (sheet,) = sheets.read_xlsx(workbook(plain_ledger))
    table = layout.find_table(sheet, known=KNOWN)
    assert [column.name for column in table.columns] == ["序号", "编号", "名称", "占地面积", "涉及户数", "阶段"]
    assert [row.number for row in table.rows] == [6, 7, 10]
    assert [row.section for row in table.rows] == ["红旗街道", "红旗街道", "铁西街道"]
    assert table.rows[0].cells[3] == sheets.Cell(15, "D6")
    assert {(item.number, item.reason) for item in table.skipped} == {
        (1, "title"),
        (2, "title"),
        (4, "numbering"),
        (5, "section"),
        (8, "subtotal"),
        (9, "section"),
        (11, "subtotal"),
        (12, "footer"),
        (13, "footer"),
    }
    # Only the area takes the unit of the title line; households have none.
    assert {column.leaf: column.unit.name for column in table.columns if column.unit} == {"占地面积": "亩"}
    assert "银州区棚户区改造地块台账" in table.titles


@pytest.mark.parametrize("merge", [True, False])
def test_a_head_of_two_levels(merge):
    (sheet,) = sheets.read_xlsx(workbook(lambda target: two_levels(target, merge=merge)))
    table = layout.find_table(sheet)
    names = [column.name for column in table.columns]
    assert names[2:6] == ["规模/面积", "规模/户数", "进度/阶段", "进度/日期"]
    assert names[0] == "序号"
    assert [column.leaf for column in table.columns][2:4] == ["面积", "户数"]
    assert [column.unit.name for column in table.columns[2:4]] == ["m2", "户"]
    assert [row.number for row in table.rows] == [3, 4]
    assert table.rows[0].cells[5].value == dt.datetime(2024, 6, 30)  # noqa: DTZ001


def test_a_row_of_units_below_the_head():
    def fill(sheet):
        sheet.append(["编号", "名称", "占地面积", "管线长度"])
        sheet.append([None, None, "公顷", "（公里）"])
        sheet.append(["P-01", "南关", 1.5, 2])

    (sheet,) = sheets.read_xlsx(workbook(fill))
    table = layout.find_table(sheet)
    assert [column.unit.factor if column.unit else None for column in table.columns] == [None, None, 10_000, 1000]
    assert [(item.number, item.reason) for item in table.skipped] == [(2, "unit")]
    assert len(table.rows) == 1


def test_merged_cells_in_the_body_hold_for_each_row():
    def fill(sheet):
        sheet.append(["街道", "编号", "面积"])
        sheet.append(["红旗街道", "P-01", 1])
        sheet.append([None, "P-02", 2])
        sheet.append([None, None, None])
        sheet.append(["铁西街道", "P-03", 3])
        sheet.merge_cells("A2:A3")

    (sheet,) = sheets.read_xlsx(workbook(fill))
    table = layout.find_table(sheet)
    assert [row.cells[0].value for row in table.rows] == ["红旗街道", "红旗街道", "铁西街道"]
    assert table.rows[1].cells[0].address == "A2"
    assert table.rows[1].cells[1].address == "B3"


def test_repeated_heads_of_printed_pages_are_no_data():
    def fill(sheet):
        for _ in range(2):
            sheet.append(["编号", "名称", "面积（亩）"])
            sheet.append(["P-01", "南关", 3])

    (sheet,) = sheets.read_xlsx(workbook(fill))
    table = layout.find_table(sheet)
    assert [row.number for row in table.rows] == [2, 4]
    assert [item.reason for item in table.skipped] == ["repeated_head"]


def test_hidden_sheets_and_covers_hold_no_table():
    book = openpyxl.Workbook()
    book.active.append(["填表说明"])
    book.active.append(["请各街道于月底前报送。"])
    hidden = book.create_sheet("旧")
    hidden.append(["编号", "名称"])
    hidden.append(["P-01", "南关"])
    hidden.sheet_state = "hidden"
    plain_ledger(book.create_sheet("红旗街道"))
    plain_ledger(book.create_sheet("铁西街道"))
    stream = io.BytesIO()
    book.save(stream)
    found = [(sheet.name, layout.find_table(sheet, known=KNOWN)) for sheet in sheets.read_xlsx(stream.getvalue())]
    assert [name for name, _ in found] == ["Sheet", "红旗街道", "铁西街道"]
    assert found[0][1] is None
    assert found[1][1].heads == found[2][1].heads


@given(st.lists(st.sampled_from(["data", "subtotal", "section", "footer", "blank"]), min_size=1, max_size=30))
def test_every_row_is_data_or_skipped_with_a_reason(kinds):
    made = {
        "data": ["P-01", "南关地块", 12],
        "subtotal": ["小计", None, 12],
        "section": ["红旗街道"],
        "footer": ["注：以实测为准"],
        "blank": [],
    }
    rows = [["编号", "名称", "面积"], *(made[kind] for kind in kinds)]
    grid = sheets._Grid(sheets.SheetLimits(), "x")
    for row in rows:
        grid.add(row)
    table = layout.find_table(sheets.Sheet("x", grid.finish()))
    if "data" not in kinds:
        assert table is None
        return
    told = {item.number: item.reason for item in table.skipped}
    for number, kind in enumerate(kinds, start=2):
        if kind == "data":
            assert number in {row.number for row in table.rows}
        elif kind != "blank":
            assert told[number] == kind
    assert len(table.rows) == kinds.count("data")
