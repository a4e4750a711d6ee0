"""The map page as it was built, or a page that says how to build it."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from fastapi import APIRouter, Request, Response
from starlette.responses import FileResponse, HTMLResponse

from api.deps import Context, ContextDep, StrictParameters
from yzgeo.errors import NotFoundError

router = APIRouter(tags=["page"])

_IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}
_REVALIDATED = {"Cache-Control": "no-cache"}
_NOT_BUILT = """<!doctype html>
<html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{zh}</title>
<h1>{zh}</h1>
<p>地图页面尚未构建。请运行 <code>make run</code>，或在 <code>api/web</code> 中运行
<code>npm ci &amp;&amp; npm run build</code>，再刷新本页。</p>
<p lang="en">The map page has not been built. Run <code>make run</code>, or <code>npm ci &amp;&amp; npm run build</code>
in <code>api/web</code>, and reload.</p>
<p><a href="/ogc">/ogc</a> · <a href="/-/layers">/-/layers</a> · <a href="/api/targets">/api/targets</a> ·
<a href="/maps/overview.html">/maps/overview.html</a></p>
</html>
"""


@router.get("/", operation_id="page", response_class=HTMLResponse, include_in_schema=False)
async def page(context: ContextDep) -> Response:
    """The map page."""
    index = context.settings.web_root / "index.html"
    if not await context.in_thread(index.is_file):
        title = context.catalogue.district.product_title.zh
        return HTMLResponse(_NOT_BUILT.format(zh=title), headers=_REVALIDATED)
    return FileResponse(index, headers=_REVALIDATED)


@router.get("/assets/{path:path}", operation_id="page_asset", include_in_schema=False, dependencies=[StrictParameters])
async def asset(request: Request, context: ContextDep, path: str) -> Response:
    """A file of the page whose name changes with its content."""
    return await _file(request, context, f"assets/{path}", immutable=True)


@router.get("/{name}", operation_id="page_file", include_in_schema=False)
async def root_file(request: Request, context: ContextDep, name: str) -> Response:
    """A file beside the page, such as its icon."""
    return await _file(request, context, name, immutable=False)


async def _file(request: Request, context: Context, name: str, *, immutable: bool) -> Response:
    found = await context.in_thread(lambda: _inside(context.settings.web_root, name))
    if found is None:
        raise NotFoundError(what=request.url.path)
    media_type = mimetypes.guess_type(found.name)[0] or "application/octet-stream"
    if found.suffix in {".js", ".mjs"}:
        media_type = "text/javascript"
    return FileResponse(found, headers=_IMMUTABLE if immutable else _REVALIDATED, media_type=media_type)


def _inside(root: Path, name: str) -> Path | None:
    """Find a file under a folder; nothing outside it, whatever the name says."""
    try:
        path = (root / name).resolve(strict=True)
    except (OSError, ValueError):
        return None
    return path if path.is_file() and path.is_relative_to(root.resolve()) else None
