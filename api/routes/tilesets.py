"""OGC API Tiles: what tilesets there are, and tiles of all layers the caller may see."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from api import models, pages
from api.deps import (
    BaseUrlDep,
    CallerDep,
    Context,
    ContextDep,
    Day,
    FormatDep,
    Language,
    LanguageDep,
    LayerDep,
    StrictParameters,
    state_of,
)
from api.responses import HTML, JSON, PAGE_TOO, Prepared, RawResponse, etag_of, json_response
from api.routes.tiles import MVT, place_of
from yzgeo.access import Caller, own_part
from yzgeo.catalogue import Layer
from yzgeo.errors import NotFoundError
from yzgeo.store.base import BBox
from yzgeo.workflows import overview, tilesets
from yzgeo.workflows.tilesets import CRS_URI, SCHEME, SCHEME_URI, Part

router = APIRouter(prefix="/ogc", tags=["ogc"], dependencies=[StrictParameters])

_REL = "http://www.opengis.net/def/rel/ogc/1.0/"
_CACHE = (b"cache-control", b"no-cache, private")
_TILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {MVT: {"schema": {"type": "string", "format": "binary"}}}, "description": "The tile"},
    204: {"description": "There is nothing there"},
    304: {"description": "The client has the present state"},
}


@router.get(
    "/tileMatrixSets", operation_id="tile_matrix_sets", response_model=models.TileMatrixSets, responses=PAGE_TOO
)
async def matrix_sets(request: Request, base: BaseUrlDep, lang: LanguageDep, form: FormatDep) -> Response:
    """The schemes in which tiles lie: one."""
    address = f"{base}/ogc/tileMatrixSets"
    link = _link(f"{address}/{SCHEME}", "self")
    content = {"tileMatrixSets": [{"id": SCHEME, "uri": SCHEME_URI, "links": [link]}]}
    return _told(request, content, address, base=base, lang=lang, form=form)


@router.get(
    "/tileMatrixSets/WebMercatorQuad",
    operation_id="tile_matrix_set",
    response_model=models.TileMatrixSet,
    responses=PAGE_TOO,
)
async def matrix_set(request: Request, base: BaseUrlDep, lang: LanguageDep, form: FormatDep) -> Response:
    """The scheme that all web maps use."""
    address = f"{base}/ogc/tileMatrixSets/{SCHEME}"
    return _told(request, tilesets.matrix_set(), address, base=base, lang=lang, form=form)


@router.get(
    "/collections/{layer_id}/tiles",
    operation_id="layer_tilesets",
    response_model=models.TileSets,
    responses=PAGE_TOO,
)
async def of_layer(
    request: Request,
    *,
    context: ContextDep,
    caller: CallerDep,
    layer: LayerDep,
    base: BaseUrlDep,
    lang: LanguageDep,
    form: FormatDep,
) -> Response:
    """The tilesets of a layer: one."""
    root = f"{base}/ogc/collections/{layer.id}"
    content = _tileset(context, caller, [layer], root=root, base=base, lang=lang)
    return _told(request, _listed(content, root), f"{root}/tiles", base=base, lang=lang, form=form)


@router.get(
    "/collections/{layer_id}/tiles/WebMercatorQuad",
    operation_id="layer_tileset",
    response_model=models.TileSet,
    responses=PAGE_TOO,
)
async def one_of_layer(
    request: Request,
    *,
    context: ContextDep,
    caller: CallerDep,
    layer: LayerDep,
    base: BaseUrlDep,
    lang: LanguageDep,
    form: FormatDep,
) -> Response:
    """What is in the tiles of a layer, and where they are."""
    root = f"{base}/ogc/collections/{layer.id}"
    content = _tileset(context, caller, [layer], root=root, base=base, lang=lang)
    return _told(request, content, f"{root}/tiles/{SCHEME}", base=base, lang=lang, form=form)


@router.get("/tiles", operation_id="tilesets", response_model=models.TileSets, responses=PAGE_TOO)
async def of_all(
    request: Request, *, context: ContextDep, caller: CallerDep, base: BaseUrlDep, lang: LanguageDep, form: FormatDep
) -> Response:
    """The tilesets of all layers together: one."""
    root = f"{base}/ogc"
    content = _tileset(context, caller, _drawn(context, caller), root=root, base=base, lang=lang)
    return _told(request, _listed(content, root), f"{root}/tiles", base=base, lang=lang, form=form)


@router.get("/tiles/WebMercatorQuad", operation_id="tileset", response_model=models.TileSet, responses=PAGE_TOO)
async def one_of_all(
    request: Request, *, context: ContextDep, caller: CallerDep, base: BaseUrlDep, lang: LanguageDep, form: FormatDep
) -> Response:
    """What is in the tiles of all layers the caller may see, and where they are."""
    root = f"{base}/ogc"
    content = _tileset(context, caller, _drawn(context, caller), root=root, base=base, lang=lang)
    return _told(request, content, f"{root}/tiles/{SCHEME}", base=base, lang=lang, form=form)


@router.get(
    "/tiles/WebMercatorQuad/{z}/{row}/{col}", operation_id="whole_tile", response_class=Response, responses=_TILE
)
async def whole_tile(
    request: Request,
    *,
    context: ContextDep,
    caller: CallerDep,
    z: str,  # noqa: ARG001 - read by place_of, where a bad one is not found
    row: str,  # noqa: ARG001
    col: str,  # noqa: ARG001
    day: Annotated[Day | None, Query(alias="datetime", description="The stages at the end of this day")] = None,
) -> Response:
    """One tile with a layer for each that the caller may see; its entity tag names the revisions of all."""
    place = place_of(request)
    parts = [_part(context, caller, layer) for layer in _drawn(context, caller)]
    encodings = tuple(context.tiles.encoding(part.layer) for part in parts)
    ledger = context.store.ledger.revision() if day else 0
    key = ("whole-tile", place, state_of(context, caller), encodings, day, ledger)
    kept = context.answers.get(key)
    if kept is None:
        body = await context.in_thread(lambda: tilesets.whole_tile(context.store, context.tiles, parts, place, day=day))
        kept = Prepared(body, etag=etag_of(*key), media_type=MVT)
        context.answers.put(key, kept, kept.size)
    return kept.answer(request) if kept.size else RawResponse(204, b"", ((b"etag", kept.etag.encode()), _CACHE))


def _told(request: Request, content: dict[str, Any], address: str, *, base: str, lang: Language, form: str) -> Response:
    if form != "html":
        return json_response(request, content, etag=etag_of(content))
    title = content.get("title") or {"zh": "瓦片", "en": "Tiles"}[lang]
    page = pages.described(content, root=f"{base}/ogc", address=address, title=title, lang=lang)
    return json_response(request, page, media_type=HTML)


def _drawn(context: Context, caller: Caller) -> list[Layer]:
    seen = overview.visible_layers(context.catalogue, caller.role)
    return [layer for layer in seen if layer.spec.geometry != "none"]


def _part(context: Context, caller: Caller, layer: Layer) -> Part:
    own = own_part(caller.role, caller.subdistricts, layer)
    return Part(layer, context.fields(layer, caller.role), own)


def _tileset(
    context: Context, caller: Caller, layers: list[Layer], *, root: str, base: str, lang: Language
) -> dict[str, Any]:
    if not layers or layers[0].spec.geometry == "none":
        raise NotFoundError(what=f"{root}/tiles")
    parts = [_part(context, caller, layer) for layer in layers]
    title = layers[0].spec.title if root != f"{base}/ogc" else context.catalogue.district.product_title
    found = [overview.extent_of(context.store, part.layer, part.own).bounds for part in parts]
    bounds = _around([box for box in found if box is not None])
    address = f"{root}/tiles/{SCHEME}"
    item = {**_link(f"{address}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}", "item", MVT), "templated": True}
    content = {
        "title": getattr(title, lang),
        "dataType": "vector",
        "crs": CRS_URI,
        "tileMatrixSetURI": SCHEME_URI,
        "tileMatrixSetLimits": tilesets.limits(bounds),
        "attribution": " | ".join(notice.text for notice in context.catalogue.district.attributions),
        "layers": [told for part in parts for told in tilesets.describe_layers(part.layer, part.fields, lang=lang)],
        "links": [
            _link(address, "self"),
            _link(f"{base}/ogc/tileMatrixSets/{SCHEME}", f"{_REL}tiling-scheme"),
            item,
        ],
    }
    if bounds is not None:
        content["boundingBox"] = {
            "lowerLeft": bounds[:2],
            "upperRight": bounds[2:],
            "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
        }
    return content


def _around(boxes: list[BBox]) -> BBox | None:
    if not boxes:
        return None
    west, south, east, north = zip(*boxes, strict=True)
    return min(west), min(south), max(east), max(north)


def _listed(content: dict[str, Any], root: str) -> dict[str, Any]:
    told = {name: content[name] for name in ("title", "dataType", "crs", "tileMatrixSetURI")}
    entry = {**told, "links": [_link(f"{root}/tiles/{SCHEME}", "self"), *content["links"][1:]]}
    return {"tilesets": [entry], "links": [_link(f"{root}/tiles", "self")]}


def _link(href: str, rel: str, media_type: str = JSON) -> dict[str, Any]:
    return {"href": href, "rel": rel, "type": media_type}
