"""Runs of coverage and siting: ask, watch, read the results, compare, recompute, dismiss."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import quote

import anyio
from fastapi import APIRouter, Depends, Query, Request, Response

from api import models
from api.deps import CallerDep, Context, ContextDep, StrictParameters
from api.responses import GEOJSON, json_response
from yzgeo.workflows import runs
from yzgeo.workflows.runs import Analysis, RunDesk, Viewer

router = APIRouter(prefix="/api/runs", tags=["runs"], dependencies=[StrictParameters])

PATIENCE_S = 2.0
"""How long an answer to a new question may take before the client is told to come back."""
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FRESH = {"Cache-Control": "no-store"}
_XLSX_CONTENT: dict[int | str, dict[str, Any]] = {
    200: {"description": "The list", "content": {_XLSX: {"schema": {"type": "string", "format": "binary"}}}}
}
LimitM = Annotated[float | None, Query(description="Decide by this limit instead of the run's, in metres")]


async def get_desk(request: Request) -> RunDesk:
    """
    Get the desk of runs, as a dependency.

    Parameters
    ----------
    request
        The request.

    Returns
    -------
    RunDesk
        The desk of the application that serves it.
    """
    desk: RunDesk = request.app.state.runs
    return desk


DeskDep = Annotated[RunDesk, Depends(get_desk)]


@router.post("", operation_id="start_run", response_model=models.Run, status_code=201)
async def start(
    request: Request, *, context: ContextDep, caller: CallerDep, desk: DeskDep, sent: models.RunSent
) -> Response:
    """Ask a question. The same question of the same data is answered from what is kept (200)."""
    run, new = await context.in_thread(
        lambda: desk.start(sent.analysis, sent.parameters, actor=caller.name, role=caller.role)
    )
    run = await settled(context, desk, run, seconds=PATIENCE_S)
    refusal = runs.refusal_of(run) if run["state"] == "failed" else None
    if refusal is not None:
        raise refusal
    told = await context.in_thread(lambda: runs.describe(desk, run, viewer_of(caller)))
    status = 202 if run["state"] in runs.GOING else 201 if new else 200
    headers = {**_FRESH, "Location": f"/api/runs/{run['id']}"}
    return json_response(request, told, status=status, headers=headers)


@router.get("", operation_id="runs", response_model=models.Runs)
async def listed(
    request: Request,
    *,
    context: ContextDep,
    caller: CallerDep,
    desk: DeskDep,
    analysis: Annotated[Analysis | None, Query(description="Only these")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """Runs that the caller may see, the newest first, without their tables by unit."""

    def told() -> dict[str, Any]:
        found = desk.listed(caller.role, analysis=analysis, limit=limit)
        return {"runs": [runs.briefly(runs.describe(desk, run, viewer_of(caller))) for run in found]}

    return json_response(request, await context.in_thread(told), headers=_FRESH)


@router.get("/{run_id}", operation_id="run", response_model=models.Run)
async def one(
    request: Request, *, context: ContextDep, caller: CallerDep, desk: DeskDep, run_id: str, limit_m: LimitM = None
) -> Response:
    """One run; with ``limit_m`` its figures are decided again, without a search."""

    def told() -> dict[str, Any]:
        return runs.describe(desk, desk.get(run_id, caller.role), viewer_of(caller), limit_m=limit_m)

    return json_response(request, await context.in_thread(told), headers=_FRESH)


@router.delete("/{run_id}", operation_id="dismiss_run", response_model=models.Run)
async def dismiss(request: Request, *, context: ContextDep, caller: CallerDep, desk: DeskDep, run_id: str) -> Response:
    """Stop a run, or delete one that is over."""
    run = await context.in_thread(lambda: desk.dismiss(run_id, actor=caller.name, role=caller.role))
    told = await context.in_thread(lambda: runs.describe(desk, run, viewer_of(caller)))
    return json_response(request, told, headers=_FRESH)


@router.post("/{run_id}/recompute", operation_id="recompute_run", response_model=models.RunRecomputed)
async def recompute(
    request: Request, *, context: ContextDep, caller: CallerDep, desk: DeskDep, run_id: str
) -> Response:
    """Ask again of the layers as they were, and compare to the last digit."""
    desk.require_asker(caller.role)
    told = await context.in_thread(lambda: desk.recompute(run_id, caller.role))
    return json_response(request, told, headers=_FRESH)


@router.get("/{run_id}/demand", operation_id="run_demand", response_model=models.RunPoints)
async def demand(request: Request, *, context: ContextDep, caller: CallerDep, desk: DeskDep, run_id: str) -> Response:
    """Every building with its distance: the page's slider decides by these, without a new search."""
    viewer = viewer_of(caller)
    return await _kept(
        request,
        context,
        caller,
        desk,
        run_id=run_id,
        what="demand",
        make=lambda run: runs.demand_geojson(desk, run["id"], viewer),
    )


