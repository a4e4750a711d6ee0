"""OGC API Tiles: vector tiles of a layer.

A hot route: it takes the bare request, so that FastAPI does not solve dependencies for a tile that is in memory
already. What it takes is declared in ``openapi_extra``.
"""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from fastapi import APIRouter, Request, Response

from api.auth import caller_of
from api.context import TileHeaders
from api.deps import Context, context_of, parse_count, parse_day, query_pairs, visible_layer
from api.middleware import DATA
from api.responses import RawResponse, coding_for, etag_of, is_current, length_header, pack_brotli
from yzgeo import tiles as scheme
from yzgeo.access import Caller, own_part
from yzgeo.catalogue import Layer
from yzgeo.errors import NotFoundError
from yzgeo.workflows.tiles import TileKey

router = APIRouter(prefix="/ogc/collections/{layer_id}/tiles", tags=["ogc"])

MVT = "application/vnd.mapbox-vector-tile"
_YEAR = "max-age=31536000, immutable"
_MOST_REVISION = 10**9
_HEADER_BYTES = 600
_QUESTION_BYTES = 1_500
_NUMBERS = re.compile(r"\d{1,2}/\d{1,8}/\d{1,8}", re.ASCII)
_USUAL_QUERY = re.compile(rb"revision=(\d{1,9})&encoding=([0-9a-f]{8})")
_TYPE = (b"content-type", MVT.encode())
_PACKED = (_TYPE, (b"content-encoding", b"gzip"))
_BROTLI = (_TYPE, (b"content-encoding", b"br"))


def _parameter(name: str, *, place: str = "path", kind: str = "integer") -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "schema": {"type": kind}}


_PARAMETERS = [
    _parameter("layer_id", kind="string"),
    _parameter("z"),
    _parameter("row"),
    _parameter("col"),
    _parameter("revision", place="query"),
    {
        **_parameter("encoding", place="query", kind="string"),
        "description": "How tiles are made; with it and the revision an address may be kept for ever",
    },
    {**_parameter("datetime", place="query", kind="string"), "description": "A day: the stages at its end"},
    {**_parameter("ledger", place="query"), "description": "Revision of the ledger, which makes the address change"},
]
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {MVT: {"schema": {"type": "string", "format": "binary"}}}, "description": "The tile"},
    204: {"description": "The layer has nothing there"},
    304: {"description": "The client has the present state"},
}


@router.get(
    "/WebMercatorQuad/{z}/{row}/{col}",
    operation_id="tile",
    response_class=Response,
    responses=_ANSWERS,
    openapi_extra={"parameters": _PARAMETERS},
)
async def tile(request: Request) -> Response:
    """One tile; with the revision in the address it may be kept for ever."""
    context = context_of(request)
    question = _question(context, request, await caller_of(request, context.session_now))
    key, data = await _find(context, question)
    etag, headers = question.headers or _headers(context, question, key)
    request.scope[DATA] = True
    if is_current(request, etag):
        return RawResponse(304, b"", headers)
    if not data:
        return RawResponse(204, b"", headers)
    coding = coding_for(request)
    if coding == "br":
        packed = context.tiles.repacked(key, data, pack_brotli)
        return RawResponse(200, packed, (*headers, *_BROTLI, length_header(packed)))
    if coding == "gzip":
        return RawResponse(200, data, (*headers, *_PACKED, length_header(data)))
    plain = gzip.decompress(data)
    return RawResponse(200, plain, (*headers, _TYPE, length_header(plain)))


@dataclass(frozen=True, slots=True)
class _Question:
    """What an address asks for those who see the same. The catalogue alone decides it, so it is worked out once."""

    layer: Layer
    place: tuple[int, int, int]
    asked: _Asked
    fields: tuple[str, ...]
    own: tuple[str, ...] | None
    key: TileKey | None
    """The tile, where its address names the state; of a part of a layer it does not, see `_find`."""
    headers: TileHeaders | None
    """As those of all answers, where the address names the state."""


def _question(context: Context, request: Request, caller: Caller) -> _Question:
    scope = request.scope
    name = (scope["path"], scope["query_string"], caller.role, caller.subdistricts)
    known: _Question | None = context.tile_questions.get(name)
    if known is not None:
        return known
    layer = visible_layer(context, caller, request.path_params["layer_id"])
    if layer.spec.geometry == "none":
        raise NotFoundError(what=scope["path"])
    place, asked = place_of(request), _asked(request)
    fields, own = context.fields(layer, caller.role), own_part(caller.role, caller.subdistricts, layer)
    question = _Question(layer, place, asked, fields, own, None, None)
    if asked.revision is not None and own is None and (asked.day is None or not layer.stages):
        key = _key(question, asked.revision)
        question = replace(question, key=key, headers=_headers(context, question, key))
    context.tile_questions.put(name, question, _QUESTION_BYTES + len(scope["query_string"]))
    return question


