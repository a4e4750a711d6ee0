"""Rejected rows as a file to be mended and sent again: everything that was in them, where, and why not."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from yzgeo.errors import ParameterError, StorageError
from yzgeo.ingest import rows
from yzgeo.report.tabular import write_csv_rows, write_xlsx_rows

from .judging import Judged

HEADINGS = ("行 row", "工作表 sheet", "单元格 cell", "代码 code", "原因", "reason")
_GEOMETRY = "几何 geometry（WKT）"
_WKT_CHARACTERS = 2000


def write_rejects(judged: Judged, path: Path) -> Path:
    """
    Write the rejected rows with their reasons.

    Parameters
    ----------
    judged
        The judgement.
    path
        New file, ``.csv`` or ``.xlsx``.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ParameterError
        If the ending is neither.
    StorageError
        If it exists or the disk refuses.
    """
    writers = {".csv": write_csv_rows, ".xlsx": write_xlsx_rows}
    writer = writers.get(path.suffix.lower())
    if writer is None:
        raise ParameterError(
            name="--rejected", reason_zh="应以 .csv 或 .xlsx 结尾", reason_en="must end in .csv or .xlsx"
        )
    try:
        writer(path, rejected_rows(judged))
    except FileExistsError:
        raise StorageError(path=str(path), reason="文件已存在 / the file exists") from None
    except OSError as error:
        raise StorageError(path=str(path), reason=error.strerror or str(error)) from error
    return path


def rejected_rows(judged: Judged) -> Iterator[list[Any]]:
    """
    Give the rejected rows, one per line, headings first.

    Parameters
    ----------
    judged
        The judgement.

    Yields
    ------
    list
        Row, sheet, cells, codes and reasons in both languages, then every column as it stood in the file.
    """
    source = judged.rejects
    columns = list(source.table.columns)
    shapes = source.geometry is not None and not source.positions
    yield [*HEADINGS, *columns, *([_GEOMETRY] if shapes else [])]
    by_row: dict[int, list[rows.Reason]] = {}
    for reason in judged.reasons:
        by_row.setdefault(reason.row, []).append(reason)
    for row in judged.report.rejected:
        reasons = by_row.get(row, [])
        where = source.where[row - 1] if source.where else ""
        sheet, _, number = where.rpartition("!")
        values = [_plain(source.table[name].iat[row - 1]) for name in columns]
        yield [
            number or row,
            sheet,
            "、".join(_cells(judged, reasons)),
            "、".join(dict.fromkeys(reason.code for reason in reasons)),
            "；".join(_worded(reason, reason.zh) for reason in reasons),
            "; ".join(_worded(reason, reason.en) for reason in reasons),
            *values,
            *([_wkt(source.geometry[row - 1])] if shapes and source.geometry is not None else []),
        ]


def _cells(judged: Judged, reasons: Sequence[rows.Reason]) -> list[str]:
    addresses = judged.rejects.addresses
    found = [addresses[one.column][one.row - 1] for one in reasons if one.column in addresses]
    return list(dict.fromkeys(address.rpartition("!")[2] for address in found if address))


def _worded(reason: rows.Reason, text: str) -> str:
    return f"{reason.column}：{text}" if reason.column else text


def _wkt(shape: Any) -> str | None:
    return None if shape is None else str(shape.wkt)[:_WKT_CHARACTERS]


def _plain(value: Any) -> Any:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None if value is None or math.isnan(value) else str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool) else str(value)
