"""OGC API Styles: MapLibre styles whose tile addresses carry the revision."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from api import models, pages
from api.deps import (
    BaseUrlDep,
    CallerDep,
    ContextDep,
    Day,
    FormatDep,
    LanguageDep,
    LayerDep,
    StrictParameters,
    state_of,
)
from api.responses import HTML, PAGE_TOO, etag_of, json_response
from yzgeo.errors import NotFoundError
from yzgeo.workflows import overview
from yzgeo.workflows.downloads import qgis_style
from yzgeo.workflows.tiles import district_style, layer_style

router = APIRouter(prefix="/ogc/styles", tags=["ogc"], dependencies=[StrictParameters])

STYLE_JSON = "application/vnd.mapbox.style+json"
QML = "application/x-qgis-layer-settings"
_CONTENT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The style",
        "content": {STYLE_JSON: {"schema": {"type": "object"}}, QML: {"schema": {"type": "string"}}},
    }
}
_TILES = "/ogc/collections/{layer}/tiles/WebMercatorQuad/{z}/{y}/{x}?revision={revision}&encoding={encoding}"


@router.get("", operation_id="styles", response_model=models.StyleList, responses=PAGE_TOO)
async def styles(
    request: Request, *, context: ContextDep, caller: CallerDep, base: BaseUrlDep, lang: LanguageDep, form: FormatDep
) -> Response:
    """One style for all layers the caller may see, and one for each."""
    named = {"district": context.catalogue.district.product_title} | {
        layer.id: layer.spec.title
        for layer in overview.visible_layers(context.catalogue, caller.role)
        if layer.spec.geometry != "none"
    }
    entries = [
        {
            "id": style,
            "title": getattr(title, lang),
            "links": _links(f"{base}/ogc/styles/{style}", for_qgis=style != "district"),
        }
        for style, title in named.items()
    ]
    content = {"styles": entries}
    if form != "html":
        return json_response(request, content)
    title, address = {"zh": "样式", "en": "Styles"}[lang], f"{base}/ogc/styles"
    page = pages.described(content, root=f"{base}/ogc", address=address, title=title, lang=lang)
    return json_response(request, page, media_type=HTML)


@router.get("/district", operation_id="district_style", response_class=Response)
async def whole_style(
    request: Request,
    *,
    context: ContextDep,
    caller: CallerDep,
    base: BaseUrlDep,
    lang: LanguageDep,
    day: Annotated[Day | None, Query(alias="datetime", description="Show the stages at the end of this day")] = None,
) -> Response:
    """All layers the caller may see, polygons below lines below points below texts."""
    ledger = context.store.ledger.revision() if day else 0
    tiles_url = base + _TILES + (f"&datetime={day}&ledger={ledger}" if day else "")
    state = state_of(context, caller)
    name = getattr(context.catalogue.district.product_title, lang)

    def style() -> dict[str, Any]:
        layers = overview.visible_layers(context.catalogue, caller.role)
        return district_style(context.store, layers, tiles_url=tiles_url, name=name)

    return await context.answer(request, ("style", state, tiles_url, lang), style, media_type=STYLE_JSON)


@router.get("/{layer_id}", operation_id="style", response_class=Response, responses=_CONTENT)
async def one_style(
    request: Request,
    *,
    context: ContextDep,
    layer: LayerDep,
    base: BaseUrlDep,
    lang: LanguageDep,
    caller: CallerDep,
    revision: Annotated[int | None, Query(ge=0, description="Makes the address change with the data")] = None,
    f: Annotated[Literal["mapbox", "qml"], Query(description="For MapLibre, or for QGIS")] = "mapbox",
) -> Response:
    """One layer, as MapLibre or as QGIS draws it."""
    if f == "qml":
        text = qgis_style(layer, caller.role)
        return json_response(request, text.encode(), etag=etag_of(text), media_type=QML)
    current = context.store.revision(layer.id)
    if layer.spec.geometry == "none" or (revision is not None and revision > current):
        raise NotFoundError(what=request.url.path)
    name = getattr(layer.spec.title, lang)
    return await context.answer(
        request,
        ("style", layer.id, str(current), context.tiles.encoding(layer), base, lang),
        lambda: layer_style(context.store, layer, tiles_url=base + _TILES, name=name),
        media_type=STYLE_JSON,
    )


def _links(address: str, *, for_qgis: bool) -> list[dict[str, str]]:
    links = [{"href": address, "rel": "stylesheet", "type": STYLE_JSON}]
    return [*links, {"href": f"{address}?f=qml", "rel": "stylesheet", "type": QML}] if for_qgis else links
