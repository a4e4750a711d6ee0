"""Several sub-parcels in one cell get a row each."""

from __future__ import annotations

import io

import openpyxl

from yzgeo.ingest.tables import layout, sheets, subparcels


def workbook(fill, *, title="红旗街道") -> bytes:
    book = openpyxl.Workbook()
    book.active.title = title
    fill(book.active)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_each_sub_parcel_gets_a_row():
    def fill(sheet):
        sheet.append(["编号", "名称", "面积（㎡）", "户数", "街道"])
        sheet.append(["P-01-1\nP-01-2", "①南关东；②南关西", "1200、800", 35, "红旗街道"])
        sheet.append(["P-02", "北关", 500, 8, "红旗街道"])
        sheet.append(["P-03", "东门、西门", 900, 9, "红旗街道"])

    (sheet,) = sheets.read_xlsx(workbook(fill))
    rows, issues = subparcels.split(layout.find_table(sheet), keys={0})
    assert [(row.number, row.part) for row in rows] == [(2, 1), (2, 2), (3, None), (4, None)]
    values = [[row.cells[index].value if index in row.cells else None for index in range(5)] for row in rows[:2]]
    assert values == [["P-01-1", "南关东", "1200", None, "红旗街道"], ["P-01-2", "南关西", "800", None, "红旗街道"]]
    assert rows[1].cells[2].address == "C2"
    assert [(issue.code, issue.where) for issue in issues] == [
        ("subparcels_split", "红旗街道!2"),
        ("subparcels_total", "红旗街道!D2"),
    ]
