"""The map page as it was built, or a page that says how to build it."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from fastapi import APIRouter, Request, Response
from starlette.responses import HTMLResponse

from api.deps import Context, ContextDep, StrictParameters
from api.responses import Prepared, etag_of
from yzgeo.errors import NotFoundError

router = APIRouter(tags=["page"])

_TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".webmanifest": "application/manifest+json"}
_KEPT = "public, max-age=31536000, immutable"
_REVALIDATED = "no-cache"
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
async def page(request: Request, context: ContextDep) -> Response:
    """The map page."""
    return await _built(request, context, "index.html")


@router.get("/field", operation_id="field_page", response_class=HTMLResponse, include_in_schema=False)
async def field_page(request: Request, context: ContextDep) -> Response:
    """The page for phones in the field."""
    return await _built(request, context, "field.html")


@router.get("/assets/{path:path}", operation_id="page_asset", include_in_schema=False, dependencies=[StrictParameters])
async def asset(request: Request, context: ContextDep, path: str) -> Response:
    """A file of the page whose name changes with its content."""
    return await serve_file(request, context, context.settings.web_root, f"assets/{path}", cache=_KEPT)


@router.get("/{name}", operation_id="page_file", include_in_schema=False)
async def root_file(request: Request, context: ContextDep, name: str) -> Response:
    """A file beside the page, such as its icon."""
    return await serve_file(request, context, context.settings.web_root, name, cache=_REVALIDATED)


async def serve_file(request: Request, context: Context, root: Path, name: str, *, cache: str) -> Response:
    """
    Serve a file of a folder, compressed once and kept in memory until it changes.

    Parameters
    ----------
    request
        The request.
    context
        Parts of the service.
    root
        The folder; nothing outside it is served, whatever the name says.
    name
        Path of the file in the folder.
    cache
        Value of ``Cache-Control``.

    Returns
    -------
    Response
        The file, or 304.

    Raises
    ------
    NotFoundError
        If there is no such file.
    """
    found = await context.in_thread(lambda: _look(root, name))
    if found is None:
        raise NotFoundError(what=request.url.path)
    path, state = found
    kept = context.files.get((path, state))
    if kept is None:
        kept = await context.in_thread(lambda: _prepare(path, state, cache))
        context.files.put((path, state), kept, kept.size)
    return kept.answer(request)


async def _built(request: Request, context: Context, name: str) -> Response:
    if not await context.in_thread((context.settings.web_root / name).is_file):
        title = context.catalogue.district.product_title.zh
        return HTMLResponse(_NOT_BUILT.format(zh=title), headers={"Cache-Control": _REVALIDATED})
    return await serve_file(request, context, context.settings.web_root, name, cache=_REVALIDATED)


def _look(root: Path, name: str) -> tuple[Path, tuple[int, int]] | None:
    try:
        path = (root / name).resolve(strict=True)
        state = path.stat()
    except (OSError, ValueError):
        return None
    inside = path.is_file() and path.is_relative_to(root.resolve())
    return (path, (state.st_mtime_ns, state.st_size)) if inside else None


def _prepare(path: Path, state: tuple[int, int], cache: str) -> Prepared:
    # Not every machine's table knows the endings of modules, and a browser runs no module under another type.
    guessed = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    media_type = f"{guessed}; charset=utf-8" if guessed.startswith("text/") else guessed
    return Prepared(path.read_bytes(), etag=etag_of(path.name, state), media_type=media_type, cache=cache)
