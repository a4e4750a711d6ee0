"""Ready-made maps as single pages, with their scripts served from here."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256

from fastapi import APIRouter, Request, Response
from starlette.responses import HTMLResponse

from api.deps import CallerDep, Context, ContextDep, StrictParameters, state_of
from api.middleware import content_policy
from api.responses import Prepared, etag_of
from api.routes.page import serve_file
from yzgeo.access import Caller
from yzgeo.workflows import exports

router = APIRouter(prefix="/maps", tags=["maps"], dependencies=[StrictParameters])

_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


@router.get("/overview.html", operation_id="overview_map", response_class=HTMLResponse)
async def overview_map(request: Request, context: ContextDep, caller: CallerDep) -> Response:
    """All layers the caller may see on one simple map."""
    key = ("map", state_of(context, caller))
    kept = context.answers.get(key)
    if kept is None:
        kept = await context.in_thread(lambda: _draw(context, caller, etag_of(*key)))
        context.answers.put(key, kept, kept.size)
    return kept.answer(request)


@router.get("/assets/{path:path}", operation_id="map_asset", include_in_schema=False)
async def map_asset(request: Request, context: ContextDep, path: str) -> Response:
    """A script, style or picture of the map pages."""
    from yzgeo.report import webmap  # noqa: PLC0415 - see yzgeo.report

    return await serve_file(request, context, webmap.ASSETS, path, cache="no-cache")


def _draw(context: Context, caller: Caller, etag: str) -> Prepared:
    text = exports.overview_map(context.store, caller.role, inline=False, subdistricts=caller.subdistricts)
    policy = content_policy(base_map=False, script_sources=_script_hashes(text))
    more = ((b"content-security-policy", policy.encode()),)
    return Prepared(text.encode(), etag=etag, media_type="text/html; charset=utf-8", more=more)


def _script_hashes(text: str) -> str:
    """Allow exactly the scripts that we wrote into the page, by their hashes, and no other inline one."""
    digests = (sha256(script.encode()).digest() for script in _INLINE_SCRIPT.findall(text))
    return "".join(f" 'sha256-{b64encode(digest).decode()}'" for digest in digests)
