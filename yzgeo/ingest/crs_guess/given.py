"""The way from an old datum as a person gives it: parameters in words or JSON, or a table of control points.

Whatever the form, it becomes one `DatumShift` with how well it is known to fit.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, NoReturn, get_args

import numpy as np

from yzgeo import crs
from yzgeo.errors import CrsUnsupportedError, FileMissingError, ParameterError

from .datum import DatumShift, FourParameters, SevenParameters, fit_four_parameters

Kind = Literal["seven", "four", "points"]

_SEVEN = ("dx_m", "dy_m", "dz_m", "rx_arcsec", "ry_arcsec", "rz_arcsec", "scale_ppm")
_FOUR = ("dx_m", "dy_m", "rotation_arcsec", "scale_ppm")
_CONVENTIONS = ("position_vector", "coordinate_frame")
_FILE_BYTES = 1024**2
_PREFIXED_M = 1e6  # an easting with its zone number before it
_COLUMNS = {
    "name": ("点名", "点号", "name"),
    "source_east": ("旧东", "旧y", "原东", "source_east"),
    "source_north": ("旧北", "旧x", "原北", "source_north"),
    "target_east": ("新东", "新y", "target_east"),
    "target_north": ("新北", "新x", "target_north"),
    "source_crs": ("旧坐标系", "原坐标系", "source_crs"),
    "target_crs": ("新坐标系", "target_crs"),
}


@dataclass(frozen=True)
class GivenShift:
    """
    A transformation that a person gave.

    ``residuals_m`` are those of the control points (east, north), ``names`` the points' names; both are empty for
    bare parameters. ``plain`` is what was given, as JSON, to be kept with the batch.
    """

    kind: Kind
    shift: DatumShift
    plain: Mapping[str, Any]
    residuals_m: tuple[tuple[float, float], ...] = ()
    names: tuple[str, ...] = ()
    rms_m: float | None = None

    @property
    def parameters(self) -> dict[str, float | str]:
        """The parameters in force, by name."""
        return asdict(self.shift)


def from_text(text: str, *, crs_chosen: str | None, target: str) -> GivenShift:
    """
    Read what stands behind ``--datum``.

    Parameters
    ----------
    text
        ``7:dx,dy,dz,rx,ry,rz,ppm,position_vector`` (or ``coordinate_frame``), ``4:dx,dy,rotation,ppm``, or the path of
        a JSON file or of a CSV table of control points.
    crs_chosen
        The projected old system that a person named, for four parameters and control points without ``source_crs``.
    target
        The projected system of the register, for those without ``target_crs``.

    Returns
    -------
    GivenShift
        The transformation.

    Raises
    ------
    ParameterError
        If it cannot be read.
    FileMissingError
        If there is no such file.
    InputError
        If the control points cannot decide.
    """
    head, colon, rest = text.partition(":")
    if colon and head in {"7", "4"}:
        return from_plain(_from_numbers(head, rest), crs_chosen=crs_chosen, target=target)
    path = Path(text)
    if not path.is_file():
        raise FileMissingError(path=text)
    if path.stat().st_size > _FILE_BYTES:
        _wrong("文件超过 1 MiB", "the file is larger than 1 MiB")
    content = path.read_bytes()
    try:
        decoded = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        decoded = content.decode("gb18030", "replace")
    if decoded.lstrip().startswith("{"):
        try:
            plain = json.loads(decoded)
        except ValueError:
            _wrong("不是有效的 JSON", "it is no valid JSON")
        return from_plain(plain, crs_chosen=crs_chosen, target=target)
    return from_plain(_from_table(decoded), crs_chosen=crs_chosen, target=target)


def from_plain(plain: Mapping[str, Any], *, crs_chosen: str | None, target: str) -> GivenShift:
    """
    Read a transformation from plain values.

    Parameters
    ----------
    plain
        ``kind`` (``seven``, ``four`` or ``points``) and the values by name.
    crs_chosen
        The projected old system that a person named.
    target
        The projected system of the register.

    Returns
    -------
    GivenShift
        The transformation; for control points the best four parameters with their residuals.

    Raises
    ------
    ParameterError
        If values are missing or unknown.
    InputError
        If the control points cannot decide.
    """
    kind = plain.get("kind")
    if kind not in get_args(Kind):
        _wrong("kind 应为 seven、four 或 points", "kind must be " + ", ".join(get_args(Kind)))
    kept = {name: value for name, value in plain.items() if value is not None}
    if kind == "seven":
        if kept.get("convention") not in _CONVENTIONS:
            _wrong(
                "七参数要写明旋转角的符号规则：position_vector（布尔沙，国内常用）或 coordinate_frame",
                "seven parameters need the sign rule of their rotations: position_vector or coordinate_frame",
            )
        dx, dy, dz, rx, ry, rz, scale = _numbers(kept, _SEVEN)
        shift = SevenParameters(dx, dy, dz, rx, ry, rz, scale, kept["convention"])
        return GivenShift("seven", shift, kept)
    source_crs = _projected(kept.get("source_crs") or _plain_id(crs_chosen))
    if kind == "four":
        goal = _projected(kept.get("target_crs") or target)
        kept = {**kept, "source_crs": source_crs, "target_crs": goal}
        dx, dy, turn, scale = _numbers(kept, _FOUR)
        return GivenShift("four", FourParameters(source_crs, goal, dx, dy, turn, scale), kept)
    return _from_points(kept, source_crs, target)


def _from_points(kept: Mapping[str, Any], source_crs: str, target: str) -> GivenShift:
    points = kept.get("points") or ()
    try:
        ours = np.array([point["source"] for point in points], dtype=float).reshape(-1, 2)
        theirs = np.array([point["target"] for point in points], dtype=float).reshape(-1, 2)
    except (KeyError, TypeError, ValueError):
        _wrong("每个控制点要有 source 和 target 两对数", "each control point needs source and target, two numbers each")
    goal = _projected(kept.get("target_crs") or _target_of(theirs, target))
    fitted = fit_four_parameters(ours, theirs, source_crs=source_crs, target_crs=goal)
    return GivenShift(
        "points",
        fitted.parameters,
        {**kept, "source_crs": source_crs, "target_crs": goal},
        tuple((float(east), float(north)) for east, north in fitted.residuals_m),
        tuple(str(point.get("name") or number) for number, point in enumerate(points, start=1)),
        fitted.rms_m,
    )


def _target_of(points: Any, target: str) -> str:
    """Take the register's own zone where the new eastings are written like it: with its number before them, or not."""
    found = crs.parse(target)
    offset = next((param.value for param in _conversion(found) if param.name == "False easting"), 0.0)
    written = len(points) > 0 and float(np.median(points[:, 0])) > _PREFIXED_M
    if written != (offset > _PREFIXED_M):
        zh, en = ("带", "carry a") if written else ("不带", "carry no")
        _wrong(
            f"控制点的新坐标{zh}带号，与登记所用的 {target} 写法不同，不知道是哪一个投影带。请写明新坐标系，"
            "例如不带带号的 EPSG:4550、带带号的 EPSG:4529：页面上填“新坐标的坐标系”，控制点表加一列“新坐标系”",
            f"the new coordinates of the control points {en} zone number, unlike {target} of the register, so their "
            "zone is not known. Name the new system, such as EPSG:4550 (no zone number) or EPSG:4529 (with it): in the "
            "last field on the page, or in a column 新坐标系 of the table",
        )
    return target


