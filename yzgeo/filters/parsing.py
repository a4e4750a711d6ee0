"""CQL2 to an `Expression`: the cql2 library reads the language, this module checks every name, type and shape.

Source of the language: OGC 21-065r2, Common Query Language (CQL2) 1.0. The library is handed only what is short and
shallow, since it recurses without a limit of its own.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, NoReturn, cast
from typing import Literal as OneOf

import cql2
import numpy as np
import orjson
import shapely
from shapely.geometry.base import BaseGeometry

from yzgeo import crs
from yzgeo.catalogue import FieldSpec, Layer
from yzgeo.errors import ParameterError

from .expressions import (
    GEOMETRY,
    TURNED,
    UID,
    And,
    Column,
    Compare,
    Expression,
    In,
    IsNull,
    Like,
    Literal,
    Not,
    Operand,
    Operator,
    Or,
    Relation,
    Spatial,
    walk,
)

Language = OneOf["cql2-text", "cql2-json"]
MOST_CHARACTERS = 16_000
MOST_DEPTH = 60
MOST_CONDITIONS = 500

_MIRRORED: dict[str, Operator] = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_RELATIONS: dict[str, Relation] = {
    "s_intersects": "intersects",
    "s_disjoint": "disjoint",
    "s_within": "within",
    "s_contains": "contains",
    "s_touches": "touches",
    "s_crosses": "crosses",
    "s_overlaps": "overlaps",
    "s_equals": "equals",
}
_SIGNS = re.compile(rf"(?:(?:\bnot\b|-) ?){{{MOST_DEPTH},}}", re.IGNORECASE)
_FAR_PAST, _FAR_FUTURE = "0001-01-01", "9999-12-31"


def parse(
    text: str,
    layer: Layer,
    *,
    fields: Sequence[str],
    language: Language = "cql2-text",
    filter_crs: str = crs.WGS84,
    storage_crs: str = crs.CGCS2000,
    north_first: bool = False,
) -> Expression:
    """
    Read a filter.

    Parameters
    ----------
    text
        CQL2 as text or as JSON.
    layer
        The layer it is about.
    fields
        Ids of the fields that may be spoken of; any other is unknown, whether it exists or not.
    language
        Which of the two.
    filter_crs
        System of the coordinates in the filter.
    storage_crs
        System of the geometries in the expression that is returned.
    north_first
        Whether the filter's coordinates have y (north) before x (east).

    Returns
    -------
    Expression
        Names checked, values in the types of their fields.

    Raises
    ------
    ParameterError
        If it is not CQL2, speaks of an unknown field, compares what cannot be compared, or is too big.
    """
    _require_small(text)
    read: Callable[[str], Any] = cql2.parse_text if language == "cql2-text" else cql2.parse_json
    try:
        tree = read(text).to_json()
    except (cql2.ParseError, cql2.ValidationError, ValueError, TypeError) as error:
        _refuse(f"不是 {language}：{_where(error)}", f"it is no {language}: {_where(error)}")
    known = {name: layer.field(name) for name in fields} | {UID.id: UID}
    reader = _Reader(known, layer.spec.geometry != "none", filter_crs, storage_crs, north_first)
    expression = reader.condition(tree)
    if sum(1 for _ in walk(expression)) > MOST_CONDITIONS:
        _refuse(f"条件超过 {MOST_CONDITIONS} 个", f"it has more than {MOST_CONDITIONS} conditions")
    return expression


def _refuse(zh: str, en: str) -> NoReturn:
    raise ParameterError(name="filter", reason_zh=zh, reason_en=en)


def _where(error: Exception) -> str:
    """Keep the place and the expectation of the parser's message, without its drawing."""
    lines = [line.strip(" |=-^>") for line in str(error).splitlines()]
    return " ".join(line for line in lines if line and not line.isdigit())[:200]


def _require_small(text: str) -> None:
    if len(text) > MOST_CHARACTERS:
        _refuse(f"长度超过 {MOST_CHARACTERS} 个字符", f"it is longer than {MOST_CHARACTERS} characters")
    depth = deepest = 0
    for letter in text:
        if letter in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif letter in ")]}":
            depth -= 1
    # Signs in a row are nesting too: thousands of them end the process, not the request.
    if deepest > MOST_DEPTH or _SIGNS.search(" ".join(text.split())):
        _refuse(f"括号嵌套超过 {MOST_DEPTH} 层", f"it is nested deeper than {MOST_DEPTH}")


