"""Spreadsheets as grids of cells that remember their address.

XLSX, XLS and CSV come out alike: values as the program computed them, merged areas, and which numbers are shown as
percentages. Nothing is interpreted here.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

import openpyxl
import xlrd  # type: ignore[import-untyped]
from openpyxl.utils import column_index_from_string, get_column_letter

from yzgeo.errors import FileLimitError, FileUnreadableError
from yzgeo.ingest import encoding as encodings
from yzgeo.ingest.archive.kinds import check_xml

CellValue = str | int | float | bool | date | datetime | None
FORMATS = "XLSX, XLS, CSV"

_MERGE = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')


@dataclass(frozen=True, slots=True)
class SheetLimits:
    """How large a workbook may be."""

    xml_bytes: int = 64 * 1024**2
    cells: int = 2_000_000
    columns: int = 500


@dataclass(frozen=True, slots=True)
class Cell:
    """One value and where it stands, for instance ``C5``."""

    value: CellValue
    address: str
    percent: bool = False


@dataclass(frozen=True, slots=True)
class Area:
    """A merged area, rows and columns counted from 0, the last ones included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class Sheet:
    """One sheet: rows of cells (None where nothing stands), and its merged areas."""

    name: str
    rows: tuple[tuple[Cell | None, ...], ...]
    merged: tuple[Area, ...] = ()
    epoch_1904: bool = False
    uncomputed: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """Number of columns."""
        return max((len(row) for row in self.rows), default=0)


@dataclass
class _Grid:
    """Cells being collected."""

    limits: SheetLimits
    path: str
    rows: list[tuple[Cell | None, ...]] = field(default_factory=list)
    count: int = 0

    def add(self, values: Sequence[CellValue], percents: Sequence[bool] | None = None) -> None:
        row = len(self.rows) + 1
        cells: list[Cell | None] = []
        for column, value in enumerate(values):
            if value is None or (isinstance(value, str) and not value.strip()):
                cells.append(None)
                continue
            if column >= self.limits.columns:
                raise FileLimitError(path=self.path, limit=f"{self.limits.columns} 列 / columns")
            cells.append(Cell(value, f"{get_column_letter(column + 1)}{row}", bool(percents and percents[column])))
        while cells and cells[-1] is None:
            cells.pop()
        self.count += len(cells)
        if self.count > self.limits.cells:
            raise FileLimitError(path=self.path, limit=f"{self.limits.cells} 个单元格 / cells")
        self.rows.append(tuple(cells))

    def finish(self) -> tuple[tuple[Cell | None, ...], ...]:
        while self.rows and not self.rows[-1]:
            self.rows.pop()
        return tuple(self.rows)


def read_xlsx(content: bytes, *, path: str = "xlsx", limits: SheetLimits | None = None) -> tuple[Sheet, ...]:
    """
    Read a workbook of today.

    Parameters
    ----------
    content
        The file.
    path
        Its name, for messages.
    limits
        How large it may be.

    Returns
    -------
    tuple of Sheet
        Visible sheets in order; formulas give the value that was last computed, or are listed as uncomputed.

    Raises
    ------
    FileUnreadableError
        If it is no workbook, or damaged.
    FileLimitError
        If it is too large.
    """
    allowed = limits or SheetLimits()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_parts(archive, path, allowed)
            values = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            formulas = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
            epoch_1904 = values.epoch.year == 1904
            return tuple(
                _xlsx_sheet(sheet, formulas[sheet.title], archive, _Grid(allowed, path), epoch_1904)
                for sheet in values.worksheets
                if sheet.sheet_state == "visible"
            )
    except _BROKEN as error:
        raise _unreadable(path, error) from error


def read_xls(content: bytes, *, path: str = "xls", limits: SheetLimits | None = None) -> tuple[Sheet, ...]:
    """
    Read a workbook of Excel 97 to 2003.

    Parameters
    ----------
    content
        The file.
    path
        Its name, for messages.
    limits
        How large it may be.

    Returns
    -------
    tuple of Sheet
        Visible sheets in order.

    Raises
    ------
    FileUnreadableError
        If it is no workbook, or damaged.
    FileLimitError
        If it is too large.
    """
    allowed = limits or SheetLimits()
    try:
        book = xlrd.open_workbook(file_contents=content, formatting_info=True, logfile=io.StringIO())
    except (*_BROKEN, xlrd.XLRDError, xlrd.compdoc.CompDocError, AssertionError) as error:
        raise _unreadable(path, error) from error
    sheets = []
    for sheet in book.sheets():
        if sheet.visibility != 0:
            continue
        grid = _Grid(allowed, path)
        for row in range(sheet.nrows):
            cells = sheet.row(row)
            grid.add([_xls_value(cell, book) for cell in cells], [_xls_percent(cell, book) for cell in cells])
        merged = tuple(Area(top, left, bottom - 1, right - 1) for top, bottom, left, right in sheet.merged_cells)
        sheets.append(Sheet(sheet.name, grid.finish(), merged, book.datemode == 1))
    return tuple(sheets)


