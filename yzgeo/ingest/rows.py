"""From the rows of a foreign file to features of a layer, or to the reasons why not.

Nothing is guessed and nothing is dropped in silence: every row is either kept or rejected with all its reasons, so
that rows in = rows kept + rows rejected.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from yzgeo import crs as systems
from yzgeo.catalogue import DataStatus, FieldSpec, Layer, feature_uids
from yzgeo.checks import Issue, Level
from yzgeo.errors import CrsMissingError, GeometryTypeError, ParameterError

from . import units
from .cells import UnfitError, Value, coerce, coerce_all, normalise
from .geometry import repair
from .reading import Source
from .tables.layout import split_unit
from .values.numbers import Unit

OWN_COLUMNS = frozenset({"uid", "revision", "fid"})
"""Columns of our own exports that say nothing about the feature itself."""

_UNREAD = object()

KINDS = {"point": "点 (point)", "line": "线 (line)", "polygon": "面 (polygon)", "none": "无几何 (no geometry)"}
_ROUNDING_DEG = 1e-6  # files drawn up to the date line go over it by a rounding error
_NAMES = ("point", "line", "line", "polygon", "point", "line", "polygon", "collection")


@dataclass(frozen=True, slots=True)
class Choices:
    """
    What the person who imports has decided.

    ``columns`` maps columns of the file to fields of the layer; an empty id leaves a column out. ``units`` are the
    units of columns where the head does not tell them. ``keys`` are codes of rows (from 0) that were recognised in the
    register by other means than the code as it stands in the file.
    """

    source: str
    crs: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    data_status: DataStatus = "surveyed"
    units: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a row (from 1) is rejected; ``column`` is empty where the whole row is meant."""

    row: int
    column: str
    code: str
    zh: str
    en: str


@dataclass(frozen=True)
class Checked:
    """
    What came out of a file.

    ``frame`` is indexed by uid, in the storage system, with the fields in ``given`` as columns; ``rows`` and
    ``rejected`` hold row numbers from 1, those of the frame and the others; ``columns`` tells for every column of the
    file to which field it went, or None. Every rejected row has at least one of the ``reasons``.
    """

    frame: gpd.GeoDataFrame
    given: tuple[str, ...]
    rows: tuple[int, ...]
    rejected: tuple[int, ...]
    reasons: tuple[Reason, ...]
    issues: tuple[Issue, ...]
    columns: Mapping[str, str | None]
    crs: str | None


class _Notes:
    """Collects issues and remembers which rows they reject."""

    def __init__(self, labels: Sequence[str] = ()) -> None:
        self.labels = labels
        self.issues: list[Issue] = []
        self.reasons: list[Reason] = []
        self.rejected: set[int] = set()

    def add(self, level: Level, code: str, zh: str, en: str, *, row: int | None = None, column: str = "") -> None:
        label = "" if row is None else self.labels[row] if self.labels else f"第 {row + 1} 行"
        place = "·".join(part for part in (label, column) if part)
        self.issues.append(Issue(level, code, place or "文件", zh, en))
        if level == "error" and row is not None:
            self.rejected.add(row)
            self.reasons.append(Reason(row + 1, column, code, zh, en))

    def add_all(self, rows: Iterable[int], code: str, zh: str, en: str, *, column: str = "") -> None:
        for row in rows:
            self.add("error", code, zh, en, row=row, column=column)


