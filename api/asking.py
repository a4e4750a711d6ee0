"""What can be asked of items: query parameters of OGC API Features Parts 1, 2 and 3, read and checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from yzgeo import filters
from yzgeo.catalogue import FieldSpec, Layer
from yzgeo.errors import ParameterError
from yzgeo.filters import And, Column, Compare, Expression, Literal, Spatial
from yzgeo.store.base import Query, Value

from .coordinates import CRS84, epsg_of, north_first, parse_box, parse_number, shape_of, system_of
from .deps import FIRST_DAY, LAST_DAY, Context, parse_count

DEFAULT_LIMIT = 100
KNOWN = frozenset(
    {
        "bbox",
        "bbox-crs",
        "crs",
        "datetime",
        "f",
        "filter",
        "filter-crs",
        "filter-lang",
        "limit",
        "offset",
        "properties",
        "revision",
        "sortby",
        "uid",
    }
)
_MOST_OFFSET = 10**9
_MOST_KEYS = 8


def _parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    told = {"name": name, "in": "query", "required": False, "schema": schema, "description": description}
    return {**told, "style": "form", "explode": False} if schema["type"] == "array" else told


PARAMETERS = [
    _parameter(
        "bbox",
        {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6},
        "west,south,east,north in the order of the axes of bbox-crs; six with heights",
    ),
    _parameter("bbox-crs", {"type": "string", "default": CRS84}, "System of bbox, one of the collection's crs"),
    _parameter("crs", {"type": "string", "default": CRS84}, "System of the answer, one of the collection's crs"),
    _parameter("limit", {"type": "integer", "minimum": 1, "default": DEFAULT_LIMIT}, "Most features in this answer"),
    _parameter("offset", {"type": "integer", "minimum": 0, "default": 0}, "Features to skip"),
    _parameter(
        "revision",
        {"type": "integer", "minimum": 1},
        "State of the layer that the pages of one answer show; the link to the next page has it",
    ),
    _parameter("datetime", {"type": "string"}, "A day, an instant or an interval: the stages at the end of it"),
    _parameter("filter", {"type": "string"}, "A condition in CQL2"),
    _parameter(
        "filter-lang",
        {"type": "string", "enum": ["cql2-text", "cql2-json"], "default": "cql2-text"},
        "Language of the filter",
    ),
    _parameter("filter-crs", {"type": "string", "default": CRS84}, "System of the coordinates in the filter"),
    _parameter(
        "sortby",
        {
            "type": "array",
            "items": {"type": "string", "pattern": "^[+-]?[A-Za-z_].*"},
            "minItems": 1,
            "maxItems": _MOST_KEYS,
        },
        "Fields in their order of weight, - before those that descend",
    ),
    _parameter("properties", {"type": "array", "items": {"type": "string"}}, "Fields wanted"),
    _parameter("uid", {"type": "string"}, "Id of the feature"),
    _parameter("f", {"type": "string", "enum": ["json", "geojson", "html"]}, "Format, whatever Accept says"),
    {
        **_parameter("field", {"type": "object", "additionalProperties": {"type": "string"}}, "Any field of the layer"),
        "style": "form",
        "explode": True,
    },
]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, as it was sent and as the store takes it."""

    query: Query
    fields: tuple[str, ...]
    crs: str
    pairs: dict[str, str]
    address: str

    def link(self, offset: int, limit: int, *, at: int | None = None) -> str:
        """
        Write the address of another page of the same answer.

        Parameters
        ----------
        offset, limit
            Which page.
        at
            Revision that this answer shows: the other page shows it too, so that no edit meanwhile makes a feature
            come twice or not at all. Pages of an earlier day need none.

        Returns
        -------
        str
            With every parameter that was sent.
        """
        named = at is None or self.query.on is not None or "revision" in self.pairs
        state = "" if named else f"revision={at}&"
        return f"{self.address}?{state}{_encoded(tuple(self.pairs.items()))}limit={limit}&offset={offset}"


@lru_cache(64)
def _encoded(pairs: tuple[tuple[str, str], ...]) -> str:
    """Write what the addresses of all pages of an answer share: encoding it takes longer than all else about them."""
    shared = urlencode([(name, text) for name, text in pairs if name not in {"limit", "offset"}], safe=",:/")
    return f"{shared}&" if shared else ""


def read(context: Context, layer: Layer, pairs: dict[str, str], *, fields: tuple[str, ...], address: str) -> Asked:
    """
    Turn query parameters into a question.

    Parameters
    ----------
    context
        Parts of the service.
    layer
        The layer.
    pairs
        Parameters by name; the names are known to be `KNOWN` or fields.
    fields
        Ids of the fields the caller may see.
    address
        Address of the items.

    Returns
    -------
    Asked
        The question.

    Raises
    ------
    ParameterError
        If a value cannot be meant.
    """
    district = context.catalogue.district
    limit = parse_count("limit", pairs.get("limit", str(DEFAULT_LIMIT)), least=1, most=_MOST_OFFSET)
    named = {name: text for name, text in pairs.items() if name in {"crs", "bbox-crs", "filter-crs"}}
    systems = {name: system_of(name, text, district) for name, text in named.items()}
    query = Query(
        equals={name: _typed(layer.field(name), text) for name, text in pairs.items() if name not in KNOWN},
        where=_filter(layer, pairs, fields, systems.get("filter-crs", CRS84), storage_crs=district.storage_crs),
        sort=_order(pairs["sortby"], fields) if "sortby" in pairs else (),
        limit=min(limit, context.settings.max_items),
        offset=parse_count("offset", pairs.get("offset", "0"), least=0, most=_MOST_OFFSET),
        on=_day(pairs["datetime"]) if "datetime" in pairs else None,
        revision=_state(context, layer, pairs["revision"], dated="datetime" in pairs) if "revision" in pairs else None,
    )
    if "uid" in pairs:
        query = _also(query, Compare("=", Column(filters.UID), Literal(pairs["uid"])))
    if "bbox" in pairs:
        query = _inside(query, layer, pairs["bbox"], systems.get("bbox-crs", CRS84), district.storage_crs)
    chosen = _chosen(pairs["properties"], fields) if "properties" in pairs else fields
    return Asked(query, chosen, systems.get("crs", CRS84), pairs, address)


