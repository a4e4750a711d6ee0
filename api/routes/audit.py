"""The audit, for administrators; and what the page takes out of itself."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api import models
from api.auth import address_of
from api.deps import CallerDep, ContextDep, StrictParameters
from api.responses import json_response
from api.routes.session import FRESH
from yzgeo import ledger
from yzgeo.access import may_administer
from yzgeo.errors import ForbiddenError
from yzgeo.workflows.accounts import By
from yzgeo.workflows.audit import MOST_LINES, audit_lines

router = APIRouter(prefix="/api", tags=["accounts"], dependencies=[StrictParameters])


@router.post("/exports", operation_id="tell_of_export", status_code=204, response_class=Response)
async def tell_of_export(
    request: Request, context: ContextDep, caller: CallerDep, export: models.ExportTold
) -> Response:
    """Tell of a list or picture that the page is about to save; it saves it only once this is in the audit."""
    if caller.role == "anonymous":
        context.guard.pace(address_of(request))  # or anybody could fill the disk with lines
    by = By(caller.name, caller.role, address_of(request))
    told = export.model_dump(exclude_none=True)
    await context.in_thread(lambda: context.store.people.note(by.deed("export", "page", **told)))
    return Response(status_code=204, headers=FRESH)


@router.get("/audit", operation_id="audit", response_model=models.Audit)
async def audit(
    request: Request,
    *,
    context: ContextDep,
    caller: CallerDep,
    since: Annotated[datetime | None, Query(description="Only lines from this moment on")] = None,
    actor: Annotated[str | None, Query(max_length=100, description="Only what this account did")] = None,
    kind: Annotated[str | None, Query(max_length=40, description="Only this kind")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_LINES)] = 100,
    before: Annotated[int | None, Query(ge=1, description="Only lines below this number")] = None,
) -> Response:
    """Who came in, what was taken out, who was let in; newest first."""
    if not may_administer(caller.role):
        raise ForbiddenError
    moment = since if since is None or since.tzinfo is not None else since.replace(tzinfo=ledger.ZONE)
    found = await context.in_thread(
        lambda: audit_lines(context.store, limit=limit, before=before, since=moment, actor=actor, kind=kind)
    )
    content = {"lines": found, "before": found[-1]["number"] if len(found) == limit else None}
    return json_response(request, content, headers=FRESH)
