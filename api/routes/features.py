"""OGC API Features: pages of items and single items as GeoJSON.

The single item is a hot route: it takes the bare request, so that FastAPI does not solve dependencies for bytes that
are in memory already. What it takes is declared in ``openapi_extra``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode

import numpy as np
import orjson
import shapely
from fastapi import APIRouter, Request, Response
from numpy.typing import NDArray

from api import models
from api.auth import Caller, caller_of
from api.deps import (
    BaseUrlDep,
    CallerDep,
    Context,
    ContextDep,
    LayerDep,
    base_url,
    context_of,
    parse_bbox,
    parse_count,
    query_pairs,
    visible_feature,
    visible_layer,
)
from api.responses import GEOJSON, JSON, Prepared, dumps, etag_of, is_current, json_response
from yzgeo.access import own_part
from yzgeo.catalogue import FieldSpec, Layer
from yzgeo.errors import ParameterError
from yzgeo.store.base import BBox, Query, Rows, Value
from yzgeo.workflows.tiles import stages_on

router = APIRouter(prefix="/ogc/collections/{layer_id}/items", tags=["ogc"])

DEFAULT_LIMIT = 100
_DECIMALS = 8
_PAGING = ("bbox", "limit", "offset", "datetime", "f")
_MOST_OFFSET = 10**9


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question, as it was sent and as the store takes it."""

    query: Query
    pairs: dict[str, str]
    address: str


def _parameter(name: str, schema: dict[str, Any], description: str, *, place: str = "query") -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "schema": schema, "description": description}


_ITEMS_PARAMETERS = [
    _parameter("bbox", {"type": "string"}, "west,south,east,north in degrees"),
    _parameter("limit", {"type": "integer", "minimum": 1, "default": DEFAULT_LIMIT}, "Most features in this answer"),
    _parameter("offset", {"type": "integer", "minimum": 0, "default": 0}, "Features to skip"),
    _parameter("datetime", {"type": "string"}, "A day, an instant or an interval: the stages at the end of it"),
    {
        **_parameter(
            "filter", {"type": "object", "additionalProperties": {"type": "string"}}, "Any field of the layer"
        ),
        "style": "form",
        "explode": True,
    },
]
_ITEM_PARAMETERS = [
    _parameter("layer_id", {"type": "string"}, "Id of the layer", place="path"),
    _parameter("uid", {"type": "string"}, "Id of the feature", place="path"),
]


@router.get(
    "", operation_id="items", response_model=models.FeatureItems, openapi_extra={"parameters": _ITEMS_PARAMETERS}
)
async def items(
    request: Request, context: ContextDep, caller: CallerDep, layer: LayerDep, base: BaseUrlDep
) -> Response:
    """A page of features."""
    fields = context.fields(layer, caller.role)
    pairs = query_pairs(request, {*_PAGING, *fields})
    own = own_part(caller.role, caller.subdistricts, layer)
    asked = _Asked(_limited(_query(context, layer, pairs), own), pairs, f"{base}/ogc/collections/{layer.id}/items")
    revision = context.store.revision(layer.id)
    ledger = context.store.ledger.revision() if asked.query.on else 0
    etag = etag_of(revision, ledger, fields, own, sorted(pairs.items()), asked.address)
    if is_current(request, etag):
        body = b""
    else:
        body = await context.in_thread(lambda: _page(context, layer, fields, asked))
    return json_response(request, body, etag=etag, media_type=GEOJSON)


@router.get(
    "/{uid}", operation_id="item", response_model=models.FeatureItem, openapi_extra={"parameters": _ITEM_PARAMETERS}
)
async def item(request: Request) -> Response:
    """One feature; the entity tag begins with its revision."""
    context = context_of(request)
    caller = caller_of(request, context.store)
    layer_id, uid = request.path_params["layer_id"], request.path_params["uid"]
    layer = visible_layer(context, caller, layer_id)
    query_pairs(request, ("f",))
    base = base_url(request, context)
    own = own_part(caller.role, caller.subdistricts, layer)
    key = (layer_id, context.store.revision(layer_id), uid, caller.role, own, base)
    kept = context.items.get(key)
    if kept is None:
        kept = await context.in_thread(lambda: _item(context, layer, uid, caller, base))
        context.items.put(key, kept, kept.size)
    return kept.answer(request)


