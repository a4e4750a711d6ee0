"""Plain tables: what is a text stays a text in every spreadsheet."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pytest

from yzgeo.report.tabular import write_csv_rows, write_xlsx_rows

LINES = [
    ["编号", "备注"],
    ["A1", "=HYPERLINK(1)"],
    ["A2", "@SUM(1)"],
    ["A3", -5.5],
    [None, "<script>"],
    ["A\x0b4", True],
]


def test_csv_opens_with_chinese_and_runs_nothing(tmp_path: Path) -> None:
    write_csv_rows(tmp_path / "a.csv", LINES)
    assert (tmp_path / "a.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows[:4] == [["编号", "备注"], ["A1", "'=HYPERLINK(1)"], ["A2", "'@SUM(1)"], ["A3", "-5.5"]]
    with pytest.raises(FileExistsError):
        write_csv_rows(tmp_path / "a.csv", LINES)


def test_xlsx_keeps_texts_as_texts(tmp_path: Path) -> None:
    write_xlsx_rows(tmp_path / "a.xlsx", LINES)
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert [cell.data_type for cell in sheet["B"]] == ["s", "s", "s", "n", "s", "b"]
    assert (sheet["B2"].value, sheet["B4"].value, sheet["A6"].value) == ("=HYPERLINK(1)", -5.5, "A4")
