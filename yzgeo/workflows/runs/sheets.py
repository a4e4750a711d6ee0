"""The list of those who are not covered, as a workbook that says where its figures come from."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from .answers import Viewer, describe, uncovered_rows
from .desk import RunDesk

_BOLD = Font(bold=True)
_REASONS = {
    "beyond_limit": "超出限值",
    "too_far_from_network": "离道路太远",
    "other_component": "路网不连通",
    "no_facility": "没有设施",
}
_COLUMNS = (
    ("subdistrict_name", "街道", 18),
    ("community_name", "社区（村）", 18),
    ("compound", "小区编号", 12),
    ("code", "楼栋编号", 12),
    ("name", "楼栋名称", 22),
    ("people", "居民（人）", 11),
    ("dwellings", "住宅（套）", 11),
    ("distance_m", "沿路距离（米）", 15),
    ("limit_m", "限值（米）", 11),
    ("gap_m", "差多少米", 11),
    ("straight_m", "直线距离（米）", 15),
    ("facility_code", "最近设施编号", 14),
    ("facility_name", "最近设施", 26),
    ("reason", "原因", 14),
)
_STATUS = {"official": "官方", "surveyed": "测绘", "derived": "推算", "illustrative": "示意"}


def uncovered_workbook(desk: RunDesk, run: Mapping[str, Any], viewer: Viewer, *, limit_m: float | None = None) -> bytes:
    """
    Write the list of those who are not covered, by street office, with the gap in metres.

    Parameters
    ----------
    desk
        The desk.
    run
        A run that is done.
    viewer
        Who will read it.
    limit_m
        Another limit than the run's.

    Returns
    -------
    bytes
        An Excel workbook: what it is, figures by street office, and the list.
    """
    told = describe(desk, run, viewer, limit_m=limit_m)
    rows = uncovered_rows(desk, run["id"], viewer, limit_m=limit_m)
    names = desk.names()
    for column in ("subdistrict", "community"):
        known = names.get(column, {})
        rows[f"{column}_name"] = [None if pd.isna(code) else known.get(code, code) for code in rows[column]]
    rows["reason"] = [_REASONS.get(reason, reason) for reason in rows["reason"]]
    book = Workbook(write_only=True)
    _about(book.create_sheet("说明"), told, len(rows))
    _by_office(book.create_sheet("分街道"), told, rows)
    _list(book.create_sheet("未覆盖名单"), rows)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _about(sheet: Any, told: Mapping[str, Any], count: int) -> None:
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 20, 100
    circle, summary = told["circle"], told["summary"]
    limit = summary["limit_m"]
    shares = "；".join(
        f"{label} {_percent(summary[weight]['share'])}（分母 {_amount(summary[weight]['total'])}）"
        for weight, label in (("people", "居民"), ("dwellings", "住宅"), ("buildings", "楼栋"))
    )
    statuses: dict[str, int] = {}
    for layer in told["data_status"].values():
        for status, number in layer.items():
            statuses[status] = statuses.get(status, 0) + number
    lines = [
        ("标题", f"{circle['title']['zh']} 未覆盖名单 / {circle['title']['en']}: not covered"),
        ("限值", "各设施登记的半径" if limit is None else f"{limit:.0f} 米，沿道路计算，含两端到道路的直线距离"),
        ("限值来源", circle["source"]),
        ("覆盖率", shares),
        ("分母", "居民、住宅套数、住宅楼栋数；缺数的楼不计入该项分母"),
        ("未覆盖", f"{count} 栋"),
        ("路网", f"{told['summary']['network']['source']['zh']}，截至 {told['summary']['network']['date']}"),
        ("计算日期", told["finished_at"] or ""),
        ("运行编号", f"{told['id']}（yzgeo {told['versions']['yzgeo']}）"),
        ("方案", "现状（登记数据）" if told["scenario"] is None else f"方案：{told['scenario']['title']}（不是现状）"),
        ("数据状态", "，".join(f"{_STATUS.get(status, status)} {number}" for status, number in statuses.items())),
    ]
    if told["illustrative"]:
        lines.append(("注意", "含示意数据：由程序按规划总量生成，不代表实际位置 / contains illustrative data"))
    if summary["withheld"]:
        lines.append(("未列出", "居民和住宅数未对您的账号开放 / figures withheld: " + "、".join(summary["withheld"])))
    for name, text in lines:
        sheet.append([_cell(sheet, name, bold=True), _cell(sheet, text)])


def _by_office(sheet: Any, told: Mapping[str, Any], rows: pd.DataFrame) -> None:
    titles = (
        "街道",
        "楼栋",
        "未覆盖楼栋",
        "楼栋覆盖率（%）",
        "居民",
        "未覆盖居民",
        "居民覆盖率（%）",
        "最大差距（米）",
    )
    _head(sheet, [(title, 16) for title in titles])
    worst = rows.groupby("subdistrict")["gap_m"].max()
    for unit in told["summary"]["by_subdistrict"]:
        houses, people = unit["buildings"], unit["people"]
        gap = worst.get(unit["code"])
        cells = [unit["name"] or unit["code"] or "—", *_three(houses), *_three(people), gap]
        sheet.append([_cell(sheet, _rounded(value)) for value in cells])


def _list(sheet: Any, rows: pd.DataFrame) -> None:
    _head(sheet, [(title, width) for _, title, width in _COLUMNS])
    for record in rows[[name for name, _, _ in _COLUMNS]].itertuples(index=False):
        sheet.append([_cell(sheet, _rounded(value)) for value in record])


def _three(share: Mapping[str, Any]) -> list[float | None]:
    total, covered = share["total"], share["covered"]
    return [total, None if total is None or covered is None else total - covered, share["share"]]


def _head(sheet: Any, columns: list[tuple[str, int]]) -> None:
    sheet.freeze_panes = "A2"
    for number, (_, width) in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.append([_cell(sheet, title, bold=True) for title, _ in columns])


def _cell(sheet: Any, value: Any, *, bold: bool = False) -> Any:
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub("", value)[:32767])
    cell.data_type = "s"  # a name that begins with "=" is no formula
    if bold:
        cell.font = _BOLD
    return cell


def _rounded(value: Any) -> Any:
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return None
    return round(float(value), 1) if isinstance(value, float) else value


def _percent(value: float | None) -> str:
    return "—" if value is None else f"{value:.1f} %"


def _amount(value: float | None) -> str:
    return "—" if value is None else f"{value:,.0f}"
