"""Excel workbooks: one sheet per layer, and a first sheet that says where the data come from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from yzgeo.catalogue import DistrictSpec
from yzgeo.errors import ParameterError

from .tables import Table, headings, positions, readable, shapes

_MOST_ROWS = 1_048_575
_BOLD = Font(bold=True)


def write_workbook(path: Path, tables: Sequence[Table], district: DistrictSpec) -> int:
    """
    Write layers as sheets; texts stay texts, whatever they start with.

    Parameters
    ----------
    path
        New file.
    tables
        Tables to be written.
    district
        Named on the first sheet, with the attributions.

    Returns
    -------
    int
        Number of rows in all.

    Raises
    ------
    ParameterError
        If a layer has more rows than a sheet can hold.
    """
    book = Workbook(write_only=True)
    first = book.create_sheet("说明")
    first.column_dimensions["A"].width = 22
    first.column_dimensions["B"].width = 90
    described: list[tuple[Table, int, dict[str, int]]] = []
    names: set[str] = set()
    for table in tables:
        sheet = book.create_sheet(_sheet_name(table, names))
        described.append((table, *_fill(book, sheet, table)))
    for name, text in _about(district, described):
        first.append([text_cell(first, name, bold=True), text_cell(first, text)])
    with path.open("xb") as out:
        book.save(out)
    return sum(rows for _, rows, _ in described)


def _fill(book: Any, sheet: Any, table: Table) -> tuple[int, dict[str, int]]:
    titles = [*headings(table), *(["经度", "纬度"] if table.has_geometry else [])]
    sheet.freeze_panes = "A2"
    for number, title in enumerate(titles, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = min(40, 6 + 2 * len(title))
    sheet.append([text_cell(sheet, title, bold=True) for title in titles])
    rows = 0
    statuses: dict[str, int] = {}
    for chunk in table.chunks():
        places: list[list[float | None]] = [[] for _ in chunk.uids]
        if table.has_geometry:
            pairs = positions(shapes(chunk)).tolist()
            places = [[None if np.isnan(value) else value for value in pair] for pair in pairs]
        for status in chunk.columns["data_status"]:
            statuses[status] = statuses.get(status, 0) + 1
        for values, place in zip(readable(chunk, table), places, strict=True):
            rows += 1
            if rows > _MOST_ROWS:
                for unfinished in book.worksheets:
                    unfinished.close()
                raise ParameterError(
                    name="--format",
                    reason_zh=f"图层“{table.layer.id}”超过 Excel 的行数上限，请用 gpkg 或 csv",
                    reason_en=f"layer “{table.layer.id}” has more rows than a sheet can hold; use gpkg or csv",
                )
            sheet.append([text_cell(sheet, value) for value in (*values, *place)])
    return rows, statuses


def text_cell(sheet: Any, value: Any, *, bold: bool = False) -> Any:
    """
    Make a cell in which a text stays a text, whatever it starts with.

    Parameters
    ----------
    sheet
        Sheet of a write-only workbook.
    value
        Content.
    bold
        Whether it is a heading.

    Returns
    -------
    object
        What the sheet takes.
    """
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub("", value)[:32767])
    cell.data_type = "s"  # openpyxl takes a text with a leading "=" for a formula
    if bold:
        cell.font = _BOLD
    return cell


def _about(district: DistrictSpec, described: Sequence[tuple[Table, int, dict[str, int]]]) -> list[tuple[str, str]]:
    lines = [
        ("标题", f"{district.product_title.zh} / {district.product_title.en}"),
        ("区划", f"{district.name.zh}（{district.code}）"),
        ("导出时间", datetime.now(UTC).isoformat(timespec="seconds")),
    ]
    lines += [("署名", f"{one.text}（{one.licence}）") for one in district.attributions]
    if any("illustrative" in statuses for _, _, statuses in described):
        lines.append(("注意", "含示意数据：由程序按规划总量生成，不代表实际位置 / contains illustrative data"))
    for table, rows, statuses in described:
        spec = table.layer.spec
        labels = {value.id: value.label.zh for value in table.layer.field("data_status").values}
        counted = "，".join(f"{labels.get(status, status)} {count}" for status, count in statuses.items())
        lines.append((spec.title.zh, f"{rows} 行；{counted or '空'}；图层来源：{spec.source.zh}；许可：{spec.licence}"))
    return lines


def _sheet_name(table: Table, taken: set[str]) -> str:
    base = re.sub(r"[\\/*?:\[\]]", " ", table.layer.spec.title.zh)[:31]
    name = base if base not in taken else f"{base[:20]} {table.layer.id}"[:31]
    taken.add(name)
    return name