def _query(context: Context, layer: Layer, pairs: dict[str, str]) -> Query:
    """Turn checked query parameters into a question to the store."""
    if pairs.get("f", "json") not in {"json", "geojson"}:
        raise ParameterError(name="f", reason_zh="只有 json", reason_en="only json is offered")
    limit = parse_count("limit", pairs.get("limit", str(DEFAULT_LIMIT)), least=1, most=_MOST_OFFSET)
    filters = {name: _typed(layer.field(name), text) for name, text in pairs.items() if name not in _PAGING}
    return Query(
        bbox=parse_bbox(pairs["bbox"]) if "bbox" in pairs else None,
        equals=filters,
        limit=min(limit, context.settings.max_items),
        offset=parse_count("offset", pairs.get("offset", "0"), least=0, most=_MOST_OFFSET),
        on=_day(pairs["datetime"]) if "datetime" in pairs else None,
    )


def _limited(query: Query, own: tuple[str, ...] | None) -> Query:
    """Narrow a question to the caller's own street offices."""
    if own is None:
        return query
    asked = query.equals.get("subdistrict")
    return replace(query, equals={**query.equals, "subdistrict": [code for code in own if asked in {None, code}]})


def _typed(field: FieldSpec, text: str) -> Value:
    try:
        if field.type == "integer":
            return int(text)
        if field.type == "number":
            return float(text)
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
    if len(days) not in {1, 2} or days == [None] or reversed_order:
        raise ParameterError(
            name="datetime",
            reason_zh="应为日期、时刻或区间，例如 2024-06-30 或 2024-01-01/2024-06-30",
            reason_en="it should be a day, an instant or an interval such as 2024-01-01/2024-06-30",
        )
    return days[-1]


def _checked(part: str) -> str:
    datetime.fromisoformat(part.upper().replace("Z", "+00:00"))
    return part


def _page(context: Context, layer: Layer, fields: tuple[str, ...], asked: _Asked) -> bytes:
    day = asked.query.on
    if day is not None and layer.stages:
        rows, matched = _on_day(context, layer, fields, asked.query, day)
    else:
        query, matched = _exact(context, layer, asked.query)
        rows = context.store.rows(layer.id, query, fields=fields)
    features = _features(rows, fields)
    content = {
        "type": "FeatureCollection",
        "timeStamp": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "numberMatched": matched,
        "numberReturned": len(features),
        "links": _page_links(asked, matched, len(features)),
        "features": features,
    }
    return dumps(content)


def _on_day(context: Context, layer: Layer, fields: tuple[str, ...], query: Query, day: date) -> tuple[Rows, int]:
    """Give the features as they are known today with the stages of an earlier day, which filters see too."""
    wanted = {name: value for name, value in query.equals.items() if name in {"stage", "stage_date"}}
    others = {name: value for name, value in query.equals.items() if name not in wanted}
    exact, _ = _exact(context, layer, Query(bbox=query.bbox, equals=others))
    found = context.store.rows(layer.id, exact, fields=fields)
    told = {name: column for name, column in stages_on(context.store, layer, found.uids, day).items() if name in fields}
    columns = {**found.columns, **told}
    kept = [
        index
        for index in range(len(found.uids))
        if all(columns[name][index] == value for name, value in wanted.items())
    ]
    end = None if query.limit is None else query.offset + query.limit
    page = kept[query.offset : end]
    rows = Rows(
        uids=[found.uids[index] for index in page],
        fids=[found.fids[index] for index in page],
        revisions=[found.revisions[index] for index in page],
        wkb=[found.wkb[index] for index in page],
        columns={name: [columns[name][index] for index in page] for name in fields},
    )
    return rows, len(kept)


