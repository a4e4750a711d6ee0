"""Plain tables as CSV and XLSX: texts stay texts, so that no cell is run as a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from .sheets import text_cell
from .texts import harmless


def write_csv_rows(path: Path, lines: Iterable[Sequence[Any]]) -> None:
    """
    Write lines as CSV that spreadsheets open with Chinese intact.

    Parameters
    ----------
    path
        New file.
    lines
        Cells, headings first.
    """
    with path.open("x", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        for line in lines:
            writer.writerow([harmless(value) for value in line])


def write_xlsx_rows(path: Path, lines: Iterable[Sequence[Any]], *, title: str = "Sheet1") -> None:
    """
    Write lines as the one sheet of a workbook.

    Parameters
    ----------
    path
        New file.
    lines
        Cells, headings first.
    title
        Name of the sheet.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    for number, line in enumerate(lines):
        sheet.append([text_cell(sheet, value, bold=number == 0) for value in line])
    with path.open("xb") as out:
        book.save(out)