def check(
    source: Source, layer: Layer, choices: Choices, *, storage_crs: str, district: BaseGeometry | None = None
) -> Checked:
    """
    Turn a file into features of a layer.

    Parameters
    ----------
    source
        The file as it was read.
    layer
        Where the rows are to go.
    choices
        What the person decided.
    storage_crs
        System of the store, as text.
    district
        Outline of the district in the storage system; features outside it are kept with a warning.

    Returns
    -------
    Checked
        The rows kept, the rows rejected, and everything there is to say.

    Raises
    ------
    CrsMissingError
        If neither the file nor the person names a coordinate system.
    CrsUnsupportedError
        If there is no trustworthy transformation to the storage system.
    GeometryTypeError
        If not one geometry is of the layer's kind.
    ParameterError
        If a column does not exist, two columns claim the same field, or a unit does not measure what its field does.
    FieldUnknownError
        If a column is to go to a field that the layer does not have.
    """
    notes = _Notes(source.where)
    columns = match_columns(layer, list(source.table.columns), choices.columns)
    units.check_chosen(choices.units, columns, layer)
    for name, target in columns.items():
        if target is None and name not in OWN_COLUMNS and name not in {*source.positions, *choices.columns}:
            zh, en = "此列没有对应的字段，未导入", "no field fits this column; it is not imported"
            notes.add("warning", "column_unknown", zh, en, column=name)
    values = _values(source, layer, columns, choices, notes)
    _check_keys(values, layer, columns, notes)
    crs, shapes = _shapes(source, layer, choices, storage_crs, notes)
    if shapes is not None and district is not None:
        _warn_outside(shapes, district, notes)
    kept = np.delete(np.arange(source.rows), list(notes.rejected))
    table = pd.DataFrame(values, dtype=object).iloc[kept]
    keys = table[layer.spec.key] if len(kept) else ()
    table.index = pd.Index(feature_uids(layer.id, map(str, keys)), name="uid", dtype=object)
    geometry = shapes[kept] if shapes is not None else np.full(len(kept), None, dtype=object)
    frame = gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(geometry, index=table.index, crs=storage_crs))
    rejected = tuple(sorted(row + 1 for row in notes.rejected))
    good = tuple((kept + 1).tolist())
    return Checked(frame, tuple(values), good, rejected, tuple(notes.reasons), tuple(notes.issues), columns, crs)


def match_columns(layer: Layer, names: Sequence[str], chosen: Mapping[str, str]) -> dict[str, str | None]:
    """
    Find the field for every column: what was chosen, else by id, title or alias.

    Parameters
    ----------
    layer
        Layer with the fields.
    names
        Columns of the file.
    chosen
        Column to field id, as the person decided; an empty id leaves the column out.

    Returns
    -------
    dict
        For every column its field, or None.

    Raises
    ------
    ParameterError
        If a chosen column is not in the file, or two columns fit a field equally well.
    FieldUnknownError
        If a chosen field does not exist.
    """
    for column, target in chosen.items():
        if target:
            layer.field(target)
        if column not in names:
            known = ", ".join(names)
            raise ParameterError(
                name="--column",
                reason_zh=f"文件里没有列“{column}”，现有：{known}",
                reason_en=f"the file has no column “{column}”; it has: {known}",
            )
    claims: dict[str, list[tuple[int, str]]] = {}
    ranked = _ranked_names(layer)
    for name in names:
        rank, target_id = (0, chosen[name]) if name in chosen else _rank(ranked, name)
        if target_id:
            claims.setdefault(target_id, []).append((rank, name))
    result: dict[str, str | None] = dict.fromkeys(names)
    for target_id, found in claims.items():
        best = min(rank for rank, _ in found)
        winners = [name for rank, name in found if rank == best]
        if len(winners) > 1:
            raise ParameterError(
                name="--column",
                reason_zh=f"列 {'、'.join(winners)} 都对应字段“{target_id}”，请指定一列"
                f"（命令行 --column 列名={target_id}）",
                reason_en=f"the columns {', '.join(winners)} all fit the field “{target_id}”; choose one",
            )
        result[winners[0]] = target_id
    return result


def _rank(ranked: Mapping[str, tuple[int, str]], name: str) -> tuple[int, str]:
    """Look a column up by its whole name, then without its unit, then by the last level of its head."""
    bare = split_unit(name)[0]
    for worse, text in enumerate((name, bare, bare.rpartition("/")[2])):
        rank, target = ranked.get(normalise(text), (9, ""))
        if target:
            return rank + worse, target
    return 9, ""


def _ranked_names(layer: Layer) -> dict[str, tuple[int, str]]:
    ranked: dict[str, tuple[int, str]] = {}
    for spec in layer.fields:
        for rank, names in enumerate(((spec.id,), (spec.title.zh, spec.title.en), spec.aliases), start=1):
            for name in names:
                known = ranked.get(normalise(name))
                if known is None or rank < known[0]:
                    ranked[normalise(name)] = (rank, spec.id)
    return ranked


