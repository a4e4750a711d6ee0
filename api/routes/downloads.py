"""Files for other programs: a layer, or everything the caller may see, written first and sent piece by piece.

The audit's line is written by the middleware, which looks for files on their way out.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Annotated, Any
from urllib.parse import quote

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from api import models
from api.deps import CallerDep, Context, ContextDep, LayerDep, StrictParameters, state_of
from api.responses import etag_of, is_current, not_modified
from yzgeo.access import Caller, own_part
from yzgeo.catalogue import Layer
from yzgeo.workflows import downloads, histories
from yzgeo.workflows.downloads import KINDS, Kind, PackageKind

router = APIRouter(prefix="/api", tags=["downloads"], dependencies=[StrictParameters])

_PIECE = 1 << 16
_AT_ONCE = 2
"""Files written at the same time; others wait their turn, so that a map stays quick while someone takes data out."""

History = Annotated[bool, Query(description="With every version of the features and every entry; f=gpkg only")]


def _binary(kinds: Sequence[Kind]) -> dict[int | str, dict[str, Any]]:
    content = {KINDS[kind].media_type: {"schema": {"type": "string", "format": "binary"}} for kind in kinds}
    return {
        200: {"description": "The file", "content": content},
        304: {"description": "The client has the present state"},
        404: {"model": models.Problem, "description": "No such layer"},
    }


@router.get(
    "/layers/{layer_id}/download",
    operation_id="download_layer",
    response_class=Response,
    responses=_binary(tuple(KINDS)),
)
async def layer(
    request: Request,
    *,
    context: ContextDep,
    caller: CallerDep,
    layer: LayerDep,
    f: Annotated[Kind, Query(description="Kind of file")] = "gpkg",
    history: History = False,
) -> Response:
    """One layer as a file: the fields and features the caller may see."""
    own = own_part(caller.role, caller.subdistricts, layer)
    fields = context.fields(layer, caller.role)
    etag = etag_of(
        "download", layer.id, context.store.revision(layer.id), fields, own, f, _told(context, caller, history)
    )
    names = (layer.id, layer.spec.title.zh)
    return await _file(request, context, caller, [layer], kind=f, history=history, etag=etag, names=names)


@router.get(
    "/download", operation_id="download_all", response_class=Response, responses=_binary(downloads.PACKAGE_KINDS)
)
async def package(
    request: Request,
    *,
    context: ContextDep,
    caller: CallerDep,
    f: Annotated[PackageKind, Query(description="Kind of file")] = "gpkg",
    history: History = False,
) -> Response:
    """Every layer the caller may see in one file; the GeoPackage opens in QGIS with its styles."""
    layers = await context.in_thread(lambda: downloads.packed_layers(context.store, caller.role))
    etag = etag_of("download", state_of(context, caller), f, _told(context, caller, history))
    names = ("yzgeo", context.catalogue.district.product_title.zh)
    return await _file(request, context, caller, layers, kind=f, history=history, etag=etag, names=names)


def _told(context: Context, caller: Caller, history: bool) -> tuple[object, ...]:  # noqa: FBT001 - a parameter's value
    """Tell what the history depends on: the ledger may grow without a layer, and the public is not told of people."""
    return (context.store.ledger.revision(), caller.role == "anonymous") if history else ()


async def _file(
    request: Request,
    context: Context,
    caller: Caller,
    layers: Sequence[Layer],
    *,
    kind: Kind,
    history: bool,
    etag: str,
    names: tuple[str, str],
) -> Response:
    if history:
        histories.check_kind(kind)
        names = (f"{names[0]}-history", f"{names[1]}-历史")
    # The plain name stands last, where the audit looks for it.
    named = f"attachment; filename*=UTF-8''{quote(f'{names[1]}.{kind}')}; filename=\"{names[0]}.{kind}\""
    headers = {"ETag": etag, "Cache-Control": "no-cache, private", "Vary": "Cookie, Authorization"}
    if is_current(request, etag):
        return not_modified(headers)
    file, size = await to_thread.run_sync(
        lambda: _written(context, caller, layers, kind, history=history), limiter=_limiter(request.app.state)
    )
    headers |= {"Content-Disposition": named, "Content-Length": str(size)}
    return StreamingResponse(_pieces(file), headers=headers, media_type=KINDS[kind].media_type)


def _limiter(state: Any) -> CapacityLimiter:
    if getattr(state, "downloads", None) is None:
        state.downloads = CapacityLimiter(_AT_ONCE)
    limiter: CapacityLimiter = state.downloads
    return limiter


def _written(
    context: Context, caller: Caller, layers: Sequence[Layer], kind: Kind, *, history: bool
) -> tuple[IO[bytes], int]:
    """Write the file and open it; it has no name any more, so nothing stays behind however the sending ends."""
    with tempfile.TemporaryDirectory(prefix="yzgeo-download-") as folder:
        path = Path(folder) / f"download.{kind}"
        downloads.write_file(context.store, layers, path, kind=kind, caller=caller, history=history)
        return path.open("rb"), path.stat().st_size


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE):
            yield piece