def _exact(context: Context, layer: Layer, query: Query) -> tuple[Query, int]:
    """Count what matches, and ask for the page in a way that gives only geometries that meet the box.

    The store's index knows the boxes of geometries, and rounds them outwards. Where the box does not hold the whole
    layer, the geometries themselves decide.
    """
    everything = replace(query, limit=None, offset=0)
    if query.bbox is None or layer.spec.geometry == "none" or _holds(query, context.store.bounds(layer.id)):
        return query, context.store.count(layer.id, everything)
    found = context.store.rows(layer.id, everything, fields=())
    shapes = np.asarray(shapely.from_wkb(np.array(found.wkb, dtype=object)), dtype=object)
    met = np.flatnonzero(shapely.intersects(shapes, shapely.box(*query.bbox)))
    page = met[query.offset :][: query.limit]
    return Query(equals={"uid": [found.uids[index] for index in page]}, on=query.on), len(met)


def _holds(query: Query, bounds: BBox | None) -> bool:
    if bounds is None or query.bbox is None or query.on is not None:
        return False
    west, south, east, north = query.bbox
    return west < bounds[0] and south < bounds[1] and east > bounds[2] and north > bounds[3]


def _page_links(asked: _Asked, matched: int, returned: int) -> list[dict[str, str]]:
    query, address = asked.query, asked.address
    limit = query.limit or returned

    def page(offset: int, rel: str) -> dict[str, str]:
        kept = {**asked.pairs, "limit": str(limit), "offset": str(offset)}
        return {"href": f"{address}?{urlencode(kept)}", "rel": rel, "type": GEOJSON}

    links = [page(query.offset, "self"), {"href": address.removesuffix("/items"), "rel": "collection", "type": JSON}]
    if returned and query.offset + returned < matched:
        links.append(page(query.offset + limit, "next"))
    if query.offset > 0:
        links.append(page(max(0, query.offset - limit), "prev"))
    return links


def _features(rows: Rows, fields: tuple[str, ...]) -> list[dict[str, Any]]:
    columns = [rows.columns[field] for field in fields]
    return [
        {"type": "Feature", "id": uid, "geometry": geometry, "properties": dict(zip(fields, values, strict=True))}
        for uid, geometry, *values in zip(rows.uids, _fragments(rows.wkb), *columns, strict=True)
    ]


def _fragments(wkb: Sequence[bytes | None]) -> list[orjson.Fragment | None]:
    """Write geometries as JSON once, in C, instead of building lists of coordinates."""
    shapes = np.asarray(shapely.from_wkb(np.array(wkb, dtype=object)), dtype=object)
    rounded = shapely.transform(shapes, _round, include_z=False)
    empty = shapely.is_missing(rounded) | shapely.is_empty(rounded)
    texts = shapely.to_geojson(rounded)
    return [None if missing else orjson.Fragment(text) for text, missing in zip(texts, empty, strict=True)]


def _round(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.round(points, _DECIMALS)


def _item(context: Context, layer: Layer, uid: str, caller: Caller, base: str) -> Prepared:
    fields = context.fields(layer, caller.role)
    feature = visible_feature(context, caller, layer, uid)
    blob = None if feature.geometry is None else shapely.to_wkb(feature.geometry)
    root = f"{base}/ogc/collections/{layer.id}"
    content = {
        "type": "Feature",
        "id": feature.uid,
        "geometry": _fragments([blob])[0],
        "properties": {field: feature.properties[field] for field in fields},
        "links": [
            {"href": f"{root}/items/{feature.uid}", "rel": "self", "type": GEOJSON},
            {"href": root, "rel": "collection", "type": JSON},
        ],
    }
    # The visible fields are part of the tag: signing in must not revalidate the poorer answer.
    tag = f'"{feature.revision}.{etag_of(fields)[1:9]}"'
    return Prepared(dumps(content), etag=tag, media_type=GEOJSON)
