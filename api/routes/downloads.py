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
from yzgeo.workflows import downloads
from yzgeo.workflows.downloads import KINDS, Kind, PackageKind

router = APIRouter(prefix="/api", tags=["downloads"], dependencies=[StrictParameters])

_PIECE = 1 << 16
_AT_ONCE = 2
"""Files written at the same time; others wait their turn, so that a map stays quick while someone takes data out."""


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
) -> Response:
    """One layer as a file: the fields and features the caller may see."""
    own = own_part(caller.role, caller.subdistricts, layer)
    fields = context.fields(layer, caller.role)
    etag = etag_of("download", layer.id, context.store.revision(layer.id), fields, own, f)
    title = layer.spec.title.zh
    return await _file(request, context, caller, [layer], kind=f, etag=etag, names=(layer.id, title))


@router.get(
    "/download", operation_id="download_all", response_class=Response, responses=_binary(downloads.PACKAGE_KINDS)
)
async def package(
    request: Request,
    *,
    context: ContextDep,
    caller: CallerDep,
    f: Annotated[PackageKind, Query(description="Kind of file")] = "gpkg",
) -> Response:
    """Every layer the caller may see in one file; the GeoPackage opens in QGIS with its styles."""
    layers = await context.in_thread(lambda: downloads.packed_layers(context.store, caller.role))
    etag = etag_of("download", state_of(context, caller), f)
    title = context.catalogue.district.product_title.zh
    return await _file(request, context, caller, layers, kind=f, etag=etag, names=("yzgeo", title))


async def _file(
    request: Request,
    context: Context,
    caller: Caller,
    layers: Sequence[Layer],
    *,
    kind: Kind,
    etag: str,
    names: tuple[str, str],
) -> Response:
    # The plain name stands last, where the audit looks for it.
    named = f"attachment; filename*=UTF-8''{quote(f'{names[1]}.{kind}')}; filename=\"{names[0]}.{kind}\""
    headers = {"ETag": etag, "Cache-Control": "no-cache, private", "Vary": "Cookie, Authorization"}
    if is_current(request, etag):
        return not_modified(headers)
    file, size = await to_thread.run_sync(
        lambda: _written(context, caller, layers, kind), limiter=_limiter(request.app.state)
    )
    headers |= {"Content-Disposition": named, "Content-Length": str(size)}
    return StreamingResponse(_pieces(file), headers=headers, media_type=KINDS[kind].media_type)


def _limiter(state: Any) -> CapacityLimiter:
    if getattr(state, "downloads", None) is None:
        state.downloads = CapacityLimiter(_AT_ONCE)
    limiter: CapacityLimiter = state.downloads
    return limiter


def _written(context: Context, caller: Caller, layers: Sequence[Layer], kind: Kind) -> tuple[IO[bytes], int]:
    """Write the file and open it; it has no name any more, so nothing stays behind however the sending ends."""
    with tempfile.TemporaryDirectory(prefix="yzgeo-download-") as folder:
        path = Path(folder) / f"download.{kind}"
        downloads.write_file(context.store, layers, path, kind=kind, role=caller.role, subdistricts=caller.subdistricts)
        return path.open("rb"), path.stat().st_size


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE):
            yield piece
