"""Several sub-parcels in one cell: one row per sub-parcel, where the cells agree on how many there are."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

from yzgeo.checks import Issue

from .layout import Row, Table
from .sheets import Cell

_BREAKS = re.compile(r"\s*(?:\r?\n|；|;)\s*")
_LISTS = re.compile(r"\s*[、,，]\s*")
_NUMBERED = re.compile(r"^\s*(?:[(（]?\d{1,2}[)）.、．]|[①-⑳])\s*(?=\D)")


def split(table: Table, *, keys: Collection[int]) -> tuple[tuple[Row, ...], tuple[Issue, ...]]:
    """
    Give each sub-parcel its own row.

    Parameters
    ----------
    table
        A table.
    keys
        Indices of the columns that name a parcel (code, name); only rows in which one of them lists several pieces
        are split.

    Returns
    -------
    rows : tuple of Row
        Rows in order; split ones carry the number of their part, starting from 1.
    issues : tuple of Issue
        What was split, and what could not be: a total that belongs to all parts is in none of them.
    """
    rows: list[Row] = []
    issues: list[Issue] = []
    for row in table.rows:
        parts = max(
            (_pieces(row.cells[index], keyed=True) for index in keys if index in row.cells), key=len, default=[]
        )
        if len(parts) < 2:
            rows.append(row)
            continue
        split_rows, lost = _split_row(row, len(parts), keys)
        rows.extend(split_rows)
        issues.append(_told(table, row, len(parts)))
        issues.extend(_undivided(table, row, cell) for cell in lost)
    return tuple(rows), tuple(issues)


def _split_row(row: Row, count: int, keys: Collection[int]) -> tuple[list[Row], list[Cell]]:
    lost: list[Cell] = []
    cells: list[dict[int, Cell]] = [{} for _ in range(count)]
    for index, cell in row.cells.items():
        pieces = _pieces(cell, keyed=index in keys)
        if len(pieces) == count:
            for part, piece in enumerate(pieces):
                cells[part][index] = replace(cell, value=piece)
        elif _is_total(cell):
            lost.append(cell)
        else:
            for part in range(count):
                cells[part][index] = cell
    return [replace(row, cells=own, part=part + 1) for part, own in enumerate(cells)], lost


def _pieces(cell: Cell, *, keyed: bool) -> list[str]:
    """Divide a cell at line breaks and semicolons; names may also be listed with 、."""
    if not isinstance(cell.value, str):
        return [str(cell.value)]
    pieces = [piece for piece in _BREAKS.split(cell.value.strip()) if piece]
    if len(pieces) == 1 and keyed:
        pieces = [piece for piece in _LISTS.split(pieces[0]) if piece]
    elif len(pieces) == 1 and re.fullmatch(r"[\d.]+([、，][\d.]+)+", pieces[0]):
        pieces = re.split(r"[、，]", pieces[0])
    return [_NUMBERED.sub("", piece) for piece in pieces] if len(pieces) > 1 else pieces


def _is_total(cell: Cell) -> bool:
    return isinstance(cell.value, int | float) and not isinstance(cell.value, bool)


def _told(table: Table, row: Row, count: int) -> Issue:
    return Issue(
        "info",
        "subparcels_split",
        f"{table.sheet}!{row.number}",
        f"第 {row.number} 行列有 {count} 个子地块，已拆成 {count} 行",
        f"row {row.number} lists {count} sub-parcels and was split into {count} rows",
    )


def _undivided(table: Table, row: Row, cell: Cell) -> Issue:
    return Issue(
        "warning",
        "subparcels_total",
        f"{table.sheet}!{cell.address}",
        f"{cell.address} 的 {cell.value} 是几个子地块的合计，不能分摊，已留空",
        f"{cell.address} holds {cell.value} for all sub-parcels of row {row.number}; it cannot be divided, left empty",
    )