def _conversion(system: Any) -> Sequence[Any]:
    operation = system.coordinate_operation
    return operation.params if operation is not None else ()


def _from_numbers(head: str, rest: str) -> dict[str, Any]:
    parts = [part.strip() for part in rest.split(",")]
    if head == "7":
        names: tuple[str, ...] = (*_SEVEN, "convention")
        return {"kind": "seven", **dict(zip(names, parts, strict=False))}
    return {"kind": "four", **dict(zip((*_FOUR, "source_crs", "target_crs"), parts, strict=False))}


def _from_table(text: str) -> dict[str, Any]:
    rows = list(csv.DictReader(text.splitlines()))
    heads = {str(name).strip().casefold(): name for name in (rows[0] if rows else {}) if name}
    column = {field: next((heads[name] for name in names if name in heads), None) for field, names in _COLUMNS.items()}
    missing = [_COLUMNS[name][0] for name in list(_COLUMNS)[1:5] if column[name] is None]
    if missing:
        _wrong(
            f"控制点表缺少列：{'、'.join(missing)}（也可用 source_east 等英文名）",
            "the table of control points needs source_east, source_north, target_east and target_north",
        )
    plain: dict[str, Any] = {"kind": "points", "points": []}
    for row in rows:
        cell = {field: (row.get(name) or "").strip() if name else "" for field, name in column.items()}
        if not any(cell.values()):
            continue
        plain["points"].append(
            {
                "name": cell["name"] or None,
                "source": [_number(cell["source_east"]), _number(cell["source_north"])],
                "target": [_number(cell["target_east"]), _number(cell["target_north"])],
            }
        )
        for field in ("source_crs", "target_crs"):
            if cell[field] and plain.setdefault(field, cell[field]) != cell[field]:
                _wrong("控制点写了不同的坐标系", "the control points name different systems")
    return plain


def _numbers(plain: Mapping[str, Any], names: Sequence[str]) -> list[float]:
    missing = [name for name in names if name not in plain]
    if missing:
        _wrong(f"缺少参数：{'、'.join(missing)}", f"missing: {', '.join(missing)}")
    return [_number(plain[name]) for name in names]


def _number(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not np.isfinite(number):
        _wrong(f"“{value}”不是数", f"“{value}” is no number")
    return number


def _projected(text: str | None) -> str:
    if not text:
        _wrong(
            "不知道旧坐标系是哪一个带。请先选文件的坐标系，例如 EPSG:2386（命令行 --crs），"
            "或在控制点表加一列“旧坐标系”",
            "the zone of the old system is not known. Choose the system of the file first, such as EPSG:2386 (--crs on "
            "the command line), or give the table a column 旧坐标系",
        )
    system = crs.parse(text)
    if not system.is_projected:
        raise CrsUnsupportedError(
            crs=text, reason_zh="四参数和控制点要用投影坐标系", reason_en="four parameters need a projected system"
        )
    return text


def _plain_id(text: str | None) -> str | None:
    """Drop the suffixes that tell how numbers are written; WKT has none."""
    return text.partition("+")[0] if text and "[" not in text else text


def _wrong(zh: str, en: str) -> NoReturn:
    raise ParameterError(name="datum", reason_zh=f"{zh}。", reason_en=f"{en}.")
