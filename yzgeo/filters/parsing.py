"""CQL2 to an `Expression`: the cql2 library reads the language, this module checks every name, type and shape.

Source of the language: OGC 21-065r2, Common Query Language (CQL2) 1.0. The library is handed only what is short and
shallow, since it recurses without a limit of its own.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
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

from . import temporal
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
MOST_SHAPES = 16
"""Spatial conditions cost a thousand times what others do, for every feature."""

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
_PARTS = {"not": 1, "casei": 1, "isnull": 1, "between": 3} | dict.fromkeys(
    ["like", "in", *temporal.MIRRORED, *_RELATIONS, *temporal.NAMES], 2
)
"""How many things an operation is about; the library does not count."""
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
    except Exception as error:  # noqa: BLE001  # the library has no class for a point without coordinates and the like
        _refuse(f"不是 {language}：{_where(error)}", f"it is no {language}: {_where(error)}")
    known = {name: layer.field(name) for name in fields} | {UID.id: UID}
    reader = _Reader(known, layer.spec.geometry != "none", filter_crs, storage_crs, north_first)
    expression = reader.condition(tree)
    conditions = list(walk(expression))
    if len(conditions) > MOST_CONDITIONS:
        _refuse(f"条件超过 {MOST_CONDITIONS} 个", f"it has more than {MOST_CONDITIONS} conditions")
    if sum(isinstance(condition, Spatial) for condition in conditions) > MOST_SHAPES:
        _refuse(f"空间条件超过 {MOST_SHAPES} 个", f"it has more than {MOST_SHAPES} spatial conditions")
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
            return self._operation(str(node["op"]).lower(), _parts(node))
        if isinstance(node, bool):
            return temporal.constant(holds=node)
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
            if not read:
                _refuse(f"{name} 没有条件", f"{name} has no conditions")
            return And(read) if name == "and" else Or(read)
        if name == "not":
            return self._not(parts[0])
        if name in temporal.MIRRORED:
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
        if name in temporal.NAMES:
            return self._when(name, parts)
        _refuse(f"不支持运算 {name}", f"the operation {name} is not offered")

    def _not(self, part: Any) -> Expression:
        """Read runs of NOT without a step of recursion for each."""
        turned = True
        while isinstance(part, Mapping) and str(part.get("op", "")).lower() == "not":
            part, turned = _parts(part)[0], not turned
        inner = self.condition(part)
        return Not(inner) if turned else inner

    def _column(self, node: Any) -> Column:
        if isinstance(node, Mapping) and str(node.get("op", "")).lower() == "casei":
            column = self._column(_parts(node)[0])
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
            left, right, operator = right, left, temporal.MIRRORED[operator]
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
        if not isinstance(parts[1], list):
            _refuse("IN 的右边应为列表", "on the right of IN there should be a list")
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
                shape = self._box([float(number) for number in node["bbox"]])
            else:
                shape = shapely.from_geojson(orjson.dumps(node))
                if self.north_first and shape is not None:
                    shape = shapely.transform(shape, lambda points: points[:, [1, 0]])
        except (shapely.errors.GEOSException, ValueError, TypeError, IndexError):
            shape = None
        if shape is None or shape.is_empty or not np.isfinite(shapely.get_coordinates(shape)).all():
            _refuse("空间条件的另一边应为几何", "the other side of a spatial condition should be a geometry")
        if not shape.is_valid:
            _refuse("几何无效（例如自相交）", "the geometry is invalid (it may cross itself)")
        if crs.parse(self.filter_crs).is_geographic and not shapely.box(-180, -90, 180, 90).covers(shape):
            _refuse("坐标应为经纬度", "coordinates should be longitude and latitude")
        moved: BaseGeometry = crs.transform(np.array([shape], dtype=object), self.filter_crs, self.storage_crs)[0]
        if not np.isfinite(shapely.get_coordinates(moved)).all():
            _refuse("坐标超出坐标系的范围", "the coordinates lie outside their system")
        return moved

    def _box(self, numbers: list[float]) -> BaseGeometry | None:
        """Take a box as the parameter ``bbox`` is taken: it may cross the antimeridian, but not stand on its head."""
        corners = numbers if len(numbers) == 4 else [numbers[at] for at in (0, 1, 3, 4)]
        west, south, east, north = [corners[at] for at in (1, 0, 3, 2)] if self.north_first else corners
        across = west > east and crs.parse(self.filter_crs).is_geographic
        if south > north or (west > east and not across):
            return None
        if not across:
            shape: BaseGeometry = shapely.box(west, south, east, north)
            return shape if shape.area > 0 else shapely.envelope(shape)
        return shapely.MultiPolygon([shapely.box(west, south, 180, north), shapely.box(-180, south, east, north)])

    def _when(self, name: str, parts: list[Any]) -> Expression:
        """Turn a temporal condition into comparisons of the ends."""
        spans = [_ends(part) for part in parts]
        columns = [self._column(end) for span in spans for end in span if _names(end)]
        if not columns:
            _refuse("时间条件里没有字段", "there is no field in the temporal condition")
        kind = columns[0].field
        for column in columns:
            if column.field.type not in {"date", "datetime"}:
                _refuse(f"“{column.field.id}”不是日期", f"“{column.field.id}” is no date")
            if column.field.type != kind.type:
                _refuse(
                    f"“{kind.id}”与“{column.field.id}”类型不同",
                    f"“{kind.id}” and “{column.field.id}” are of different types",
                )
        one, other = (self._span(columns[0], span) for span in spans)
        if not temporal.fits(name, one, other):
            _refuse(f"{name} 比较的是两个区间", f"{name} compares two intervals")
        return temporal.relation(name, one, other)

    def _span(self, like: Column, ends: list[Any]) -> temporal.Span:
        """Read the ends of a moment or an interval, days in the form of the fields they are compared with."""

        def operand(node: Any, unbounded: str) -> Operand:
            if _names(node):
                return self._column(node)
            return Literal(_moment(like, unbounded if node is None or node == ".." else node))

        start, end = operand(ends[0], _FAR_PAST), operand(ends[-1], _FAR_FUTURE)
        if isinstance(start, Literal) and isinstance(end, Literal) and str(start.value) > str(end.value):
            _refuse("区间的终点早于起点", "the interval ends before it begins")
        return temporal.Span(start, end, interval=len(ends) == 2)


def _parts(node: Mapping[str, Any]) -> list[Any]:
    """Take what an operation is about, as many as it has to be."""
    name, parts = str(node["op"]).lower(), list(node["args"])
    if len(parts) != _PARTS.get(name, len(parts)):
        _refuse(f"{name} 应有 {_PARTS[name]} 个参数", f"{name} takes {_PARTS[name]} arguments")
    return parts


def _ends(node: Any) -> list[Any]:
    """Take an interval apart; an instant has one end."""
    if not (isinstance(node, Mapping) and "interval" in node):
        return [node]
    ends = list(node["interval"])
    if len(ends) != 2:
        _refuse("区间应有两端", "an interval has two ends")
    return ends


def _names(node: Any) -> bool:
    """Tell whether a node names a field, folded or not."""
    if not isinstance(node, Mapping):
        return False
    return "property" in node or (str(node.get("op", "")).lower() == "casei" and _names(_parts(node)[0]))


def _is_geometry(node: Any) -> bool:
    return isinstance(node, Mapping) and node.get("property") in {"geometry", "geom"}


def _family(field: FieldSpec) -> str:
    return "number" if field.type in {"integer", "number"} else field.type


def _value(column: Column, node: Any) -> str | int | float | bool:
    """Take a literal in the type of the field it is compared with."""
    if isinstance(node, Mapping) and str(node.get("op", "")).lower() == "casei":
        inner = _value(column, _parts(node)[0])
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
        known = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return known.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError):
        _mismatch(column, node)


def _shown(node: Any) -> str:
    return (node if isinstance(node, str) else orjson.dumps(node).decode())[:60]
