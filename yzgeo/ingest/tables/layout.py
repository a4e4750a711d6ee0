"""Find the table in a sheet: head, units, data, and everything that is neither.

A Chinese ledger has a title, perhaps a line with unit and date, one or two rows of heads with merged cells, a row that
numbers the columns, section rows, subtotals, and signatures below. Every row that is not data is kept with the reason.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from openpyxl.utils import get_column_letter

from yzgeo.ingest.values.numbers import Unit, parse_unit, plain

from .sheets import Cell, Sheet

SkipReason = Literal["title", "unit", "numbering", "subtotal", "footer", "section", "repeated_head", "empty"]

_SEARCHED_ROWS = 40
_LONGEST_HEAD = 30
_MOST_MERGED = 2_000_000
_TOTAL = re.compile(r"^\W*(.{0,12}?)(小计|合计|总计|累计|共计|total|subtotal)\W*$", re.I)
_FOOTER = re.compile(
    r"^\W*(注|备注|说明|附注|填表人|填报人|制表|制表人|审核|审核人|复核|负责人|单位负责人|联系人|联系电话|电话|"
    r"填报日期|填表日期|制表日期|日期|盖章|单位（盖章）|填报单位|报送单位|编制|审批)\s*[:：(（]"
)
_HEAD_UNIT = re.compile(r"^(?P<name>.+?)\s*[(（\[【/／]\s*(?P<unit>[^()（）\[\]【】/／]{1,8})\s*[)）\]】]?$")
_TITLE_UNIT = re.compile(r"单位\s*[:：]\s*([^\s,，;；()（）]{1,8})")
_ORDINAL = re.compile(r"[(（]?(\d{1,3}|[一二三四五六七八九十甲乙丙丁戊]{1,3})[)）]?(\s*=.*)?")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its full name (levels joined by ``/``), its last level, letter, and the unit in its head."""

    name: str
    leaf: str
    letter: str
    index: int
    unit: Unit | None = None


