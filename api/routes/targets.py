"""The plan's promises and where they stand."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api import models
from api.deps import CallerDep, ContextDep, StrictParameters
from api.responses import etag_of, json_response
from yzgeo.workflows import overview

router = APIRouter(prefix="/api", tags=["targets"], dependencies=[StrictParameters])


@router.get("/targets", operation_id="targets", response_model=models.TargetBoard)
async def targets(request: Request, context: ContextDep, caller: CallerDep) -> Response:
    """Every promise of the plan with its measured value, share and data status."""
    state = overview.state_of(context.store, caller.role)
    content = await context.in_thread(
        lambda: context.overviews.get(("targets", state), lambda: overview.target_board(context.store, caller.role))
    )
    return json_response(request, content, etag=etag_of("targets", state, content["as_of"]))