@dataclass(frozen=True, slots=True)
class _Reader:
    """Walks the library's tree for one layer."""

    fields: Mapping[str, FieldSpec]
    spatial: bool
    filter_crs: str
    storage_crs: str
    north_first: bool

    def condition(self, node: Any) -> Expression:
        if isinstance(node, Mapping) and "op" in node:
            return self._operation(str(node["op"]).lower(), list(node["args"]))
        if isinstance(node, Mapping) and "property" in node:
            column = self._column(node)
            if column.field.type != "boolean":
                _refuse(
                    f"“{column.field.id}”不是真假值，不能单独作条件",
                    f"“{column.field.id}” is not true or false and is no condition by itself",
                )
            return Compare("=", column, Literal(value=True))
        _refuse(f"“{_shown(node)}”不是条件", f"“{_shown(node)}” is no condition")

    def _operation(self, name: str, parts: list[Any]) -> Expression:
        if name in {"and", "or"}:
            read = tuple(self.condition(part) for part in parts)
            return And(read) if name == "and" else Or(read)
        if name == "not":
            return self._not(parts[0])
        if name in _MIRRORED:
            return self._compare(cast("Operator", name), parts[0], parts[1])
        if name in _RELATIONS:
            return self._relate(_RELATIONS[name], parts[0], parts[1])
        special = {
            "between": self._between,
            "like": self._like,
            "in": self._in,
            "isnull": self._is_null,
        }
        if name in special:
            return special[name](parts)
        if name.startswith("t_"):
            return self._when(name, parts[0], parts[1])
        _refuse(f"不支持运算 {name}", f"the operation {name} is not offered")

    def _not(self, part: Any) -> Expression:
        """Read runs of NOT without a step of recursion for each."""
        turned = True
        while isinstance(part, Mapping) and str(part.get("op", "")).lower() == "not":
            part, turned = part["args"][0], not turned
        inner = self.condition(part)
        return Not(inner) if turned else inner

    def _column(self, node: Any) -> Column:
        if isinstance(node, Mapping) and str(node.get("op", "")).lower() == "casei":
            column = self._column(node["args"][0])
            if column.field.type != "text":
                _refuse(f"CASEI 只用于文字，“{column.field.id}”不是", f"CASEI is for text, “{column.field.id}” is none")
            return Column(column.field, fold=True)
        name = node.get("property") if isinstance(node, Mapping) else None
        if not isinstance(name, str):
            _refuse(f"应为字段名，而不是“{_shown(node)}”", f"a field is expected, not “{_shown(node)}”")
        if name not in self.fields:
            _refuse(f"没有字段“{name[:60]}”", f"there is no field “{name[:60]}”")
        return Column(self.fields[name])

    def _compare(self, operator: Operator, left: Any, right: Any) -> Expression:
        if not _names(left):
            if not _names(right):
                _refuse("比较的两边没有字段", "neither side of a comparison is a field")
            left, right, operator = right, left, _MIRRORED[operator]
        column = self._column(left)
        other: Operand = self._column(right) if _names(right) else Literal(_value(column, right))
        if isinstance(other, Column) and _family(other.field) != _family(column.field):
            _refuse(
                f"“{column.field.id}”与“{other.field.id}”类型不同",
                f"“{column.field.id}” and “{other.field.id}” are of different types",
            )
        return Compare(operator, column, other)

    def _between(self, parts: list[Any]) -> Expression:
        column = self._column(parts[0])
        low, high = (Literal(_value(column, part)) for part in parts[1:3])
        return And((Compare(">=", column, low), Compare("<=", column, high)))

    def _like(self, parts: list[Any]) -> Expression:
        column = self._column(parts[0])
        pattern = _value(column, parts[1])
        if column.field.type != "text" or not isinstance(pattern, str):
            _refuse("LIKE 只用于文字", "LIKE is for text")
        return Like(column, pattern)

    def _in(self, parts: list[Any]) -> Expression:
        column = self._column(parts[0])
        return In(column, tuple(_value(column, part) for part in parts[1]))

    def _is_null(self, parts: list[Any]) -> Expression:
        if _is_geometry(parts[0]) and self.spatial:
            return IsNull(Column(GEOMETRY))
        return IsNull(self._column(parts[0]))

    def _relate(self, relation: Relation, left: Any, right: Any) -> Expression:
        if not self.spatial:
            _refuse("这个图层没有几何", "this layer has no geometry")
        if _is_geometry(right):
            left, right, relation = right, left, TURNED.get(relation, relation)
        if not _is_geometry(left):
            _refuse("空间条件的一边应为 geometry", "one side of a spatial condition should be geometry")
        return Spatial(relation, self._shape(right))

    def _shape(self, node: Any) -> BaseGeometry:
        shape: BaseGeometry | None
        try:
            if isinstance(node, Mapping) and "bbox" in node:
                box = [float(number) for number in node["bbox"]]
                west, south, east, north = box if len(box) == 4 else (box[0], box[1], box[3], box[4])
                shape = shapely.box(west, south, east, north)
            else:
                shape = shapely.from_geojson(orjson.dumps(node))
        except (shapely.errors.GEOSException, ValueError, TypeError, IndexError):
            shape = None
        if shape is None or shape.is_empty or not np.isfinite(shapely.get_coordinates(shape)).all():
            _refuse("空间条件的另一边应为几何", "the other side of a spatial condition should be a geometry")
        if not shape.is_valid:
            _refuse("几何无效（例如自相交）", "the geometry is invalid (it may cross itself)")
        if self.north_first:
            shape = shapely.transform(shape, lambda points: points[:, [1, 0]])
        if crs.parse(self.filter_crs).is_geographic and not shapely.box(-180, -90, 180, 90).covers(shape):
            _refuse("坐标应为经纬度", "coordinates should be longitude and latitude")
        moved: BaseGeometry = crs.transform(np.array([shape], dtype=object), self.filter_crs, self.storage_crs)[0]
        if not np.isfinite(shapely.get_coordinates(moved)).all():
            _refuse("坐标超出坐标系的范围", "the coordinates lie outside their system")
        return moved

    def _when(self, name: str, left: Any, right: Any) -> Expression:
        """Turn a temporal condition on an instant into comparisons."""
        turned = not _names(left)
        if turned:
            left, right = right, left
        column = self._column(left)
        if column.field.type not in {"date", "datetime"}:
            _refuse(f"“{column.field.id}”不是日期", f"“{column.field.id}” is no date")
        name = {"t_after": "t_before", "t_before": "t_after"}.get(name, name) if turned else name
        start, end = (Literal(text) for text in _interval(column, right))
        inside = And((Compare(">=", column, start), Compare("<=", column, end)))
        meanings: dict[str, Expression] = {
            "t_after": Compare(">", column, end),
            "t_before": Compare("<", column, start),
            "t_equals": And((Compare("=", column, start), Compare("=", column, end))),
            "t_intersects": inside,
            "t_disjoint": Not(inside),
            "t_during": And((Compare(">", column, start), Compare("<", column, end))),
        }
        if name not in meanings or (turned and name == "t_during"):
            _refuse(f"不支持运算 {name}", f"the operation {name} is not offered")
        return meanings[name]


