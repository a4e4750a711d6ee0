"""OGC API: landing page, conformance, collections and what can be asked of them."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from fastapi import APIRouter, Request, Response

from api import models
from api.deps import (
    BaseUrlDep,
    CallerDep,
    Context,
    ContextDep,
    Language,
    LanguageDep,
    LayerDep,
    StrictParameters,
    state_of,
)
from api.responses import GEOJSON, JSON, etag_of, json_response
from yzgeo.access import Caller, own_part
from yzgeo.catalogue import FieldSpec, Layer
from yzgeo.workflows import overview

router = APIRouter(prefix="/ogc", tags=["ogc"], dependencies=[StrictParameters])

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
SCHEMA_JSON = "application/schema+json"
MVT = "application/vnd.mapbox-vector-tile"
STYLE_JSON = "application/vnd.mapbox.style+json"
_CONFORMANCE = Path(__file__).parents[1] / "conformance.yaml"
_JSON_TYPES = {"text": "string", "integer": "integer", "number": "number", "boolean": "boolean"}
_GEOMETRY_FORMATS = {
    "point": "geometry-point",
    "line": "geometry-linestring-or-multilinestring",
    "polygon": "geometry-polygon-or-multipolygon",
}
_FORMATS = {"date": "date", "datetime": "date-time"}


@router.get("", operation_id="landing", response_model=models.Landing)
async def landing(request: Request, context: ContextDep, base: BaseUrlDep, lang: LanguageDep) -> Response:
    """Where everything is."""
    district = context.catalogue.district
    root = f"{base}/ogc"
    content = {
        "title": getattr(district.product_title, lang),
        "description": getattr(district.plan, lang),
        "links": [
            _link(root, "self", JSON),
            _link(f"{base}/openapi.json", "service-desc", "application/vnd.oai.openapi+json;version=3.1"),
            _link(f"{root}/conformance", "conformance", JSON),
            _link(f"{root}/conformance", "http://www.opengis.net/def/rel/ogc/1.0/conformance", JSON),
            _link(f"{root}/collections", "data", JSON),
            _link(f"{root}/styles", "http://www.opengis.net/def/rel/ogc/1.0/styles", JSON),
        ],
    }
    return json_response(request, content)


@router.get("/conformance", operation_id="conformance", response_model=models.Conformance)
async def conformance(request: Request) -> Response:
    """Conformance classes; each is proved by a test."""
    return json_response(request, {"conformsTo": [entry["uri"] for entry in claims()]})


@router.get("/collections", operation_id="collections", response_model=models.Collections)
async def collections(
    request: Request, context: ContextDep, caller: CallerDep, base: BaseUrlDep, lang: LanguageDep
) -> Response:
    """Every layer the caller may see."""
    state = state_of(context, caller)

    def describe() -> dict[str, Any]:
        layers = overview.visible_layers(context.catalogue, caller.role)
        described = [_describe(context, layer, caller, base, lang) for layer in layers]
        return {"links": [_link(f"{base}/ogc/collections", "self", JSON)], "collections": described}

    return await context.answer(request, ("collections", state, base, lang), describe)


@router.get("/collections/{layer_id}", operation_id="collection", response_model=models.Collection)
async def collection(
    request: Request, *, context: ContextDep, caller: CallerDep, layer: LayerDep, base: BaseUrlDep, lang: LanguageDep
) -> Response:
    """One layer."""
    state = str((context.store.revision(layer.id), own_part(caller.role, caller.subdistricts, layer)))
    key = ("collection", layer.id, state, base, lang)
    return await context.answer(request, key, lambda: _describe(context, layer, caller, base, lang))


@router.get("/collections/{layer_id}/queryables", operation_id="queryables", response_class=Response)
async def queryables(
    request: Request, layer: LayerDep, caller: CallerDep, base: BaseUrlDep, lang: LanguageDep
) -> Response:
    """Fields of a layer that can be filtered by, as JSON Schema."""
    fields = [layer.field(field_id) for field_id in overview.visible_fields(layer, caller.role)]
    content = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{base}/ogc/collections/{layer.id}/queryables",
        "type": "object",
        "title": getattr(layer.spec.title, lang),
        "properties": {**_geometry_schema(layer), **{field.id: _field_schema(field, lang) for field in fields}},
        "additionalProperties": False,
    }
    return json_response(request, content, media_type=SCHEMA_JSON, etag=etag_of(layer.id, caller.role, lang, base))


@lru_cache(maxsize=1)
def claims() -> list[dict[str, str]]:
    """
    Read the conformance classes this service claims.

    Returns
    -------
    list of dict
        ``uri`` and the test that proves it.
    """
    claimed: list[dict[str, str]] = yaml.safe_load(_CONFORMANCE.read_text(encoding="utf-8"))
    return claimed


def _describe(context: Context, layer: Layer, caller: Caller, base: str, lang: Language) -> dict[str, Any]:
    spec, district = layer.spec, context.catalogue.district
    there = overview.extent_of(context.store, layer, own_part(caller.role, caller.subdistricts, layer))
    start, end = district.plan_period
    extent: dict[str, Any] = {"temporal": {"interval": [[f"{start}T00:00:00Z", f"{end}T23:59:59Z"]]}}
    if there.bounds is not None:
        extent["spatial"] = {"bbox": [there.bounds], "crs": CRS84}
    return {
        "id": layer.id,
        "title": getattr(spec.title, lang),
        "description": f"{getattr(spec.description, lang)}\n{getattr(spec.source, lang)}",
        "attribution": " | ".join(notice.text for notice in district.attributions),
        "license": spec.licence,
        "extent": extent,
        "itemType": "record" if spec.geometry == "none" else "feature",
        "crs": [CRS84],
        "storageCrs": CRS84,
        "links": _collection_links(layer, f"{base}/ogc/collections/{layer.id}", base, lang),
        "yzgeo:count": there.count,
        "yzgeo:revision": context.store.revision(layer.id),
        "yzgeo:access": spec.access,
        "yzgeo:data_status": dict(there.data_status),
    }


def _collection_links(layer: Layer, root: str, base: str, lang: Language) -> list[dict[str, Any]]:
    title = getattr(layer.spec.title, lang)
    links = [
        _link(root, "self", JSON, title=title),
        _link(f"{root}/items", "items", GEOJSON, title=title),
        _link(f"{root}/queryables", "http://www.opengis.net/def/rel/ogc/1.0/queryables", SCHEMA_JSON),
    ]
    if layer.spec.geometry != "none":
        tiles = _link(f"{root}/tiles/WebMercatorQuad/{{z}}/{{row}}/{{col}}", "item", MVT, title=title)
        links.append({**tiles, "templated": True})
        links.append(
            _link(f"{base}/ogc/styles/{layer.id}", "http://www.opengis.net/def/rel/ogc/1.0/styles", STYLE_JSON)
        )
    return links


def _link(href: str, rel: str, media_type: str, title: str | None = None) -> dict[str, Any]:
    link = {"href": href, "rel": rel, "type": media_type}
    return {**link, "title": title} if title else link


def _geometry_schema(layer: Layer) -> dict[str, Any]:
    if layer.spec.geometry == "none":
        return {}
    return {"geometry": {"format": _GEOMETRY_FORMATS[layer.spec.geometry], "x-ogc-role": "primary-geometry"}}


def _field_schema(field: FieldSpec, lang: Language) -> dict[str, Any]:
    schema: dict[str, Any] = {"title": getattr(field.title, lang), "type": _JSON_TYPES.get(field.type, "string")}
    if field.type in _FORMATS:
        schema["format"] = _FORMATS[field.type]
    if field.description is not None:
        schema["description"] = getattr(field.description, lang)
    if field.unit is not None:
        schema["x-ogc-unit"] = field.unit
    if field.values:
        schema["enum"] = [value.id for value in field.values]
    return schema
