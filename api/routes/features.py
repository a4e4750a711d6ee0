"""OGC API Features: pages of items and single items as GeoJSON, or as a page for people.

Both are hot routes: they take the bare request, so that FastAPI does not solve dependencies for what takes less time
than that. What they take is declared in ``openapi_extra``. A store on a server writes the answer itself, in one
statement with the revision, while the event loop goes on; nothing is remembered of it. On a file pages are put together
from features that were written before, by their present revisions, which are read with the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import shapely
from fastapi import APIRouter, Request, Response

from api import asking, models, pages
from api.asking import Asked
from api.auth import caller_of
from api.coordinates import CRS84, system_of
from api.deps import (
    Context,
    Language,
    base_url,
    context_of,
    language_of,
    query_pairs,
    visible_feature,
    visible_layer,
)
from api.responses import (
    GEOJSON,
    HTML,
    JSON,
    PAGE_TOO,
    GeoJSONResponse,
    Prepared,
    answer_once,
    coding_for,
    dumps,
    etag_of,
    feature_tag,
    header,
    is_current,
    json_response,
    wanted_format,
)
from api.writing import shapes, written
from yzgeo.access import Caller, own_part
from yzgeo.catalogue import Layer
from yzgeo.store.awaited import Kept
from yzgeo.workflows import features as served

router = APIRouter(prefix="/ogc/collections/{layer_id}/items", tags=["ogc"])

_FORMATS = ("json", "geojson", "html")
_CRS_HEADER = "Content-Crs"
# What is larger is perhaps compressed in a thread.
_PACKED_HERE = 1 << 16
_SMALL_PAGE = 1_000
_ITEM_PARAMETERS = [
    {
        "name": name,
        "in": place,
        "required": place == "path",
        "schema": {"type": "string"},
        "description": about,
    }
    for name, place, about in (
        ("layer_id", "path", "Id of the layer"),
        ("uid", "path", "Id of the feature"),
        ("crs", "query", "System of the coordinates, one of the collection's crs"),
        ("f", "query", "json or html, whatever Accept says"),
    )
]
_LANGUAGE = {
    "name": "lang",
    "in": "query",
    "required": False,
    "schema": {"type": "string", "enum": ["zh", "en"]},
    "description": "Language of titles",
}


@router.get(
    "",
    operation_id="items",
    response_model=models.FeatureItems,
    response_class=GeoJSONResponse,
    responses=PAGE_TOO,
    openapi_extra={"parameters": [_ITEM_PARAMETERS[0], *asking.PARAMETERS, _LANGUAGE]},
)
async def items(request: Request) -> Response:
    """A page of features."""
    context = context_of(request)
    caller = await caller_of(request, context.session_now)
    layer = visible_layer(context, caller, request.path_params["layer_id"])
    fields = context.fields(layer, caller.role)
    pairs = query_pairs(request, {*asking.KNOWN, "lang", *fields})
    lang = language_of(request, pairs.pop("lang", None))
    form = wanted_format(request, pairs.get("f"), _FORMATS)
    own = own_part(caller.role, caller.subdistricts, layer)
    address = f"{base_url(request, context)}/ogc/collections/{layer.id}/items"
    asked = asking.limited(asking.read(context, layer, pairs, fields=fields, address=address), own)
    depends_on = (fields, own, sorted(pairs.items()), address, form, lang if form == "html" else "")
    found = await _written(request, context, layer, asked, depends_on) if form != "html" else None
    etag, body = found or await _read(request, context, layer, asked, depends_on, lang=lang if form == "html" else None)
    media, headers = (HTML, {}) if form == "html" else (GEOJSON, {_CRS_HEADER: f"<{asked.crs}>"})
    answer = partial(json_response, request, body, etag=etag, media_type=media, headers=headers)
    packs = len(body) >= _PACKED_HERE and coding_for(request) != "identity"
    return await context.in_thread(answer) if packs else answer()


@router.get(
    "/{uid}",
    operation_id="item",
    response_model=models.FeatureItem,
    response_class=GeoJSONResponse,
    responses=PAGE_TOO,
    openapi_extra={"parameters": _ITEM_PARAMETERS},
)
async def item(request: Request) -> Response:
    """One feature; the entity tag begins with its revision."""
    context = context_of(request)
    caller = await caller_of(request, context.session_now)
    layer_id, uid = request.path_params["layer_id"], request.path_params["uid"]
    layer = visible_layer(context, caller, layer_id)
    pairs = query_pairs(request, ("crs", "f", "lang"))
    form = wanted_format(request, pairs.get("f"), _FORMATS)
    lang = language_of(request, pairs.get("lang")) if form == "html" else "zh"
    crs = system_of("crs", pairs["crs"], context.catalogue.district) if "crs" in pairs else CRS84
    base = base_url(request, context)
    own = own_part(caller.role, caller.subdistricts, layer)
    if context.awaited is not None and form != "html" and crs == CRS84:
        fields = context.fields(layer, caller.role)
        written = await context.awaited.written_feature(layer_id, uid, fields=fields, own=own)
        if written is not None:
            return _written_item(request, layer, uid, written, fields=fields, base=base)
    key = (layer_id, context.store.revision(layer_id), uid, caller.role, own, base, crs, form, lang)
    kept = context.items.get(key)
    if kept is None:
        if form == "html":
            kept = await context.in_thread(lambda: _item_page(context, layer, uid, caller, base=base, lang=lang))
        else:
            kept = await context.look_up(lambda: _item(context, layer, uid, caller, base=base, crs=crs))
        context.items.put(key, kept, kept.size)
    return kept.answer(request)


async def _written(
    request: Request, context: Context, layer: Layer, asked: Asked, depends_on: tuple[object, ...]
) -> tuple[str, bytes] | None:
    """Let a store on a server write the page, revision and all in one statement; nothing but that if it is known."""
    store = context.awaited
    if store is None or asked.crs != CRS84 or asked.query.on is not None:
        return None
    if header(request, b"if-none-match"):
        etag = etag_of(await store.revision_now(layer.id), 0, *depends_on)
        if is_current(request, etag):
            return etag, b""
    # The pages after the first name the revision of the first, which is the present one more often than not.
    named = int(asked.pairs["revision"]) if "revision" in asked.pairs else None
    query = asked.query if named is None else replace(asked.query, revision=None)
    form = ("store", layer.id, asked.fields)
    kept = Kept(partial(context.written.find, form), partial(context.written.keep, form))
    page = await store.written_page(layer.id, query, fields=asked.fields, kept=kept)
    if page is None or named not in {None, page.revision}:
        return None
    head = dumps(_page_head(asked, page.matched, len(page.features), page.revision))
    body = b"".join((head[:-1], b',"features":[', b",".join(page.features), b"]}"))
    return etag_of(page.revision, 0, *depends_on), body


async def _read(
    request: Request,
    context: Context,
    layer: Layer,
    asked: Asked,
    depends_on: tuple[object, ...],
    *,
    lang: Language | None,
) -> tuple[str, bytes]:
    """Make the page from rows; with a language one for people. Nothing is made for a client that has it."""
    ledger = context.store.ledger.revision() if asked.query.on else 0
    revision = await context.revision_now(layer.id)
    etag = etag_of(revision, ledger, *depends_on)
    if is_current(request, etag):
        return etag, b""
    asked = _as_named(asked, revision)
    if lang is not None:
        return etag, await context.in_thread(lambda: pages.items(context, layer, asked, lang))
    async with context.page_turns[(asked.query.limit or 0) > _SMALL_PAGE].one():
        shown, body = await context.in_thread(lambda: _page(context, layer, asked, revision))
    return etag if shown == revision else etag_of(shown, ledger, *depends_on), body


def _as_named(asked: Asked, present: int) -> Asked:
    """Ask for the state that the question names, where someone has edited the layer since it was read."""
    named = int(asked.pairs.get("revision", present))
    return asked if named == present else replace(asked, query=replace(asked.query, revision=named))


def _page(context: Context, layer: Layer, asked: Asked, revision: int) -> tuple[int, bytes]:
    """Write the page, and tell the layer's revision that it shows: a present one may be newer than what was asked."""
    form = (layer.id, asked.fields, asked.crs)
    kept: list[bytes | None] = []

    def known(fids: Sequence[int], revisions: Sequence[int]) -> Sequence[bytes | None]:
        kept.extend(context.written.find(form, fids, revisions))
        return kept

    page = served.present_page(context.store, layer, asked.query, fields=asked.fields, known=known)
    if page is not None and (earlier := _as_named(asked, page.revision)) is not asked:
        page, asked = None, earlier
    rows, matched = (
        (page.rows, page.matched) if page else served.page(context.store, layer, asked.query, fields=asked.fields)
    )
    texts = written(rows, asked.fields, crs=asked.crs, storage_crs=context.catalogue.district.storage_crs)
    if page is not None:
        revision = page.revision
        context.written.keep(form, rows.fids, rows.revisions, texts)
        new = dict(zip(rows.fids, texts, strict=True))
        texts = [new[fid] if text is None else text for fid, text in zip(page.fids, kept, strict=True)]
    head = dumps(_page_head(asked, matched, len(texts), revision))
    return revision, b"".join((head[:-1], b',"features":[', b",".join(texts), b"]}"))


