"""Scenarios: named sets of changes over the register, for those who are signed in."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from api import models
from api.deps import CallerDep, ContextDep, StrictParameters
from api.responses import json_response
from yzgeo.workflows import runs

from .runs import DeskDep

router = APIRouter(prefix="/api/scenarios", tags=["runs"], dependencies=[StrictParameters])
_FRESH = {"Cache-Control": "no-store"}


@router.get("", operation_id="scenarios", response_model=models.ScenarioList)
async def listed(request: Request, *, context: ContextDep, caller: CallerDep, desk: DeskDep) -> Response:
    """All scenarios, the one changed last first."""
    desk.require_asker(caller.role)
    found = await context.in_thread(lambda: desk.scenarios.listed(caller.role))
    return json_response(request, {"scenarios": [runs.as_json(one) for one in found]}, headers=_FRESH)


@router.post("", operation_id="create_scenario", response_model=models.ScenarioRead, status_code=201)
async def create(
    request: Request, *, context: ContextDep, caller: CallerDep, desk: DeskDep, sent: models.ScenarioSent
) -> Response:
    """Keep a new scenario."""
    desk.require_asker(caller.role)
    made = await context.in_thread(
        lambda: desk.scenarios.create(
            sent.title, _changes(sent.changes), note=sent.note, actor=caller.name, role=caller.role
        )
    )
    headers = {**_FRESH, "Location": f"/api/scenarios/{made.id}"}
    return json_response(request, runs.as_json(made), status=201, headers=headers)


@router.get("/{scenario_id}", operation_id="scenario", response_model=models.ScenarioRead)
async def one(request: Request, *, context: ContextDep, caller: CallerDep, desk: DeskDep, scenario_id: str) -> Response:
    """One scenario."""
    desk.require_asker(caller.role)
    found = await context.in_thread(lambda: desk.scenarios.get(scenario_id, caller.role))
    return json_response(request, runs.as_json(found), headers=_FRESH)


@router.put("/{scenario_id}", operation_id="change_scenario", response_model=models.ScenarioRead)
async def change(
    request: Request,
    *,
    context: ContextDep,
    caller: CallerDep,
    desk: DeskDep,
    scenario_id: str,
    sent: models.ScenarioChanged,
) -> Response:
    """Replace title, note or changes of a scenario."""
    desk.require_asker(caller.role)
    changes = None if sent.changes is None else _changes(sent.changes)
    made = await context.in_thread(
        lambda: desk.scenarios.change(
            scenario_id,
            actor=caller.name,
            role=caller.role,
            title=sent.title,
            note=sent.note,
            changes=changes,
            version=sent.version,
        )
    )
    return json_response(request, runs.as_json(made), headers=_FRESH)


@router.delete("/{scenario_id}", operation_id="drop_scenario", status_code=204, response_class=Response)
async def drop(*, context: ContextDep, caller: CallerDep, desk: DeskDep, scenario_id: str) -> Response:
    """Delete a scenario; runs made on it keep what it was."""
    desk.require_asker(caller.role)
    await context.in_thread(lambda: desk.scenarios.drop(scenario_id, actor=caller.name, role=caller.role))
    return Response(status_code=204, headers=_FRESH)


@router.post("/{scenario_id}/accept", operation_id="accept_proposal", response_model=models.ScenarioRead)
async def accept(
    request: Request,
    *,
    context: ContextDep,
    caller: CallerDep,
    desk: DeskDep,
    scenario_id: str,
    sent: models.ProposalAccepted,
) -> Response:
    """Take the proposal of a siting run into a scenario."""
    desk.require_asker(caller.role)
    made = await context.in_thread(lambda: desk.accept(scenario_id, sent.run, actor=caller.name, role=caller.role))
    return json_response(request, runs.as_json(made), headers=_FRESH)


def _changes(sent: list[Any]) -> list[dict[str, Any]]:
    return [one.model_dump(exclude_none=True) for one in sent]
