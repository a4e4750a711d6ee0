"""Ready-made maps as single pages, with their scripts served from here."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256

from fastapi import APIRouter, Request, Response
from starlette.responses import HTMLResponse

from api.deps import CallerDep, ContextDep, StrictParameters
from api.middleware import content_policy
from api.responses import etag_of, is_current, not_modified
from api.routes.page import serve_file
from yzgeo.report import webmap
from yzgeo.workflows import exports, overview

router = APIRouter(prefix="/maps", tags=["maps"], dependencies=[StrictParameters])

_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_REVALIDATED = {"Cache-Control": "no-cache, private", "Vary": "Cookie, Authorization"}


@router.get("/overview.html", operation_id="overview_map", response_class=HTMLResponse)
async def overview_map(request: Request, context: ContextDep, caller: CallerDep) -> Response:
    """All layers the caller may see on one simple map."""
    state = overview.state_of(context.store, caller.role)
    etag = etag_of("map", state)
    if is_current(request, etag):
        return not_modified({**_REVALIDATED, "ETag": etag})
    text = await context.in_thread(
        lambda: context.overviews.get(
            ("map", state), lambda: exports.overview_map(context.store, caller.role, inline=False)
        )
    )
    policy = content_policy(base_map=False, script_sources=_script_hashes(text))
    return HTMLResponse(text, headers={**_REVALIDATED, "ETag": etag, "Content-Security-Policy": policy})


@router.get("/assets/{path:path}", operation_id="map_asset", include_in_schema=False)
async def map_asset(request: Request, context: ContextDep, path: str) -> Response:
    """A script, style or picture of the map pages."""
    return await serve_file(request, context, webmap.ASSETS, path, cache="no-cache")


def _script_hashes(text: str) -> str:
    """Allow exactly the scripts that we wrote into the page, by their hashes, and no other inline one."""
    digests = (sha256(script.encode()).digest() for script in _INLINE_SCRIPT.findall(text))
    return "".join(f" 'sha256-{b64encode(digest).decode()}'" for digest in digests)