@dataclass(frozen=True)
class Row:
    """One row of data: cells by column index, its number in the sheet, and the section it stands under."""

    number: int
    cells: dict[int, Cell]
    section: str | None = None
    part: int | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that is no data, and why."""

    number: int
    reason: SkipReason
    text: str


@dataclass(frozen=True)
class Table:
    """The table of one sheet."""

    sheet: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    skipped: tuple[Skipped, ...]
    titles: tuple[str, ...]
    score: float
    epoch_1904: bool = False

    @property
    def heads(self) -> tuple[str, ...]:
        """Column names in order, to tell sheets of the same form."""
        return tuple(column.name for column in self.columns)


def find_table(sheet: Sheet, *, known: Collection[str] = ()) -> Table | None:
    """
    Find the table of a sheet.

    Parameters
    ----------
    sheet
        The grid.
    known
        Column names one hopes for (titles and aliases of a layer's fields); they help to tell the head from titles.

    Returns
    -------
    Table or None
        None where the sheet holds no table: a cover, instructions, nothing.
    """
    grid = _filled(sheet)
    vocabulary = {_bare(name) for name in known}
    head_row, score = _head_row(sheet, grid, vocabulary)
    if head_row is None:
        return None
    last_head = _last_head_row(sheet, head_row)
    columns = _columns(sheet, grid, head_row, last_head)
    titles = tuple(str(cell.value).strip() for row in sheet.rows[:head_row] for cell in row if cell is not None)
    units, body = _unit_rows(grid, last_head + 1, columns)
    columns = _with_units(columns, units, titles)
    rows, skipped = _body(sheet, grid, body, columns)
    above = [
        Skipped(index + 1, "title", _row_text(sheet.rows[index])) for index in range(head_row) if sheet.rows[index]
    ]
    between = [
        Skipped(index + 1, "unit" if index in units else "numbering", _row_text(sheet.rows[index]))
        for index in range(last_head + 1, body)
    ]
    if not rows:
        return None
    return Table(sheet.name, columns, tuple(rows), (*above, *between, *skipped), titles, score, sheet.epoch_1904)


def _filled(sheet: Sheet) -> list[dict[int, Cell]]:
    """Repeat the value of a merged area in all its cells, with the address of its first one."""
    grid = [{index: cell for index, cell in enumerate(row) if cell is not None} for row in sheet.rows]
    width, filled = sheet.width, 0
    for area in sheet.merged:
        origin = grid[area.top].get(area.left) if area.top < len(grid) else None
        left = min(area.right, width) - area.left + 1
        filled += max(left, 0) * max(min(area.bottom, len(grid) - 1) - area.top + 1, 0)
        if origin is None or filled > _MOST_MERGED:
            continue
        for row in range(area.top, min(area.bottom, len(grid) - 1) + 1):
            for column in range(area.left, min(area.right, width) + 1):
                grid[row][column] = origin
    return grid


def _head_row(sheet: Sheet, grid: list[dict[int, Cell]], vocabulary: set[str]) -> tuple[int | None, float]:
    best, best_score = None, 0.0
    for index in range(min(len(grid), _SEARCHED_ROWS)):
        own = [cell for cell in sheet.rows[index] if cell is not None]
        texts = [str(cell.value) for cell in own if _is_head(cell)]
        distinct = {cell.address for cell in grid[index].values()}
        if len(texts) < 2 or len(distinct) < 2 or not any(grid[index + 1 :]):
            continue
        hits = sum(_bare(split_unit(text)[0]) in vocabulary or _bare(text) in vocabulary for text in texts)
        width = max(len(row) for row in grid)
        score = len(texts) / max(len(own), 1) + min(len(texts) / max(width, 1), 1.0) + 1.5 * min(hits, 6)
        score -= 0.02 * index
        if all(parse_unit(text) is not None or _ORDINAL.fullmatch(text.strip()) for text in texts):
            continue
        if score > best_score + 1e-9:
            best, best_score = index, score
    return _first_level(sheet, best), best_score


def _first_level(sheet: Sheet, head: int | None) -> int | None:
    """Step up to the row of group heads when the richest row is the second level of a merged head."""
    if head is None or head == 0:
        return head
    spans = [area for area in sheet.merged if area.top == head - 1]
    grouped = any(area.right > area.left and area.bottom == head - 1 for area in spans)
    tall = any(area.bottom >= head for area in spans)
    above = [cell for cell in sheet.rows[head - 1] if cell is not None]
    return head - 1 if (grouped or tall) and len(above) >= 2 else head


def _last_head_row(sheet: Sheet, head: int) -> int:
    last = head
    for area in sheet.merged:
        if area.top == head and area.bottom > last and area.bottom - head <= 3:
            last = area.bottom
    wide = any(area.top == head and area.right > area.left for area in sheet.merged)
    if last == head and (wide or _has_gaps_filled_below(sheet, head)) and _is_all_heads(sheet, head + 1):
        last = head + 1
    return last


def _has_gaps_filled_below(sheet: Sheet, head: int) -> bool:
    """See a two-level head without merged cells: blanks in the first row, texts below them and little else."""
    if head + 1 >= len(sheet.rows):
        return False
    upper, lower = sheet.rows[head], sheet.rows[head + 1]
    over = {index for index, cell in enumerate(upper) if cell is not None}
    under = {index for index, cell in enumerate(lower) if cell is not None}
    return bool(under - over) and len(over - under) >= 1 and min(under - over, default=0) > min(over)


def _is_all_heads(sheet: Sheet, index: int) -> bool:
    if index >= len(sheet.rows):
        return False
    cells = [cell for cell in sheet.rows[index] if cell is not None]
    return len(cells) >= 2 and all(_is_head(cell) for cell in cells)


def _columns(sheet: Sheet, grid: list[dict[int, Cell]], head: int, last: int) -> tuple[Column, ...]:
    indices = sorted({index for row in range(head, last + 1) for index in grid[row]})
    found, taken = [], Counter[str]()
    carried: str | None = None
    for index in indices:
        levels: list[str] = []
        for row in range(head, last + 1):
            cell = grid[row].get(index)
            text = _head_text(cell.value) if cell is not None else None
            if row == head and last > head:
                # Without merged cells, a group's head stands over its first column only.
                carried = text if text is not None else carried if not sheet.merged else None
                text = carried
            if text is not None and (not levels or levels[-1] != text):
                levels.append(text)
        if not levels:
            continue
        leaf, unit = split_unit(levels[-1])
        name = "/".join([*levels[:-1], leaf])
        taken[name] += 1
        if taken[name] > 1:
            name = f"{name}#{taken[name]}"
        found.append(Column(name, leaf, get_column_letter(index + 1), index, unit))
    return tuple(found)


def _unit_rows(
    grid: list[dict[int, Cell]], start: int, columns: Sequence[Column]
) -> tuple[dict[int, dict[int, Unit]], int]:
    """Read rows between head and data: units, and numbers of columns."""
    units: dict[int, dict[int, Unit]] = {}
    row = start
    wanted = {column.index for column in columns}
    while row < len(grid) and row < start + 3:
        cells = {index: cell for index, cell in grid[row].items() if index in wanted}
        texts = {index: str(cell.value).strip() for index, cell in cells.items()}
        found = {index: unit for index, text in texts.items() if (unit := parse_unit(text)) is not None}
        numbers = sum(bool(_ORDINAL.fullmatch(text.removesuffix(".0"))) for text in texts.values())
        if found and len(found) >= len(texts) / 2 and not any(_is_number(cell) for cell in cells.values()):
            units[row] = found
        elif len(texts) >= 3 and numbers == len(texts) and _counts_up(texts):
            pass
        else:
            break
        row += 1
    return units, row


def _counts_up(texts: dict[int, str]) -> bool:
    """Tell a row that numbers the columns (甲 乙 1 2 3) from data that happens to be small numbers."""
    numbers = [int(found[1]) for text in texts.values() if (found := re.match(r"[(（]?(\d+)", text))]
    return len(numbers) >= 2 and all(b - a == 1 for a, b in pairwise(numbers))


def _with_units(
    columns: Sequence[Column], units: dict[int, dict[int, Unit]], titles: Sequence[str]
) -> tuple[Column, ...]:
    named = [match[1] for title in titles for match in _TITLE_UNIT.finditer(title)]
    general = next((unit for text in named if (unit := parse_unit(text)) is not None), None)
    found = []
    for column in columns:
        unit = column.unit or next((row[column.index] for row in units.values() if column.index in row), None)
        if unit is None and general is not None and _measures(column.leaf, general):
            unit = general
        found.append(Column(column.name, column.leaf, column.letter, column.index, unit))
    return tuple(found)


def _measures(leaf: str, unit: Unit) -> bool:
    words = {"area": ("面积",), "length": ("长度", "里程", "长"), "money": ("投资", "资金", "金额", "费用")}
    return any(word in leaf for word in words.get(unit.dimension, ()))


def _body(
    sheet: Sheet, grid: list[dict[int, Cell]], start: int, columns: Sequence[Column]
) -> tuple[list[Row], list[Skipped]]:
    wanted = [column.index for column in columns]
    heads = {index: _bare(column.leaf) for index, column in zip(wanted, columns, strict=True)}
    rows, skipped = [], []
    section: str | None = None
    for index in range(start, len(grid)):
        cells = {column: grid[index][column] for column in wanted if column in grid[index]}
        text = _row_text(sheet.rows[index])
        reason = _why_no_data(sheet.rows[index], cells, heads)
        if reason == "section":
            section = _section_name(text)
        if reason == "empty":
            continue
        if reason is not None:
            skipped.append(Skipped(index + 1, reason, text))
            continue
        rows.append(Row(index + 1, cells, section))
    return rows, skipped


def _why_no_data(own: Sequence[Cell | None], cells: dict[int, Cell], heads: dict[int, str]) -> SkipReason | None:
    texts = [str(cell.value).strip() for cell in own if cell is not None]
    if not texts:
        return "empty"
    if any(_FOOTER.match(text) for text in texts[:1]):
        return "footer"
    if any(_TOTAL.match(plain(text).replace(" ", "")) for text in texts[:3]):
        return "subtotal"
    same = sum(_bare(split_unit(str(cell.value))[0]) == heads[index] for index, cell in cells.items())
    if same >= 2 and same >= len(texts) - 1:
        return "repeated_head"
    distinct = {cell.address for cell in cells.values()}
    if len(texts) == 1 and len(heads) > 2 and len(distinct) <= 1 and not _is_number(next(c for c in own if c)):
        return "section" if len(texts[0]) <= 20 else "footer"
    return None


def _section_name(text: str) -> str:
    return re.sub(r"^[(（]?[\d一二三四五六七八九十]{1,3}[)）]?\s*[、.．]\s*", "", text).strip().rstrip(":：")


def _is_head(cell: Cell) -> bool:
    if not isinstance(cell.value, str):
        return False
    text = cell.value.strip()
    if not 0 < len(text) <= _LONGEST_HEAD or "：" in text[:-1]:
        return False
    return re.fullmatch(r"[\d.,，%\-/]+", plain(text)) is None


def _is_number(cell: Cell) -> bool:
    return isinstance(cell.value, int | float) and not isinstance(cell.value, bool)


def _head_text(value: object) -> str | None:
    text = re.sub(r"\s+", "", str(value)) if value is not None else ""
    return text or None


def split_unit(text: str) -> tuple[str, Unit | None]:
    """
    Part a head such as ``占地面积（亩）`` into the name and the unit.

    Parameters
    ----------
    text
        A column's head.

    Returns
    -------
    name : str
        The name; brackets that hold no unit belong to it.
    unit : Unit or None
        The unit, where there is one.
    """
    found = _HEAD_UNIT.match(re.sub(r"\s+", "", text))
    unit = parse_unit(found["unit"]) if found else None
    return (found["name"], unit) if found and unit is not None else (re.sub(r"\s+", "", text), None)


def _bare(text: str) -> str:
    return re.sub(r"[\s()（）\[\]【】:：/／_\-]", "", plain(text))


def _row_text(row: Sequence[Cell | None]) -> str:
    return " ".join(str(cell.value).strip() for cell in row if cell is not None)[:200]