def read_csv(
    content: bytes, *, path: str = "csv", encoding: str | None = None, limits: SheetLimits | None = None
) -> tuple[Sheet, encodings.EncodingGuess]:
    """
    Read a table of separated values.

    Parameters
    ----------
    content
        The file.
    path
        Its name, for messages and as the sheet's name.
    encoding
        The encoding a person chose; decided from the bytes if not given.
    limits
        How large it may be.

    Returns
    -------
    sheet : Sheet
        All values as text.
    guess : EncodingGuess
        How the encoding was decided.

    Raises
    ------
    FileUnreadableError
        If it is no text, or its encoding cannot be decided.
    FileLimitError
        If it is too large.
    """
    allowed = limits or SheetLimits()
    if len(content) > allowed.xml_bytes:
        raise FileLimitError(path=path, limit=f"{allowed.xml_bytes // 1024**2} MiB")
    guess = encodings.guess(content.splitlines(), declared=encoding)
    # Where both fit, the likelier one shows the rows, and a person has to confirm it.
    likely = guess.candidates[0].id if guess.verdict == "ask" and guess.candidates else None
    chosen = encoding or guess.chosen or likely
    if chosen is None:
        raise FileUnreadableError(path=path, reason="不能确定文字编码 / the encoding is not certain", formats=FORMATS)
    text = content.decode("gb18030" if chosen.upper() in {"GBK", "GB18030"} else chosen, "replace").lstrip("\ufeff")
    if "\x00" in text:
        raise FileUnreadableError(path=path, reason="不是文本 / it is no text", formats=FORMATS)
    grid = _Grid(allowed, path)
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=False):
            grid.add(row)
    except csv.Error as error:
        raise _unreadable(path, error) from error
    return Sheet(path, grid.finish()), guess


def _delimiter(text: str) -> str:
    """Take the separator that divides most lines into the same number of pieces, more than one."""
    lines = [line for line in text.splitlines()[:50] if line.strip()]
    best, best_score = ",", 0.0
    for mark in (",", "\t", ";", "|", "，", "；"):
        counts = [line.count(mark) for line in lines]
        usual = max(set(counts), key=counts.count, default=0)
        score = usual and counts.count(usual) * min(usual, 5) / 5
        if score > best_score:
            best, best_score = mark, score
    return best


def _value(value: Any) -> CellValue:
    if isinstance(value, time):
        return value.isoformat()
    if isinstance(value, str | int | float | bool | date | datetime) or value is None:
        return value
    return str(value)


def _check_parts(archive: zipfile.ZipFile, path: str, limits: SheetLimits) -> None:
    if sum(info.file_size for info in archive.infolist()) > limits.xml_bytes:
        raise FileLimitError(path=path, limit=f"{limits.xml_bytes // 1024**2} MiB")
    for info in archive.infolist():
        if info.filename.endswith((".xml", ".rels")):
            with archive.open(info) as part:
                check_xml(path, part.read())  # a comment before the declaration may be of any length


def _xlsx_sheet(values: Any, formulas: Any, archive: zipfile.ZipFile, grid: _Grid, epoch_1904: bool) -> Sheet:  # noqa: FBT001
    uncomputed = []
    for sheet in (values, formulas):
        sheet.reset_dimensions()  # the stated size may be anything
    for row, source in zip(values.iter_rows(), formulas.iter_rows(), strict=False):
        grid.add([_value(cell.value) for cell in row], ["%" in str(_format(cell)) for cell in row])
        # A formula whose result was never stored looks blank; that must be told, not taken for an empty cell.
        uncomputed += [
            cell.coordinate
            for cell, result in zip(source, row, strict=False)
            if result.value is None and isinstance(cell.value, str) and cell.value.startswith("=")
        ]
    with archive.open(values._worksheet_path.lstrip("/")) as part:
        merged = _merged(part.read())
    return Sheet(values.title, grid.finish(), merged, epoch_1904, tuple(uncomputed))


def _format(cell: Any) -> object:
    return getattr(cell, "number_format", "")


def _merged(xml: bytes) -> tuple[Area, ...]:
    found = []
    for match in _MERGE.finditer(xml):
        left, top, right, bottom = (part.decode() for part in match.groups())
        found.append(
            Area(int(top) - 1, column_index_from_string(left) - 1, int(bottom) - 1, column_index_from_string(right) - 1)
        )
    return tuple(found)


def _xls_value(cell: Any, book: Any) -> CellValue:
    kind, value = cell.ctype, cell.value
    if kind == xlrd.XL_CELL_DATE:
        try:
            return xlrd.xldate.xldate_as_datetime(value, book.datemode)  # type: ignore[no-any-return]
        except (xlrd.xldate.XLDateError, OverflowError, ValueError):
            return float(value)
    if kind == xlrd.XL_CELL_BOOLEAN:
        return bool(value)
    if kind == xlrd.XL_CELL_ERROR:
        return str(xlrd.error_text_from_code.get(value, "#N/A"))
    if kind in {xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK}:
        return None
    return value  # type: ignore[no-any-return]


def _xls_percent(cell: Any, book: Any) -> bool:
    if cell.ctype != xlrd.XL_CELL_NUMBER or cell.xf_index is None:
        return False
    formats: Mapping[int, Any] = book.format_map
    described = formats.get(book.xf_list[cell.xf_index].format_key)
    return described is not None and "%" in described.format_str


_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    OSError,
    EOFError,
    SyntaxError,  # what the XML parser raises
    NotImplementedError,
)


def _unreadable(path: str, error: Exception) -> FileUnreadableError:
    reason = f"表格损坏或不完整 / the workbook is damaged ({type(error).__name__})"
    return FileUnreadableError(path=path, reason=reason, formats=FORMATS)
