"""The plan's promises and where they stand."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api import models
from api.deps import CallerDep, ContextDep, Day, StrictParameters, state_of
from yzgeo.workflows import overview

router = APIRouter(prefix="/api", tags=["targets"], dependencies=[StrictParameters])


@router.get("/targets", operation_id="targets", response_model=models.TargetBoard)
async def targets(
    request: Request,
    context: ContextDep,
    caller: CallerDep,
    at: Annotated[Day | None, Query(description="As it was at the end of this day; today if not given")] = None,
) -> Response:
    """Every promise of the plan with its measured value, share and data status."""
    return await context.answer(
        request,
        (
            "targets",
            state_of(context, caller),
            str(at),
            str(at and (context.store.ledger.revision(), context.clock_day)),
        ),
        lambda: overview.target_board(
            context.store, caller.role, promises=context.promises, subdistricts=caller.subdistricts, at=at
        ),
    )