def _page_head(asked: Asked, matched: int, returned: int, revision: int) -> dict[str, Any]:
    return {
        "type": "FeatureCollection",
        "timeStamp": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "numberMatched": matched,
        "numberReturned": returned,
        "links": _page_links(asked, matched, returned, revision),
    }


def _page_links(asked: Asked, matched: int, returned: int, revision: int) -> list[dict[str, str]]:
    query, address = asked.query, asked.address
    limit = query.limit or returned

    def page(offset: int, rel: str) -> dict[str, str]:
        return {"href": asked.link(offset, limit), "rel": rel, "type": GEOJSON}

    links = [
        page(query.offset, "self"),
        {"href": f"{address}?f=html", "rel": "alternate", "type": HTML},
        {"href": address.removesuffix("/items"), "rel": "collection", "type": JSON},
    ]
    if returned and query.offset + returned < matched:
        links.append({**page(0, "next"), "href": asked.link(query.offset + limit, limit, at=revision)})
    if query.offset > 0:
        links.append(page(max(0, query.offset - limit), "prev"))
    return links


def _item(context: Context, layer: Layer, uid: str, caller: Caller, *, base: str, crs: str) -> Prepared:
    fields = context.fields(layer, caller.role)
    feature = visible_feature(context, caller, layer, uid)
    blob = None if feature.geometry is None else shapely.to_wkb(feature.geometry)
    [shape] = shapes([blob], crs=crs, storage_crs=context.catalogue.district.storage_crs)
    content = {
        "type": "Feature",
        "id": feature.uid,
        "geometry": shape,
        "properties": {field: feature.properties[field] for field in fields},
        "links": _item_links(layer, feature.uid, base),
    }
    etag = feature_tag(feature.revision, fields, crs)
    return Prepared(dumps(content), etag=etag, media_type=GEOJSON, more=_crs_header(crs))