def _values(
    source: Source, layer: Layer, columns: Mapping[str, str | None], choices: Choices, notes: _Notes
) -> dict[str, list[Value]]:
    """Read every field the file has, fill in what the import itself knows, and miss what is required."""
    column_of = {target: name for name, target in columns.items() if target}
    defaults: dict[str, Value] = {"data_status": choices.data_status, "source": choices.source}
    values: dict[str, list[Value]] = {}
    for spec in layer.fields:
        column = column_of.get(spec.id)
        required = spec.required or spec.id == layer.spec.key
        if column is not None:
            cells = _column(source, spec, column, units.unit_of(source, column, choices.units), notes)
            if spec.id == layer.spec.key:
                cells = [choices.keys.get(row, cell) for row, cell in enumerate(cells)]
            if spec.id in defaults:
                cells = [defaults[spec.id] if cell is None else cell for cell in cells]
            values[spec.id] = cells
            if required:
                empty = [row for row, cell in enumerate(cells) if cell is None and row not in notes.rejected]
                notes.add_all(empty, "value_missing", "必填，不能为空", "required, must not be empty", column=column)
        elif spec.id in defaults:
            values[spec.id] = [defaults[spec.id]] * source.rows
        elif spec.id == layer.spec.key and choices.keys:
            values[spec.id] = [choices.keys.get(row) for row in range(source.rows)]
            empty = [row for row, cell in enumerate(values[spec.id]) if cell is None]
            zh, en = "没有编号，名称和位置也对不上登记", "it has no code, and neither name nor place is known"
            notes.add_all(empty, "value_missing", zh, en, column=spec.id)
        elif required:
            zh = f"缺少必填列“{spec.title.zh}”，请指定哪一列是它（命令行 --column 列名={spec.id}）"
            en = f"the required column “{spec.title.en}” is missing; tell which one it is (--column NAME={spec.id})"
            notes.add("error", "column_missing", zh, en, column=spec.id)
            notes.rejected.update(range(source.rows))
            notes.reasons += [Reason(row, spec.id, "column_missing", zh, en) for row in range(1, source.rows + 1)]
    return values


def _column(source: Source, spec: FieldSpec, column: str, unit: Unit | None, notes: _Notes) -> list[Value]:
    percents = source.percents.get(column, ())
    cells = source.table[column].tolist()
    whole = coerce_all(cells, spec, unit=unit) if not any(percents) else None
    if whole is not None:
        return whole
    shown = list(percents) or [False] * len(cells)
    # Most columns say the same few things again and again; 1, 1.0 and True are three things.
    read: dict[tuple[type, object, bool] | None, Any] = {}
    result: list[Value] = []
    for row, cell in enumerate(cells):
        key = None if isinstance(cell, list | dict) else (cell.__class__, cell, shown[row])
        known = read.get(key, _UNREAD)
        if known is not _UNREAD:
            result.append(known)
            continue
        try:
            value = coerce(cell, spec, unit=unit, percent=shown[row])
        except UnfitError as unfit:
            result.append(None)
            notes.add("error", "value_invalid", f"“{cell}”{unfit.zh}", f"“{cell}” {unfit.en}", row=row, column=column)
            continue
        result.append(value)
        if key is not None:
            read[key] = value
    return result


def _check_keys(
    values: Mapping[str, list[Value]], layer: Layer, columns: Mapping[str, str | None], notes: _Notes
) -> None:
    column = next((name for name, target in columns.items() if target == layer.spec.key), "")
    keys = values.get(layer.spec.key, [])
    present = [key for key in keys if key is not None]
    if len(set(present)) == len(present):
        return
    times = Counter(present)
    for row, key in enumerate(keys):
        if key is not None and times[key] > 1:
            zh = f"编号“{key}”在文件中出现 {times[key]} 次"
            en = f"the key “{key}” stands {times[key]} times in the file"
            notes.add("error", "key_duplicate", zh, en, row=row, column=column)