@router.get("/{run_id}/facilities", operation_id="run_facilities", response_model=models.RunPoints)
async def facilities(
    request: Request, *, context: ContextDep, caller: CallerDep, desk: DeskDep, run_id: str
) -> Response:
    """The facilities of a run, proposed ones among them."""
    return await _kept(
        request,
        context,
        caller,
        desk,
        run_id=run_id,
        what="facilities",
        make=lambda run: runs.facilities_geojson(desk, run["id"]),
    )


@router.get("/{run_id}/route", operation_id="run_route", response_model=models.RunPoints)
async def route(
    request: Request,
    *,
    context: ContextDep,
    caller: CallerDep,
    desk: DeskDep,
    run_id: str,
    uid: Annotated[str, Query(max_length=100, description="The building")],
) -> Response:
    """The way between a building and its nearest facility; no feature where there is none."""
    return await _kept(
        request,
        context,
        caller,
        desk,
        run_id=run_id,
        what=f"route:{uid}",
        make=lambda run: runs.route_geojson(desk, run, uid),
    )


@router.get("/{run_id}/reach", operation_id="run_reach", response_model=models.RunPoints)
async def reach(
    request: Request, *, context: ContextDep, caller: CallerDep, desk: DeskDep, run_id: str, limit_m: LimitM = None
) -> Response:
    """The streets within reach, cut exactly at the limit."""

    def make(run: dict[str, Any]) -> bytes:
        return runs.reach_geojson(desk, run, limit_m=limit_m)

    return await _kept(request, context, caller, desk, run_id=run_id, what=f"reach:{limit_m}", make=make)


@router.get("/{run_id}/uncovered.xlsx", operation_id="run_uncovered", response_class=Response, responses=_XLSX_CONTENT)
async def uncovered(
    *, context: ContextDep, caller: CallerDep, desk: DeskDep, run_id: str, limit_m: LimitM = None
) -> Response:
    """Who is not covered, by street office, with the gap in metres."""

    def book() -> bytes:
        return runs.uncovered_workbook(desk, desk.finished(run_id, caller.role), viewer_of(caller), limit_m=limit_m)

    content = await context.in_thread(book)
    name = quote(f"未覆盖名单-{run_id[:8]}.xlsx")
    headers = {**_FRESH, "Content-Disposition": f"attachment; filename=\"uncovered.xlsx\"; filename*=UTF-8''{name}"}
    return Response(content, headers=headers, media_type=_XLSX)


@router.get("/{run_id}/compare/{other}", operation_id="compare_runs", response_model=models.RunComparison)
async def compare(
    request: Request,
    *,
    context: ContextDep,
    caller: CallerDep,
    desk: DeskDep,
    run_id: str,
    other: str,
    limit_m: LimitM = None,
) -> Response:
    """Who comes in and who falls out from this run to the other."""

    def told() -> dict[str, Any]:
        for each in (run_id, other):
            desk.finished(each, caller.role)
        return runs.compared(desk, run_id, other, viewer_of(caller), limit_m=limit_m)

    return json_response(request, await context.in_thread(told), headers=_FRESH)


def viewer_of(caller: CallerDep) -> Viewer:
    """
    Tell runs who looks.

    Parameters
    ----------
    caller
        Who asks.

    Returns
    -------
    Viewer
        Role and street offices.
    """
    return Viewer(caller.role, caller.subdistricts)


async def settled(context: Context, desk: RunDesk, run: dict[str, Any], *, seconds: float) -> dict[str, Any]:
    """
    Wait for a run without holding a thread.

    Parameters
    ----------
    context
        Parts of the service.
    desk
        The desk.
    run
        The run.
    seconds
        Longest wait.

    Returns
    -------
    dict
        The run as it is then.
    """
    until, run_id = time.monotonic() + seconds, run["id"]
    while run["state"] in runs.GOING and time.monotonic() < until:
        await anyio.sleep(0.02)
        run = await context.in_thread(lambda: desk.get(run_id, "admin"))
    return run


async def _kept(
    request: Request,
    context: Context,
    caller: CallerDep,
    desk: RunDesk,
    *,
    run_id: str,
    what: str,
    make: Callable[[dict[str, Any]], bytes],
) -> Response:
    """Answer from memory where the result was told before to someone who may see as much."""
    run = await context.in_thread(lambda: desk.finished(run_id, caller.role))
    key = ("run", run_id, str(run["result_sha256"]), what, viewer_of(caller).key)
    return await context.answer(request, key, lambda: make(run), media_type=GEOJSON)