def _item_links(layer: Layer, uid: str, base: str) -> list[dict[str, str]]:
    root = f"{base}/ogc/collections/{layer.id}"
    return [
        {"href": f"{root}/items/{uid}", "rel": "self", "type": GEOJSON},
        {"href": f"{root}/items/{uid}?f=html", "rel": "alternate", "type": HTML},
        {"href": root, "rel": "collection", "type": JSON},
    ]


def _crs_header(crs: str) -> tuple[tuple[bytes, bytes], ...]:
    return ((_CRS_HEADER.lower().encode(), f"<{crs}>".encode()),)


def _written_item(
    request: Request, layer: Layer, uid: str, written: tuple[int, bytes], *, fields: tuple[str, ...], base: str
) -> Response:
    revision, text = written
    body = b"".join((text[:-1], b',"links":', dumps(_item_links(layer, uid, base)), b"}"))
    etag = feature_tag(revision, fields, CRS84)
    return answer_once(request, body, etag=etag, media_type=GEOJSON, more=_crs_header(CRS84))


def _item_page(context: Context, layer: Layer, uid: str, caller: Caller, *, base: str, lang: Language) -> Prepared:
    fields = context.fields(layer, caller.role)
    feature = visible_feature(context, caller, layer, uid)
    body = pages.item(context, layer, feature, fields, base=base, lang=lang)
    return Prepared(body, etag=feature_tag(feature.revision, fields, lang, base), media_type=HTML)