def _shapes(
    source: Source, layer: Layer, choices: Choices, storage_crs: str, notes: _Notes
) -> tuple[str | None, NDArray[np.object_] | None]:
    """Check and transform the geometries; a row whose geometry cannot be used is rejected and holds None."""
    wanted = layer.spec.geometry
    if wanted == "none":
        if source.geometry is not None and not shapely.is_missing(source.geometry).all():
            notes.add("info", "geometry_ignored", "此图层没有几何，文件中的几何未导入", "this layer has no geometry")
        return None, None
    if source.is_ledger and source.geometry is None:
        return None, None
    if source.geometry is None or source.rows == 0:
        raise GeometryTypeError(layer=layer.id, expected=KINDS[wanted], found="没有几何 (no geometry)")
    crs = _choose_crs(source, choices, notes)
    shapes = repair.flat(source.geometry)
    good = _usable(shapes, source.unreadable, layer, notes)
    moved = np.full(len(shapes), None, dtype=object)
    moved[good] = systems.transform(shapes[good], crs, storage_crs)
    bounds = shapely.bounds(moved)
    lost = ~np.isfinite(bounds).all(axis=1)
    if systems.parse(storage_crs).is_geographic:
        over = np.abs(bounds) - np.array([180, 90, 180, 90])
        lost |= (over > _ROUNDING_DEG).any(axis=1)
    zh, en = f"坐标不在坐标系 {crs[:40]} 的有效范围内", f"the coordinates are outside the range of {crs[:40]}"
    notes.add_all(np.flatnonzero(lost & good).tolist(), "coordinates_impossible", zh, en)
    return crs, moved


def _choose_crs(source: Source, choices: Choices, notes: _Notes) -> str:
    declared = source.crs
    if declared is not None:
        parsed = systems.parse(declared)
        if parsed.is_engineering or parsed.name.lower().startswith("undefined"):
            declared = None
    if choices.crs is None and declared is None:
        raise CrsMissingError(path=source.path.name)
    if choices.crs is None:
        return str(declared)
    if declared is not None and systems.parse(declared) != systems.parse(choices.crs):
        name = systems.parse(declared).name
        zh = f"文件声明的坐标系是 {name}，按指定的 {choices.crs} 处理"
        notes.add("warning", "crs_overridden", zh, f"the file declares {name}; {choices.crs} was used as told")
    return choices.crs


def _usable(
    shapes: NDArray[np.object_], unreadable: NDArray[np.bool_], layer: Layer, notes: _Notes
) -> NDArray[np.bool_]:
    wanted = layer.spec.geometry
    kinds = [None if kind < 0 else _NAMES[kind] for kind in shapely.get_type_id(shapes).tolist()]
    fits = np.array([kind == wanted for kind in kinds], dtype=bool)
    if wanted == "point":
        fits &= shapely.get_num_geometries(shapes) <= 1
    present = ~shapely.is_missing(shapes)
    if present.any() and not fits.any():
        found = "、".join(
            sorted({KINDS.get(kind, kind) if kind != wanted else "多点 (multi-point)" for kind in kinds if kind})
        )
        raise GeometryTypeError(layer=layer.id, expected=KINDS[wanted], found=found)
    empty = present & shapely.is_empty(shapes)
    invalid = present & ~empty & ~shapely.is_valid(shapes)
    for row in np.flatnonzero(unreadable).tolist():
        notes.add("error", "geometry_unreadable", "几何无法读取", "the geometry cannot be read", row=row)
    missing = np.flatnonzero(~present & ~unreadable).tolist()
    notes.add_all(missing, "geometry_missing", "没有几何", "there is no geometry")
    notes.add_all(np.flatnonzero(empty).tolist(), "geometry_empty", "几何为空", "the geometry is empty")
    for row in np.flatnonzero(present & ~fits).tolist():
        zh = f"几何类型是 {shapes[row].geom_type}，图层要求{KINDS[wanted]}"
        en = f"the geometry is a {shapes[row].geom_type}; the layer holds {KINDS[wanted]}"
        notes.add("error", "geometry_type_mismatch", zh, en, row=row)
    for row in np.flatnonzero(invalid).tolist():
        reason = shapely.is_valid_reason(shapes[row])
        notes.add("error", "geometry_invalid", f"几何无效：{reason}", f"the geometry is invalid: {reason}", row=row)
    good: NDArray[np.bool_] = present & fits & ~empty & ~invalid
    if good.any():  # one part of a multi-point is a point
        single = good & (shapely.get_type_id(shapes) == 4)
        shapes[single] = shapely.get_geometry(shapes[single], 0)
    return good


def _warn_outside(shapes: NDArray[np.object_], district: BaseGeometry, notes: _Notes) -> None:
    shapely.prepare(district)
    outside = ~shapely.is_missing(shapes) & ~shapely.intersects(shapes, district)
    for row in np.flatnonzero(outside).tolist():
        if row not in notes.rejected:
            notes.add("warning", "outside_district", "在区界之外", "lies outside the district", row=row)
