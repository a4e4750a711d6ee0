"""Ledgers in files: all their tables in one form that can leave the reading process.

Values keep the address of their cell. Sheets of the same form (one per street office) are joined; a sheet of another
form is told and left out.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from yzgeo.catalogue import FieldSpec
from yzgeo.checks import Issue
from yzgeo.errors import FileUnreadableError

from . import encoding as encodings
from .columns import Head, suggest
from .tables import layout, sheets, subparcels

_KEYS = ("code", "name")


@dataclass(frozen=True)
class Ledger:
    """
    Rows of all tables of one form.

    ``values``, ``addresses`` and ``percents`` are by column name, one entry per row; ``where`` names the row
    (``红旗街道!6``), ``sections`` the heading it stands under; ``sheets`` are all sheets with a table and their rows.
    """

    heads: tuple[Head, ...]
    values: Mapping[str, Sequence[Any]]
    addresses: Mapping[str, Sequence[str | None]]
    percents: Mapping[str, Sequence[bool]]
    where: tuple[str, ...]
    sections: tuple[str | None, ...]
    titles: tuple[str, ...]
    issues: tuple[Issue, ...]
    encoding: encodings.EncodingGuess | None
    epoch_1904: bool
    sheets: tuple[tuple[str, int], ...] = ()


def read(
    path: Path,
    kind: str,
    *,
    fields: Sequence[FieldSpec],
    encoding: str | None = None,
    sheet: str | None = None,
) -> Ledger:
    """
    Read the ledger of a file.

    Parameters
    ----------
    path
        XLSX, XLS or CSV file.
    kind
        ``xlsx``, ``xls`` or ``csv``.
    fields
        Fields of the layer that it is for ; their names help to find heads and keys.
    encoding
        Encoding of a CSV file that a person chose.
    sheet
        Which sheet; all sheets of one form if not given.

    Returns
    -------
    Ledger
        Its rows.

    Raises
    ------
    FileUnreadableError
        If there is no table in it, or no such sheet.
    FileLimitError
        If it is too large.
    """
    grids, guess = _grids(path, kind, encoding)
    known = [name for field in fields for name in (field.title.zh, field.title.en, field.id, *field.aliases)]
    tables = [table for grid in grids if (table := layout.find_table(grid, known=known)) is not None]
    listed = tuple((table.sheet, len(table.rows)) for table in tables)
    if sheet is not None:
        grids = tuple(grid for grid in grids if grid.name == sheet)
        tables = [table for table in tables if table.sheet == sheet]
    if not tables:
        raise FileUnreadableError(path=path.name, reason="没有找到表格 / no table was found", formats=sheets.FORMATS)
    form = _usual_form(tables)
    issues = [_uncomputed(grid, address) for grid in grids for address in grid.uncomputed[:50]]
    issues += [_other_form(table) for table in tables if table.heads != form]
    chosen = [table for table in tables if table.heads == form]
    issues += [_skipped(table) for table in chosen]
    return replace(_joined(chosen, fields, issues, guess), sheets=listed)


def as_json(ledger: Ledger) -> dict[str, Any]:
    """
    Bring a ledger to what JSON can hold.

    Parameters
    ----------
    ledger
        A ledger.

    Returns
    -------
    dict
        Dates become ISO 8601 text, from which they are read back as dates.
    """
    return {
        "heads": [[head.name, head.leaf, head.unit.name if head.unit else None] for head in ledger.heads],
        "values": {name: [_plain(value) for value in values] for name, values in ledger.values.items()},
        "addresses": dict(ledger.addresses),
        "percents": {name: list(flags) for name, flags in ledger.percents.items() if any(flags)},
        "where": list(ledger.where),
        "sections": list(ledger.sections),
        "titles": list(ledger.titles),
        "issues": [[issue.level, issue.code, issue.where, issue.zh, issue.en] for issue in ledger.issues],
        "epoch_1904": ledger.epoch_1904,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value.isoformat() if isinstance(value, date | datetime) else value


def _grids(
    path: Path, kind: str, encoding: str | None
) -> tuple[tuple[sheets.Sheet, ...], encodings.EncodingGuess | None]:
    content = path.read_bytes()
    if kind == "xlsx":
        return sheets.read_xlsx(content, path=path.name), None
    if kind == "xls":
        return sheets.read_xls(content, path=path.name), None
    sheet, guess = sheets.read_csv(content, path=path.name, encoding=encoding)
    return (sheet,), guess


def _usual_form(tables: Sequence[layout.Table]) -> tuple[str, ...]:
    """Take the form with the most rows."""
    rows = Counter[tuple[str, ...]]()
    for table in tables:
        rows[table.heads] += len(table.rows)
    return max(rows, key=lambda heads: rows[heads])


def _joined(
    tables: Sequence[layout.Table],
    fields: Sequence[FieldSpec],
    issues: list[Issue],
    guess: encodings.EncodingGuess | None,
) -> Ledger:
    columns = tables[0].columns
    heads = tuple(Head(column.name, column.leaf, column.unit) for column in columns)
    keys = _keys(heads, fields)
    rows: list[tuple[layout.Table, layout.Row]] = []
    for table in tables:
        index = {column.name: column.index for column in table.columns}
        split, told = subparcels.split(table, keys={index[name] for name in keys})
        rows += [(table, row) for row in split]
        issues += told
    values: dict[str, list[Any]] = {head.name: [] for head in heads}
    addresses: dict[str, list[str | None]] = {head.name: [] for head in heads}
    percents: dict[str, list[bool]] = {head.name: [] for head in heads}
    for table, row in rows:
        for column in table.columns:
            cell = row.cells.get(column.index)
            values[column.name].append(cell.value if cell is not None else None)
            addresses[column.name].append(f"{table.sheet}!{cell.address}" if cell is not None else None)
            percents[column.name].append(cell is not None and cell.percent)
    return Ledger(
        heads,
        values,
        addresses,
        percents,
        tuple(f"{table.sheet}!{row.number}" + (f"-{row.part}" if row.part else "") for table, row in rows),
        tuple(row.section or (table.sheet if len(tables) > 1 else None) for table, row in rows),
        tuple(dict.fromkeys(title for table in tables for title in table.titles)),
        tuple(issues),
        guess,
        tables[0].epoch_1904,
    )


def _keys(heads: Sequence[Head], fields: Sequence[FieldSpec]) -> set[str]:
    """Find the columns that name a parcel."""
    return {match.column for match in suggest(heads, fields) if match.field in _KEYS and match.verdict == "certain"}


def _uncomputed(grid: sheets.Sheet, address: str) -> Issue:
    zh = "公式没有存下计算结果，按空值处理；请用表格软件打开并保存一次"
    en = "the formula's result was never stored and counts as empty; open and save the file once"
    return Issue("warning", "formula_uncomputed", f"{grid.name}!{address}", zh, en)


def _other_form(table: layout.Table) -> Issue:
    zh = f"工作表“{table.sheet}”的表头与其他表不同，{len(table.rows)} 行未读"
    en = f"sheet “{table.sheet}” has another head than the rest; its {len(table.rows)} rows were not read"
    return Issue("warning", "sheet_left_out", table.sheet, zh, en)


def _skipped(table: layout.Table) -> Issue:
    names = {
        "title": "标题",
        "unit": "单位行",
        "numbering": "序号行",
        "subtotal": "小计合计",
        "footer": "表尾",
        "section": "分节",
        "repeated_head": "重复表头",
        "empty": "空行",
    }
    counts = Counter(item.reason for item in table.skipped)
    zh = "、".join(f"{names[reason]} {count}" for reason, count in counts.items()) or "无"
    en = ", ".join(f"{reason} {count}" for reason, count in counts.items()) or "none"
    text = f"“{table.sheet}”：{len(table.rows)} 行数据；不是数据的行：{zh}"
    return Issue("info", "table_found", table.sheet, text, f"{len(table.rows)} rows of data; other rows: {en}")