def _names(node: Any) -> bool:
    """Tell whether a node names a field, folded or not."""
    if not isinstance(node, Mapping):
        return False
    return "property" in node or (str(node.get("op", "")).lower() == "casei" and _names(node["args"][0]))


def _is_geometry(node: Any) -> bool:
    return isinstance(node, Mapping) and node.get("property") in {"geometry", "geom"}


def _family(field: FieldSpec) -> str:
    return "number" if field.type in {"integer", "number"} else field.type


def _value(column: Column, node: Any) -> str | int | float | bool:
    """Take a literal in the type of the field it is compared with."""
    if isinstance(node, Mapping) and str(node.get("op", "")).lower() == "casei":
        inner = _value(column, node["args"][0])
        return inner.casefold() if isinstance(inner, str) else inner
    kind = _family(column.field)
    fits = {
        "text": isinstance(node, str),
        "number": isinstance(node, int | float) and not isinstance(node, bool) and math.isfinite(node),
        "boolean": isinstance(node, bool),
    }
    if kind in {"date", "datetime"}:
        return _moment(column, node)
    if not fits[kind]:
        _mismatch(column, node)
    return cast("str | int | float | bool", node)


def _mismatch(column: Column, node: Any) -> NoReturn:
    field = column.field
    _refuse(
        f"“{field.id}”的类型是 {field.type}，不能与“{_shown(node)}”比较；文字要加单引号",
        f"“{field.id}” is of type {field.type} and cannot be compared with “{_shown(node)}”; quote text",
    )


def _moment(column: Column, node: Any) -> str:
    text = node
    if isinstance(node, Mapping):
        text = node.get("date", node.get("timestamp"))
    try:
        moment = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
        if column.field.type == "date":
            return moment.date().isoformat()
    except ValueError:
        _mismatch(column, node)
    known = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    known = known.astimezone(UTC)
    return known.strftime("%Y-%m-%dT%H:%M:%S.") + f"{known.microsecond // 1000:03d}Z"


def _interval(column: Column, node: Any) -> tuple[str, str]:
    if not (isinstance(node, Mapping) and "interval" in node):
        instant = _moment(column, node)
        return instant, instant
    ends = [None if end == ".." else end for end in node["interval"]]
    start = _moment(column, ends[0] if ends[0] is not None else date.fromisoformat(_FAR_PAST).isoformat())
    end = _moment(column, ends[1] if ends[1] is not None else date.fromisoformat(_FAR_FUTURE).isoformat())
    if start > end:
        _refuse("区间的终点早于起点", "the interval ends before it begins")
    return start, end


def _shown(node: Any) -> str:
    return str(node)[:60]