def _key(question: _Question, revision: int, day: date | None = None, known: int = 0) -> TileKey:
    return (question.layer.id, revision, *question.place, question.fields, day, known, question.own)


async def _find(context: Context, question: _Question) -> tuple[TileKey, bytes]:
    """Take the tile from memory, or make it. A revision that is in memory did exist; any other is looked up."""
    layer, revision, key = question.layer, question.asked.revision, question.key
    if key is not None:
        data = context.tiles.remembered(key)
        if data is not None:
            return key, data
        current, data = await context.written_tile(layer, question.place, fields=question.fields, own=question.own)
        if data is not None and current == revision:
            return key, data
    else:
        current = await context.revision_now(layer.id)
    if revision is not None and revision > current:
        raise NotFoundError(what=f"{layer.id}, revision {revision}")
    if key is None and layer.stages and question.asked.day is not None:
        # The features as they are known now: an older revision in the address only makes the answer short-lived.
        key = _key(question, current, question.asked.day, context.store.ledger.revision())
    elif key is None and question.own is not None and revision is not None and revision < current:
        # What has moved to others since is left out of what was, so every write may change it.
        key = _key(question, revision, known=current)
    elif key is None:
        key = _key(question, current)
    data = context.tiles.remembered(key)
    return key, data if data is not None else await context.make_tile(key)


def place_of(request: Request) -> tuple[int, int, int]:
    """
    Read zoom, row and column from the path.

    Parameters
    ----------
    request
        The request.

    Returns
    -------
    tuple of int
        The tile.

    Raises
    ------
    NotFoundError
        If there is no such tile.
    """
    path = request.path_params
    z, row, col = path["z"], path["row"], path["col"]
    if _NUMBERS.fullmatch(f"{z}/{row}/{col}") and scheme.exists(int(z), int(row), int(col)):
        return int(z), int(row), int(col)
    raise NotFoundError(what=request.url.path)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Which state is asked for."""

    revision: int | None = None
    encoding: str | None = None
    day: date | None = None
    ledger: int | None = None


def _asked(request: Request) -> _Asked:
    """Read the state in the address, the usual way first."""
    found = _USUAL_QUERY.fullmatch(request.scope["query_string"])
    if found is not None:
        return _Asked(int(found[1]), found[2].decode())
    pairs = query_pairs(request, ("revision", "encoding", "datetime", "ledger"))
    numbers = {
        name: parse_count(name, pairs[name], least=0, most=_MOST_REVISION)
        for name in ("revision", "ledger")
        if name in pairs
    }
    day = parse_day("datetime", pairs["datetime"]) if "datetime" in pairs else None
    return _Asked(numbers.get("revision"), pairs.get("encoding"), day, numbers.get("ledger"))


def _pinned(asked: _Asked, key: TileKey, encoding: str) -> bool:
    """Tell whether the address names exactly what is sent, state and bytes, so that it may be kept for ever."""
    same = asked.revision == key[1] and asked.encoding == encoding
    return same and (not key[7] if key[6] is None else asked.ledger == key[7])


def _headers(context: Context, question: _Question, tile_key: TileKey) -> TileHeaders:
    """Entity tag and headers of all tiles of one state, kept because they are the same for each of them."""
    layer, encoding = question.layer, context.tiles.encoding(question.layer)
    pinned = _pinned(question.asked, tile_key, encoding)
    revision, fields, day, known_at, own = tile_key[1], *tile_key[5:]
    key = (layer.id, revision, fields, day, known_at, own, pinned)
    known = context.tile_headers.get(key)
    if known is None:
        open_to_all = own is None and layer.spec.access == "public" and fields == context.fields(layer, "anonymous")
        scope = "public" if open_to_all else "private"
        # The visible fields are part of the tag: signing in must not revalidate the poorer tile.
        etag = f'"{revision}.{etag_of(encoding, fields, day, known_at, own)[1:9]}"'
        headers = (
            (b"etag", b"W/" + etag.encode()),  # plain, gzip and brotli are other bytes, and need no tags of their own
            (b"cache-control", f"{scope}, {_YEAR}".encode() if pinned else f"{scope}, no-cache".encode()),
            (b"vary", b"Accept-Encoding, Cookie, Authorization"),
        )
        known = (etag, headers)
        context.tile_headers.put(key, known, _HEADER_BYTES)
    return known
