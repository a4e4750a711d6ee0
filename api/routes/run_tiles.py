"""A run as vector tiles, so that a map draws a large district without loading every building."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from api import models
from api.deps import BaseUrlDep, CallerDep, ContextDep, StrictParameters
from api.responses import RawResponse, json_response
from yzgeo import tiles as scheme
from yzgeo.errors import NotFoundError
from yzgeo.workflows import runs

from .runs import DeskDep, LimitM, viewer_of

router = APIRouter(prefix="/api/runs", tags=["runs"], dependencies=[StrictParameters])

_MVT = "application/vnd.mapbox-vector-tile"
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {_MVT: {"schema": {"type": "string", "format": "binary"}}}, "description": "The tile"},
    204: {"description": "The run has nothing there"},
    304: {"description": "The client has it"},
}
_OF_EMPTY = frozenset({b"content-type", b"content-length"})
Column = Annotated[int, Path(ge=0, description="From the west")]
Line = Annotated[int, Path(ge=0, description="From the north")]
Zoom = Annotated[int, Path(ge=0, le=scheme.MAX_ZOOM)]


@router.get("/{run_id}/tiles", operation_id="run_tiles", response_model=models.RunTiles)
async def described(
    request: Request,
    *,
    context: ContextDep,
    caller: CallerDep,
    desk: DeskDep,
    base: BaseUrlDep,
    run_id: str,
) -> Response:
    """TileJSON 3.0.0: buildings with their verdict, facilities and the streets within reach."""

    def told() -> dict[str, Any]:
        run = desk.finished(run_id, caller.role)
        template = f"{base}/api/runs/{run_id}/tiles/{{z}}/{{x}}/{{y}}"
        return runs.run_tilejson(desk, run, viewer_of(caller), template=template)

    return json_response(request, await context.in_thread(told), headers={"Cache-Control": "no-store"})


@router.get("/{run_id}/tiles/{z}/{x}/{y}", operation_id="run_tile", response_class=Response, responses=_ANSWERS)
async def tile(
    request: Request,
    *,
    context: ContextDep,
    caller: CallerDep,
    desk: DeskDep,
    run_id: str,
    z: Zoom,
    x: Column,
    y: Line,
    limit_m: LimitM = None,
) -> Response:
    """One tile (WebMercatorQuad); with ``limit_m`` who is covered is decided again, without a search."""
    run = await context.in_thread(lambda: desk.finished(run_id, caller.role))
    if not scheme.exists(z, y, x):
        raise NotFoundError(what=request.url.path)
    viewer = viewer_of(caller)
    key = ("run-tile", run_id, str(run["result_sha256"]), viewer.key, str(limit_m), f"{z}/{x}/{y}")
    answer = await context.answer(
        request, key, lambda: runs.run_tile(desk, run, viewer, (z, y, x), limit_m=limit_m), media_type=_MVT
    )
    if answer.status_code == 200 and not answer.body:
        return RawResponse(204, b"", [(name, value) for name, value in answer.raw_headers if name not in _OF_EMPTY])
    return answer
