from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from yzgeo.errors import ParameterError
from yzgeo.report import sheets


def test_one_sheet_per_layer_after_the_sources(table, catalogue, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    made = [table("shantytown_parcel", area_m2=[1.5, 2.5]), table("compound_item")]
    assert sheets.write_workbook(path, made, catalogue.district) == 4
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["说明", "棚户区改造地块", "小区改造内容"]
    about = "\n".join(str(cell) for row in book["说明"].iter_rows(values_only=True) for cell in row)
    assert "示意数据" in about
    assert "OpenStreetMap" in about
    assert catalogue.layer("shantytown_parcel").spec.source.zh in about
    rows = list(book["棚户区改造地块"].iter_rows(values_only=True))
    assert rows[1][rows[0].index("占地面积（㎡）")] == 1.5
    assert rows[1][rows[0].index("经度")] == pytest.approx(123.845)


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "a\x00b\x0bc"])
def test_a_text_stays_a_text(table, catalogue, tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.xlsx"
    sheets.write_workbook(path, [table("shantytown_parcel", name=[text, "普通"])], catalogue.district)
    sheet = openpyxl.load_workbook(path)["棚户区改造地块"]
    column = [cell.value for cell in sheet[1]].index("名称") + 1
    assert sheet.cell(2, column).data_type == "s"
    assert sheet.cell(2, column).value == text.replace("\x00", "").replace("\x0b", "")


def test_more_rows_than_a_sheet_can_hold(table, catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "_MOST_ROWS", 1)
    with pytest.raises(ParameterError):
        sheets.write_workbook(tmp_path / "a.xlsx", [table("compound_item")], catalogue.district)
