"""Workbooks and separated values as grids with addresses, made with real writers."""

from __future__ import annotations

import datetime as dt
import io
import zipfile

import openpyxl
import pytest
import xlwt
from hypothesis import given
from hypothesis import strategies as st

from yzgeo.errors import FileLimitError, FileUnreadableError, XmlEntitiesError
from yzgeo.ingest.tables import layout, sheets


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


def rewritten(content: bytes, part: str, change) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for info in source.infolist():
            data = source.read(info)
            target.writestr(info.filename, change(data) if info.filename == part else data)
    return stream.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


def test_percentages_and_uncomputed_formulas_are_told():
    def fill(sheet):
        sheet.append(["编号", "完成率", "面积"])
        sheet.append(["P-01", 0.35, "=1+2"])
        sheet["B2"].number_format = "0%"

    (sheet,) = sheets.read_xlsx(workbook(fill))
    assert sheet.rows[1][1].percent
    assert sheet.uncomputed == ("C2",)


def test_an_old_workbook_reads_alike():
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("红旗街道")
    sheet.write_merge(0, 0, 0, 3, "棚户区台账")
    for column, head in enumerate(["编号", "名称", "面积（亩）", "日期"]):
        sheet.write(1, column, head)
    date_style = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    percent_style = xlwt.easyxf(num_format_str="0.0%")
    for row, (code, area) in enumerate([("P-01", 1.5), ("P-02", 2.5)]):
        sheet.write(row + 2, 0, code)
        sheet.write(row + 2, 1, "南关")
        sheet.write(row + 2, 2, area, percent_style if row else xlwt.Style.default_style)
        sheet.write(row + 2, 3, dt.date(2024, 6, 30), date_style)
    stream = io.BytesIO()
    book.save(stream)
    (read,) = sheets.read_xls(stream.getvalue())
    table = layout.find_table(read)
    assert table.heads == ("编号", "名称", "面积", "日期")
    assert table.rows[0].cells[3].value == dt.datetime(2024, 6, 30)  # noqa: DTZ001
    assert (table.rows[0].cells[2].percent, table.rows[1].cells[2].percent) == (False, True)
    assert table.rows[0].cells[2].address == "C3"


@pytest.mark.parametrize("codec", ["gbk", "utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("mark", [",", "\t", ";"])
def test_separated_values(codec, mark):
    lines = ["棚户区台账", mark.join(["编号", "名称", "面积"]), mark.join(["P-01", '"南关\n地块"', "1200"])]
    content = "\r\n".join(lines).encode(codec)
    sheet, guess = sheets.read_csv(content)
    table = layout.find_table(sheet)
    assert guess.verdict == "certain"
    assert table.heads == ("编号", "名称", "面积")
    assert table.rows[0].cells[1].value == "南关\n地块"


def test_hostile_workbooks_are_refused_or_harmless():
    good = workbook(plain_ledger)
    with pytest.raises(FileUnreadableError):
        sheets.read_xlsx(good[: len(good) // 2])
    with pytest.raises(FileUnreadableError):
        sheets.read_xlsx(b"")
    with pytest.raises(FileUnreadableError):
        sheets.read_xls(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    entity = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]>'
    hidden = b'<?xml version="1.0"?><!--' + b" " * 70_000 + b"--><!DOCTYPE x>"
    for start in (entity, hidden):
        with pytest.raises(XmlEntitiesError):
            sheets.read_xlsx(rewritten(good, SHEET, lambda data, start=start: start + data))
    with pytest.raises(FileLimitError):
        sheets.read_xlsx(rewritten(good, SHEET, lambda data: data + b" " * 70 * 1024**2))
    # A sheet that claims to be a million rows wide and merges all of them costs nothing.
    everywhere = b'<mergeCell ref="A1:XFD1048576"/>'
    huge = rewritten(good, SHEET, lambda data: data.replace(b"</mergeCells>", everywhere + b"</mergeCells>"))
    (sheet,) = sheets.read_xlsx(huge)
    assert layout.find_table(sheet) is None


def test_limits():
    limits = sheets.SheetLimits(cells=5)
    with pytest.raises(FileLimitError):
        sheets.read_xlsx(workbook(plain_ledger), limits=limits)
    with pytest.raises(FileLimitError):
        sheets.read_csv(b"a,b\n" * 10, limits=limits)
    with pytest.raises(FileLimitError):
        sheets.read_csv(b",".join([b"x"] * 600))


@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_a_refusal(content):
    for reader in (sheets.read_xlsx, sheets.read_xls):
        with pytest.raises(FileUnreadableError):
            reader(content)
    try:
        sheet, _ = sheets.read_csv(content)
    except FileUnreadableError:
        return
    layout.find_table(sheet)
