"""OGC API: landing page, conformance, collections and what can be asked of them."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from fastapi import APIRouter, Request, Response

from api import models, oas30, pages
from api.coordinates import CRS84, offered, uri_of
from api.deps import (
    BaseUrlDep,
    CallerDep,
    Context,
    ContextDep,
    FormatDep,
    Language,
    LanguageDep,
    LayerDep,
    StrictParameters,
    state_of,
)
from api.responses import GEOJSON, HTML, JSON, PAGE_TOO, etag_of, json_response
from yzgeo.access import Caller, own_part
from yzgeo.catalogue import FieldSpec, Layer
from yzgeo.filters import UID
from yzgeo.workflows import overview
from yzgeo.workflows.downloads import KINDS

router = APIRouter(prefix="/ogc", tags=["ogc"], dependencies=[StrictParameters])

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


@router.get("", operation_id="landing", response_model=models.Landing, responses=PAGE_TOO)
async def landing(
    request: Request, *, context: ContextDep, base: BaseUrlDep, lang: LanguageDep, form: FormatDep
) -> Response:
    """Where everything is."""
    district = context.catalogue.district
    root = f"{base}/ogc"
    content = {
        "title": getattr(district.product_title, lang),
        "description": getattr(district.plan, lang),
        "links": [
            _link(root, "self", JSON),
            _link(f"{root}?f=html", "alternate", HTML),
            _link(f"{base}/api", "service-desc", oas30.MEDIA_TYPE),
            _link(f"{root}/conformance", "conformance", JSON),
            _link(f"{root}/conformance", "http://www.opengis.net/def/rel/ogc/1.0/conformance", JSON),
            _link(f"{root}/collections", "data", JSON),
            _link(f"{root}/styles", "http://www.opengis.net/def/rel/ogc/1.0/styles", JSON),
            _link(f"{root}/tiles", "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector", JSON),
            _link(f"{root}/tileMatrixSets", "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes", JSON),
            _link(f"{root}/processes", "http://www.opengis.net/def/rel/ogc/1.0/processes", JSON),
            _link(f"{root}/jobs", "http://www.opengis.net/def/rel/ogc/1.0/job-list", JSON),
            _link(f"{base}/api/download", "enclosure", "application/geopackage+sqlite3"),
        ],
    }
    if form == "html":
        return json_response(request, pages.landing(content, root=root, lang=lang), media_type=HTML)
    return json_response(request, content)


@router.get("/conformance", operation_id="conformance", response_model=models.Conformance, responses=PAGE_TOO)
async def conformance(request: Request, base: BaseUrlDep, lang: LanguageDep, form: FormatDep) -> Response:
    """Conformance classes; each is proved by a test."""
    uris = [entry["uri"] for entry in claims()]
    if form == "html":
        return json_response(request, pages.conformance(uris, root=f"{base}/ogc", lang=lang), media_type=HTML)
    return json_response(request, {"conformsTo": uris})


@router.get("/collections", operation_id="collections", response_model=models.Collections, responses=PAGE_TOO)
async def collections(
    request: Request, *, context: ContextDep, caller: CallerDep, base: BaseUrlDep, lang: LanguageDep, form: FormatDep
) -> Response:
    """Every layer the caller may see."""
    state = state_of(context, caller)

    def describe() -> Any:
        layers = overview.visible_layers(context.catalogue, caller.role)
        described = [_describe(context, layer, caller, base, lang) for layer in layers]
        address = f"{base}/ogc/collections"
        links = [_link(address, "self", JSON), _link(f"{address}?f=html", "alternate", HTML)]
        content = {"links": links, "collections": described}
        return pages.collections(content, root=f"{base}/ogc", lang=lang) if form == "html" else content

    key = ("collections", state, base, lang, form)
    return await context.answer(request, key, describe, media_type=HTML if form == "html" else JSON)


@router.get("/collections/{layer_id}", operation_id="collection", response_model=models.Collection, responses=PAGE_TOO)
async def collection(
    request: Request,
    *,
    context: ContextDep,
    caller: CallerDep,
    layer: LayerDep,
    base: BaseUrlDep,
    lang: LanguageDep,
    form: FormatDep,
) -> Response:
    """One layer."""
    state = str((context.store.revision(layer.id), own_part(caller.role, caller.subdistricts, layer)))

    def describe() -> Any:
        content = _describe(context, layer, caller, base, lang)
        return pages.collection(content, root=f"{base}/ogc", lang=lang) if form == "html" else content

    key = ("collection", layer.id, state, base, lang, form)
    return await context.answer(request, key, describe, media_type=HTML if form == "html" else JSON)


@router.get("/collections/{layer_id}/queryables", operation_id="queryables", response_class=Response)
@router.get("/collections/{layer_id}/sortables", operation_id="sortables", response_class=Response)
@router.get("/collections/{layer_id}/schema", operation_id="returnables", response_class=Response)
async def fields(
    request: Request,
    *,
    layer: LayerDep,
    caller: CallerDep,
    base: BaseUrlDep,
    lang: LanguageDep,
    form: FormatDep,
) -> Response:
    """Fields of a layer as JSON Schema: those that can be filtered by, ordered by, or are given."""
    kind = request.url.path.rpartition("/")[2]
    own = {} if kind == "sortables" else _geometry_schema(layer)
    identifier = {"uid": {**_field_schema(UID, lang), "x-ogc-role": "id", "readOnly": True}}
    shown = [layer.field(field_id) for field_id in overview.visible_fields(layer, caller.role)]
    address = f"{base}/ogc/collections/{layer.id}/{kind}"
    content = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": address,
        "type": "object",
        "title": getattr(layer.spec.title, lang),
        "properties": {**own, **identifier, **{field.id: _field_schema(field, lang) for field in shown}},
        "additionalProperties": False,
    }
    etag = etag_of(kind, layer.id, caller.role, lang, base, form)
    if form == "html":
        body = pages.schema(content, root=f"{base}/ogc", address=address, lang=lang)
        return json_response(request, body, media_type=HTML, etag=etag)
    return json_response(request, content, media_type=SCHEMA_JSON, etag=etag)


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
        "crs": list(offered(district)) if spec.geometry != "none" else [CRS84],
        "storageCrs": uri_of(district.storage_crs) if spec.geometry != "none" else CRS84,
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
        _link(f"{root}?f=html", "alternate", HTML, title=title),
        _link(f"{root}/queryables", "http://www.opengis.net/def/rel/ogc/1.0/queryables", SCHEMA_JSON),
        _link(f"{root}/sortables", "http://www.opengis.net/def/rel/ogc/1.0/sortables", SCHEMA_JSON),
        _link(f"{root}/schema", "http://www.opengis.net/def/rel/ogc/1.0/schema", SCHEMA_JSON),
    ]
    file = f"{base}/api/layers/{layer.id}/download"
    links += [_link(f"{file}?f={kind}", "enclosure", told.media_type, title=title) for kind, told in KINDS.items()]
    gpkg, told = KINDS["gpkg"].media_type, {"zh": "含历史", "en": "with history"}[lang]
    links.append(_link(f"{file}?f=gpkg&history=true", "enclosure", gpkg, title=f"{title} ({told})"))
    if layer.spec.geometry != "none":
        tiles = _link(f"{root}/tiles/WebMercatorQuad/{{z}}/{{row}}/{{col}}", "item", MVT, title=title)
        links.append({**tiles, "templated": True})
        links.append(_link(f"{root}/tiles", "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector", JSON))
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
