"""Where the district stands on any day, its curves, and what moved between two days."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from api import models
from api.deps import CallerDep, Context, ContextDep, Day, StrictParameters, state_of
from api.responses import json_response
from yzgeo.access import Caller
from yzgeo.workflows import progress
from yzgeo.workflows.progress import By

router = APIRouter(prefix="/api/progress", tags=["progress"], dependencies=[StrictParameters])

Target = Annotated[str | None, Query(max_length=100, description="Id of a promise of the plan")]
LayerId = Annotated[str | None, Query(max_length=100, description="Only this layer")]


@router.get("", operation_id="progress", response_model=models.ProgressReport)
async def progress_report(
    request: Request,
    *,
    context: ContextDep,
    caller: CallerDep,
    at: Annotated[Day | None, Query(description="The end of this day; today if not given")] = None,
    layer: LayerId = None,
    by: Annotated[By | None, Query(description="Also by street office or community")] = None,
) -> Response:
    """Promises, stages and what is late at the end of a day, as known today."""
    return await context.answer(
        request,
        ("progress", *_state(context, caller), str(at), str(layer), str(by)),
        lambda: progress.progress_on(
            context.store, caller.role, at=at, layer=layer, by=by, subdistricts=caller.subdistricts
        ),
    )


@router.get("/days", operation_id="progress_days", response_model=models.ProgressDays)
async def days(request: Request, context: ContextDep) -> Response:
    """Between which days the district can be looked at."""
    return json_response(request, await context.in_thread(lambda: progress.period_told(context.store)))


@router.get("/stages", operation_id="stage_counts", response_model=models.StageCounts)
async def stages(
    request: Request,
    context: ContextDep,
    caller: CallerDep,
    at: Annotated[Day | None, Query(description="The end of this day; today if not given")] = None,
) -> Response:
    """Count the features by stage, as the map of that day shows them."""
    return await context.answer(
        request,
        ("stages", *_state(context, caller), str(at)),
        lambda: progress.stage_counts(context.store, caller.role, at=at, subdistricts=caller.subdistricts),
    )


@router.get("/curve", operation_id="progress_curve", response_model=models.Curve)
async def curve(
    request: Request,
    *,
    context: ContextDep,
    caller: CallerDep,
    target: Target = None,
    layer: LayerId = None,
    start: Annotated[Day | None, Query(alias="from")] = None,
    end: Annotated[Day | None, Query(alias="to")] = None,
    step: Literal["week", "month", "quarter"] = "month",
) -> Response:
    """The S-curve of a promise or of a layer: delivered, planned and forecast."""
    return await context.answer(
        request,
        ("curve", *_state(context, caller), str(target), str(layer), str(start), str(end), step),
        lambda: progress.curve_of(
            context.store,
            caller.role,
            target=target,
            layer=layer,
            start=start,
            end=end,
            step=step,
            subdistricts=caller.subdistricts,
        ),
    )


@router.get("/changes", operation_id="progress_changes", response_model=models.Movements)
async def changes(
    request: Request,
    *,
    context: ContextDep,
    caller: CallerDep,
    start: Annotated[Day, Query(alias="from")],
    end: Annotated[Day, Query(alias="to")],
    layer: LayerId = None,
) -> Response:
    """What moved since the last meeting."""
    return await context.answer(
        request,
        ("changes", *_state(context, caller), str(start), str(end), str(layer)),
        lambda: progress.changes_between(
            context.store, caller.role, start=start, end=end, layer=layer, subdistricts=caller.subdistricts
        ),
    )


def _state(context: Context, caller: Caller) -> tuple[str, ...]:
    """Name everything the answers depend on, today among it."""
    ledger = str(context.store.ledger.revision())
    return state_of(context, caller), ledger, context.clock_day.isoformat()
