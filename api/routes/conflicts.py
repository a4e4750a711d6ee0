"""The conflict desk over HTTP: what phones sent and others contradict, side by side, and its decision."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response

from api import errors, models
from api.auth import address_of
from api.deps import CallerDep, ContextDep, StrictParameters
from api.responses import json_response
from yzgeo.access import Caller, may_record_somewhere
from yzgeo.errors import ConflictError, ForbiddenError
from yzgeo.workflows import conflicts

router = APIRouter(prefix="/api/conflicts", tags=["field"], dependencies=[StrictParameters])

_FRESH = {"Cache-Control": "no-store"}
_MOST = 500
_BEATEN: dict[int | str, dict[str, Any]] = {
    409: {"model": models.Problem, "description": "Someone decided it before, or the office's state has moved on"}
}

ConflictId = Annotated[str, Path(max_length=100, description="Id of the record")]


@router.get("", operation_id="conflicts", response_model=models.Conflicts)
async def list_conflicts(
    request: Request,
    *,
    context: ContextDep,
    caller: CallerDep,
    state: Annotated[Literal["open", "decided"] | None, Query()] = None,
    layer: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=_MOST)] = 100,
) -> Response:
    """Conflicts of features that the caller may see, newest first."""
    _require_recorder(caller)
    decided = None if state is None else state == "decided"
    found = await context.in_thread(
        lambda: conflicts.list_conflicts(context.store, caller, decided=decided, layer=layer, limit=limit)
    )
    return json_response(request, {"conflicts": [_shaped(each) for each in found]}, headers=_FRESH)


@router.get("/{conflict_id}", operation_id="conflict", response_model=models.ConflictTold)
async def conflict(request: Request, context: ContextDep, caller: CallerDep, conflict_id: ConflictId) -> Response:
    """One conflict, with what each decision would do for those who may decide."""
    _require_recorder(caller)
    found = await context.in_thread(lambda: conflicts.conflict(context.store, conflict_id, caller))
    return json_response(request, _shaped(found), headers=_FRESH)


@router.post(
    "/{conflict_id}/decision", operation_id="decide_conflict", response_model=models.ConflictTold, responses=_BEATEN
)
async def decide(
    request: Request, context: ContextDep, caller: CallerDep, conflict_id: ConflictId, body: models.DecisionSent
) -> Response:
    """Decide: the phone's record, the office's state, or both; in the ledger, with the reason."""
    decided = await context.in_thread(
        lambda: conflicts.decide(
            context.store,
            conflict_id,
            caller,
            keep=body.keep,
            reason=body.reason,
            office_revision=body.office_revision,
            address=address_of(request),
        )
    )
    return json_response(request, _shaped(decided), headers=_FRESH)


def _require_recorder(caller: Caller) -> None:
    if not may_record_somewhere(caller.role, caller.subdistricts):
        raise ForbiddenError


def _shaped(told: dict[str, Any]) -> dict[str, Any]:
    """Tell the reason as the phone was told it."""
    facts = told.pop("refusal")
    return {**told, "reason": errors.problem(ConflictError(what=told["title"], kind=told["kind"], **facts))}