def limited(asked: Asked, own: tuple[str, ...] | None) -> Asked:
    """
    Narrow a question to the caller's own street offices.

    Parameters
    ----------
    asked
        The question.
    own
        Codes of the street offices, None for everyone's.

    Returns
    -------
    Asked
        The narrower one.
    """
    if own is None:
        return asked
    equals = asked.query.equals
    wanted = equals.get("subdistrict")
    narrowed = {**equals, "subdistrict": [code for code in own if wanted in {None, code}]}
    return replace(asked, query=replace(asked.query, equals=narrowed, own=own))


def _inside(query: Query, layer: Layer, text: str, uri: str, storage_crs: str) -> Query:
    box = parse_box("bbox", text, uri)
    shape = shape_of(box, uri, storage_crs)
    if shape is None or layer.spec.geometry == "none":
        return replace(query, bbox=box)
    return _also(query, Spatial("intersects", shape))


def _also(query: Query, condition: Expression) -> Query:
    return replace(query, where=condition if query.where is None else And((query.where, condition)))


def _filter(
    layer: Layer, pairs: dict[str, str], fields: Sequence[str], uri: str, *, storage_crs: str
) -> Expression | None:
    language = pairs.get("filter-lang", "cql2-text")
    if language not in {"cql2-text", "cql2-json"}:
        raise ParameterError(
            name="filter-lang", reason_zh="可用 cql2-text 或 cql2-json", reason_en="cql2-text and cql2-json are offered"
        )
    if "filter" not in pairs:
        return None
    return filters.parse(
        pairs["filter"],
        layer,
        fields=fields,
        language=language,  # type: ignore[arg-type]
        filter_crs=epsg_of(uri),
        storage_crs=storage_crs,
        north_first=north_first(uri),
    )


def _order(text: str, fields: Sequence[str]) -> tuple[tuple[str, bool], ...]:
    keys = [key.strip() for key in text.split(",")]
    order = tuple((key[1:] if key[:1] in {"+", "-"} else key, key.startswith("-")) for key in keys)
    for name, _ in order:
        if name not in fields and name != filters.UID.id:
            raise ParameterError(name="sortby", reason_zh=f"没有字段“{name[:60]}”", reason_en=f"no field “{name[:60]}”")
    if len(order) > _MOST_KEYS:
        raise ParameterError(
            name="sortby", reason_zh=f"最多 {_MOST_KEYS} 个字段", reason_en=f"{_MOST_KEYS} fields at most"
        )
    return order


def _chosen(text: str, fields: tuple[str, ...]) -> tuple[str, ...]:
    wanted = {name.strip() for name in text.split(",")} - {""}
    unknown = sorted(wanted - set(fields))
    if unknown:
        name = unknown[0][:60]
        raise ParameterError(name="properties", reason_zh=f"没有字段“{name}”", reason_en=f"no field “{name}”")
    return tuple(name for name in fields if name in wanted)


def _state(context: Context, layer: Layer, text: str, *, dated: bool) -> int | None:
    """Read ``revision``; None is the present one, which is quicker to ask for."""
    present = context.store.revision(layer.id)
    if dated:
        raise ParameterError(
            name="revision", reason_zh="不能与 datetime 同时使用", reason_en="it does not go with datetime"
        )
    wanted = parse_count("revision", text, least=1, most=present)
    return None if wanted == present else wanted


def _typed(field: FieldSpec, text: str) -> Value:
    try:
        if field.type == "integer":
            parse_number(text)  # Python would take 1_000 and digits of other scripts too
            return int(text)
        if field.type == "number":
            return parse_number(text)
        if field.type == "boolean":
            return {"true": True, "false": False}[text.lower()]
    except (ValueError, KeyError):
        raise ParameterError(
            name=field.id,
            reason_zh=f"应为 {field.type} 类型的值",
            reason_en=f"it should be a value of type {field.type}",
        ) from None
    return text


def _day(text: str) -> date | None:
    """Read ``datetime``: the end of an interval decides, since a layer is shown as it was then."""
    try:
        days = [None if part in {"", ".."} else date.fromisoformat(_checked(part)[:10]) for part in text.split("/")]
    except ValueError:
        days = []
    reversed_order = len(days) == 2 and days[0] is not None and days[1] is not None and days[0] > days[1]
    known = all(FIRST_DAY <= day <= LAST_DAY for day in days if day is not None)
    if len(days) not in {1, 2} or days == [None] or reversed_order or not known:
        raise ParameterError(
            name="datetime",
            reason_zh="应为日期、时刻或区间，例如 2024-06-30 或 2024-01-01/2024-06-30",
            reason_en="it should be a day, an instant or an interval such as 2024-01-01/2024-06-30",
        )
    return days[-1]


def _checked(part: str) -> str:
    datetime.fromisoformat(part.upper().replace("Z", "+00:00"))
    return part
