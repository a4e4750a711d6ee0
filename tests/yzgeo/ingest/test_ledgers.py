"""Ledgers leave the reading process whole: values, addresses, sheets of one form."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest

from yzgeo.errors import FileUnreadableError
from yzgeo.ingest import ledgers

CORPUS = Path(__file__).parents[2] / "data" / "import"


@pytest.fixture
def fields(catalogue):
    return catalogue.layer("shantytown_parcel").fields


def test_sheets_of_street_offices_are_joined(fields):
    found = ledgers.read(CORPUS / "ledger_streets.xlsx", "xlsx", fields=fields)
    assert len(found.where) == 6
    assert found.values["编号"][0] == "PH-01"
    assert found.addresses["编号"][0] == "红旗街道!A3"
    assert found.sections[0] == "红旗街道"
    assert next(head for head in found.heads if head.name == "占地面积").unit.name == "公顷"


def test_one_sheet_may_be_chosen(fields):
    found = ledgers.read(CORPUS / "ledger_streets.xlsx", "xlsx", fields=fields, sheet="红旗街道")
    assert len(found.where) == 2
    with pytest.raises(FileUnreadableError):
        ledgers.read(CORPUS / "ledger_streets.xlsx", "xlsx", fields=fields, sheet="没有")


def test_sub_parcels_are_rows_and_keep_their_cell(fields):
    found = ledgers.read(CORPUS / "ledger_subparcels.xlsx", "xlsx", fields=fields)
    assert found.where[:3] == ("台账!2-1", "台账!2-2", "台账!3")
    assert found.addresses["占地面积"][:2] == ["台账!C2", "台账!C2"]
    assert "subparcels_split" in {issue.code for issue in found.issues}


def test_a_sheet_of_another_form_is_told(tmp_path, fields):
    book = openpyxl.Workbook()
    for name, heads in (("甲", ["编号", "名称", "面积"]), ("乙", ["编号", "户数", "备注"])):
        sheet = book.create_sheet(name)
        sheet.append(heads)
        for number in range(3 if name == "甲" else 1):
            sheet.append([f"P-{number}", "南关", 5])
    book.save(tmp_path / "a.xlsx")
    found = ledgers.read(tmp_path / "a.xlsx", "xlsx", fields=fields)
    assert len(found.where) == 3
    assert [issue.where for issue in found.issues if issue.code == "sheet_left_out"] == ["乙"]


def test_everything_goes_through_json(fields):
    found = ledgers.as_json(ledgers.read(CORPUS / "ledger_two_levels.xlsx", "xlsx", fields=fields))
    assert json.loads(json.dumps(found)) == found
    assert found["values"]["进度/计划完成"][2] == "2024-06-30T00:00:00"
